import MartletCore

// Streams of what other streams give.
extension DataStream {
  private func then<NewInput: Batchable, NewTarget: Batchable>(
    count: Int?, _ next: @escaping @Sendable (@escaping Blocks) -> DataStream<NewInput, NewTarget>.Blocks
  ) -> DataStream<NewInput, NewTarget> {
    DataStream<NewInput, NewTarget>(count: count) { generator in next(try open(generator)) }
  }

  /// The stream with the features and targets of each block transformed. Random numbers in `transform`, as for
  /// augmentation, are other ones in every epoch, and a seed decides them. Reading throws what `transform` throws.
  public func map<NewInput: Batchable, NewTarget: Batchable>(
    _ transform: @escaping @Sendable (_ x: Input, _ y: Target) throws -> (NewInput, NewTarget)
  ) -> DataStream<NewInput, NewTarget> {
    DataStream<NewInput, NewTarget>(count: count) { generator in
      var generator = generator
      let blocks = try open(generator.split())
      return {
        guard let block = try blocks() else { return nil }
        let (x, y) = try withRandomGenerator(&generator) { try transform(block.x, block.y) }
        return try Dataset<NewInput, NewTarget>(x, y).keeping(block.weights)
      }
    }
  }

  /// The rows for which `isIncluded`, which is given the rows of a block, answers true, `[rows]`.
  public func filter(
    _ isIncluded: @escaping @Sendable (_ x: Input, _ y: Target) throws -> Tensor<Bool>
  ) -> DataStream {
    then(count: nil) { blocks in
      {
        while let block = try blocks() {
          let mask = try isIncluded(block.x, block.y)
          if let kept = try block.kept(by: mask) { return kept }
        }
        return nil
      }
    }
  }

  /// The first `length` rows.
  public func prefix(_ length: Int) -> DataStream {
    if length < 0 { fatalError("prefix(\(length)): expected at least 0 rows") }
    return then(count: count.map { min($0, length) }) { blocks in
      var left = length
      return {
        if left == 0 { return nil }
        guard let block = try blocks() else { return nil }
        defer { left -= min(left, block.count) }
        return block.prefix(left)
      }
    }
  }

  /// The rows without the first `length`.
  public func dropFirst(_ length: Int = 1) -> DataStream {
    if length < 0 { fatalError("dropFirst(\(length)): expected at least 0 rows") }
    return then(count: count.map { max(0, $0 - length) }) { blocks in
      var left = length
      return {
        while let block = try blocks() {
          let dropped = min(left, block.count)
          left -= dropped
          if dropped < block.count { return block.dropFirst(dropped) }
        }
        return nil
      }
    }
  }

  /// The rows `times` times, each time read anew.
  public func repeated(_ times: Int) -> DataStream {
    if times < 0 { fatalError("repeated(\(times)): expected at least 0 times") }
    return .chained([DataStream](repeating: self, count: times))
  }

  /// The rows of this stream and then those of another.
  public func appending(_ other: DataStream) -> DataStream { .chained([self, other]) }

  private static func chained(_ streams: [DataStream]) -> DataStream {
    let counts = streams.compactMap(\.count)
    return DataStream(count: counts.count == streams.count ? counts.reduce(0, +) : nil) { generator in
      var generator = generator
      var rest = streams[...]
      var blocks: Blocks?
      return {
        while true {
          if blocks == nil {
            guard let next = rest.popFirst() else { return nil }
            blocks = try next.open(generator.split())
          }
          if let block = try blocks!() { return block }
          blocks = nil
        }
      }
    }
  }

  /// The rows in a random order as far as a window allows: of `window` rows in memory, a random half goes on and new rows
  /// take its place. A stream whose rows are sorted needs a window of all of them.
  ///
  /// The order is another in every epoch; a seed decides it. Memory: about twice the window.
  public func shuffled(window: Int) -> DataStream {
    if window < 2 { fatalError("shuffled(window: \(window)): expected a window of at least 2 rows") }
    return DataStream(count: count) { generator in
      var generator = generator
      let blocks = try open(generator.split())
      var pool: Dataset<Input, Target>?
      var isAtEnd = false
      return {
        var parts = pool.map { [$0] } ?? []
        pool = nil
        var rowCount = parts.first?.count ?? 0
        while !isAtEnd && rowCount < window {
          guard let block = try blocks() else {
            isAtEnd = true
            break
          }
          parts.append(block)
          rowCount += block.count
        }
        if rowCount == 0 { return nil }
        let mixed = try Dataset.joined(parts).shuffled(using: &generator)
        if isAtEnd { return mixed }
        // Gathered, so that what goes on does not keep what stays in memory, nor the other way round.
        pool = mixed[0..<window / 2].gathered()
        return mixed[window / 2..<rowCount].gathered()
      }
    }
  }

  /// The same stream, read by a thread of its own while the blocks before are used; at most `blocks` wait.
  ///
  /// What comes before in the chain, such as parsing and `map`, then happens beside the training. The rows and random
  /// numbers are the same.
  public func prefetched(_ blocks: Int = 2) -> DataStream {
    if blocks < 1 { fatalError("prefetched(\(blocks)): expected at least 1 block") }
    return DataStream(count: count) { generator in
      let reader = PrefetchReader(capacity: blocks) { try open(generator) }
      return { try reader.next() }
    }
  }
}

extension Dataset {
  /// The rows where a mask `[count]` is true; nil when there are none.
  func kept(by mask: Tensor<Bool>) throws(DatasetError) -> Dataset? {
    if mask.shape != [count] { throw .invalid("filter: expected an answer of shape [\(count)], got \(mask.shape)") }
    let truths = mask.scalars
    let kept = truths.indices.filter { truths[$0] }
    return kept.isEmpty ? nil : rows(Tensor(kept.map { Int64($0) }))
  }
}
