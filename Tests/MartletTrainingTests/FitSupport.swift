import MartletCore
import MartletData
import MartletNN
import MartletTraining

/// Examples of a type of one's own: tensors of three scalar types, and two parts that hold tensors themselves.
struct Visit: Batchable, Equatable {
  struct Place: Batchable, Equatable {
    var position: Tensor<Float>
    var floor: Tensor<Int32>
    func mapTensors(_ transform: some TensorTransform) -> Place {
      Place(position: transform(position), floor: transform(floor))
    }
  }

  var place: Place
  var weight: Tensor<Double>
  var notes: [Tensor<Int64>]
  func mapTensors(_ transform: some TensorTransform) -> Visit {
    Visit(place: transform(place), weight: transform(weight), notes: transform(notes))
  }

  /// `count` rows that carry their number in every tensor.
  static func numbered(_ count: Int) -> Visit {
    let numbers = Tensor<Int64>((0..<Int64(count)).map { $0 })
    return Visit(
      place: Place(
        position: Tensor.stack([numbers, numbers + 100], axis: 1).cast(to: Float.self),
        floor: (numbers * 2).cast(to: Int32.self)),
      weight: numbers.cast(to: Double.self) / 8, notes: [numbers * 3, -numbers])
  }

  /// The numbers of the rows, where all tensors agree on them; else nil.
  var numbers: [Int]? {
    let numbers = notes[0] / 3
    let isWhole =
      place.position[.all, 0] == numbers.cast(to: Float.self)
      && place.position[.all, 1] == (numbers + 100).cast(to: Float.self)
      && place.floor.cast(to: Int64.self) == numbers * 2 && weight * 8 == numbers.cast(to: Double.self)
      && notes[1] == -numbers
    return isWhole ? numbers.scalars.map { Int($0) } : nil
  }
}

/// A callback of closures.
final class Hooks: Callback {
  var fitBegin: (FitState) throws -> Void = { _ in }
  var epochBegin: (FitState) throws -> Void = { _ in }
  var gradients: (inout Gradients, FitState) throws -> Void = { _, _ in }
  var stepEnd: (FitState) throws -> Void = { _ in }
  var epochEnd: (FitState) throws -> Void = { _ in }
  var fitEnd: (FitState) throws -> Void = { _ in }

  init() {}
  init(fitBegin: @escaping (FitState) throws -> Void) { self.fitBegin = fitBegin }
  init(epochBegin: @escaping (FitState) throws -> Void) { self.epochBegin = epochBegin }
  init(
    gradients: @escaping (inout Gradients, FitState) throws -> Void,
    stepEnd: @escaping (FitState) throws -> Void = { _ in }
  ) {
    self.gradients = gradients
    self.stepEnd = stepEnd
  }
  init(stepEnd: @escaping (FitState) throws -> Void) { self.stepEnd = stepEnd }
  init(epochEnd: @escaping (FitState) throws -> Void) { self.epochEnd = epochEnd }
  init(fitEnd: @escaping (FitState) throws -> Void) { self.fitEnd = fitEnd }

  func onFitBegin(_ fit: FitState) throws { try fitBegin(fit) }
  func onEpochBegin(_ fit: FitState) throws { try epochBegin(fit) }
  func onGradients(_ gradients: inout Gradients, _ fit: FitState) throws { try self.gradients(&gradients, fit) }
  func onStepEnd(_ fit: FitState) throws { try stepEnd(fit) }
  func onEpochEnd(_ fit: FitState) throws { try epochEnd(fit) }
  func onFitEnd(_ fit: FitState) throws { try fitEnd(fit) }
}

/// Every parameter and buffer, of whatever scalar type.
func state(of model: some Module) -> [AnyTensor] {
  (model.parameters() + model.buffers()).map(\.variable.value)
}

/// The epochs of a fit without shuffling, with the floor below alone: the mean losses, epoch by epoch.
///
/// `batch` gives the rows of a range, `loss` the loss of the model on them.
func fitByHand<M: Module, Rows>(
  _ model: M, _ optimizer: any Optimizer, rows: Int, epochs: Int, batchSize: Int, batch: (Range<Int>) -> Rows,
  loss: (M, Rows) -> Tensor<Float>
) -> [Double] {
  (0..<epochs).map { _ in
    var sum = 0.0
    for first in stride(from: 0, to: rows, by: batchSize) {
      let range = first..<min(rows, first + batchSize)
      let rows = batch(range)
      let (value, gradients) = valueWithGradient(at: model) { loss($0, rows) }
      optimizer.update(model, along: gradients)
      sum += Double(value.item()) * Double(range.count)
    }
    return sum / Double(rows)
  }
}

/// What a body throws, where it has to throw a `TrainingError`.
func trainingError(_ body: () throws -> Void) -> TrainingError? {
  do {
    try body()
    return nil
  } catch {
    return error as? TrainingError
  }
}
