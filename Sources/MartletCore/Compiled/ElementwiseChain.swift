import CKernels

/// Elementwise operations, and reductions of what they make, that are computed together, tile by tile: what one makes
/// for another stays in the cache, and only what is needed elsewhere is written to memory.
///
/// The operations are the eager ones, called for the same elements, and reductions take the same parts, so that the
/// results have the same bits.
final class ElementwiseChain {
  /// Where an operation reads elements or writes them.
  enum Place: Equatable {
    /// A register, which holds the elements of a tile.
    case register(Int)
    /// What a reduction takes, which holds the elements of a block.
    case block(Int, size: Int)
    /// A value in memory, by its position in `values`, with its strides over the rows and within them in elements, and
    /// the bytes of an element.
    case memory(Int, row: Int, step: Int, size: Int)
  }

  /// It refers to no memory of its own, so that a tile costs no reference counts.
  struct Operation {
    let link: ChainLink
    /// The operands; those that it does not have are the first again.
    let first: Place
    let second: Place
    let third: Place
    let result: Place
    /// Whether the result is written past the caches.
    let streams: Bool
  }

  /// A reduction of what the chain has made.
  struct Ending {
    let reduction: Reduction
    let operand: Place
    let scalarType: ScalarType
    /// The position of the result in `values`.
    let result: Int
  }

  let operations: [Operation]
  /// What is done with a tile: operations one by one or linked.
  private let passes: [ChainPass]
  private let links: [ChainPass.Link]
  let endings: [Ending]
  /// What the endings have in common; nil where there are none.
  let partition: Reduction.Partition?
  /// The result's elements as rows: operands that are broadcast along either have a stride of 0 there.
  let rows: Int
  let columns: Int
  let registerCount: Int
  let blockCount: Int
  /// The bytes of the largest scalar type in a register or block.
  let scalarSize: Int
  /// The values in memory that are read or written.
  let values: [Int]
  let reads: [Int]
  let writes: [Int]
  /// The numbers of the entries, in order.
  let entries: [Int]
  /// The positions in `values` of what is written and of what is read.
  private let overlaps: [(written: Int, read: Int)]

  init(
    _ layout: ChainLayout, entries: [Int], _ geometry: RowGeometry, _ partition: Reduction.Partition?
  ) {
    (operations, endings) = (layout.operations, layout.endings)
    let sequence = ChainPass.Sequence(operations, far: layout.far)
    (passes, links) = (sequence.passes, sequence.links)
    tile = passes.count == 1 ? 8192 : 2048
    (registerCount, blockCount, scalarSize) = (layout.registerCount, layout.blockCount, layout.scalarSize)
    (values, reads, writes) = (layout.values, layout.reads, layout.writes)
    (rows, columns) = (geometry.rows, geometry.columns)
    (self.entries, self.partition) = (entries, partition)
    let position = Dictionary(uniqueKeysWithValues: zip(layout.values, layout.values.indices))
    let (count, cost) = (rows * columns, passes.reduce(0) { $0 + $1.cost(layout.operations) })
    blockLength = Self.blockLength(geometry, partition, tile: tile)
    grain = max(1, ElementwiseLoop.cheapGrain / max(1, cost * blockLength))
    registerBytes = (min(tile, count) * scalarSize + 63) & ~63
    blockBytes = (min(blockLength, count) * scalarSize + 63) & ~63
    linkBytes = (max(1, links.count) * MemoryLayout<mk_link>.stride + 63) & ~63
    threadBytes = linkBytes + registerBytes * registerCount + blockBytes * blockCount
    overlaps = layout.writes.flatMap { written in layout.reads.map { (position[written]!, position[$0]!) } }
  }

  /// The number of elements that are computed at a time: so many that calling a kernel costs little, and so few that
  /// the registers stay in the first cache. More where all operations are linked, and need no registers.
  private let tile: Int

  /// The most elements that a thread takes at a time: so few that a block stays in the second cache.
  private static let longestBlock = 32_768

  /// The number of elements that a thread takes at a time: whole tiles, and whole parts of the reductions.
  private let blockLength: Int
  /// How many blocks a thread takes at least.
  private let grain: Int
  /// The bytes of a register, of a block, of the links of a tile, and of all that a thread needs for itself.
  private let registerBytes: Int
  private let blockBytes: Int
  private let linkBytes: Int
  private let threadBytes: Int

  private static func blockLength(
    _ geometry: RowGeometry, _ partition: Reduction.Partition?, tile: Int
  ) -> Int {
    let columns = geometry.columns
    switch partition {
    case .segments(let length): return length
    case .rows, nil:
      if geometry.rows == 1 { return partition == nil ? tile : columns }
      return columns > longestBlock && partition == nil ? longestBlock : max(1, tile / max(1, columns)) * columns
    }
  }

  /// Has the pool hold memory for every thread, so that a run takes none from the system, however many work at once.
  func prepare() {
    let threads = (0..<Threads.count).map { _ in Scratch(byteCount: threadBytes) }
    withExtendedLifetime(threads) {}
  }

  /// Computes the chain; `addresses` are those of the first elements of `values`.
  func run(_ addresses: UnsafePointer<UnsafeMutableRawPointer>) {
    let total = rows * columns
    if total == 0 { return }
    let length = blockLength
    let blocks = (total + length - 1) / length
    let (registerBytes, blockBytes, linkBytes, threadBytes) = (registerBytes, blockBytes, linkBytes, threadBytes)
    // Linked operations may compute elements twice, from operands that must still be there.
    let isInPlace = overlaps.contains { addresses[$0.read] == addresses[$0.written] }
    let parts = endings.map { ending in partition!.scratch(ending.reduction, ending.scalarType, count: blocks) }
    withParts { operations, passes, links in
      WorkerPool.parallelFor(blocks, grain: grain) { range in
        let held = Scratch(byteCount: threadBytes)
        let registers = held.pointer + linkBytes
        for block in range {
          let elements = block * length..<min(total, (block + 1) * length)
          let memory = Memory(
            registers: registers, registerBytes: registerBytes,
            blocks: registers + registerBytes * registerCount, blockBytes: blockBytes,
            blockStart: elements.lowerBound, columns: columns, addresses: addresses)
          forEachTile(of: elements) { row, column, rows, count in
            for pass in passes {
              if pass.links.isEmpty || isInPlace || count * pass.scalarSize < Int(MK_LINKED_BYTES) {
                for operation in operations[pass.operations] { operation.run(memory, row, column, rows, count) }
              } else {
                pass.run(links, memory, row, column, rows, count, using: held.pointer)
              }
            }
          }
          if !endings.isEmpty { reduce(elements, block, memory, parts) }
        }
        withExtendedLifetime(held) {}
      }
    }
    for (ending, parts) in zip(endings, parts) {
      partition!.combine(ending.reduction, ending.scalarType, parts, count: blocks, into: addresses[ending.result])
    }
  }

  /// Calls `body` with the arrays that tiles go through, which then cost no reference counts.
  @inline(__always)
  private func withParts(
    _ body: (
      UnsafeBufferPointer<Operation>, UnsafeBufferPointer<ChainPass>, UnsafeBufferPointer<ChainPass.Link>
    ) -> Void
  ) {
    operations.withUnsafeBufferPointer { operations in
      passes.withUnsafeBufferPointer { passes in
        links.withUnsafeBufferPointer { links in body(operations, passes, links) }
      }
    }
  }

  /// Reduces the elements of a block, which have been computed.
  private func reduce(_ elements: Range<Int>, _ block: Int, _ memory: Memory, _ parts: [Scratch?]) {
    let (row, column) = elements.lowerBound.quotientAndRemainder(dividingBy: columns)
    for (ending, parts) in zip(endings, parts) {
      let operand = memory.start(ending.operand, row, column, 0).0
      partition!.reduce(
        ending.reduction, ending.scalarType, operand, elements, block, parts: parts,
        into: memory.addresses[ending.result])
    }
  }

  /// Calls `body` with tiles that make up a range of elements: parts of a row, or several whole ones.
  @inline(__always)
  private func forEachTile(
    of elements: Range<Int>, _ body: (_ row: Int, _ column: Int, _ rows: Int, _ count: Int) -> Void
  ) {
    let (width, height) = (min(columns, tile), max(1, tile / columns))
    var (row, column) = elements.lowerBound.quotientAndRemainder(dividingBy: columns)
    var left = elements.count
    while left > 0 {
      let rows = column == 0 && left >= columns && columns <= width ? min(height, left / columns) : 1
      let count = rows > 1 ? columns : min(width, columns - column, left)
      body(row, column, rows, count)
      left -= rows * count
      column += count
      if column == columns { (row, column) = (row + rows, 0) }
    }
  }

  /// Where the elements of a block are while it is computed.
  struct Memory {
    let registers: UnsafeMutableRawPointer
    let registerBytes: Int
    let blocks: UnsafeMutableRawPointer
    let blockBytes: Int
    /// The number of the block's first element.
    let blockStart: Int
    let columns: Int
    let addresses: UnsafePointer<UnsafeMutableRawPointer>

    /// The address of a tile's first element, and the strides within a row and from row to row.
    @inline(__always)
    func start(_ place: Place, _ row: Int, _ column: Int, _ count: Int) -> (
      UnsafeMutableRawPointer, step: Int, row: Int
    ) {
      switch place {
      case .register(let number): (registers + number * registerBytes, 1, count)
      case .block(let number, let size):
        (blocks + number * blockBytes + (row * columns + column - blockStart) * size, 1, columns)
      case .memory(let position, let rowStride, let step, let size):
        (addresses[position] + (row * rowStride + column * step) * size, step, rowStride)
      }
    }
  }
}

extension ElementwiseChain.Operation {
  /// Computes `rows` rows of `count` elements.
  @inline(__always)
  func run(_ memory: ElementwiseChain.Memory, _ row: Int, _ column: Int, _ rows: Int, _ count: Int) {
    let a = memory.start(first, row, column, count)
    let out = memory.start(result, row, column, count).0
    switch link.kernel {
    case .unary(let kernel, let type):
      mk_unary_rows(streams, kernel, type, a.0, a.step, a.row, out, rows, count)
    case .binary(let kernel, let type):
      let b = memory.start(second, row, column, count)
      if rows == 1 && !streams {
        _ = mk_binary(kernel, type, a.0, a.step, b.0, b.step, out, count)
      } else {
        _ = mk_binary_rows(streams, kernel, type, a.0, a.step, a.row, b.0, b.step, b.row, out, rows, count)
      }
    case .compare(let kernel, let type):
      let b = memory.start(second, row, column, count)
      let size = link.operandSize
      let mode = mk_keep_denormals()
      for row in 0..<rows {
        mk_compare(
          kernel, type, a.0 + row * a.row * size, a.step, b.0 + row * b.row * size, b.step,
          out.assumingMemoryBound(to: UInt8.self) + row * count, count)
      }
      mk_end_keeping(mode)
    case .test(let kernel, let type):
      let mode = mk_keep_denormals()
      for row in 0..<rows {
        mk_test(
          kernel, type, a.0 + row * a.row * link.operandSize, a.step,
          out.assumingMemoryBound(to: UInt8.self) + row * count, count)
      }
      mk_end_keeping(mode)
    case .convert(let from, let to):
      let mode = mk_keep_denormals()
      for row in 0..<rows {
        mk_convert(
          from, a.0 + row * a.row * link.operandSize, a.step, to, out + row * count * link.resultSize, count)
      }
      mk_end_keeping(mode)
    case .select:
      let b = memory.start(second, row, column, count)
      let c = memory.start(third, row, column, count)
      let size = link.resultSize
      for row in 0..<rows {
        mk_select(
          size, a.0.assumingMemoryBound(to: UInt8.self) + row * a.row, a.step, b.0 + row * b.row * size, b.step,
          c.0 + row * c.row * size, c.step, out + row * count * size, count)
      }
    }
  }
}
