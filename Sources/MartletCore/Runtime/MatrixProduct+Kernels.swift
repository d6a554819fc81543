import CKernels

/// The kernels of ours, and which product is whose. Rates below are of one core of a Zen 4 whose peak is 117 GFLOP/s.
extension MatrixProduct {
  enum Kernel {
    /// Dot products of rows that lie as they are needed.
    case dot
    /// Operands as they lie.
    case direct
    /// The same with the result's rows and columns exchanged: a result of one column.
    case directTransposed
    /// B packed.
    case packed
    case openBLAS
  }

  private static let hasKernels = mk_matmul_is_available()

  /// Sees to it that all is made that products need.
  static func settle() {
    _ = hasKernels
    OpenBLAS.prepare()
  }

  /// Depends on sizes and strides alone.
  static func kernel(_ type: ScalarType, _ a: Operand, _ b: Operand) -> Kernel {
    if !hasKernels { return .openBLAS }
    let (m, n, k) = (a.rows, b.columns, a.columns)
    let isDot = a.columnStride == 1 && b.rowStride == 1
    if n == 1 {
      // A matrix and a vector: with the matrix's own columns, or its rows, along the vectors.
      if isDot { return .dot }
      return a.rowStride == 1 ? .directTransposed : m * k <= 1 << 10 ? .direct : .openBLAS
    }
    // x Wᵀ with few rows, or few outputs: packing W would take as long as the product (16 × 1024 × 1024: 90 GFLOP/s against
    // 68). Adding up lanes does not pay for short rows.
    if isDot && (m == 1 || min(m, n) <= 16 && k >= 64) { return .dot }
    if b.columnStride != 1 { return .packed }
    // Few rows use B once or twice.
    if m <= 28 { return .direct }
    // B stays in the second-level cache as it lies (128 × 512 × 784: 114 GFLOP/s against 108).
    return k * n * type.size <= 1 << 20 ? .direct : .packed
  }

  /// The product of two panels.
  func run(
    _ a: Operand, _ b: Operand, _ c: UnsafeMutableRawPointer, resultStride: Int, bias: UnsafeRawPointer?
  ) {
    if kernel == .directTransposed {
      var product = MatrixProduct.arguments(type, b.transposed, a.transposed, c, a.rows, Epilogue())
      mk_matmul_direct(&product)
      if !epilogue.isEmpty { mk_finish_panel(type.kernelType, epilogue.activation, bias, c, 1, a.rows, 1) }
      return
    }
    var product = MatrixProduct.arguments(
      type, a, b, c, resultStride, Epilogue(bias: bias, activation: epilogue.activation))
    switch kernel {
    case .dot: mk_matmul_dot(&product)
    case .direct: mk_matmul_direct(&product)
    default:
      // Not the pool's: how many threads are at it at once is chance, and a steady step takes nothing from the system.
      guard let workspace = mk_thread_memory(mk_matmul_workspace(&product)) else {
        fatalError("out of memory: the workspace of a matrix product was refused")
      }
      mk_matmul_packed(&product, workspace)
    }
  }

  @inline(__always)
  private static func arguments(
    _ type: ScalarType, _ a: Operand, _ b: Operand, _ c: UnsafeMutableRawPointer, _ resultStride: Int,
    _ epilogue: Epilogue
  ) -> mk_product {
    mk_product(
      a: a.pointer, b: b.pointer, bias: epilogue.bias, c: c, m: a.rows, n: b.columns, k: a.columns,
      a_row: a.rowStride, a_column: a.columnStride, b_row: b.rowStride, b_column: b.columnStride, c_row: resultStride,
      type: type.kernelType, activation: epilogue.activation)
  }
}
