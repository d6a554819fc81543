import CKernels

/// Martlet's kernels, and the choice of a kernel for a product. Rates below are of one core of a Zen 4 whose peak is
/// 117 GFLOP/s.
extension MatrixProduct {
  enum Kernel {
    /// Dot products of A's rows and B's columns, which are both contiguous.
    case dot
    /// Reads both operands in place.
    case direct
    /// As `direct`, for the transposed product: for a result of one column.
    case directTransposed
    /// Copies B into a packed form first.
    case packed
    case openBLAS
  }

  /// The level of this processor's kernels: 4, 3, or 0 where there are none.
  package static let bestLevel = mk_matmul_level()

  /// Makes all lazy globals that products need.
  static func settle() {
    _ = bestLevel
    OpenBLAS.prepare()
  }

  /// The kernel for a product. It depends on the level, the scalar type, sizes and strides alone.
  static func kernel(_ type: ScalarType, _ a: Operand, _ b: Operand, level: Int32 = bestLevel) -> Kernel {
    if level == 0 { return .openBLAS }
    let (m, n, k) = (a.rows, b.columns, a.columns)
    let isDot = a.columnStride == 1 && b.rowStride == 1
    if n == 1 {
      // A matrix times a vector: vector instructions go along the matrix's rows (`dot`) or columns.
      if isDot { return .dot }
      return a.rowStride == 1 ? .directTransposed : m * k <= 1 << 10 ? .direct : .openBLAS
    }
    // x Wᵀ with few rows, or few outputs: packing W would take as long as the product (16 × 1024 × 1024: 90 GFLOP/s
    // against 68). For short rows, adding up the lanes of a vector would take too large a part of the time.
    if isDot && (m == 1 || min(m, n) <= 16 && k >= 64) { return .dot }
    if level == 3 { return kernelAtLevel3(type, a, b, isDot: isDot) }
    if b.columnStride != 1 { return .packed }
    // With few rows, each part of B is used once or twice: packing would not pay.
    if m <= 28 { return .direct }
    // B stays in the second-level cache without packing (128 × 512 × 784: 114 GFLOP/s against 108).
    return k * n * type.size <= 1 << 20 ? .direct : .packed
  }

  /// The rest of the choice with AVX2, whose tiles are less than half as high and reread B as much more often. Rates are
  /// of one core with a peak of some 80 GFLOP/s, beside OpenBLAS's of its Haswell kernels.
  private static func kernelAtLevel3(_ type: ScalarType, _ a: Operand, _ b: Operand, isDot: Bool) -> Kernel {
    let (m, n, k) = (a.rows, b.columns, a.columns)
    // 32 × 512 × 784: 72 GFLOP/s against 59 packed, 52 of OpenBLAS.
    if isDot && min(m, n) <= 32 && k >= 256 { return .dot }
    // 1024³: 40 GFLOP/s against 42 on a busy machine; 512³: 75 against 78.
    if min(m, n, k) >= 512 { return .openBLAS }
    if b.columnStride != 1 { return .packed }
    if m <= 28 { return .direct }
    // Tiles have two vectors. Where the last columns fill one and part of another, `direct` takes them as two tiles, and
    // `packed` as one with zeros (512 × 10 × 512: 150 GFLOP/s of two cores against 105); with more tiles it matters less.
    let vector = 32 / type.size
    if n < 6 * vector && n % (2 * vector) > vector { return .packed }
    // Columns of A that lie apart are packed with B: 512 × 784 × 128, Aᵀ: 71 GFLOP/s against 57.
    return a.columnStride == 1 && k * n * type.size <= 1 << 19 ? .direct : .packed
  }

  /// The product of two panels.
  func run(
    _ a: Operand, _ b: Operand, _ c: UnsafeMutableRawPointer, resultStride: Int, bias: UnsafeRawPointer?
  ) {
    if kernel == .directTransposed {
      var product = arguments(b.transposed, a.transposed, c, a.rows, Epilogue())
      mk_matmul_direct(&product)
      if !epilogue.isEmpty { mk_finish_panel(type.kernelType, epilogue.activation, bias, c, 1, a.rows, 1) }
      return
    }
    var product = arguments(a, b, c, resultStride, Epilogue(bias: bias, activation: epilogue.activation))
    switch kernel {
    case .dot: mk_matmul_dot(&product)
    case .direct: mk_matmul_direct(&product)
    default:
      // Memory of the thread, not of the pool: how many threads compute a product at once is chance, so the pool would
      // now and then have to take another block from the system in the middle of a training run.
      guard let workspace = mk_thread_memory(mk_matmul_workspace(&product)) else {
        fatalError("out of memory: the workspace of a matrix product was refused")
      }
      mk_matmul_packed(&product, workspace)
    }
  }

  @inline(__always)
  private func arguments(
    _ a: Operand, _ b: Operand, _ c: UnsafeMutableRawPointer, _ resultStride: Int, _ epilogue: Epilogue
  ) -> mk_product {
    mk_product(
      a: a.pointer, b: b.pointer, bias: epilogue.bias, c: c, m: a.rows, n: b.columns, k: a.columns,
      a_row: a.rowStride, a_column: a.columnStride, b_row: b.rowStride, b_column: b.columnStride, c_row: resultStride,
      type: type.kernelType, activation: epilogue.activation, level: Int8(truncatingIfNeeded: level))
  }
}
