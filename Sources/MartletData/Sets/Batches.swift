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
  /// Consecutive rows, as views.
  func rows(_ range: Range<Int>) -> Batch {
    Batch(x: x.rows(range), y: y.rows(range), weights: weights?.rows(range), count: range.count)
  }

  /// The same rows with other features, as many.
  package func replacing(x: Input) -> Batch { Batch(x: x, y: y, weights: weights, count: count) }

  /// The same rows as a data set.
  package var dataset: Dataset<Input, Target> { Dataset(paired: x, y, count: count).replacingWeights(weights) }
}

/// The batches of a data set; each is gathered when it is read, and is a view where the rows are in stored order. Where
/// they are read in order and are small, several are gathered at once.
public struct Batches<Input: Batchable, Target: Batchable>: RandomAccessCollection, Sendable {
  fileprivate let dataset: Dataset<Input, Target>
  fileprivate let size: Int
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
    if index < 0 || index >= endIndex { fatalError("batch \(index) of \(endIndex)") }
    return dataset.batch(rows(index..<index + 1))
  }

  /// The rows of consecutive batches.
  fileprivate func rows(_ batches: Range<Int>) -> Range<Int> {
    batches.lowerBound * size..<Swift.min(batches.upperBound * size, dataset.count)
  }

  /// The batches from the first to the last.
  public func makeIterator() -> BatchIterator<Input, Target> { BatchIterator(self, from: 0) }
}

/// Reads the batches of a data set in order.
///
/// Small batches are gathered several at once, and are views of what is gathered: a gather of a few rows costs more than
/// the rows.
public struct BatchIterator<Input: Batchable, Target: Batchable>: IteratorProtocol, Sendable {
  private let batches: Batches<Input, Target>
  private var position: Int
  /// How many batches are gathered at once.
  private let groupSize: Int
  /// The batches that are gathered, and their rows.
  private var group = 0..<0
  private var gathered: Batch<Input, Target>?

  /// The bytes that are gathered at once: they stay in a cache until they are used.
  private static var groupBytes: Int { 64 << 10 }

  /// Begins at the batch of this number.
  package init(_ batches: Batches<Input, Target>, from first: Int) {
    self.batches = batches
    position = first
    let dataset = batches.dataset
    if dataset.isInStoredOrder {
      groupSize = 1
    } else {
      let rowBytes = dataset.storedX.rowBytes + dataset.storedY.rowBytes
      groupSize = max(1, Self.groupBytes / max(1, rowBytes * batches.size))
    }
  }

  /// The next batch; nil after the last.
  @_specialize(where Input == Tensor<Float>, Target == Tensor<Float>)
  @_specialize(where Input == Tensor<Float>, Target == Tensor<Int32>)
  public mutating func next() -> Batch<Input, Target>? {
    if position >= batches.endIndex { return nil }
    defer { position += 1 }
    if groupSize == 1 { return batches[position] }
    if !group.contains(position) {
      group = position..<min(position + groupSize, batches.endIndex)
      gathered = batches.dataset.batch(batches.rows(group))
    }
    let (first, rows) = (batches.rows(group).lowerBound, batches.rows(position..<position + 1))
    return gathered!.rows(rows.lowerBound - first..<rows.upperBound - first)
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
