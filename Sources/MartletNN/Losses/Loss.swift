import MartletCore

/// A loss with a name, for a trainer: a function that compares a batch's predictions with its targets.
///
/// `Output` is the type of the model's outputs and `Target` that of the targets: mostly tensors, with targets of
/// `Tensor<Float>` for regression and `Tensor<Int32>` for class labels, but any types that the model and the data set
/// have. A loss of your own gets the same checks as those of the library; give it as terms, one for each row or element,
/// so that rows can have weights:
///
/// ```swift
/// let wing = Loss("wing", targets: .sameShape) { (predicted: Tensor<Float>, expected: Tensor<Float>) in
///   LossTerms((1 + (predicted - expected).abs()).log())
/// }
/// ```
public struct Loss<Output, Target>: Sendable {
  /// The name in messages.
  public let name: String
  /// The loss of a batch: a tensor of one number.
  public let compute: @Sendable (_ predicted: Output, _ expected: Target) -> Tensor<Float>
  /// The loss of a batch as terms for its rows; nil for a loss that is only known as one number.
  public let terms: (@Sendable (_ predicted: Output, _ expected: Target) -> LossTerms<Float>)?
  /// Which targets the loss takes.
  public let targets: TargetRule
  /// The activations that a model must not end in, since the loss applies one itself.
  package var refusedActivations: [ActivationFunction] = []
  /// The number of terms, all of which count for one, so that `compute` gives their mean; nil where it must be asked for.
  private let count: (@Sendable (Output, Target) -> Int)?

  /// Makes a loss of your own: `compute` returns a tensor of one number for a batch, whose targets are as `targets`
  /// says.
  ///
  /// Rows cannot have weights then; a loss of terms takes them.
  public init(
    _ name: String, targets: TargetRule = .any,
    _ compute: @escaping @Sendable (_ predicted: Output, _ expected: Target) -> Tensor<Float>
  ) {
    (self.name, self.targets, self.compute, terms, count) = (name, targets, compute, nil, nil)
  }

  /// Makes a loss of your own of terms, one for each row or element: the loss of a batch is their mean, in which rows
  /// count for their weights.
  public init(
    _ name: String, targets: TargetRule = .any,
    _ terms: @escaping @Sendable (_ predicted: Output, _ expected: Target) -> LossTerms<Float>
  ) {
    (self.name, self.targets, self.terms, count) = (name, targets, terms, nil)
    compute = { terms($0, $1).reduced() }
  }

  /// A loss as a function that combines its terms, which all count for one, in any way.
  init(
    _ name: String, targets: TargetRule, count: @escaping @Sendable (Output, Target) -> Int,
    _ function: @escaping @Sendable (Output, Target, LossReduction) -> Tensor<Float>
  ) {
    (self.name, self.targets, self.count) = (name, targets, count)
    compute = { function($0, $1, .mean) }
    terms = { LossTerms(function($0, $1, .none)) }
  }

  /// Whether it surely does the same at every call: one of the library's, whose terms all count for one.
  package var isRepeatable: Bool { count != nil }

  /// The loss of a batch.
  public func callAsFunction(_ predicted: Output, _ expected: Target) -> Tensor<Float> {
    compute(predicted, expected)
  }

  /// The loss of a batch of so many rows with what it counts for among others, by which the losses of several batches are
  /// averaged. Traps when there are weights and no terms.
  package func ratio(
    _ predicted: Output, _ expected: Target, weights: Tensor<Float>?, rows: Int
  ) -> (loss: Tensor<Float>, denominator: Double) {
    if weights == nil {
      if let count { return (compute(predicted, expected), Double(count(predicted, expected))) }
      if terms == nil { return (compute(predicted, expected), Double(rows)) }
    }
    guard let terms else { fatalError("\(name): expected a loss of terms for rows with weights, got one number") }
    return terms(predicted, expected).ratio(weights: weights)
  }
}

// MARK: Regression

extension Loss where Output == Tensor<Float>, Target == Tensor<Float> {
  private static func elementwise(
    _ name: String, _ targets: TargetRule = .sameShape,
    _ function: @escaping @Sendable (Tensor<Float>, Tensor<Float>, LossReduction) -> Tensor<Float>
  ) -> Loss {
    Loss(name, targets: targets, count: { predicted, _ in predicted.count }, function)
  }

  /// A loss that is one number for each vector along the last axis.
  private static func rowwise(
    _ name: String, _ targets: TargetRule = .sameShape,
    _ function: @escaping @Sendable (Tensor<Float>, Tensor<Float>, LossReduction) -> Tensor<Float>
  ) -> Loss {
    Loss(name, targets: targets, count: { vectors, _ in vectors.count / max(1, vectors.shape.last ?? 1) }, function)
  }

  /// The squared difference: see `meanSquaredError(predicted:expected:weights:reduction:)`.
  public static var meanSquaredError: Loss {
    elementwise("meanSquaredError") { MartletNN.meanSquaredError(predicted: $0, expected: $1, reduction: $2) }
  }

  /// Keras's name for `meanSquaredError`.
  @available(*, unavailable, renamed: "meanSquaredError")
  public static var mse: Loss { fatalError() }

  /// Keras's name for `meanAbsoluteError`.
  @available(*, unavailable, renamed: "meanAbsoluteError")
  public static var mae: Loss { fatalError() }

  /// The absolute difference: see `meanAbsoluteError(predicted:expected:weights:reduction:)`.
  public static var meanAbsoluteError: Loss {
    elementwise("meanAbsoluteError") { MartletNN.meanAbsoluteError(predicted: $0, expected: $1, reduction: $2) }
  }

  /// Huber's loss with a threshold of 1: see `huberLoss(predicted:expected:delta:weights:reduction:)`.
  public static var huber: Loss { huber(delta: 1) }

  /// Huber's loss: see `huberLoss(predicted:expected:delta:weights:reduction:)`.
  public static func huber(delta: Double) -> Loss {
    elementwise("huber") { huberLoss(predicted: $0, expected: $1, delta: delta, reduction: $2) }
  }

  /// Huber's loss over its threshold: see `smoothL1Loss(predicted:expected:beta:weights:reduction:)`.
  public static func smoothL1(beta: Double = 1) -> Loss {
    elementwise("smoothL1") { smoothL1Loss(predicted: $0, expected: $1, beta: beta, reduction: $2) }
  }

  /// The logarithm of the hyperbolic cosine: see `logCosh(predicted:expected:weights:reduction:)`.
  public static var logCosh: Loss {
    elementwise("logCosh") { MartletNN.logCosh(predicted: $0, expected: $1, reduction: $2) }
  }

  /// The quantile or pinball loss: see `quantileLoss(predicted:expected:quantile:weights:reduction:)`.
  public static func quantile(_ quantile: Double) -> Loss {
    elementwise("quantile") { quantileLoss(predicted: $0, expected: $1, quantile: quantile, reduction: $2) }
  }

  /// The quantile loss of several quantiles, an output for each: outputs `[rows, …, quantiles]`, targets `[rows, …]`.
  public static func quantiles(_ quantiles: [Double]) -> Loss {
    elementwise("quantiles", .columns(quantiles.count)) {
      quantileLoss(predicted: $0, expected: $1, quantiles: quantiles, reduction: $2)
    }
  }

  /// The loss of counts by the logarithms of their rates: see `poissonLoss(logRates:expected:weights:reduction:)`.
  public static var poisson: Loss {
    elementwise("poisson", .sameShape(within: 0...Double(Float.greatestFiniteMagnitude))) {
      poissonLoss(logRates: $0, expected: $1, reduction: $2)
    }
  }

  /// The loss of a normal distribution by its mean and the logarithm of its variance, two outputs for each target:
  /// outputs `[rows, …, 2]`, targets `[rows, …]`. See `gaussianLoss(means:logVariances:expected:weights:reduction:)`.
  public static var gaussian: Loss {
    Loss("gaussian", targets: .columns(2), count: { _, expected in expected.count }) {
      gaussianLoss(means: $0[.ellipsis, 0], logVariances: $0[.ellipsis, 1], expected: $1, reduction: $2)
    }
  }

  /// One minus the cosine of the angle between vectors: see `cosineDistance(predicted:expected:weights:reduction:)`.
  public static var cosineDistance: Loss {
    rowwise("cosineDistance") { MartletNN.cosineDistance(predicted: $0, expected: $1, reduction: $2) }
  }

  // MARK: Yes and no

  /// The binary cross-entropy of logits, before any sigmoid, with targets within 0…1: see `binaryCrossEntropy(logits:…)`.
  public static var binaryCrossEntropy: Loss { binaryCrossEntropy(from: .logits) }

  /// The binary cross-entropy of logits or of probabilities, with targets within 0…1: see `binaryCrossEntropy(logits:…)`
  /// and `binaryCrossEntropy(probabilities:…)`.
  public static func binaryCrossEntropy(
    from outputs: OutputForm = .logits, positiveWeight: Tensor<Float>? = nil, labelSmoothing: Double = 0
  ) -> Loss {
    elementwise("binaryCrossEntropy", .sameShape(within: 0...1)) {
      switch outputs {
      case .logits:
        MartletNN.binaryCrossEntropy(
          logits: $0, expected: $1, positiveWeight: positiveWeight, labelSmoothing: labelSmoothing, reduction: $2)
      case .probabilities:
        MartletNN.binaryCrossEntropy(
          probabilities: $0, expected: $1, positiveWeight: positiveWeight, labelSmoothing: labelSmoothing,
          reduction: $2)
      }
    }.ofLogits(outputs)
  }

  /// The focal loss of logits, with targets within 0…1: see `binaryFocalLoss(logits:…)`.
  public static func binaryFocal(alpha: Double? = 0.25, gamma: Double = 2) -> Loss {
    elementwise("binaryFocal", .sameShape(within: 0...1)) {
      binaryFocalLoss(logits: $0, expected: $1, alpha: alpha, gamma: gamma, reduction: $2)
    }.ofLogits(.logits)
  }

  /// The hinge loss, with targets of 1 and −1: see `hingeLoss(predicted:expected:weights:reduction:)`.
  public static var hinge: Loss {
    elementwise("hinge", .sameShape(within: -1...1)) { hingeLoss(predicted: $0, expected: $1, reduction: $2) }
  }

  /// The squared hinge loss, with targets of 1 and −1: see `squaredHingeLoss(predicted:expected:weights:reduction:)`.
  public static var squaredHinge: Loss {
    elementwise("squaredHinge", .sameShape(within: -1...1)) {
      squaredHingeLoss(predicted: $0, expected: $1, reduction: $2)
    }
  }

  // MARK: Expected probabilities

  /// The cross-entropy of logits with expected probabilities, outputs and targets `[rows, …, classes]`: see
  /// `crossEntropy(logits:expected:…)`.
  ///
  /// It has another name than that of labels, so that `.crossEntropy` says what the targets are.
  public static func softCrossEntropy(classWeights: Tensor<Float>? = nil, labelSmoothing: Double = 0) -> Loss {
    rowwise("softCrossEntropy", .sameShape(within: 0...1)) {
      MartletNN.crossEntropy(
        logits: $0, expected: $1, classWeights: classWeights, labelSmoothing: labelSmoothing, reduction: $2)
    }.ofLogits(.logits)
  }

  /// The Kullback–Leibler divergence of expected probabilities from those of logits, `[rows, …, classes]` both: see
  /// `klDivergence(logProbabilities:expected:weights:reduction:)`.
  public static func klDivergence(from outputs: OutputForm = .logits) -> Loss {
    rowwise("klDivergence", .sameShape(within: 0...1)) {
      switch outputs {
      case .logits: MartletNN.klDivergence(logProbabilities: $0.logSoftmax(), expected: $1, reduction: $2)
      case .probabilities: MartletNN.klDivergence(probabilities: $0, expected: $1, reduction: $2)
      }
    }.ofLogits(outputs)
  }
}

// MARK: Labels

extension Loss where Output == Tensor<Float>, Target == Tensor<Int32> {
  private static func ofLabels(
    _ name: String, _ form: LabelCount<Float>.Form, _ count: LabelCount<Float>,
    _ function: @escaping @Sendable (Tensor<Float>, Tensor<Int32>, LossReduction) -> Tensor<Float>
  ) -> Loss {
    let rule = TargetRule.labels(ignored: count.ignoredLabel)
    if count.classWeights == nil && count.ignoredLabel == nil {
      return Loss(name, targets: rule, count: { _, labels in labels.count }, function)
    }
    return Loss(name, targets: rule) { count.terms(name, form, $0, $1) }
  }

  /// The cross-entropy of logits, before any softmax: see `crossEntropy(logits:labels:…)`.
  public static var crossEntropy: Loss { crossEntropy(from: .logits) }

  /// The cross-entropy of logits or of probabilities: see `crossEntropy(logits:labels:…)` and
  /// `crossEntropy(probabilities:labels:…)`.
  public static func crossEntropy(
    from outputs: OutputForm = .logits, classWeights: Tensor<Float>? = nil, ignoredLabel: Int? = nil,
    labelSmoothing: Double = 0
  ) -> Loss {
    let count = LabelCount(classWeights: classWeights, ignoredLabel: ignoredLabel, labelSmoothing: labelSmoothing)
    let form: LabelCount<Float>.Form = outputs == .logits ? .logits : .probabilities
    return ofLabels("crossEntropy", form, count) { outputs, labels, reduction in
      count.terms("crossEntropy", form, outputs, labels).reduced(reduction)
    }.ofLogits(outputs)
  }

  /// The negative logarithms of the labels' probabilities, from logarithms that the model gives: see
  /// `negativeLogLikelihood(logProbabilities:labels:…)`.
  public static func negativeLogLikelihood(
    classWeights: Tensor<Float>? = nil, ignoredLabel: Int? = nil
  ) -> Loss {
    let count = LabelCount(classWeights: classWeights, ignoredLabel: ignoredLabel)
    return ofLabels("negativeLogLikelihood", .logProbabilities, count) { outputs, labels, reduction in
      count.terms("negativeLogLikelihood", .logProbabilities, outputs, labels).reduced(reduction)
    }
  }

  /// The focal loss of logits: see `focalLoss(logits:labels:alpha:gamma:weights:reduction:)`.
  public static func focal(alpha: Tensor<Float>? = nil, gamma: Double = 2) -> Loss {
    ofLabels("focal", .logits, LabelCount()) {
      focalLoss(logits: $0, labels: $1, alpha: alpha, gamma: gamma, reduction: $2)
    }.ofLogits(.logits)
  }

  /// Keras's name for `crossEntropy`.
  @available(*, unavailable, renamed: "crossEntropy")
  public static var categoricalCrossEntropy: Loss { fatalError() }

  /// Keras's name for `crossEntropy`.
  @available(*, unavailable, renamed: "crossEntropy")
  public static var sparseCategoricalCrossEntropy: Loss { fatalError() }
}

extension Loss {
  /// The same loss, which refuses models whose last activation it applies itself where it is one of logits.
  fileprivate func ofLogits(_ outputs: OutputForm) -> Loss {
    var loss = self
    if outputs == .logits { loss.refusedActivations = [.sigmoid, .softmax] }
    return loss
  }
}

/// Keras's name for `crossEntropy(logits:labels:…)`.
@available(*, unavailable, renamed: "crossEntropy(logits:labels:)")
public func categoricalCrossEntropy<S: FloatingScalar, Label: IntegerScalar>(
  logits: Tensor<S>, labels: Tensor<Label>, reduction: LossReduction = .mean
) -> Tensor<S> { fatalError() }
