import MartletCore
import MartletNN

/// Examples: features `x` `[count, …]` and what is known of each, `y` `[count, …]`, row by row.
///
/// `Target` is `Int32` for class labels and `Float` for regression. A data set is a value; shuffling, splitting and
/// slicing change only the order in which its rows are read, and batches gather the rows when they are asked for.
///
/// ```swift
/// let (train, test) = try Dataset(x, y).split(testFraction: 0.2, seed: 1)
/// for batch in train.shuffled().batches(of: 32) {
///   print(model(batch.x).shape, batch.y.shape)
/// }
/// ```
public struct Dataset<Target: TensorScalar>: Sendable {
  private let storedX: Tensor<Float>
  private let storedY: Tensor<Target>
  /// The stored rows in this data set's order; nil when it is theirs.
  private let order: Tensor<Int64>?
  /// The number of rows, at least 1.
  public let count: Int

  /// Pairs rows of `x` with rows of `y`; throws when their numbers differ or are 0.
  public init(_ x: Tensor<Float>, _ y: Tensor<Target>) throws(DatasetError) {
    guard let count = x.shape.first, let targets = y.shape.first else {
      throw .invalid("x and y need an axis of rows; their shapes are \(x.shape) and \(y.shape)")
    }
    if count != targets { throw .rowCounts(x: count, y: targets) }
    if count == 0 { throw .empty("there are no rows: x has shape \(x.shape) and y has \(y.shape)") }
    self.init(paired: x, y)
  }

  /// Pairs rows that are known to be as many, and at least one.
  init(paired x: Tensor<Float>, _ y: Tensor<Target>) {
    self.init(x.detached(), y.detached(), order: nil, count: x.shape[0])
  }

  private init(_ x: Tensor<Float>, _ y: Tensor<Target>, order: Tensor<Int64>?, count: Int) {
    storedX = x
    storedY = y
    self.order = order
    self.count = count
  }

  /// The features, `[count, …]`. Of a shuffled or split data set this gathers the rows, O(elements).
  public var x: Tensor<Float> { order.map { storedX.take($0) } ?? storedX }

  /// The targets, `[count, …]`. Of a shuffled or split data set this gathers the rows, O(elements).
  public var y: Tensor<Target> { order.map { storedY.take($0) } ?? storedY }

  /// The first feature that is NaN or infinite; nil when there is none.
  func firstNonFiniteFeature(_ expectation: String) -> BadNumber? {
    // One pass, and over the stored rows, whatever their order and whether all are in use, rather than over a copy. The sum
    // of large numbers overflows too: what is found this way is looked for.
    if storedX.sum().item().isFinite { return nil }
    return BadNumber(in: x.erased, outside: TargetRule.finite, expectation)
  }

  /// The shape of one row of `x`.
  public var featureShape: Shape { Shape(storedX.shape.dropFirst()) }

  /// Some consecutive rows; traps when there are no such rows or none at all.
  public subscript(rows: Range<Int>) -> Dataset {
    if rows.isEmpty || rows.lowerBound < 0 || rows.upperBound > count {
      fatalError("rows \(rows) of a data set of \(count)")
    }
    return rows == 0..<count ? self : slice(rows)
  }

  /// Some rows in the given order, which may name a row several times; traps on an index outside `0 ..< count`.
  public func rows(_ indices: Tensor<Int64>) -> Dataset {
    if indices.rank != 1 || indices.count == 0 {
      fatalError("rows of a data set are picked by a tensor of shape [n], n > 0, not \(indices.shape)")
    }
    for index in indices.scalars where index < 0 || index >= count {
      fatalError("row \(index) of a data set of \(count)")
    }
    return Dataset(storedX, storedY, order: order.map { $0.take(indices) } ?? indices, count: indices.count)
  }

  /// The rows in an order drawn from the random numbers in scope (`withRandomSeed`).
  public func shuffled() -> Dataset {
    rows(.randomPermutation(count))
  }

  /// The rows in an order drawn from `generator`.
  public func shuffled(using generator: inout RandomGenerator) -> Dataset {
    rows(.randomPermutation(count, using: &generator))
  }

  /// The rows in the order that belongs to a seed.
  public func shuffled(seed: UInt64) -> Dataset {
    var generator = RandomGenerator(seed: seed)
    return shuffled(using: &generator)
  }

  /// The data set with both tensors transformed; throws when the results do not have as many rows as each other.
  ///
  /// ```swift
  /// let centred = try dataset.map { x, y in (x - x.mean(axis: 0), y) }
  /// ```
  public func map<NewTarget: TensorScalar>(
    _ transform: (_ x: Tensor<Float>, _ y: Tensor<Target>) -> (Tensor<Float>, Tensor<NewTarget>)
  ) throws(DatasetError) -> Dataset<NewTarget> {
    let (newX, newY) = transform(x, y)
    return try Dataset<NewTarget>(newX, newY)
  }

  /// Consecutive rows that are known to exist.
  private func slice(_ rows: Range<Int>) -> Dataset {
    if let order {
      return Dataset(storedX, storedY, order: order[rows], count: rows.count)
    }
    return Dataset(storedX[rows], storedY[rows], order: nil, count: rows.count)
  }
}

extension Dataset: CustomStringConvertible {
  /// `Dataset of 1797 rows: x [64] of Float, y [] of Int32`, with the shapes of one row.
  public var description: String {
    "Dataset of \(count) \(count == 1 ? "row" : "rows"): x \(featureShape) of Float, "
      + "y \(Shape(storedY.shape.dropFirst())) of \(Target.self)"
  }
}

// MARK: Batches

/// Some rows of a data set: `x` `[count, …]`, `y` `[count, …]`.
public struct Batch<Target: TensorScalar>: Sendable {
  /// The features.
  public let x: Tensor<Float>
  /// The targets.
  public let y: Tensor<Target>

  /// The number of rows.
  public var count: Int { x.shape[0] }
}

/// A data set cut into batches; each is gathered when it is read, and is a view where the rows are in order.
public struct Batches<Target: TensorScalar>: RandomAccessCollection, Sendable {
  private let dataset: Dataset<Target>
  private let size: Int
  /// The number of batches.
  public let endIndex: Int
  /// 0.
  public var startIndex: Int { 0 }

  fileprivate init(_ dataset: Dataset<Target>, size: Int, dropLast: Bool) {
    self.dataset = dataset
    self.size = Swift.min(size, dataset.count + 1)
    endIndex = dataset.count / self.size + (dropLast || dataset.count % self.size == 0 ? 0 : 1)
  }

  /// A batch by its number; traps when there is no such batch.
  public subscript(index: Int) -> Batch<Target> {
    if !indices.contains(index) { fatalError("batch \(index) of \(endIndex)") }
    return dataset.batch(index * size..<Swift.min((index + 1) * size, dataset.count))
  }
}

extension Dataset {
  /// The rows in batches of `size`, in order; the last is smaller where `size` does not divide `count`, or is left out.
  ///
  /// Traps when `size` is less than 1.
  public func batches(of size: Int, dropLast: Bool = false) -> Batches<Target> {
    if size < 1 { fatalError("batches(of: \(size)): a batch has at least one row") }
    return Batches(self, size: size, dropLast: dropLast)
  }

  fileprivate func batch(_ rows: Range<Int>) -> Batch<Target> {
    if let order {
      let indices = order[rows]
      return Batch(x: storedX.take(indices), y: storedY.take(indices))
    }
    return Batch(x: storedX[rows], y: storedY[rows])
  }
}
