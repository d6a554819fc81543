import MartletCore

/// A loss by name, for a trainer: what compares a batch's predictions with its targets.
///
/// `Output` is what the model gives and `Target` what is known: mostly tensors, `Tensor<Float>` for regression and
/// `Tensor<Int32>` for class labels, but any type that the model gives and the data set holds. One of one's own gets the
/// same checks as these:
///
/// ```swift
/// let huber = Loss("huber", targets: .sameShape) { (predicted: Tensor<Float>, expected: Tensor<Float>) in
///   let error = (predicted - expected).abs()
///   return Tensor.where(error .< 1, error * error / 2, error - 0.5).mean()
/// }
/// ```
public struct Loss<Output, Target>: Sendable {
  /// The name, as in messages.
  public let name: String
  /// The loss of a batch: a tensor of one number.
  public let compute: @Sendable (_ predicted: Output, _ expected: Target) -> Tensor<Float>
  /// What the targets have to be.
  public let targets: TargetRule
  /// The activations that the outputs must not have come through, since the loss applies one itself.
  package var refusedActivations: [ActivationFunction] = []

  /// A loss of one's own: `compute` gives a tensor of one number for a batch, whose targets are as `targets` says.
  public init(
    _ name: String, targets: TargetRule = .any,
    _ compute: @escaping @Sendable (_ predicted: Output, _ expected: Target) -> Tensor<Float>
  ) {
    self.name = name
    self.targets = targets
    self.compute = compute
  }

  /// The loss of a batch.
  public func callAsFunction(_ predicted: Output, _ expected: Target) -> Tensor<Float> {
    compute(predicted, expected)
  }
}

/// What a model's outputs mean to a loss of classes.
public enum OutputForm: Sendable {
  /// Any numbers, which a softmax or a sigmoid turns into probabilities: what is exact and what models should give.
  case logits
  /// Probabilities, of a model that ends in a softmax or a sigmoid.
  case probabilities
}

extension Loss where Output == Tensor<Float>, Target == Tensor<Float> {
  /// See `meanSquaredError(predicted:expected:reduction:)`.
  public static var meanSquaredError: Loss {
    Loss("meanSquaredError", targets: .sameShape) { predicted, expected in
      MartletNN.meanSquaredError(predicted: predicted, expected: expected)
    }
  }

  /// Keras's name for `meanSquaredError`.
  @available(*, unavailable, renamed: "meanSquaredError")
  public static var mse: Loss { fatalError() }

  /// Keras's name for `meanAbsoluteError`.
  @available(*, unavailable, renamed: "meanAbsoluteError")
  public static var mae: Loss { fatalError() }

  /// See `meanAbsoluteError(predicted:expected:reduction:)`.
  public static var meanAbsoluteError: Loss {
    Loss("meanAbsoluteError", targets: .sameShape) { predicted, expected in
      MartletNN.meanAbsoluteError(predicted: predicted, expected: expected)
    }
  }

  /// From logits, before any sigmoid, with targets within 0…1: see `binaryCrossEntropy(logits:expected:reduction:)`.
  public static var binaryCrossEntropy: Loss { binaryCrossEntropy(from: .logits) }

  /// From logits or from probabilities, with targets within 0…1: see `binaryCrossEntropy(logits:expected:reduction:)` and
  /// `binaryCrossEntropy(probabilities:expected:reduction:)`.
  public static func binaryCrossEntropy(from outputs: OutputForm) -> Loss {
    var loss = Loss("binaryCrossEntropy", targets: .sameShape(within: 0...1)) { predicted, expected in
      switch outputs {
      case .logits: MartletNN.binaryCrossEntropy(logits: predicted, expected: expected)
      case .probabilities: MartletNN.binaryCrossEntropy(probabilities: predicted, expected: expected)
      }
    }
    if outputs == .logits { loss.refusedActivations = [.sigmoid, .softmax] }
    return loss
  }
}

extension Loss where Output == Tensor<Float>, Target == Tensor<Int32> {
  /// From logits, before any softmax: see `crossEntropy(logits:labels:reduction:)`.
  public static var crossEntropy: Loss { crossEntropy(from: .logits) }

  /// From logits or from probabilities: see `crossEntropy(logits:labels:reduction:)` and
  /// `crossEntropy(probabilities:labels:reduction:)`.
  public static func crossEntropy(from outputs: OutputForm) -> Loss {
    var loss = Loss("crossEntropy", targets: .labels) { predicted, expected in
      switch outputs {
      case .logits: MartletNN.crossEntropy(logits: predicted, labels: expected)
      case .probabilities: MartletNN.crossEntropy(probabilities: predicted, labels: expected)
      }
    }
    if outputs == .logits { loss.refusedActivations = [.softmax, .sigmoid] }
    return loss
  }

  /// Keras's name for `crossEntropy`.
  @available(*, unavailable, renamed: "crossEntropy")
  public static var categoricalCrossEntropy: Loss { fatalError() }

  /// Keras's name for `crossEntropy`.
  @available(*, unavailable, renamed: "crossEntropy")
  public static var sparseCategoricalCrossEntropy: Loss { fatalError() }
}
