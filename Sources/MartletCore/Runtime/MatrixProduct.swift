import CBLAS
import CKernels

/// The one entry to matrix products: C = A · B with strided operands, finished with a bias and an activation.
///
/// Operands whose rows or columns are dense go to BLAS as they lie, by flag and leading dimension. Large products are
/// split into panels over the worker pool, and a panel is finished while it is in cache. The split depends on
/// the sizes alone, so that any number of threads gives the same bits.
package struct MatrixProduct {
  /// An operand: `rows` × `columns` elements with two strides.
  package struct Operand {
    let pointer: UnsafeRawPointer
    let rows: Int
    let columns: Int
    let rowStride: Int
    let columnStride: Int

    package init(_ pointer: UnsafeRawPointer, rows: Int, columns: Int, rowStride: Int, columnStride: Int) {
      self.pointer = pointer
      self.rows = rows
      self.columns = columns
      self.rowStride = rowStride
      self.columnStride = columnStride
    }

    /// BLAS's flag and leading dimension, nil when neither stride is dense.
    var leading: (transposed: Bool, dimension: Int)? {
      if columns <= 1 || columnStride == 1 {
        if rows <= 1 { return (false, max(1, columns)) }
        if rowStride >= max(1, columns) { return (false, rowStride) }
      }
      if rows <= 1 || rowStride == 1 {
        if columns <= 1 { return (true, max(1, rows)) }
        if columnStride >= max(1, rows) { return (true, columnStride) }
      }
      return nil
    }
  }

  /// What the product is finished with.
  package struct Epilogue {
    var bias: UnsafeRawPointer?
    var activation: mk_epilogue = MK_EPILOGUE_NONE

    package init(bias: UnsafeRawPointer? = nil, activation: mk_epilogue = MK_EPILOGUE_NONE) {
      self.bias = bias
      self.activation = activation
    }

    var isEmpty: Bool { bias == nil && activation == MK_EPILOGUE_NONE }
  }

  /// Writes A · B, finished, to `c`, of `a.rows` × `b.columns` elements in row-major order without gaps.
  /// The type is float32 or float64; both operands must have a `leading` dimension. An inner dimension of 0 gives zeros.
  package static func multiply(
    _ type: ScalarType, _ a: Operand, _ b: Operand, into c: UnsafeMutableRawPointer, _ epilogue: Epilogue = Epilogue()
  ) {
    let (m, n, k) = (a.rows, b.columns, a.columns)
    if m == 0 || n == 0 { return }
    OpenBLAS.prepare()
    let product = MatrixProduct(type: type, a: a, b: b, c: c, epilogue: epilogue)
    let work = m * n * k
    if work <= smallest {
      product.panel(rows: 0..<m, columns: 0..<n)
      return
    }
    // Panels along the longer side; two at least, more where each still has enough rows to be worth its packing.
    let alongRows = m >= n
    let length = alongRows ? m : n
    let pieces = max(2, min(length / 512, 64))
    // Whole multiples of what the micro-kernels take at a time.
    let step = max(1, ((length + pieces - 1) / pieces + 15) / 16 * 16)
    let count = (length + step - 1) / step
    WorkerPool.parallelFor(count, grain: 1) { range in
      for piece in range {
        let part = piece * step..<min(length, (piece + 1) * step)
        product.panel(rows: alongRows ? part : 0..<m, columns: alongRows ? 0..<n : part)
      }
    }
  }

  /// Products of at most this many multiplications are done in one piece.
  private static let smallest = 1 << 18

  private let type: ScalarType
  private let a: Operand
  private let b: Operand
  private let c: UnsafeMutableRawPointer
  private let epilogue: Epilogue

  private func panel(rows: Range<Int>, columns: Range<Int>) {
    let n = b.columns
    let k = a.columns
    let size = type.size
    let target = c + (rows.lowerBound * n + columns.lowerBound) * size
    if k == 0 {
      for row in 0..<rows.count {
        (target + row * n * size).initializeMemory(as: UInt8.self, repeating: 0, count: columns.count * size)
      }
    } else {
      let left = Operand(
        a.pointer + rows.lowerBound * a.rowStride * size, rows: rows.count, columns: k, rowStride: a.rowStride,
        columnStride: a.columnStride)
      let right = Operand(
        b.pointer + columns.lowerBound * b.columnStride * size, rows: k, columns: columns.count, rowStride: b.rowStride,
        columnStride: b.columnStride)
      if rows.count == 1 || columns.count == 1 {
        matrixVector(left, right, target, resultStride: n)
      } else {
        gemm(left, right, target, resultStride: n)
      }
    }
    if !epilogue.isEmpty {
      mk_finish_panel(
        type.kernelType, epilogue.activation, epilogue.bias.map { $0 + columns.lowerBound * size }, target, n,
        rows.count,
        columns.count)
    }
  }

  private func gemm(_ a: Operand, _ b: Operand, _ c: UnsafeMutableRawPointer, resultStride: Int) {
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

  /// One row or one column: BLAS's general product is several times slower there than its matrix–vector product.
  private func matrixVector(_ a: Operand, _ b: Operand, _ c: UnsafeMutableRawPointer, resultStride: Int) {
    let isColumn = b.columns == 1
    // y = M x: with one column M is A; with one row it is Bᵀ.
    let matrix =
      isColumn
      ? a
      : Operand(b.pointer, rows: b.columns, columns: b.rows, rowStride: b.columnStride, columnStride: b.rowStride)
    let vector = isColumn ? b.pointer : a.pointer
    let step = isColumn ? b.rowStride : a.columnStride
    let yStep = isColumn ? resultStride : 1
    let (transposed, ld) = matrix.leading!
    let flag = transposed ? CblasTrans : CblasNoTrans
    // As BLAS stores it: the transposed matrix's own rows and columns.
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

extension ScalarType {
  /// The kernels' name of the type.
  @inline(__always)
  package var kernelType: mk_type { mk_type(rawValue: rawValue) }
}
