import MartletCore

/// Some rows of a data set: `x` `[count, …]`, `y` `[count, …]`.
public struct Batch<Input: Batchable, Target: Batchable>: Sendable {
  /// The features.
  public let x: Input
  /// The targets.
  public let y: Target
  /// What each row counts for, `[count]`; nil where every row counts for one.
  public let weights: Tensor<Float>?
  /// The number of rows.
  public let count: Int
}

extension Batch {
  /// The same rows with other features, as many.
  package func replacing(x: Input) -> Batch { Batch(x: x, y: y, weights: weights, count: count) }

  /// The same rows as a data set.
  package var dataset: Dataset<Input, Target> { Dataset(paired: x, y, count: count).replacingWeights(weights) }
}

/// The batches of a data set; each is gathered when it is read, and is a view where the rows are in stored order.
public struct Batches<Input: Batchable, Target: Batchable>: RandomAccessCollection, Sendable {
  private let dataset: Dataset<Input, Target>
  private let size: Int
  /// The number of batches.
  public let endIndex: Int
  /// The number of the first batch, 0.
  public var startIndex: Int { 0 }

  fileprivate init(_ dataset: Dataset<Input, Target>, size: Int, dropLast: Bool) {
    self.dataset = dataset
    self.size = Swift.min(size, dataset.count + 1)
    endIndex = dataset.count / self.size + (dropLast || dataset.count % self.size == 0 ? 0 : 1)
  }

  /// A batch by its number; traps when there is no such batch.
  public subscript(index: Int) -> Batch<Input, Target> {
    if !indices.contains(index) { fatalError("batch \(index) of \(endIndex)") }
    return dataset.batch(index * size..<Swift.min((index + 1) * size, dataset.count))
  }
}

extension Dataset {
  /// The rows in batches of `size`, in order; where `size` does not divide `count`, the last is smaller, or left out
  /// with `dropLast`.
  ///
  /// Traps when `size` is less than 1.
  public func batches(of size: Int, dropLast: Bool = false) -> Batches<Input, Target> {
    if size < 1 { fatalError("batches(of: \(size)): a batch has at least one row") }
    return Batches(self, size: size, dropLast: dropLast)
  }
}
