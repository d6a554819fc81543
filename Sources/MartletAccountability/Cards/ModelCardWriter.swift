import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletText
import MartletTraining

/// Writes a model's card when a fit ends: as Markdown, and as JSON beside it.
///
/// ```swift
/// let writer = ModelCardWriter(to: "card.md", name: "digits", data: "Optical digits, UCI")
/// writer.measure(on: test, named: "test")
/// try trainer.fit(train, validation: held, epochs: 20, seed: 7, callbacks: [EnergyMeter(), writer])
/// try model.save(to: "digits.safetensors", ModelContents(card: writer.card?.json))
/// ```
/// When the fit has ended, after all other callbacks, the model's parameters and the data are hashed, the validation and
/// test data are measured with the parameters that the model has then, and every callback that is a `ModelCardSource` adds
/// what it knows. Answers that the file has are kept. Rates of rows have Wilson intervals, other metrics the quantiles of
/// draws of the rows with replacement; a loss has none.
///
/// Data in a stream cannot be hashed or measured. A fit that an error ends has a card that says so, without measures. A
/// card that cannot be written does not end the fit, which throws at its end.
public final class ModelCardWriter: RecordingCallback {
  /// The path of the Markdown.
  public let path: String
  /// The model's name.
  public let name: String
  /// What the data are; nil where it is not said.
  public let data: String?
  /// The task, by a name of Hugging Face's; nil for what the data suggest.
  public let task: String?
  /// Answers to questions, by their identifiers; they come before those that the file has.
  public let answers: [String: String]
  /// What the model is not good for.
  public let limits: [String]
  /// The names of the classes, class 0's first; empty for their numbers.
  public let classes: [String]
  /// The draws for each interval of a metric that is no rate; 0 for none. Each takes the time of the metric on all rows.
  public let replicates: Int
  /// What explains the model, to be in the card; may be set until the fit ends.
  public var explanations: [ModelCard.Explanation] = []
  /// The card of the last fit; nil before its end.
  public private(set) var card: ModelCard?
  /// Why the last writing failed; nil when it did not. The fit throws it at its end.
  public package(set) var failure: CheckpointError?

  /// Whether the fit that runs has been found to be one that a card can be written of.
  private var isReady = false
  private var tests: [(rows: any CardRows, description: String?, plan: MeasurePlan)] = []

  /// Makes a callback that writes a card.
  ///
  /// - Parameters:
  ///   - path: The path of the Markdown, such as `card.md`, or `README.md` in a repository of Hugging Face's.
  ///   - name: The model's name.
  ///   - data: What the data are, in a few words.
  ///   - task: The task, by a name of Hugging Face's such as `image-classification`.
  ///   - answers: Answers to questions, by their identifiers: see `ModelCard.questions`.
  ///   - limits: What the model is not good for, a sentence each.
  ///   - classes: The names of the classes.
  ///   - replicates: The draws for each interval of a metric that is no rate; 0 for none. Traps when it is negative.
  public init(
    to path: String, name: String, data: String? = nil, task: String? = nil, answers: [String: String] = [:],
    limits: [String] = [], classes: [String] = [], replicates: Int = 200
  ) {
    if replicates < 0 { fatalError("ModelCardWriter: expected replicates of at least 0, got \(replicates)") }
    (self.path, self.name, self.data, self.task, self.answers) = (path, name, data, task, answers)
    (self.limits, self.classes, self.replicates) = (limits, classes, replicates)
  }

  /// Has the model measured with these data too when the fit has ended: by the trainer's loss and metrics, with intervals.
  ///
  /// A fit refuses a name that is not new, and groups of another number of rows.
  /// - Parameters:
  ///   - rows: The data, which the model has not seen in training.
  ///   - part: The name of the data in the card.
  ///   - description: What they are, in a few words; nil for what the training data are.
  ///   - groups: The groups of their rows, for measures by group and gaps.
  ///   - form: What the outputs are. Then calibration is told, and for two classes the rates.
  ///   - gaps: The gaps of two classes to tell, with bootstrap intervals.
  public func measure<Input: Batchable, Target: Batchable>(
    on rows: Dataset<Input, Target>, named part: String = "test", description: String? = nil, groups: Groups? = nil,
    from form: OutputForm? = nil,
    gaps: [FairnessGap] = [.demographicParityDifference, .equalOpportunityDifference, .equalizedOddsDifference]
  ) {
    let plan = MeasurePlan(part: part, groups: groups, form: form, gaps: gaps, replicates: replicates)
    tests.append((rows, description, plan))
  }

  // MARK: The fit

  /// Throws when an answer is to no question, names occur twice, groups do not fit, or a card that is there cannot be read.
  public func onFitBegin(_ fit: FitState) throws {
    (failure, card, isReady) = (nil, nil, false)
    var probe = ModelCard(name: name)
    for (id, text) in answers { try probe.answer(id, text) }
    if answered(name) == nil { throw CardError.invalid("expected a name for the model, got none") }
    var parts: Set<ExactName> = [ExactName("training"), ExactName("validation")]
    for (rows, _, plan) in tests {
      if !parts.insert(ExactName(plan.part)).inserted || answered(plan.part) == nil {
        throw CardError.invalid(
          "expected a new name for data to measure, other than training and validation, got \(shown(plan.part))")
      }
      if let groups = plan.groups, groups.rowCount != rows.count {
        throw FairnessError.shapes(
          "\(shown(plan.part)): expected groups of \(rows.count) rows, got \(groups.rowCount)")
      }
    }
    try probe.keepAnswers(of: path)
    isReady = true
  }

  /// Makes the card and writes it, unless the fit was refused before its first epoch.
  public func onFitEnd(_ fit: FitState) throws {
    if !isReady { return }
    isReady = false
    var card = ModelCard(name: name)
    var problem: (any Error)?
    func attempting(_ what: String, _ body: () throws -> Void) {
      do {
        try body()
      } catch {
        card.limits.append("\(what) is missing from this card: \(error)")
        problem = problem ?? error
      }
    }
    card.answers = answers
    card.created = timestamp()
    card.software = .current()
    card.machine = .current()
    card.training = ModelCard.Training(fit)
    card.explanations = explanations
    card.limits = limits
    // A fit that failed before its first step may have nothing built.
    if fit.stepsTaken > 0 || fit.error == nil {
      attempting("What the model is made of") { card.architecture = try ModelCard.Architecture(of: fit.model) }
    }
    describeData(fit, &card)
    card.task = task ?? suggestedTask(card)
    if fit.error == nil, fit.epoch > 0, let trainer = fit.subject?.trainer as? any CardMeasuring {
      if let rows = fit.subject?.validation as? any CardRows {
        let plan = MeasurePlan(part: "validation", gaps: [], replicates: replicates)
        attempting("What the model is worth on the validation data") {
          card.add(try rows.measures(by: trainer, plan))
        }
      }
      for (rows, _, plan) in tests {
        attempting("What the model is worth on the data \(shown(plan.part))") {
          card.add(try rows.measures(by: trainer, plan))
        }
      }
    }
    for case let source as any ModelCardSource in fit.callbacks {
      attempting("What \(type(of: source)) knows") { try source.add(to: &card, fit) }
    }
    addLimits(fit, &card)
    attempt(fit) { try card.save(to: path) }
    self.card = card
    try throwFailure()
    if let problem { throw problem }
  }

  private func describeData(_ fit: FitState, _ card: inout ModelCard) {
    func add(_ part: String, _ rows: Any?, _ description: String?) {
      var described = (rows as? any CardRows)?.dataPart(part) ?? ModelCard.DataPart(part: part)
      described.description = description
      for index in described.classes.indices {
        if let label = Int(described.classes[index].name), classes.indices.contains(label) {
          described.classes[index].name = classes[label]
        }
      }
      card.data.append(described)
    }
    add("training", fit.subject?.training, data)
    if fit.hasValidation { add("validation", fit.subject?.validation, data) }
    for (rows, description, plan) in tests { add(plan.part, rows, description ?? data) }
  }

  /// The task that the training data suggest: of tables for rows of numbers; classes where the targets are labels.
  private func suggestedTask(_ card: ModelCard) -> String? {
    guard let training = card.data.first, training.features.count == 1, !training.features[0].contains(",") else {
      return nil
    }
    if training.targets.isEmpty { return nil }
    return training.classes.isEmpty ? "tabular-regression" : "tabular-classification"
  }

  private func addLimits(_ fit: FitState, _ card: inout ModelCard) {
    if let error = fit.error { card.limits.append("An error ended training: \(error)") }
    if fit.options.seed == nil {
      card.limits.append("Training had no seed of its own, so it cannot be repeated exactly.")
    }
    if card.data.contains(where: { $0.sha256 == nil }) {
      card.limits.append("Data in a stream were not hashed, so they cannot be recognised.")
    }
  }
}

extension ModelCard.Training {
  /// How a fit that has ended went.
  init(_ fit: FitState) {
    let (options, run, history) = (fit.options, fit.run, fit.history)
    optimizer = run["optimizer"] ?? "\(fit.optimizer)"
    learningRate = fit.optimizer.learningRate
    loss = run["loss"] ?? "unknown"
    seed = options.seed
    var named = [
      ModelCard.Named("Batch size", "\(options.batchSize)"), ModelCard.Named("Shuffled", "\(options.shuffle)"),
      ModelCard.Named("Validation split", significantDigits(options.validationSplit)),
      ModelCard.Named("Steps from a plan", "\(options.compilation)"),
    ]
    if let weights = options.classWeights {
      named.append(ModelCard.Named("Class weights", weights == .balanced ? "balanced" : "given by class"))
    }
    if let metrics = run["metrics"], !metrics.isEmpty { named.append(ModelCard.Named("Metrics", metrics)) }
    self.options = named
    let own: Set = ["LastGood", "Validation", "HistoryRecorder", "ProgressDisplay", "OnEpochEnd", "ModelCardWriter"]
    callbacks = fit.callbacks.map { "\(type(of: $0))" }.filter { !own.contains($0) }
    epochsWanted = options.epochs
    epochsDone = history.epochs
    steps = fit.stepsTaken
    isResumed = fit.isResumed
    seconds = history.totalSeconds
    lastEpoch = history.names.compactMap { name in
      history[name].last.map { ModelCard.Measure(name, $0) }
    }
    ended =
      if let error = fit.error {
        "of an error: \(error)"
      } else if let interruption = fit.interruption {
        "it was interrupted by \(interruption)"
      } else if fit.isStopping && fit.epoch < options.epochs {
        "a callback ended it"
      } else {
        "all epochs were done"
      }
  }
}
