import MartletCore
import MartletFormats

/// Examples that are read block by block, in order, as often as they are asked for: what is larger than memory, what is
/// made while it is used, or what comes from elsewhere.
///
/// ```swift
/// let stream = DataStream(csv: "clicks.csv.gz") { try $0.dataset(targets: ["price"]) }
///   .shuffled(window: 100_000)
///   .prefetched()
/// try trainer.fit(stream, epochs: 3, batchSize: 256)
/// ```
/// A stream is a description: nothing is read until batches are taken from it, and each epoch reads it from its
/// beginning. A block is a data set of any number of rows; batches are cut from them without regard to where they end.
public struct DataStream<Input: Batchable, Target: Batchable>: Sendable {
  /// One block after the other; nil at the end.
  typealias Blocks = () throws -> Dataset<Input, Target>?

  /// The number of rows; nil where it is not known before they are read.
  public let count: Int?
  /// Begins to read; the generator is for whatever is random in the stream.
  let open: @Sendable (RandomGenerator) throws -> Blocks

  init(count: Int?, open: @escaping @Sendable (RandomGenerator) throws -> Blocks) {
    self.count = count
    self.open = open
  }

  /// A stream of blocks that a closure makes.
  ///
  /// ```swift
  /// let waves = DataStream(count: 10_000) {
  ///   var left = 10
  ///   return {
  ///     if left == 0 { return nil }
  ///     left -= 1
  ///     let x = Tensor<Float>.randomUniform([1000, 1])
  ///     return try Dataset(x, sin(x))
  ///   }
  /// }
  /// ```
  /// - Parameters:
  ///   - count: The number of rows, where it is known.
  ///   - open: Called at the beginning of each epoch. Returns the closure that makes one block after the other and nil at
  ///     the end. Random numbers in it are drawn from the stream's, so that a seed decides them.
  public init(count: Int? = nil, _ open: @escaping @Sendable () throws -> () throws -> Dataset<Input, Target>?) {
    self.init(count: count) { generator in
      var generator = generator
      let blocks = try withRandomGenerator(&generator) { try open() }
      return { try withRandomGenerator(&generator) { try blocks() } }
    }
  }

  /// A stream of a sequence's blocks.
  public init(_ blocks: some Sequence<Dataset<Input, Target>> & Sendable) {
    self.init(count: nil) { _ in
      var iterator = blocks.makeIterator()
      return { iterator.next() }
    }
  }

  /// A stream of a data set's rows, some at a time, as the beginning of a chain of `map` and `prefetched`.
  public init(_ dataset: Dataset<Input, Target>, blockSize: Int = 1024) {
    if blockSize < 1 { fatalError("DataStream: expected a blockSize of at least 1, got \(blockSize)") }
    self.init(count: dataset.count) { _ in
      var start = 0
      return {
        if start == dataset.count { return nil }
        let end = min(dataset.count, start + blockSize)
        defer { start = end }
        return dataset[start..<end]
      }
    }
  }

  /// A stream of a CSV file, of which some megabytes are in memory at a time.
  ///
  /// ```swift
  /// DataStream(csv: path) { try $0.dataset(targets: ["price"]) }
  /// DataStream(csv: path, options) { try preprocessor.dataset(of: Table($0), labels) }
  /// ```
  /// - Parameters:
  ///   - path: The file, which may be compressed with gzip.
  ///   - options: How it is read. With `malformed: .skipped`, rows that are wrong are left out.
  ///   - onProblems: Called for each block with what was wrong in it, where something was.
  ///   - transform: Makes examples of a block of rows. Labels are numbered for each block alone: make classes of them by
  ///     a `LabelEncoder`.
  public init(
    csv path: String, _ options: CSV.Options = CSV.Options(),
    onProblems: (@Sendable (CSVProblems) -> Void)? = nil,
    _ transform: @escaping @Sendable (CSVTable) throws -> Dataset<Input, Target>
  ) {
    self.init(count: nil) { _ in
      let blocks = try CSV.Blocks(path: path, options)
      return {
        guard let table = try blocks.next() else { return nil }
        if let onProblems, table.problems.skippedRowCount + table.problems.filledFieldCount > 0 {
          onProblems(table.problems)
        }
        return try transform(table)
      }
    }
  }

  // MARK: Batches

  /// The rows in batches of `size`, from the beginning; the last is smaller where `size` does not divide their number, or
  /// left out with `dropLast`.
  ///
  /// - Parameters:
  ///   - size: The number of rows of a batch; traps when it is less than 1.
  ///   - dropLast: Whether a last batch of fewer rows is left out.
  ///   - seed: Decides what is random in the stream; without it, the random numbers in scope do (`withRandomSeed`).
  public func batches(
    of size: Int, dropLast: Bool = false, seed: UInt64? = nil
  ) throws -> StreamBatches<Input, Target> {
    if size < 1 { fatalError("batches(of: \(size)): a batch has at least one row") }
    let generator = seed.map { RandomGenerator(seed: $0) } ?? RandomScope.withCurrent { $0.split() }
    return StreamBatches(try open(generator), size: size, dropLast: dropLast)
  }

  /// All rows in memory; throws when there are none.
  public func collected(seed: UInt64? = nil) throws -> Dataset<Input, Target> {
    let generator = seed.map { RandomGenerator(seed: $0) } ?? RandomScope.withCurrent { $0.split() }
    let blocks = try open(generator)
    var parts: [Dataset<Input, Target>] = []
    while let block = try blocks() { parts.append(block) }
    if parts.isEmpty { throw DatasetError.empty("the stream has no rows") }
    return try .joined(parts)
  }
}

/// The batches of a stream, one after the other.
///
/// ```swift
/// var batches = try stream.batches(of: 32)
/// while let batch = try batches.next() { … }
/// ```
public struct StreamBatches<Input: Batchable, Target: Batchable> {
  private let blocks: DataStream<Input, Target>.Blocks
  private let size: Int
  private let dropLast: Bool
  /// The block that batches are cut from, and the rows of it that are left.
  private var block: Dataset<Input, Target>?
  private var start = 0

  init(_ blocks: @escaping DataStream<Input, Target>.Blocks, size: Int, dropLast: Bool) {
    self.blocks = blocks
    self.size = size
    self.dropLast = dropLast
  }

  /// The next batch; nil at the end. Throws what the stream throws, and when blocks have rows of different shapes.
  public mutating func next() throws -> Batch<Input, Target>? {
    var parts: [Dataset<Input, Target>] = []
    var missing = size
    while missing > 0 {
      if block == nil {
        block = try blocks()
        start = 0
      }
      guard let current = block else { break }
      let end = min(current.count, start + missing)
      if parts.isEmpty && end - start == size { return take(current, end) }
      parts.append(current[start..<end])
      missing -= end - start
      advance(current, to: end)
    }
    if parts.isEmpty || (missing > 0 && dropLast) { return nil }
    let joined = try Dataset.joined(parts)
    return joined.batch(0..<joined.count)
  }

  private mutating func take(_ current: Dataset<Input, Target>, _ end: Int) -> Batch<Input, Target> {
    let batch = current.batch(start..<end)
    advance(current, to: end)
    return batch
  }

  private mutating func advance(_ current: Dataset<Input, Target>, to end: Int) {
    start = end
    if end == current.count { block = nil }
  }
}
