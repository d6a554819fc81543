import MartletCore
import MartletPlatform
import MartletText

/// Examples, row by row: the features `x` that a model is given, and the targets `y` that it is to predict.
///
/// Both are tensors `[count, …]` of any scalar type, or anything else that is `Batchable`: labels as a `Tensor<Int32>`,
/// features as a struct of tensors. A data set is a value. Shuffling, splitting and slicing change only the order in
/// which its rows are read, and batches gather their rows when they are read.
///
/// ```swift
/// let (train, test) = try Dataset(x, y).split(testFraction: 0.2, seed: 1)
/// for batch in train.shuffled().batches(of: 32) {
///   print(model(batch.x).shape, batch.y.shape)
/// }
/// ```
public struct Dataset<Input: Batchable, Target: Batchable>: Sendable {
  /// The features in stored order; `storedY` likewise.
  package let storedX: Input
  package let storedY: Target
  /// The stored rows in this data set's order; nil when that is the stored order.
  private let order: Tensor<Int64>?
  /// What each row counts for, `[count]`, in this data set's order; nil where every row counts for one. See
  /// `weighted(by:)`.
  public let weights: Tensor<Float>?
  /// The number of rows, at least 1.
  public let count: Int

  /// Pairs rows of `x` with rows of `y`; throws when a tensor has no axis of rows, and when the numbers of rows differ
  /// or are 0.
  public init(_ x: Input, _ y: Target) throws(DatasetError) {
    let (features, targets) = (x.tensors, y.tensors)
    if features.isEmpty { throw .invalid("expected a tensor in x, got none: \(Input.self)") }
    func shapes(_ tensors: [AnyTensor]) -> String { tensors.map { "\($0.shape)" }.joined(separator: ", ") }
    let given = "x has shape \(shapes(features))" + (targets.isEmpty ? "" : " and y has \(shapes(targets))")
    if (features + targets).contains(where: { $0.rank == 0 }) {
      throw .invalid(
        "expected an axis of rows, the first, got none: \(given); x[.newAxis] makes a single example a row")
    }
    let count = features[0].shape[0]
    for tensor in features where tensor.shape[0] != count {
      throw .invalid("expected as many rows in every tensor of x, got others: \(given)")
    }
    for tensor in targets where tensor.shape[0] != count { throw .rowCounts(x: count, y: tensor.shape[0]) }
    if count == 0 { throw .empty("there are no rows: \(given)") }
    self.init(paired: x, y, count: count)
  }

  /// Pairs `x` and `y`, which are known to have `count` rows each, at least one.
  package init(paired x: Input, _ y: Target, count: Int) {
    self.init(x.detached(), y.detached(), order: nil, weights: nil, count: count)
  }

  fileprivate init(_ x: Input, _ y: Target, order: Tensor<Int64>?, weights: Tensor<Float>?, count: Int) {
    storedX = x
    storedY = y
    self.order = order
    self.weights = weights
    self.count = count
  }

  /// The same rows with weights in their order, which are known to fit; nil takes them away.
  package func replacingWeights(_ weights: Tensor<Float>?) -> Dataset {
    Dataset(storedX, storedY, order: order, weights: weights, count: count)
  }

  /// The features, `[count, …]`.
  ///
  /// - Complexity: O(1), but O(elements) where the rows are not in stored order, as after shuffling or splitting: they
  ///   are then gathered.
  public var x: Input { order.map { storedX.rows(at: $0) } ?? storedX }

  /// The targets, `[count, …]`.
  ///
  /// - Complexity: O(1), but O(elements) where the rows are not in stored order, as after shuffling or splitting: they
  ///   are then gathered.
  public var y: Target { order.map { storedY.rows(at: $0) } ?? storedY }

  /// Consecutive rows; traps when the range is empty or not within `0 ..< count`.
  public subscript(rows: Range<Int>) -> Dataset {
    if rows.isEmpty || rows.lowerBound < 0 || rows.upperBound > count {
      fatalError("rows \(rows) of a data set of \(count)")
    }
    return rows == 0..<count ? self : slice(rows)
  }

  /// The rows with the given indices `[n]`, in that order, which may hold an index several times. Traps when it is
  /// empty, and on an index outside `0 ..< count`.
  public func rows(_ indices: Tensor<Int64>) -> Dataset {
    if indices.rank != 1 || indices.count == 0 {
      fatalError("rows of a data set are picked by a tensor of shape [n], n > 0, not \(indices.shape)")
    }
    for index in indices.scalars where index < 0 || index >= count {
      fatalError("row \(index) of a data set of \(count)")
    }
    return Dataset(
      storedX, storedY, order: order.map { $0.take(indices) } ?? indices, weights: weights?.take(indices),
      count: indices.count)
  }

  /// The rows in a random order, drawn from the random numbers in scope (`withRandomSeed`).
  public func shuffled() -> Dataset {
    rows(.randomPermutation(count))
  }

  /// The rows in a random order, drawn from `generator`.
  public func shuffled(using generator: inout RandomGenerator) -> Dataset {
    rows(.randomPermutation(count, using: &generator))
  }

  /// The rows in a random order that the seed decides.
  public func shuffled(seed: UInt64) -> Dataset {
    var generator = RandomGenerator(seed: seed)
    return shuffled(using: &generator)
  }

  /// The data set with features and targets transformed, all rows at once; throws when the results differ in their
  /// number of rows or have none.
  ///
  /// ```swift
  /// let centred = try dataset.map { x, y in (x - x.mean(axis: 0), y - y.mean()) }
  /// ```
  public func map<NewInput: Batchable, NewTarget: Batchable>(
    _ transform: (_ x: Input, _ y: Target) -> (NewInput, NewTarget)
  ) throws(DatasetError) -> Dataset<NewInput, NewTarget> {
    let (newX, newY) = transform(x, y)
    return try Dataset<NewInput, NewTarget>(newX, newY).keeping(weights)
  }

  /// The data set with the features transformed, all rows at once; throws when their number changes.
  ///
  /// ```swift
  /// let centred = try dataset.mapX { $0 - $0.mean(axis: 0) }
  /// ```
  public func mapX<NewInput: Batchable>(
    _ transform: (Input) -> NewInput
  ) throws(DatasetError) -> Dataset<NewInput, Target> {
    try Dataset<NewInput, Target>(transform(x), y).keeping(weights)
  }

  /// The data set with the targets transformed, all rows at once; throws when their number changes.
  public func mapY<NewTarget: Batchable>(
    _ transform: (Target) -> NewTarget
  ) throws(DatasetError) -> Dataset<Input, NewTarget> {
    try Dataset<Input, NewTarget>(x, transform(y)).keeping(weights)
  }

  /// A hash of the rows as they are stored and of the order in which they are read: of one data set always the same,
  /// of two practically never.
  package var fingerprint: String {
    var hash = mk_hash(nil, 0, UInt64(count))
    for tensor in storedX.tensors + storedY.tensors + [order?.erased, weights?.erased].compactMap(\.self) {
      hash = Array("\(tensor.scalarType) \(tensor.shape)".utf8).withUnsafeBytes {
        mk_hash($0.baseAddress, $0.count, hash)
      }
      hash = tensor.withUnsafeBytes { mk_hash($0.baseAddress, $0.count, hash) }
    }
    return String(hash, radix: 16).leftPadded(to: 16, by: "0")
  }

  /// The data set with other targets, one for each stored row.
  package func replacingTargets<NewTarget: Batchable>(_ stored: NewTarget) -> Dataset<Input, NewTarget> {
    Dataset<Input, NewTarget>(storedX, stored, order: order, weights: weights, count: count)
  }

  /// Consecutive rows that are known to exist.
  private func slice(_ rows: Range<Int>) -> Dataset {
    if let order {
      return Dataset(storedX, storedY, order: order.rows(rows), weights: weights?.rows(rows), count: rows.count)
    }
    return Dataset(storedX.rows(rows), storedY.rows(rows), order: nil, weights: weights?.rows(rows), count: rows.count)
  }

  /// Consecutive rows that are known to exist, as a batch: gathered, or views where the rows are in stored order.
  ///
  /// Specialised for the most common types, as `Trainer`'s steps are.
  @_specialize(where Input == Tensor<Float>, Target == Tensor<Float>)
  @_specialize(where Input == Tensor<Float>, Target == Tensor<Int32>)
  package func batch(_ rows: Range<Int>) -> Batch<Input, Target> {
    if let order {
      let indices = order.rows(rows)
      return Batch(
        x: storedX.rows(at: indices), y: storedY.rows(at: indices), weights: weights?.rows(rows), count: rows.count)
    }
    return Batch(x: storedX.rows(rows), y: storedY.rows(rows), weights: weights?.rows(rows), count: rows.count)
  }

  /// Whether the rows are in stored order, so that consecutive ones are views.
  package var isInStoredOrder: Bool { order == nil }
}

extension Dataset {
  /// Rows by index, of which there may be none.
  package func batch(at indices: Tensor<Int64>) -> Batch<Input, Target> {
    let stored = order.map { $0.take(indices) } ?? indices
    return Batch(
      x: storedX.rows(at: stored), y: storedY.rows(at: stored), weights: weights.map { $0.take(indices) },
      count: indices.count)
  }
}

extension Dataset where Target == NoTarget {
  /// Makes a data set of features alone; throws when there are no rows.
  public init(_ x: Input) throws(DatasetError) {
    try self.init(x, NoTarget())
  }
}

extension Dataset where Input == Tensor<Float> {
  /// The shape of one row of `x`.
  public var featureShape: Shape { Shape(storedX.shape.dropFirst()) }
}

extension Dataset: CustomStringConvertible {
  /// `Dataset of 1797 rows: x [64] of Float, y [] of Int32`, with the shapes of one row.
  public var description: String {
    func text(_ part: some Batchable) -> String {
      part.tensors.map { "\(Shape($0.shape.dropFirst())) of \($0.scalarType)" }.joined(separator: ", ")
    }
    let y = text(storedY)
    return "Dataset of \(count) \(count == 1 ? "row" : "rows"): x \(text(storedX))" + (y.isEmpty ? "" : ", y \(y)")
      + (weights == nil ? "" : ", weighted")
  }
}
