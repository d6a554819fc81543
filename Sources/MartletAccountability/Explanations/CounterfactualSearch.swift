import MartletCore
import MartletData
import MartletText

extension Explainer {
  /// For each row, the fewest and smallest changes that bring what is explained to a goal.
  ///
  /// One changed feature is tried first, with all its values; then two, beginning with the rows that came nearest, and so
  /// on. What is found is drawn back to the row as far as the goal allows, and changes that are not needed are undone.
  /// Rows that meet the goal already have a counterfactual without changes; those for which nothing was found have none.
  /// Beyond one feature the search is not exhaustive: there may be a nearer row. Source of the idea: S. Wachter et al.,
  /// Counterfactual explanations without opening the black box (2017), arXiv:1711.00399.
  ///
  /// - Parameters:
  ///   - x: The rows, `[n, …]`.
  ///   - goal: What should become of the number that is explained.
  ///   - reference: Rows that say which values features may have, `[m, …]`, such as those of training. A feature that has
  ///     only whole numbers there keeps them.
  ///   - rules: What may be changed.
  public func counterfactuals(
    _ x: Tensor<Scalar>, goal: CounterfactualGoal, reference: Tensor<Scalar>,
    rules: CounterfactualRules = CounterfactualRules()
  ) throws(ExplanationError) -> [Counterfactual] {
    try check(x)
    try check(reference)
    if Shape(reference.shape.dropFirst()) != Shape(x.shape.dropFirst()) {
      throw .shapes("expected a reference with rows as those of \(x.shape), got \(reference.shape)")
    }
    let model = featureModel(Shape(x.shape.dropFirst()))
    return try CounterfactualSearch(model, numbers(reference.contiguous()), goal, rules).search(
      numbers(x.contiguous()))
  }
}

extension TableExplainer {
  /// For each row of a table, the fewest and smallest changes of columns that bring what is explained to a goal; categories
  /// become others that the preprocessor knows: see ``Explainer/counterfactuals(_:goal:reference:rules:)``.
  public func counterfactuals(
    of table: Table, goal: CounterfactualGoal, reference: Table, rules: CounterfactualRules = CounterfactualRules()
  ) throws(ExplanationError) -> [Counterfactual] {
    let (model, features) = try featureModel([table, reference])
    return try CounterfactualSearch(model, features[1], goal, rules, knownCategories).search(features[0])
  }

  /// The categories that the preprocessor knows, by column.
  private var knownCategories: [[Table.Value]] { predictor.preprocessor.columns.map(\.categories) }
}

/// The search for counterfactuals of some rows.
struct CounterfactualSearch {
  /// What is known of a feature.
  private struct Feature {
    let isMutable: Bool
    let isCategory: Bool
    let isWhole: Bool
    let candidates: [Double]
    /// The spread of the reference rows, by which distances are measured.
    let spread: Double
    let range: ClosedRange<Double>?
    let mayRise: Bool
    let mayFall: Bool

    func allows(_ number: Double, from old: Double) -> Bool {
      if !isMutable || number.isNaN || number == old { return false }
      if isCategory { return true }
      if let range, !range.contains(number) { return false }
      return old.isNaN || (number > old ? mayRise : mayFall)
    }

    func distance(_ a: Double, _ b: Double) -> Double {
      if a == b || (a.isNaN && b.isNaN) { return 0 }
      return isCategory || a.isNaN || b.isNaN ? 1 : abs(a - b) / spread
    }
  }

  /// A row with some changes.
  private struct State {
    var features: [Double]
    var changed: [Int]
    var value: Double
  }

  private let model: FeatureModel
  private let goal: CounterfactualGoal
  private let rules: CounterfactualRules
  private let features: [Feature]

  init(
    _ model: FeatureModel, _ reference: [Double], _ goal: CounterfactualGoal, _ rules: CounterfactualRules,
    _ categories: [[Table.Value]]? = nil
  ) throws(ExplanationError) {
    (self.model, self.goal, self.rules) = (model, goal, rules)
    let counts = [rules.maximumChanges, rules.valuesPerFeature, rules.beamWidth, rules.maximumAnswers]
    if counts.contains(where: { $0 < 1 }) {
      throw .invalid("expected rules with at least one change, value, row to follow and answer, got \(rules)")
    }
    let bound =
      switch goal {
      case .atLeast(let bound), .atMost(let bound): bound
      }
    if !bound.isFinite { throw .invalid("expected a finite goal, got \(bound)") }
    let named = rules.immutable + Array(rules.ranges.keys) + rules.onlyRising + rules.onlyFalling
    for name in named {
      let place = try model.place(of: name)
      if !rules.immutable.contains(name), case .category = model.kinds[place] {
        throw .invalid("\(shown(name)): expected a feature of numbers for a range or a direction, got categories")
      }
    }
    let (width, count) = (model.width, reference.count / model.width)
    features = (0..<width).map { place in
      let name = model.names[place]
      let held = (0..<count).map { reference[$0 * width + place] }
      let numbers = held.filter { !$0.isNaN }.sorted()
      var candidates: [Double]
      let isCategory: Bool
      switch model.kinds[place] {
      case .number:
        isCategory = false
        let steps = rules.valuesPerFeature
        candidates =
          steps == 1
          ? [linearQuantile(0.5, of: numbers)]
          : (0..<steps).map { linearQuantile(Double($0) / Double(steps - 1), of: numbers) }
      case .category(let levels):
        isCategory = true
        let known = categories?[place] ?? []
        let used = Set(numbers)
        candidates = levels.indices.filter { level in
          known.isEmpty ? used.contains(Double(level)) : known.contains(levels[level])
        }.map(Double.init)
      }
      let isWhole = !isCategory && !numbers.isEmpty && numbers.allSatisfy { $0 == $0.rounded() }
      if isWhole { candidates = candidates.map { $0.rounded() } }
      if let range = rules.ranges[name] { candidates += [range.lowerBound, range.upperBound] }
      candidates = Array(Set(candidates.filter(\.isFinite))).sorted()
      let mean = numbers.reduce(0, +) / Double(max(1, numbers.count))
      let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, numbers.count))
      return Feature(
        isMutable: !rules.immutable.contains(name), isCategory: isCategory, isWhole: isWhole, candidates: candidates,
        spread: variance > 0 ? variance.squareRoot() : 1, range: rules.ranges[name],
        mayRise: !rules.onlyFalling.contains(name), mayFall: !rules.onlyRising.contains(name))
    }
  }

  func search(_ rows: [Double]) throws(ExplanationError) -> [Counterfactual] {
    let width = model.width
    var result: [Counterfactual] = []
    for row in 0..<rows.count / width {
      let here = Array(rows[row * width..<(row + 1) * width])
      let before = try model.values(here, [row])[0]
      for state in try answers(here, before, row) {
        result.append(
          Counterfactual(
            row: row,
            changes: state.changed.map {
              .init(
                feature: model.names[$0], from: model.value(here[$0], of: $0),
                to: model.value(state.features[$0], of: $0))
            }, before: before, after: state.value, distance: distance(state.features, here)))
      }
    }
    return result
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    features.indices.reduce(0) { $0 + features[$1].distance(a[$1], b[$1]) }
  }

  private func isMet(_ value: Double) -> Bool { goal.distance(value) == 0 }

  private func values(_ states: [[Double]], _ row: Int) throws(ExplanationError) -> [Double] {
    try model.values(count: states.count) { index, point in
      point += states[index]
      return row
    }
  }

  /// The nearest changed rows that meet the goal, each with another set of features.
  private func answers(_ here: [Double], _ before: Double, _ row: Int) throws(ExplanationError) -> [State] {
    if isMet(before) { return [State(features: here, changed: [], value: before)] }
    var beam = [State(features: here, changed: [], value: before)]
    var found: [[Int]: State] = [:]
    for _ in 0..<rules.maximumChanges {
      var next: [State] = []
      for state in beam {
        for place in features.indices where !state.changed.contains(place) {
          for number in features[place].candidates where features[place].allows(number, from: here[place]) {
            var changed = state
            changed.features[place] = number
            changed.changed = (state.changed + [place]).sorted()
            next.append(changed)
          }
        }
      }
      let answers = try values(next.map(\.features), row)
      for index in next.indices { next[index].value = answers[index] }
      for state in next where isMet(state.value) {
        let best = found[state.changed]
        if best == nil || distance(state.features, here) < distance(best!.features, here) {
          found[state.changed] = state
        }
      }
      if found.count >= rules.maximumAnswers { break }
      // Those that meet the goal need no further change.
      beam = followed(next.filter { !isMet($0.value) }, here)
      if beam.isEmpty { break }
    }
    var drawn: [[Int]: State] = [:]
    for state in found.values {
      let near = try drawnBack(state, here, row)
      let best = drawn[near.changed]
      if best == nil || distance(near.features, here) < distance(best!.features, here) { drawn[near.changed] = near }
    }
    let order = drawn.values.map { (state: $0, distance: distance($0.features, here)) }.sorted {
      ($0.state.changed.count, $0.distance, $0.state.changed.description)
        < ($1.state.changed.count, $1.distance, $1.state.changed.description)
    }
    return order.prefix(rules.maximumAnswers).map(\.state)
  }

  /// The rows nearest to the goal, and of the same value those nearest to the row; one for each set of features at first,
  /// so that those of one feature do not take all places.
  private func followed(_ states: [State], _ here: [Double]) -> [State] {
    let order = states.map { (state: $0, key: (goal.distance($0.value), distance($0.features, here))) }
      .sorted { $0.key < $1.key }.map(\.state)
    var (seen, first, others) = (Set<[Int]>(), [State](), [State]())
    for state in order {
      if seen.insert(state.changed).inserted { first.append(state) } else { others.append(state) }
    }
    return Array((first + others).prefix(rules.beamWidth))
  }

  /// Undoes changes that are not needed, and moves numbers back as far as the goal allows.
  private func drawnBack(_ state: State, _ here: [Double], _ row: Int) throws(ExplanationError) -> State {
    var state = state
    // The largest change first.
    let order = state.changed.sorted {
      features[$0].distance(state.features[$0], here[$0]) > features[$1].distance(state.features[$1], here[$1])
    }
    for place in order where state.changed.count > 1 {
      var without = state.features
      without[place] = here[place]
      let value = try values([without], row)[0]
      if isMet(value) {
        state = State(features: without, changed: state.changed.filter { $0 != place }, value: value)
      }
    }
    for place in state.changed where !features[place].isCategory && !here[place].isNaN {
      var (near, far) = (here[place], state.features[place])
      for _ in 0..<24 {
        var middle = near + (far - near) / 2
        if features[place].isWhole { middle = far > near ? middle.rounded(.down) : middle.rounded(.up) }
        if middle == near || middle == far { break }
        // A range may begin between both.
        var moved = state.features
        moved[place] = middle
        let value = features[place].allows(middle, from: here[place]) ? try values([moved], row)[0] : .nan
        if isMet(value) {
          (far, state.features, state.value) = (middle, moved, value)
        } else {
          near = middle
        }
      }
    }
    return state
  }
}
