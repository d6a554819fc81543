import CBLAS

/// The products that OpenBLAS computes: all on processors that Martlet has no kernels for, and those with some strided
/// vectors.
extension MatrixProduct {
  func gemm(_ a: Operand, _ b: Operand, _ c: UnsafeMutableRawPointer, resultStride: Int) {
    let (aTransposed, lda) = a.leading!
    let (bTransposed, ldb) = b.leading!
    let ta = aTransposed ? CblasTrans : CblasNoTrans
    let tb = bTransposed ? CblasTrans : CblasNoTrans
    if type == .float32 {
      cblas_sgemm(
        CblasRowMajor, ta, tb, Int32(a.rows), Int32(b.columns), Int32(a.columns), 1,
        a.pointer.assumingMemoryBound(to: Float.self), Int32(lda), b.pointer.assumingMemoryBound(to: Float.self),
        Int32(ldb), 0, c.assumingMemoryBound(to: Float.self), Int32(resultStride))
    } else {
      cblas_dgemm(
        CblasRowMajor, ta, tb, Int32(a.rows), Int32(b.columns), Int32(a.columns), 1,
        a.pointer.assumingMemoryBound(to: Double.self), Int32(lda), b.pointer.assumingMemoryBound(to: Double.self),
        Int32(ldb), 0, c.assumingMemoryBound(to: Double.self), Int32(resultStride))
    }
  }

  /// Computes a product of one row or one column by BLAS's matrix–vector product, which is several times faster there
  /// than its general product.
  func matrixVector(_ a: Operand, _ b: Operand, _ c: UnsafeMutableRawPointer, resultStride: Int) {
    let isColumn = b.columns == 1
    // y = M x: with one column M is A; with one row it is Bᵀ.
    let matrix = isColumn ? a : b.transposed
    let vector = isColumn ? b.pointer : a.pointer
    let step = isColumn ? b.rowStride : a.columnStride
    let yStep = isColumn ? resultStride : 1
    let (transposed, ld) = matrix.leading!
    let flag = transposed ? CblasTrans : CblasNoTrans
    // BLAS takes the rows and columns of the matrix as it is stored, before it is transposed.
    let rows = transposed ? matrix.columns : matrix.rows
    let columns = transposed ? matrix.rows : matrix.columns
    if type == .float32 {
      cblas_sgemv(
        CblasRowMajor, flag, Int32(rows), Int32(columns), 1, matrix.pointer.assumingMemoryBound(to: Float.self),
        Int32(ld),
        vector.assumingMemoryBound(to: Float.self), Int32(max(1, step)), 0, c.assumingMemoryBound(to: Float.self),
        Int32(yStep))
    } else {
      cblas_dgemv(
        CblasRowMajor, flag, Int32(rows), Int32(columns), 1, matrix.pointer.assumingMemoryBound(to: Double.self),
        Int32(ld),
        vector.assumingMemoryBound(to: Double.self), Int32(max(1, step)), 0, c.assumingMemoryBound(to: Double.self),
        Int32(yStep))
    }
  }
}
