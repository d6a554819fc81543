import CKernels

/// How elementwise kernels are driven over strided operands and split over the worker pool.
enum ElementwiseLoop {
  /// Elements that a thread should have at least: cheap operations are bound by memory, dear ones by arithmetic.
  static let cheapGrain = 16_384
  static let dearGrain = 4_096

  /// Bytes of a result from which it is written past the caches, where it would not stay anyway.
  private static let streamedBytes = 16 << 20

  /// Whether a result is written past the caches.
  @inline(__always)
  static func streams(_ spec: TensorSpec) -> Bool {
    spec.shape.elementCount >= streamedBytes / spec.scalarType.size
  }

  /// Elements from which an operand with scattered elements is copied into order first: the copy goes in tiles, a
  /// strided walk wastes most of every cache line.
  private static let scatteredLimit = 4_096

  /// Calls `kernel` for runs of a contiguous result of `shape` and one operand, broadcast to it.
  @inline(__always)
  static func run(
    _ shape: Shape, _ operand: TensorBody, grain: Int,
    _ kernel: (_ x: UnsafeRawPointer, _ stride: Int, _ first: Int, _ count: Int) -> Void
  ) {
    if operand.layout.shape == shape && operand.isContiguous {
      let base = UnsafeRawPointer(operand.pointer)
      let size = operand.scalarType.size
      WorkerPool.parallelFor(operand.count, grain: grain) { range in
        kernel(base + range.lowerBound * size, 1, range.lowerBound, range.count)
      }
      return
    }
    let x = ordered(operand, in: shape)
    let traversal = Traversal(over: shape, x.layout.broadcast(to: shape))
    let base = UnsafeRawPointer(x.block)
    let size = x.scalarType.size
    overRuns(traversal, grain: grain) { run, a, _, _, first, count in
      kernel(
        base + (a + first * traversal.runStrides[0]) * size, traversal.runStrides[0], run * traversal.run + first, count
      )
    }
    withExtendedLifetime(x) {}
  }

  /// As above with two operands.
  @inline(__always)
  static func run(
    _ shape: Shape, _ a: TensorBody, _ b: TensorBody, grain: Int,
    _ kernel: (
      _ a: UnsafeRawPointer, _ aStride: Int, _ b: UnsafeRawPointer, _ bStride: Int, _ first: Int, _ count: Int
    ) -> Void
  ) {
    if a.layout.shape == shape && b.layout.shape == shape && a.isContiguous && b.isContiguous {
      let (aBase, bBase) = (UnsafeRawPointer(a.pointer), UnsafeRawPointer(b.pointer))
      let (aSize, bSize) = (a.scalarType.size, b.scalarType.size)
      WorkerPool.parallelFor(a.count, grain: grain) { range in
        kernel(
          aBase + range.lowerBound * aSize, 1, bBase + range.lowerBound * bSize, 1, range.lowerBound, range.count)
      }
      return
    }
    let (x, y) = (ordered(a, in: shape), ordered(b, in: shape))
    let traversal = Traversal(over: shape, x.layout.broadcast(to: shape), y.layout.broadcast(to: shape))
    let (xBase, yBase) = (UnsafeRawPointer(x.block), UnsafeRawPointer(y.block))
    let (xSize, ySize) = (x.scalarType.size, y.scalarType.size)
    let (xStep, yStep) = (traversal.runStrides[0], traversal.runStrides[1])
    overRuns(traversal, grain: grain) { run, p, q, _, first, count in
      kernel(
        xBase + (p + first * xStep) * xSize, xStep, yBase + (q + first * yStep) * ySize, yStep,
        run * traversal.run + first, count)
    }
    withExtendedLifetime((x, y)) {}
  }

  /// As above with three operands.
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
    overRuns(traversal, grain: grain) { run, p, q, r, first, count in
      kernel(
        UnsafeRawPointer(x.block) + (p + first * steps[0]) * x.scalarType.size, steps[0],
        UnsafeRawPointer(y.block) + (q + first * steps[1]) * y.scalarType.size, steps[1],
        UnsafeRawPointer(z.block) + (r + first * steps[2]) * z.scalarType.size, steps[2],
        run * traversal.run + first, count)
    }
  }

  /// Walks the runs in parallel: many short ones are dealt out whole, a single long one is cut.
  @inline(__always)
  private static func overRuns(
    _ traversal: Traversal, grain: Int,
    _ body: (_ run: Int, _ a: Int, _ b: Int, _ c: Int, _ first: Int, _ count: Int) -> Void
  ) {
    if traversal.runs == 1 {
      traversal.forEachRun(in: 0..<1) { run, a, b, c in
        WorkerPool.parallelFor(traversal.run, grain: grain) { range in
          body(run, a, b, c, range.lowerBound, range.count)
        }
      }
      return
    }
    WorkerPool.parallelFor(traversal.runs, grain: max(1, grain / max(1, traversal.run))) { range in
      traversal.forEachRun(in: range) { run, a, b, c in body(run, a, b, c, 0, traversal.run) }
    }
  }

  /// The operand, or a copy in order where its elements are scattered and many.
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
