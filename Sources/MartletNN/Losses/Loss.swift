import MartletCore

/// A loss by name, for a trainer: what compares a batch's predictions with its targets.
///
/// `Target` is the scalar type of the targets: `Float` for regression, `Int32` for class labels. To use one of one's own,
/// `Loss("name") { predicted, expected in … }`.
public struct Loss<Target: TensorScalar>: Sendable {
  /// The name, as in a history's columns.
  public let name: String
  /// The loss of a batch: a tensor of one number.
  public let compute: @Sendable (_ predicted: Tensor<Float>, _ expected: Tensor<Target>) -> Tensor<Float>
  /// What the targets have to be.
  public let targets: TargetRule
  /// The activations that the outputs must not have come through, since the loss applies one itself.
  package var refusedActivations: [ActivationFunction] = []

  /// A loss of one's own: `compute` gives a tensor of one number for a batch, whose targets are as `targets` says.
  public init(
    _ name: String, targets: TargetRule = .any,
    _ compute: @escaping @Sendable (_ predicted: Tensor<Float>, _ expected: Tensor<Target>) -> Tensor<Float>
  ) {
    self.name = name
    self.targets = targets
    self.compute = compute
  }

  /// The loss of a batch.
  public func callAsFunction(_ predicted: Tensor<Float>, _ expected: Tensor<Target>) -> Tensor<Float> {
    compute(predicted, expected)
  }
}

extension Loss where Target == Float {
  /// See `meanSquaredError(predicted:expected:reduction:)`.
  public static var meanSquaredError: Loss {
    Loss("meanSquaredError", targets: .sameShape) { predicted, expected in
      MartletNN.meanSquaredError(predicted: predicted, expected: expected)
    }
  }

  /// See `meanAbsoluteError(predicted:expected:reduction:)`.
  public static var meanAbsoluteError: Loss {
    Loss("meanAbsoluteError", targets: .sameShape) { predicted, expected in
      MartletNN.meanAbsoluteError(predicted: predicted, expected: expected)
    }
  }

  /// From logits, before any sigmoid, with targets within 0…1: see `binaryCrossEntropy(logits:expected:reduction:)`.
  public static var binaryCrossEntropy: Loss {
    var loss = Loss("binaryCrossEntropy", targets: .sameShape(within: 0...1)) { predicted, expected in
      MartletNN.binaryCrossEntropy(logits: predicted, expected: expected)
    }
    loss.refusedActivations = [.sigmoid, .softmax]
    return loss
  }
}

extension Loss where Target == Int32 {
  /// From logits, before any softmax: see `crossEntropy(logits:labels:reduction:)`.
  public static var crossEntropy: Loss {
    var loss = Loss("crossEntropy", targets: .labels) { predicted, expected in
      MartletNN.crossEntropy(logits: predicted, labels: expected)
    }
    loss.refusedActivations = [.softmax, .sigmoid]
    return loss
  }

  /// Keras's name for `crossEntropy`.
  @available(*, unavailable, renamed: "crossEntropy")
  public static var categoricalCrossEntropy: Loss { fatalError() }

  /// Keras's name for `crossEntropy`.
  @available(*, unavailable, renamed: "crossEntropy")
  public static var sparseCategoricalCrossEntropy: Loss { fatalError() }
}
