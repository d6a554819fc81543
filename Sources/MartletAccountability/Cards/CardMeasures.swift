import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletText
import MartletTraining

/// How a card's measures are taken.
struct MeasurePlan {
  /// The name of the data.
  var part: String
  /// The groups of the rows, if they are measured too.
  var groups: Groups?
  /// What the outputs are, where rates and calibration are told.
  var form: OutputForm?
  /// The gaps of two classes.
  var gaps: [FairnessGap]
  /// The draws of a bootstrap interval; 0 for none.
  var replicates: Int
  var confidence = 0.95

  /// The interval between the quantiles of what a measure is of rows that are drawn with replacement, given their places;
  /// nil where no draw defines it or no draws are wanted.
  func bootstrap(rows: Int, _ measure: ([Int64]) -> Double) -> ModelCard.Interval? {
    if replicates < 1 { return nil }
    var generator = RandomGenerator(seed: 0)
    var values: [Double] = []
    for _ in 0..<replicates {
      let draws = Tensor<Double>.randomUniform([rows], using: &generator).scalars
      let value = measure(draws.map { min(Int64(rows - 1), Int64($0 * Double(rows))) })
      if !value.isNaN { values.append(value) }
    }
    values.sort()
    let outside = (1 - confidence) / 2
    return ConfidenceInterval(
      lower: linearQuantile(outside, of: values), upper: linearQuantile(1 - outside, of: values)
    )
    .named("bootstrap, \(replicates) draws", confidence)
  }
}

/// What was measured of a model on some data.
struct CardMeasures {
  var results: [ModelCard.Result] = []
  var groups: [ModelCard.GroupResult] = []
  var gaps: [ModelCard.Gap] = []
  var smallGroups: [String] = []

  /// Adds what counts of two classes tell: rates, calibration and gaps with their intervals.
  mutating func add(
    _ counts: GroupCounts, of part: String, gaps wanted: [FairnessGap], isGrouped: Bool, replicates: Int,
    confidence: Double = 0.95
  ) throws(FairnessError) {
    var measures: [GroupMeasure] = [
      .selectionRate, .baseRate, .truePositiveRate, .falsePositiveRate, .positivePredictiveValue, .accuracy,
    ]
    if counts.overall.scores != nil {
      measures += [
        .brierScore, .expectedCalibrationError(.positiveClass), .maximumCalibrationError(.positiveClass),
        .expectedCalibrationError(.topLabel),
      ]
    }
    func interval(_ measure: GroupMeasure, _ cell: GroupCell) throws(FairnessError) -> ModelCard.Interval? {
      try measure.interval(cell, confidence: confidence).flatMap { $0.named("Wilson", confidence) }
    }
    let known = Set(results.map(\.name))
    for measure in measures where !known.contains(measure.name) {
      let cell = counts.overall
      results.append(
        ModelCard.Result(part: part, name: measure.name, value: measure(cell), interval: try interval(measure, cell)))
    }
    if !isGrouped { return }
    let attributes = counts.levels.attributes
    let held = Set(groups.map(\.name))
    for (index, cell) in counts.cells.enumerated() where cell.rowCount > 0 {
      for measure in measures where !held.contains(measure.name) {
        groups.append(
          ModelCard.GroupResult(
            part: part, attributes: attributes, group: counts.levels.group(at: index), rows: cell.rowCount,
            name: measure.name, value: measure(cell), interval: try interval(measure, cell)))
      }
    }
    for gap in wanted {
      var found: ModelCard.Interval?
      if gap.isOfCounts && replicates > 0 {
        found = try counts.interval(of: gap, confidence: confidence, replicates: max(1000, replicates))
          .named("bootstrap of counts, \(max(1000, replicates)) draws", confidence)
      }
      gaps.append(
        ModelCard.Gap(
          part: part, attributes: attributes, name: gap.name, value: try counts.value(of: gap), interval: found))
    }
    smallGroups += counts.smallGroups().map { "\(part): \($0)" }
  }
}

extension ModelCard {
  /// Adds what data are, as those that a fit was given are there: rows, shapes, classes and hash, in place of data of the
  /// same name.
  ///
  /// - Parameters:
  ///   - rows: The data.
  ///   - part: Their name, by which results refer to them.
  ///   - description: What they are, in a few words.
  public mutating func add<Input: Batchable, Target: Batchable>(
    _ rows: Dataset<Input, Target>, as part: String = "test", description: String? = nil
  ) {
    var described = rows.dataPart(part)
    described.description = description
    data.removeAll { $0.part == part }
    data.append(described)
  }

  /// Adds what counts of two classes tell of the model on some data: rates, calibration where there are probabilities, and
  /// gaps, overall and by group, with Wilson and bootstrap intervals.
  ///
  /// What the card has already of that part stays as it is. Throws where a gap cannot be measured.
  /// - Parameters:
  ///   - counts: The counts.
  ///   - part: The name of the data.
  ///   - gaps: The gaps to tell.
  public mutating func add(
    _ counts: GroupCounts, of part: String = "test",
    gaps: [FairnessGap] = [.demographicParityDifference, .equalOpportunityDifference, .equalizedOddsDifference]
  ) throws(FairnessError) {
    var measures = CardMeasures()
    try measures.add(counts, of: part, gaps: gaps, isGrouped: true, replicates: 1000)
    add(measures)
  }
}

extension ConfidenceInterval {
  /// The interval with how it was found; nil where nothing is known.
  fileprivate func named(_ method: String, _ confidence: Double) -> ModelCard.Interval? {
    if lower.isNaN || upper.isNaN { return nil }
    return ModelCard.Interval(lower: lower, upper: upper, confidence: confidence, method: method)
  }
}

/// A trainer, whatever its types, as a card measures by it.
protocol CardMeasuring: AnyObject {
  func cardMeasures<Input: Batchable, Given: Batchable>(
    of data: Dataset<Input, Given>, _ plan: MeasurePlan
  ) throws -> CardMeasures
}

extension Trainer: CardMeasuring {
  func cardMeasures<Input: Batchable, Given: Batchable>(
    of data: Dataset<Input, Given>, _ plan: MeasurePlan
  ) throws -> CardMeasures {
    guard let data = data as? Dataset<Model.Input, Given> else {
      throw TrainingError.features("expected features of type \(Model.Input.self), got \(Input.self)")
    }
    let rows = try converted(data)
    let evaluation = try evaluate(rows)
    let names = Set(metrics.map(\.name))
    var measures = CardMeasures()
    for (name, value) in evaluation.values where !names.contains(name) {
      measures.results.append(ModelCard.Result(part: plan.part, name: name, value: value, goal: .minimum))
    }
    let answers = Dataset<Model.Output, Target>(paired: try predict(rows.x), rows.y, count: rows.count)
      .replacingWeights(rows.weights)
    for metric in metrics {
      measures.results.append(
        ModelCard.Result(
          part: plan.part, name: metric.name, value: metric.value(of: answers),
          interval: try metric.interval(answers, plan),
          goal: metric.goal))
    }
    if let groups = plan.groups {
      if groups.rowCount != rows.count {
        throw FairnessError.shapes("expected groups of \(rows.count) rows, got \(groups.rowCount)")
      }
      try measures.add(metrics, by: groups, answers, plan)
    }
    if let form = plan.form { try measures.add(probabilitiesOf: answers, from: form, plan) }
    return measures
  }
}

extension CardMeasures {
  /// Adds metrics by group, and how far the groups' values are apart.
  fileprivate mutating func add<Output: Batchable, Target: Batchable>(
    _ metrics: [Metric<Output, Target>], by groups: Groups, _ answers: Dataset<Output, Target>, _ plan: MeasurePlan
  ) throws(FairnessError) {
    let count = groups.levels.count
    func divided(_ places: some Sequence<Int64>) -> [[Int64]] {
      var divided = [[Int64]](repeating: [], count: count)
      for place in places { divided[Int(groups.indices[Int(place)])].append(place) }
      return divided
    }
    func gap(_ values: [Double]) -> Double {
      let known = values.filter { !$0.isNaN }
      guard let low = known.min(), let high = known.max() else { return .nan }
      return high - low
    }
    let places = divided((0..<answers.count).map(Int64.init))
    for metric in metrics {
      var values = [Double]()
      for (index, rows) in places.enumerated() where !rows.isEmpty {
        let held = answers.rows(Tensor(rows))
        values.append(metric.value(of: held))
        self.groups.append(
          ModelCard.GroupResult(
            part: plan.part, attributes: groups.levels.attributes, group: groups.levels.group(at: index),
            rows: rows.count, name: metric.name, value: values.last!, interval: try metric.interval(held, plan)))
      }
      let interval = plan.bootstrap(rows: answers.count) { drawn in
        let parts = divided(drawn).filter { !$0.isEmpty }
        return gap(parts.map { metric.value(of: answers.rows(Tensor($0))) })
      }
      gaps.append(
        ModelCard.Gap(
          part: plan.part, attributes: groups.levels.attributes, name: "\(metric.name)_difference", value: gap(values),
          interval: interval))
    }
  }

  /// Adds what probabilities tell: rates, gaps and calibration of two classes, or the calibration of several.
  fileprivate mutating func add<Output: Batchable, Target: Batchable>(
    probabilitiesOf answers: Dataset<Output, Target>, from form: OutputForm, _ plan: MeasurePlan
  ) throws {
    guard let outputs = answers.x as? Tensor<Float> else {
      throw FairnessError.invalid("expected outputs of type Tensor<Float> for probabilities, got \(Output.self)")
    }
    if let labels = answers.y as? Tensor<Int32>, outputs.rank == 2, outputs.shape[1] > 2 {
      // Nothing but what is right is decided; groups have it in metrics of their own.
      let metric = Metric<Tensor<Float>, Tensor<Int32>>.calibrationError(from: form)
      let held = Dataset(paired: outputs, labels, count: answers.count).replacingWeights(answers.weights)
      results.append(
        ModelCard.Result(
          part: plan.part, name: metric.name, value: metric.value(of: held), interval: try metric.interval(held, plan),
          goal: metric.goal))
      return
    }
    let labels: Tensor<Int32>
    switch answers.y {
    case let whole as Tensor<Int32>: labels = whole
    case let real as Tensor<Float> where real.scalars.allSatisfy({ $0 == 0 || $0 == 1 }):
      labels = real.cast(to: Int32.self)
    default: throw FairnessError.invalid("expected targets 0 or 1 for rates of two classes, got \(Target.self)")
    }
    let probabilities = try positiveProbabilities(of: outputs, from: form, rows: answers.count)
    let all = try Groups("all", labels: [String](repeating: "all", count: answers.count))
    let counts = try GroupCounts(
      labels: labels.flattened(), probabilities: Tensor<Float>(probabilities), groups: plan.groups ?? all,
      weights: answers.weights)
    try add(
      counts, of: plan.part, gaps: plan.gaps, isGrouped: plan.groups != nil, replicates: plan.replicates,
      confidence: plan.confidence)
  }
}

extension Metric where Output: Batchable, Target: Batchable {
  /// The metric of all rows of answers.
  fileprivate func value(of answers: Dataset<Output, Target>) -> Double {
    var state = state()
    state.add(answers.x, answers.y, weights: answers.weights, rows: answers.count)
    return state.value
  }

  /// The interval of the metric: Wilson's for a rate of rows, otherwise that between the quantiles of draws of the rows
  /// with replacement; nil where none is defined or wanted.
  fileprivate func interval(
    _ answers: Dataset<Output, Target>, _ plan: MeasurePlan
  ) throws(FairnessError) -> ModelCard.Interval? {
    if isRate {
      var state = state()
      state.add(answers.x, answers.y, weights: answers.weights, rows: answers.count)
      let weights = answers.weights?.scalars.map(Double.init)
      let sum = weights?.reduce(0, +) ?? Double(answers.count)
      // Several places of a row, as the words of a text, are not independent.
      if state.numbers.count == 2 && state.numbers[1] == sum {
        let squares = weights?.reduce(0) { $0 + $1 * $1 } ?? sum
        return try wilsonInterval(of: state.value, rows: sum * sum / squares, confidence: plan.confidence)
          .named("Wilson", plan.confidence)
      }
    }
    return plan.bootstrap(rows: answers.count) { value(of: answers.rows(Tensor($0))) }
  }
}
