import MartletCore

/// What a loss or a metric wants of a model's outputs and of the targets.
package enum TargetRule: Sendable {
  /// Nothing that is known.
  case any
  /// Targets of the outputs' shape.
  case sameShape
  /// Outputs `[rows, classes]` and targets `[rows]` that are within `0 ..< classes`.
  case labels
}

/// A loss by name, for a trainer: what compares a batch's predictions with its targets.
///
/// `Target` is the scalar type of the targets: `Float` for regression, `Int32` for class labels. To use one of one's own,
/// `Loss("name") { predicted, expected in … }`.
public struct Loss<Target: TensorScalar>: Sendable {
  /// The name, as in a history's columns.
  public let name: String
  /// The loss of a batch: a tensor of one number.
  public let compute: @Sendable (_ predicted: Tensor<Float>, _ expected: Tensor<Target>) -> Tensor<Float>
  /// What the targets have to look like.
  package let rule: TargetRule

  /// A loss of one's own: `compute` gives a tensor of one number for a batch.
  public init(
    _ name: String,
    _ compute: @escaping @Sendable (_ predicted: Tensor<Float>, _ expected: Tensor<Target>) -> Tensor<Float>
  ) {
    self.init(name, .any, compute)
  }

  private init(
    _ name: String, _ rule: TargetRule,
    _ compute: @escaping @Sendable (_ predicted: Tensor<Float>, _ expected: Tensor<Target>) -> Tensor<Float>
  ) {
    self.name = name
    self.rule = rule
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
    Loss("meanSquaredError", .sameShape) { predicted, expected in
      MartletNN.meanSquaredError(predicted: predicted, expected: expected)
    }
  }

  /// See `meanAbsoluteError(predicted:expected:reduction:)`.
  public static var meanAbsoluteError: Loss {
    Loss("meanAbsoluteError", .sameShape) { predicted, expected in
      MartletNN.meanAbsoluteError(predicted: predicted, expected: expected)
    }
  }

  /// From logits, before any sigmoid: see `binaryCrossEntropy(logits:expected:reduction:)`.
  public static var binaryCrossEntropy: Loss {
    Loss("binaryCrossEntropy", .sameShape) { predicted, expected in
      MartletNN.binaryCrossEntropy(logits: predicted, expected: expected)
    }
  }
}

extension Loss where Target == Int32 {
  /// From logits, before any softmax: see `categoricalCrossEntropy(logits:labels:reduction:)`.
  public static var categoricalCrossEntropy: Loss {
    Loss("categoricalCrossEntropy", .labels) { predicted, expected in
      MartletNN.categoricalCrossEntropy(logits: predicted, labels: expected)
    }
  }
}
