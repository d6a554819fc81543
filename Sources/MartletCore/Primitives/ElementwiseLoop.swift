import CKernels

/// Calls elementwise kernels for strided operands, split over the worker pool.
package enum ElementwiseLoop {
  /// The grains of cheap operations, which are bound by memory, and of expensive ones, which are bound by arithmetic.
  package static let cheapGrain = 16_384
  package static let expensiveGrain = 4_096

  /// From this many bytes of a result and its operands on, the result is written past the caches, where it would not
  /// stay anyway.
  static let streamedBytes = 32 << 20

  /// Whether a result that is computed from `elements` elements is written past the caches.
  @inline(__always)
  static func streams(_ result: TensorBody, reading elements: Int) -> Bool {
    result.count + elements >= streamedBytes / result.scalarType.size
  }

  /// From this many elements on, an operand with scattered elements is made contiguous first: the copy is made in
  /// tiles, while a strided loop wastes most of every cache line.
  private static let scatteredLimit = 4_096

  /// The rows of an operand that a kernel is called for: the address of the first one, and the strides within a row and
  /// from row to row, in elements.
  struct Rows {
    let start: UnsafeRawPointer
    let step: Int
    let row: Int
  }

  /// Calls `kernel` for rows of a contiguous result of `shape` and of one operand, which is broadcast to it: for `rows`
  /// rows of `count` elements each, from the result's element `first` on.
  @inline(__always)
  static func runRows(
    _ shape: Shape, _ operand: TensorBody, grain: Int,
    _ kernel: (_ x: Rows, _ first: Int, _ rows: Int, _ count: Int) -> Void
  ) {
    if operand.layout.shape == shape && operand.isContiguous {
      let base = UnsafeRawPointer(operand.pointer)
      let size = operand.scalarType.size
      WorkerPool.parallelFor(operand.count, grain: grain) { range in
        kernel(Rows(start: base + range.lowerBound * size, step: 1, row: 0), range.lowerBound, 1, range.count)
      }
      return
    }
    strided(shape, operand, grain: grain, kernel)
  }

  /// `runRows` for an operand of any strides; not inlined, since the kernel would be inlined with it many times.
  @inline(never)
  private static func strided(
    _ shape: Shape, _ operand: TensorBody, grain: Int,
    _ kernel: (_ x: Rows, _ first: Int, _ rows: Int, _ count: Int) -> Void
  ) {
    let x = ordered(operand, in: shape)
    let traversal = Traversal(over: shape, x.layout.broadcast(to: shape))
    let base = UnsafeRawPointer(x.block)
    let size = x.scalarType.size
    let (step, row) = (traversal.runStrides[0], traversal.rowStrides[0])
    overBlocks(traversal, grain: grain) { run, rows, p, _, _, first, count in
      kernel(
        Rows(start: base + (p + first * step) * size, step: step, row: row), run * traversal.run + first, rows, count)
    }
    withExtendedLifetime(x) {}
  }

  /// `runRows` with two operands.
  @inline(__always)
  static func runRows(
    _ shape: Shape, _ a: TensorBody, _ b: TensorBody, grain: Int,
    _ kernel: (_ a: Rows, _ b: Rows, _ first: Int, _ rows: Int, _ count: Int) -> Void
  ) {
    if a.layout.shape == shape && b.layout.shape == shape && a.isContiguous && b.isContiguous {
      let (aBase, bBase) = (UnsafeRawPointer(a.pointer), UnsafeRawPointer(b.pointer))
      let (aSize, bSize) = (a.scalarType.size, b.scalarType.size)
      WorkerPool.parallelFor(a.count, grain: grain) { range in
        kernel(
          Rows(start: aBase + range.lowerBound * aSize, step: 1, row: 0),
          Rows(start: bBase + range.lowerBound * bSize, step: 1, row: 0), range.lowerBound, 1, range.count)
      }
      return
    }
    strided(shape, a, b, grain: grain, kernel)
  }

  /// `runRows` for two operands of any strides.
  @inline(never)
  private static func strided(
    _ shape: Shape, _ a: TensorBody, _ b: TensorBody, grain: Int,
    _ kernel: (_ a: Rows, _ b: Rows, _ first: Int, _ rows: Int, _ count: Int) -> Void
  ) {
    let (x, y) = (ordered(a, in: shape), ordered(b, in: shape))
    let traversal = Traversal(over: shape, x.layout.broadcast(to: shape), y.layout.broadcast(to: shape))
    let (xBase, yBase) = (UnsafeRawPointer(x.block), UnsafeRawPointer(y.block))
    let (xSize, ySize) = (x.scalarType.size, y.scalarType.size)
    let (steps, rowSteps) = (traversal.runStrides, traversal.rowStrides)
    overBlocks(traversal, grain: grain) { run, rows, p, q, _, first, count in
      kernel(
        Rows(start: xBase + (p + first * steps[0]) * xSize, step: steps[0], row: rowSteps[0]),
        Rows(start: yBase + (q + first * steps[1]) * ySize, step: steps[1], row: rowSteps[1]),
        run * traversal.run + first, rows, count)
    }
    withExtendedLifetime((x, y)) {}
  }

  /// Calls `kernel` for runs of a contiguous result of `shape` and of one operand, which is broadcast to it.
  ///
  /// For kernels that convert, test or compare: they do no arithmetic, so denormals are kept.
  @inline(__always)
  static func run(
    _ shape: Shape, _ operand: TensorBody, grain: Int,
    _ kernel: (_ x: UnsafeRawPointer, _ stride: Int, _ first: Int, _ count: Int) -> Void
  ) {
    let size = operand.scalarType.size
    runRows(shape, operand, grain: grain) { x, first, rows, count in
      let mode = mk_keep_denormals()
      for row in 0..<rows { kernel(x.start + row * x.row * size, x.step, first + row * count, count) }
      mk_end_keeping(mode)
    }
  }

  /// `run` with two operands.
  @inline(__always)
  static func run(
    _ shape: Shape, _ a: TensorBody, _ b: TensorBody, grain: Int,
    _ kernel: (
      _ a: UnsafeRawPointer, _ aStride: Int, _ b: UnsafeRawPointer, _ bStride: Int, _ first: Int, _ count: Int
    ) -> Void
  ) {
    let (aSize, bSize) = (a.scalarType.size, b.scalarType.size)
    runRows(shape, a, b, grain: grain) { a, b, first, rows, count in
      let mode = mk_keep_denormals()
      for row in 0..<rows {
        kernel(
          a.start + row * a.row * aSize, a.step, b.start + row * b.row * bSize, b.step, first + row * count, count)
      }
      mk_end_keeping(mode)
    }
  }

  /// `run` with three operands.
  @inline(__always)
  static func run(
    _ shape: Shape, _ a: TensorBody, _ b: TensorBody, _ c: TensorBody, grain: Int,
    _ kernel: (
      _ a: UnsafeRawPointer, _ aStride: Int, _ b: UnsafeRawPointer, _ bStride: Int, _ c: UnsafeRawPointer,
      _ cStride: Int, _ first: Int, _ count: Int
    ) -> Void
  ) {
    let (x, y, z) = (ordered(a, in: shape), ordered(b, in: shape), ordered(c, in: shape))
    let traversal = Traversal(
      over: shape, x.layout.broadcast(to: shape), y.layout.broadcast(to: shape), z.layout.broadcast(to: shape))
    let steps = traversal.runStrides
    let rowSteps = traversal.rowStrides
    overBlocks(traversal, grain: grain) { run, rows, p, q, r, first, count in
      for row in 0..<rows {
        kernel(
          UnsafeRawPointer(x.block) + (p + row * rowSteps[0] + first * steps[0]) * x.scalarType.size, steps[0],
          UnsafeRawPointer(y.block) + (q + row * rowSteps[1] + first * steps[1]) * y.scalarType.size, steps[1],
          UnsafeRawPointer(z.block) + (r + row * rowSteps[2] + first * steps[2]) * z.scalarType.size, steps[2],
          (run + row) * traversal.run + first, count)
      }
    }
  }

  /// Calls `body` for the blocks of runs, on several threads: several runs are given to threads whole, a single one is
  /// cut.
  @inline(__always)
  static func overBlocks(
    _ traversal: Traversal, grain: Int,
    _ body: (_ run: Int, _ rows: Int, _ a: Int, _ b: Int, _ c: Int, _ first: Int, _ count: Int) -> Void
  ) {
    if traversal.runs == 1 {
      traversal.forEachBlock(in: 0..<1) { run, rows, a, b, c in
        WorkerPool.parallelFor(traversal.run, grain: grain) { range in
          body(run, rows, a, b, c, range.lowerBound, range.count)
        }
      }
      return
    }
    WorkerPool.parallelFor(traversal.runs, grain: max(1, grain / max(1, traversal.run))) { range in
      traversal.forEachBlock(in: range) { run, rows, a, b, c in body(run, rows, a, b, c, 0, traversal.run) }
    }
  }

  /// The operand, or a contiguous copy when its elements are scattered and many.
  @inline(__always)
  private static func ordered(_ operand: TensorBody, in shape: Shape) -> TensorBody {
    let layout = operand.layout
    guard operand.count >= scatteredLimit, !operand.isContiguous else { return operand }
    for axis in stride(from: layout.shape.rank - 1, through: 0, by: -1) where layout.shape.axes[axis] != 1 {
      if layout.strides[axis] == 1 || layout.strides[axis] == 0 { return operand }
      break
    }
    return operand.copied()
  }
}
