import MartletCore

/// A loss with a name, for a trainer: a function that compares a batch's predictions with its targets.
///
/// `Output` is the type of the model's outputs and `Target` that of the targets: mostly tensors, with targets of
/// `Tensor<Float>` for regression and `Tensor<Int32>` for class labels, but any types that the model and the data set
/// have. A loss of your own gets the same checks as those of the library:
///
/// ```swift
/// let huber = Loss("huber", targets: .sameShape) { (predicted: Tensor<Float>, expected: Tensor<Float>) in
///   let error = (predicted - expected).abs()
///   return Tensor.where(error .< 1, error * error / 2, error - 0.5).mean()
/// }
/// ```
public struct Loss<Output, Target>: Sendable {
  /// The name in messages.
  public let name: String
  /// The loss of a batch: a tensor of one number.
  public let compute: @Sendable (_ predicted: Output, _ expected: Target) -> Tensor<Float>
  /// Which targets the loss takes.
  public let targets: TargetRule
  /// The activations that a model must not end in, since the loss applies one itself.
  package var refusedActivations: [ActivationFunction] = []

  /// Makes a loss of your own: `compute` returns a tensor of one number for a batch, whose targets are as `targets`
  /// says.
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

/// What a model's outputs are, for a loss of classes.
public enum OutputForm: Sendable {
  /// Any numbers, which a softmax or a sigmoid turns into probabilities. The loss is exact for these, so models should
  /// return them.
  case logits
  /// Probabilities, from a model that ends in a softmax or a sigmoid.
  case probabilities
}

extension Loss where Output == Tensor<Float>, Target == Tensor<Float> {
  /// The squared difference: see `meanSquaredError(predicted:expected:reduction:)`.
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

  /// The absolute difference: see `meanAbsoluteError(predicted:expected:reduction:)`.
  public static var meanAbsoluteError: Loss {
    Loss("meanAbsoluteError", targets: .sameShape) { predicted, expected in
      MartletNN.meanAbsoluteError(predicted: predicted, expected: expected)
    }
  }

  /// The binary cross-entropy of logits, before any sigmoid, with targets within 0…1: see
  /// `binaryCrossEntropy(logits:expected:reduction:)`.
  public static var binaryCrossEntropy: Loss { binaryCrossEntropy(from: .logits) }

  /// The binary cross-entropy of logits or of probabilities, with targets within 0…1: see
  /// `binaryCrossEntropy(logits:expected:reduction:)` and `binaryCrossEntropy(probabilities:expected:reduction:)`.
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
  /// The cross-entropy of logits, before any softmax: see `crossEntropy(logits:labels:reduction:)`.
  public static var crossEntropy: Loss { crossEntropy(from: .logits) }

  /// The cross-entropy of logits or of probabilities: see `crossEntropy(logits:labels:reduction:)` and
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
