import MartletCore
import MartletData
import MartletMetrics
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

  /// Whether it surely does the same at every call.
  var isRepeatable: Bool {
    switch self {
    case .loss(let loss): loss.isRepeatable
    case .function: false
    }
  }

  /// Why rows cannot have weights; nil where they can, or where this is not known before a batch.
  var refusesWeights: String? {
    guard case .loss(let loss) = self, loss.terms == nil else { return nil }
    return loss.name
  }

  /// The loss of a batch, the parts that it is the sum of, if it has any, and the outputs where the loss is one of
  /// outputs.
  func callAsFunction(_ model: Model, _ batch: Batch<Model.Input, Target>) -> BatchLoss<Model.Output> {
    switch self {
    case .loss(let loss):
      let outputs = model(batch.x)
      let (value, denominator) = loss.ratio(outputs, batch.y, weights: batch.weights, rows: batch.count)
      return BatchLoss(loss: value, denominator: denominator, outputs: outputs)
    case .function(let function):
      let given = function(model, batch).lossParts
      var result = BatchLoss<Model.Output>(loss: .zeros([0]), denominator: 0)
      for (name, loss) in given {
        let (value, denominator): (Tensor<Float>, Double)
        switch loss {
        case .terms(let terms): (value, denominator) = terms.ratio(weights: batch.weights)
        case .number(let number):
          (value, denominator) = (number, Double(batch.count))
          if batch.weights != nil { result.lacksTerms = true }
        }
        result.parts.append((name, value, denominator))
      }
      // A loss of no numbers is refused by whoever asked for it.
      guard let first = result.parts.first else { return result }
      result.loss = result.parts.dropFirst().reduce(first.loss) { $0 + $1.loss }
      result.denominator = first.denominator
      if result.parts.count == 1 && first.name.isEmpty { result.parts = [] }
      return result
    }
  }
}

/// The loss of a batch, recorded, and what it counts for among those of other batches.
struct BatchLoss<Output: Batchable> {
  var loss: Tensor<Float>
  /// The sum of what the terms count for: their number, or the sum of their weights. Of several parts, the first one's.
  var denominator: Double
  /// The parts that the loss is the sum of; empty where it has none.
  var parts: [(name: String, loss: Tensor<Float>, denominator: Double)] = []
  /// The model's outputs, where the loss is one of outputs.
  var outputs: Output?
  /// Whether rows have weights that the loss, as one number, cannot take.
  var lacksTerms = false

  /// The same, not recorded.
  func detached(keepingOutputs: Bool) -> BatchLoss {
    BatchLoss(
      loss: loss.detached(), denominator: denominator,
      parts: parts.map { ($0.name, $0.loss.detached(), $0.denominator) },
      outputs: keepingOutputs ? outputs?.detached() : nil, lacksTerms: lacksTerms)
  }

  /// The loss and its parts as numbers.
  var value: LossValue {
    LossValue(
      value: Double(loss.item()), denominator: denominator,
      parts: parts.map { ($0.name, Double($0.loss.item()), $0.denominator) })
  }
}

/// The value of a loss that is a function of the model and a batch: one number or terms for the rows, or several with
/// names.
///
/// The sum of several is minimised, and each is measured under its name.
public protocol LossParts {
  /// The losses with their names, at least one; a single one may have an empty name.
  var lossParts: [(name: String, loss: LossPart)] { get }
}

/// A loss of a batch, or a part of one.
public enum LossPart: Sendable {
  /// A tensor of one number. The rows of the data cannot have weights.
  case number(Tensor<Float>)
  /// A term for each row or element, whose mean is the loss; rows count for their weights.
  case terms(LossTerms<Float>)
}

extension Tensor: LossParts where Scalar == Float {
  /// The tensor itself, without a name.
  public var lossParts: [(name: String, loss: LossPart)] { [("", .number(self))] }
}

extension LossTerms: LossParts where Scalar == Float {
  /// The terms themselves, without a name.
  public var lossParts: [(name: String, loss: LossPart)] { [("", .terms(self))] }
}

extension Dictionary: LossParts where Key == String, Value: LossParts {
  /// The values in the order of their names.
  public var lossParts: [(name: String, loss: LossPart)] {
    sorted { $0.key < $1.key }.flatMap { name, value in value.lossParts.map { (name + $0.name, $0.loss) } }
  }
}
