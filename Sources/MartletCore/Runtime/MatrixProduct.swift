import CKernels

/// A matrix product, C = A · B with strided operands, finished with a bias and an activation. Every matrix product is
/// computed here.
///
/// Operands whose rows or columns are contiguous are read in place, by Martlet's kernels where the processor has
/// AVX-512 or AVX2, and by OpenBLAS elsewhere. Large products are split into panels over the worker pool, and a panel is
/// finished while it is in cache. Results have the same bits at any number of threads: the choice of kernel depends on
/// sizes and strides alone, an element's bits in Martlet's kernels do not depend on the panel, and OpenBLAS's panels
/// depend on the sizes alone.
package struct MatrixProduct {
  /// What the product is finished with: a bias for each column, and an activation.
  package struct Epilogue {
    var bias: UnsafeRawPointer?
    var activation: mk_epilogue = MK_EPILOGUE_NONE

    package init(bias: UnsafeRawPointer? = nil, activation: mk_epilogue = MK_EPILOGUE_NONE) {
      self.bias = bias
      self.activation = activation
    }

    var isEmpty: Bool { bias == nil && activation == MK_EPILOGUE_NONE }
  }

  /// Writes A · B, finished with `epilogue`, to `c`, which has `a.rows` × `b.columns` contiguous elements.
  ///
  /// The type is float32 or float64, or without an epilogue an integer type; both operands must have a `leading` dimension. With an inner dimension of 0 the
  /// product is zero. The level is at most the processor's.
  package static func multiply(
    _ type: ScalarType, _ a: Operand, _ b: Operand, into c: UnsafeMutableRawPointer, _ epilogue: Epilogue = Epilogue(),
    level: Int32 = bestLevel
  ) {
    let (m, n, k) = (a.rows, b.columns, a.columns)
    if m == 0 || n == 0 { return }
    if type.isInteger {
      multiplyIntegers(type, a, b, into: c)
      return
    }
    let (a, b) = (a.withPlainStrides, b.withPlainStrides)
    let kernel = kernel(type, a, b, level: level)
    if kernel == .openBLAS { OpenBLAS.prepare() }
    let product = MatrixProduct(type: type, level: level, kernel: kernel, a: a, b: b, c: c, epilogue: epilogue)
    if m * n * k <= smallest {
      product.panel(rows: 0..<m, columns: 0..<n)
      return
    }
    // Panels of columns pack different parts of B, while panels of rows would each pack all of it; but few columns do
    // not fill a kernel's vectors. Where nothing is packed, rows are as good, and each thread writes one contiguous
    // part of C.
    let alongRows = kernel == .direct ? m >= n : m >= 2 * n
    let length = alongRows ? m : n
    var pieces = max(2, min(length / 512, 64))
    if kernel != .openBLAS {
      // The same number of panels for each thread.
      let threads = Threads.count
      pieces = max(1, min((pieces + threads - 1) / threads * threads, length / 16))
    }
    // A multiple of 16, so that panels have whole vectors.
    let step = ((length + pieces - 1) / pieces + 15) / 16 * 16
    let count = (length + step - 1) / step
    WorkerPool.parallelFor(count, grain: 1) { range in
      for piece in range {
        let part = piece * step..<min(length, (piece + 1) * step)
        product.panel(rows: alongRows ? part : 0..<m, columns: alongRows ? 0..<n : part)
      }
    }
  }

  /// Products of at most this many multiplications are not split: they take 1 µs, on which two threads gain nothing.
  private static let smallest = 1 << 16

  let type: ScalarType
  let level: Int32
  let kernel: Kernel
  let a: Operand
  let b: Operand
  let c: UnsafeMutableRawPointer
  let epilogue: Epilogue

  private func panel(rows: Range<Int>, columns: Range<Int>) {
    let n = b.columns
    let k = a.columns
    let size = type.size
    let target = c + (rows.lowerBound * n + columns.lowerBound) * size
    let bias = epilogue.bias.map { $0 + columns.lowerBound * size }
    let left = Operand(
      a.pointer + rows.lowerBound * a.rowStride * size, rows: rows.count, columns: k, rowStride: a.rowStride,
      columnStride: a.columnStride)
    let right = Operand(
      b.pointer + columns.lowerBound * b.columnStride * size, rows: k, columns: columns.count, rowStride: b.rowStride,
      columnStride: b.columnStride)
    if k > 0 && kernel != .openBLAS {
      run(left, right, target, resultStride: n, bias: bias)
      return
    }
    if k == 0 {
      for row in 0..<rows.count {
        (target + row * n * size).initializeMemory(as: UInt8.self, repeating: 0, count: columns.count * size)
      }
    } else if rows.count == 1 || columns.count == 1 {
      OpenBLAS.calling { matrixVector(left, right, target, resultStride: n) }
    } else {
      OpenBLAS.calling { gemm(left, right, target, resultStride: n) }
    }
    if !epilogue.isEmpty {
      mk_finish_panel(type.kernelType, epilogue.activation, bias, target, n, rows.count, columns.count)
    }
  }
}

extension ScalarType {
  /// The type as the C kernels take it.
  @inline(__always)
  package var kernelType: mk_type { mk_type(rawValue: rawValue) }
}
