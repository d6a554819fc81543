import CKernels

/// Products of integers, which wrap around: they are exact in whatever order they are added, so that every part of one is
/// given to any thread.
extension MatrixProduct {
  static func multiplyIntegers(_ type: ScalarType, _ a: Operand, _ b: Operand, into c: UnsafeMutableRawPointer) {
    let (n, k) = (b.columns, a.columns)
    func rows(_ range: Range<Int>) {
      var product = mk_product(
        a: a.pointer + range.lowerBound * a.rowStride * type.size, b: b.pointer, bias: nil,
        c: c + range.lowerBound * n * type.size, m: range.count, n: n, k: k, a_row: a.rowStride,
        a_column: a.columnStride, b_row: b.rowStride, b_column: b.columnStride, c_row: n, type: type.kernelType,
        activation: MK_EPILOGUE_NONE, level: 0)
      mk_matmul_integers(&product)
    }
    WorkerPool.parallelFor(a.rows, grain: max(1, (1 << 16) / max(1, n * k)), rows)
  }
}
