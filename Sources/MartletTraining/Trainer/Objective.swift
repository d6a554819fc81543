import MartletCore
import MartletData
import MartletNN

/// What a trainer minimises.
enum Objective<Model: Layer, Target: Batchable> where Model.Input: Batchable, Model.Output: Batchable {
  /// A loss of the model's outputs.
  case loss(Loss<Model.Output, Target>)
  /// A function of the model and a batch.
  case function((Model, Batch<Model.Input, Target>) -> any LossParts)

  var name: String {
    switch self {
    case .loss(let loss): loss.name
    case .function: "the loss"
    }
  }

  /// The name in a sentence: `the loss crossEntropy`.
  var title: String {
    switch self {
    case .loss(let loss): "the loss \(loss.name)"
    case .function: name
    }
  }

  var targets: TargetRule {
    switch self {
    case .loss(let loss): loss.targets
    case .function: .any
    }
  }

  var refusedActivations: [ActivationFunction] {
    switch self {
    case .loss(let loss): loss.refusedActivations
    case .function: []
    }
  }

  /// The loss of a batch, the parts that it is the sum of, if it has any, and the outputs where the loss is one of
  /// outputs.
  ///
  /// Traps when a function returns an empty dictionary.
  func callAsFunction(
    _ model: Model, _ batch: Batch<Model.Input, Target>
  ) -> (loss: Tensor<Float>, parts: [(name: String, loss: Tensor<Float>)], outputs: Model.Output?) {
    switch self {
    case .loss(let loss):
      let outputs = model(batch.x)
      return (loss(outputs, batch.y), [], outputs)
    case .function(let function):
      let parts = function(model, batch).lossParts
      // A loss of no numbers is refused by whoever asked for it.
      guard let first = parts.first else { return (.zeros([0]), [], nil) }
      if parts.count == 1 && first.name.isEmpty { return (first.loss, [], nil) }
      return (parts.dropFirst().reduce(first.loss) { $0 + $1.loss }, parts, nil)
    }
  }
}

/// The value of a loss that is a function of the model and a batch: a tensor of one number, or several with names.
///
/// The sum of several is minimised, and each is measured under its name.
public protocol LossParts {
  /// The losses with their names, at least one; a single one may have an empty name.
  var lossParts: [(name: String, loss: Tensor<Float>)] { get }
}

extension Tensor: LossParts where Scalar == Float {
  /// The tensor itself, without a name.
  public var lossParts: [(name: String, loss: Tensor<Float>)] { [("", self)] }
}

extension Dictionary: LossParts where Key == String, Value == Tensor<Float> {
  /// The values in the order of their names.
  public var lossParts: [(name: String, loss: Tensor<Float>)] {
    sorted { $0.key < $1.key }.map { (name: $0.key, loss: $0.value) }
  }
}
