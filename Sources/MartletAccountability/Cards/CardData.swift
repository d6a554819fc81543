import MartletCore
import MartletData
import MartletTraining

/// A data set, whatever its types, as a card tells of it.
protocol CardRows {
  /// The number of rows.
  var count: Int { get }
  /// The rows without their targets.
  var features: Any { get }
  /// What the data are.
  func dataPart(_ part: String) -> ModelCard.DataPart
  /// What a trainer's model is worth on them.
  func measures(by trainer: any CardMeasuring, _ plan: MeasurePlan) throws -> CardMeasures
}

extension Dataset: CardRows {
  var features: Any { x }

  func dataPart(_ part: String) -> ModelCard.DataPart {
    ModelCard.DataPart(
      part: part, rows: count, sha256: sha256, features: storedX.rowDescriptions, targets: storedY.rowDescriptions,
      classes: classCounts, isWeighted: weights != nil)
  }

  func measures(by trainer: any CardMeasuring, _ plan: MeasurePlan) throws -> CardMeasures {
    try trainer.cardMeasures(of: self, plan)
  }

  /// How many rows there are of each label, where the targets are labels: one whole number for each row, or 0 and 1 alone.
  var classCounts: [ModelCard.ClassCount] {
    let targets = y.tensors
    guard targets.count == 1, targets[0].count == count else { return [] }
    let isWhole = !targets[0].scalarType.isFloatingPoint
    let numbers = Tensor<Double>(unchecked: targets[0].converted(to: .float64)).scalars
    if !isWhole && !numbers.allSatisfy({ $0 == 0 || $0 == 1 }) { return [] }
    var counts: [Int: Int] = [:]
    for number in numbers { counts[Int(number), default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map { ModelCard.ClassCount(name: "\($0.key)", rows: $0.value) }
  }
}

extension Batchable {
  /// The shape of a row and its type, one for each tensor: `[64] of Float`.
  var rowDescriptions: [String] { tensors.map { "\(Shape($0.shape.dropFirst())) of \($0.scalarType)" } }
}
