import CKernels

/// Calls kernels that take whole rows along the last axis.
enum RowKernel {
  /// Calls `kernel` with rows of the operand and of the result, split over the pool; a strided operand is copied first.
  @inline(__always)
  static func run(
    _ operand: TensorBody, into result: TensorBody, dropsAxis: Bool = false,
    _ kernel: (mk_type, UnsafeRawPointer, UnsafeMutableRawPointer, _ rows: Int, _ columns: Int) -> Void
  ) {
    let x = operand.inOrder()
    let columns = x.shape.axes[x.shape.rank - 1]
    let rows = dropsAxis ? result.count : columns == 0 ? 0 : x.count / columns
    let (size, type, out) = (result.scalarType.size, result.scalarType.kernelType, result.pointer)
    let width = dropsAxis ? 1 : columns
    WorkerPool.parallelFor(rows, grain: max(1, ElementwiseLoop.expensiveGrain / max(1, columns))) { range in
      let first = range.lowerBound
      kernel(type, x.pointer + first * columns * size, out + first * width * size, range.count, columns)
    }
    withExtendedLifetime(x) {}
  }

  /// `run` with two operands of the same shape.
  @inline(__always)
  static func run(
    _ a: TensorBody, _ b: TensorBody, into result: TensorBody,
    _ kernel: (
      mk_type, UnsafeRawPointer, UnsafeRawPointer, UnsafeMutableRawPointer, _ rows: Int, _ columns: Int
    ) -> Void
  ) {
    let y = b.inOrder()
    run(a, into: result) { type, x, out, rows, columns in
      kernel(type, x, y.pointer + (UnsafeRawPointer(out) - UnsafeRawPointer(result.pointer)), out, rows, columns)
    }
    withExtendedLifetime(y) {}
  }
}
