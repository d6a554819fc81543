import CKernels
import MartletCore

/// Elements of the convolution of two vectors, y[i] = Σ w[j] x[first + i − j], where x is 0 outside of its elements.
///
/// Its gradients are convolutions with the reversed operand, from another first element on.
struct Convolution: BilinearMap {
  let first: Int
  let count: Int

  var name: String { "convolve" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, w) = (operands[0], operands[1])
    try requireSameScalarType(x, w)
    try requireNumeric(x)
    if x.rank != 1 || w.rank != 1 { throw mistake(expected: "two tensors of rank 1", got: "\(x.shape) and \(w.shape)") }
    return TensorSpecs(x.scalarType, [count])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (x, w, result) = (operands[0].contiguous(), operands[1].contiguous(), results[0])
    let (type, size, first) = (x.scalarType.kernelType, x.scalarType.size, first)
    let (from, taps, to) = (x.pointer, w.pointer, result.pointer)
    // Whole strips of the kernel's, so that each is summed alike however they are split.
    let strip = 512
    let grain = max(1, ElementwiseLoop.cheapGrain * 4 / strip / max(1, min(w.count, x.count)))
    WorkerPool.parallelFor((count + strip - 1) / strip, grain: grain) { range in
      let start = range.lowerBound * strip
      mk_convolve(
        type, from, x.count, taps, w.count, first + start, to + start * size,
        min(count, range.upperBound * strip) - start
      )
    }
    withExtendedLifetime((x, w)) {}
  }

  func gradientOfFirst(_ cotangent: AnyTensor, second: AnyTensor, shape: Shape) -> AnyTensor {
    let count = second.shape[0]
    return apply(Convolution(first: count - 1 - first, count: shape[0]), [cotangent, second.reversedVector])
  }

  func gradientOfSecond(_ cotangent: AnyTensor, first: AnyTensor, shape: Shape) -> AnyTensor {
    let count = first.shape[0]
    return apply(Convolution(first: count - 1 - self.first, count: shape[0]), [cotangent, first.reversedVector])
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: 2 * results.first.count * min(operands[0].count, operands[1].count),
      bytes: operands[0].byteCount + operands[1].byteCount + results.first.byteCount)
  }
}

extension AnyTensor {
  /// A vector with its elements in reverse order.
  fileprivate var reversedVector: AnyTensor { sliced(axis: 0, start: max(0, count - 1), step: -1, count: count) }
}

/// Which elements of a convolution of n and m elements are wanted.
public enum ConvolutionMode: Sendable, CaseIterable {
  /// All, n + m − 1.
  case full
  /// The middle ones, as many as the longer operand has.
  case same
  /// Those that take all elements of the shorter operand, |n − m| + 1.
  case valid
}

/// The convolution of two tensors of rank 1, Σⱼ b[j] a[i − j] for each i: NumPy's `convolve`.
///
/// Integers wrap around. Traps when a tensor is not of rank 1 or has no elements.
///
/// - Complexity: O(n · m) for n and m elements.
public func convolve<Scalar: NumericScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, mode: ConvolutionMode = .full
) -> Tensor<Scalar> {
  requireVectors(a, b, "convolve")
  return convolution(a, b, mode)
}

/// The correlation of two tensors of rank 1, Σⱼ b[j] a[i + j] for each i: NumPy's `correlate`.
///
/// With `full`, i runs from 1 − m for an m-element b; integers wrap around. Traps when a tensor is not of rank 1 or has
/// no elements.
///
/// - Complexity: O(n · m) for n and m elements.
public func correlate<Scalar: NumericScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, mode: ConvolutionMode = .valid
) -> Tensor<Scalar> {
  requireVectors(a, b, "correlate")
  // NumPy moves the shorter one along the longer, whichever is first, and then turns the result round.
  if a.count < b.count { return convolution(b, a.reversed(axis: 0), mode).reversed(axis: 0) }
  return convolution(a, b.reversed(axis: 0), mode)
}

private func requireVectors<Scalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ name: String) {
  if a.rank != 1 || b.rank != 1 || a.count == 0 || b.count == 0 {
    trap(name, "expected two tensors of rank 1 with elements, got \(a.shape) and \(b.shape)")
  }
}

private func convolution<Scalar: NumericScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ mode: ConvolutionMode
) -> Tensor<Scalar> {
  let (long, short) = a.count < b.count ? (b, a) : (a, b)
  let (n, m) = (long.count, short.count)
  let primitive =
    switch mode {
    case .full: Convolution(first: 0, count: n + m - 1)
    case .same: Convolution(first: (m - 1) - m / 2, count: n)
    case .valid: Convolution(first: m - 1, count: n - m + 1)
    }
  return Tensor(unchecked: apply(primitive, [long.erased, short.erased]))
}
