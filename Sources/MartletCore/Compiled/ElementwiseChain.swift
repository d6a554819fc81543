import CKernels

/// Elementwise operations that are computed together, tile by tile: what one makes for another stays in the cache, and
/// only what is needed elsewhere is written to memory.
///
/// The operations are the eager ones, called for the same elements, so that the results have the same bits.
struct ElementwiseChain {
  enum Operand {
    /// What an operation of the chain has made, by its register.
    case register(Int)
    /// A value in memory, by its position in `values`, with its strides over the rows and within them, in elements.
    case memory(Int, row: Int, step: Int)
  }

  struct Operation {
    let kernel: UInt8
    let first: Operand
    /// Nil for an operation of one operand.
    let second: Operand?
    /// The register of the result; nil for one that is written to memory.
    let register: Int?
    /// The position in `values` of what the result is written to; nil for one that only the chain reads.
    let target: Int?
    let isCheap: Bool
  }

  let operations: [Operation]
  let scalarType: ScalarType
  /// The result's elements as rows: operands that are broadcast along either have a stride of 0 there.
  let rows: Int
  let columns: Int
  let registerCount: Int
  /// The values in memory that are read or written.
  let values: [Int]
  let reads: [Int]
  let writes: [Int]
  /// The entries' names, in order.
  let names: [String]

  /// The number of elements that are computed at a time: so many that calling a kernel costs little, and so few that
  /// the registers stay in the first cache.
  static let tile = 2048

  /// Computes the chain; `addresses` are those of the first elements of `values`.
  func run(_ addresses: UnsafePointer<UnsafeMutableRawPointer>) {
    let isWide = columns >= Self.tile / 2 || rows == 1
    let width = isWide ? min(columns, Self.tile) : columns
    let height = isWide ? 1 : max(1, Self.tile / max(1, columns))
    let across = (columns + width - 1) / max(1, width)
    let tiles = across * ((rows + height - 1) / height)
    if rows == 0 || columns == 0 { return }
    let cost = operations.reduce(0) { $0 + ($1.isCheap ? 1 : 4) }
    let grain = max(1, ElementwiseLoop.cheapGrain / (cost * width * height))
    let size = scalarType.size
    let registerBytes = (width * height * size + 63) & ~63
    WorkerPool.parallelFor(tiles, grain: grain) { range in
      withUnsafeTemporaryAllocation(byteCount: registerBytes * registerCount, alignment: 64) { registers in
        for tile in range {
          let (down, right) = tile.quotientAndRemainder(dividingBy: across)
          let (row, column) = (down * height, right * width)
          runTile(
            row, column, rows: min(height, rows - row), count: min(width, columns - column), registers.baseAddress!,
            registerBytes, addresses)
        }
      }
    }
  }

  @inline(__always)
  private func runTile(
    _ row: Int, _ column: Int, rows: Int, count: Int, _ registers: UnsafeMutableRawPointer, _ registerBytes: Int,
    _ addresses: UnsafePointer<UnsafeMutableRawPointer>
  ) {
    let size = scalarType.size
    let type = scalarType.kernelType
    func start(_ operand: Operand) -> (UnsafeMutableRawPointer, step: Int, row: Int) {
      switch operand {
      case .register(let register): (registers + register * registerBytes, 1, count)
      case .memory(let position, let rowStride, let step):
        (addresses[position] + (row * rowStride + column * step) * size, step, rowStride)
      }
    }
    for operation in operations {
      let out =
        if let target = operation.target {
          addresses[target] + (row * columns + column) * size
        } else {
          registers + operation.register! * registerBytes
        }
      let a = start(operation.first)
      if let second = operation.second {
        let b = start(second)
        let kernel = mk_binary_op(rawValue: operation.kernel)
        if rows == 1 {
          _ = mk_binary(kernel, type, a.0, a.step, b.0, b.step, out, count)
        } else {
          _ = mk_binary_rows(false, kernel, type, a.0, a.step, a.row, b.0, b.step, b.row, out, rows, count)
        }
      } else {
        mk_unary_rows(
          false, mk_unary_op(rawValue: operation.kernel), type, a.0, a.step, a.row, out, rows, count)
      }
    }
  }
}

/// An elementwise operation that a chain can hold.
struct ChainLink {
  let kernel: UInt8
  let isCheap: Bool

  /// The link of an entry; nil for one that is computed by itself.
  init?(_ action: Program.Action, _ scalarType: ScalarType) {
    guard scalarType.isFloatingPoint, case .operation(let primitive) = action else { return nil }
    switch primitive {
    case let unary as Unary: (kernel, isCheap) = (unary.operation.traits.kernel, unary.operation.traits.isCheap)
    case let binary as Binary: (kernel, isCheap) = (binary.operation.traits.kernel, binary.operation.traits.isCheap)
    default: return nil
    }
  }
}

/// A shape seen as rows of columns, where every operand goes on by one stride along each.
struct RowGeometry: Equatable {
  let rows: Int
  let columns: Int
  /// The number of axes that make up the rows.
  let split: Int

  /// All elements as one row.
  init(flat shape: Shape) { (rows, columns, split) = (1, shape.elementCount, 0) }

  init(_ shape: Shape, split: Int) {
    self.split = split
    rows = (0..<split).reduce(1) { $0 * shape.axes[$1] }
    columns = (split..<shape.rank).reduce(1) { $0 * shape.axes[$1] }
  }

  /// The strides over the rows and within them of an operand that is broadcast to `shape`; nil where it has no single
  /// ones.
  func strides(_ layout: Layout, over shape: Shape) -> (row: Int, step: Int)? {
    let broadcast = layout.broadcast(to: shape)
    guard let row = RowGeometry.merged(broadcast, 0..<split),
      let step = RowGeometry.merged(broadcast, split..<shape.rank)
    else { return nil }
    return (row, step)
  }

  private static func merged(_ layout: Layout, _ axes: Range<Int>) -> Int? {
    var stride: Int?
    var span = 0
    for axis in axes.reversed() where layout.shape.axes[axis] != 1 {
      let (length, own) = (layout.shape.axes[axis], layout.strides[axis])
      if stride == nil { stride = own } else if own != span { return nil }
      span = own * length
    }
    return stride ?? 0
  }

  /// The geometry that all of these operands fit; nil where there is none.
  static func fitting(_ layouts: [Layout], _ shape: Shape) -> RowGeometry? {
    for split in 0...max(0, shape.rank - 1) {
      let geometry = split == 0 ? RowGeometry(flat: shape) : RowGeometry(shape, split: split)
      if layouts.allSatisfy({ geometry.strides($0, over: shape) != nil }) { return geometry }
    }
    return nil
  }
}
