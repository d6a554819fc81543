/// The matrix product over the last two axes.
///
/// Leading axes broadcast. An operand of rank 1 is a row on the left and a column on the right, and the axis is dropped
/// from the result: NumPy's rules. Matrices whose rows or columns are contiguous, such as transposed ones, are read
/// without a copy. Integers wrap around. Traps when the shapes do not fit.
///
/// - Complexity: O(m · k · n) for `[m, k]` times `[k, n]`.
public func matmul<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(unchecked: apply(MatMul(), a.erased, b.erased))
}

extension Tensor where Scalar: NumericScalar {
  /// The matrix product with `other` on the right, as the function `matmul(_:_:)`.
  ///
  /// - Complexity: O(m · k · n) for `[m, k]` times `[k, n]`.
  public func matmul(_ other: Tensor) -> Tensor { Tensor(unchecked: apply(MatMul(), erased, other.erased)) }
}

/// activation(x Wᵀ + b) in one pass, for x of shape `[..., in]`, a weight `[out, in]` and a bias `[out]` or none.
///
/// - Complexity: O(rows · in · out).
public func linear<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, weight: Tensor<Scalar>, bias: Tensor<Scalar>? = nil, activation: FusedActivation = .identity
) -> Tensor<Scalar> {
  let primitive = Linear(activation: activation)
  guard let bias else { return Tensor(unchecked: apply(primitive, x.erased, weight.erased)) }
  return Tensor(unchecked: apply(primitive, x.erased, weight.erased, bias.erased))
}

/// The cross-entropy of softmax(logits) with integer labels, one loss for each row.
///
/// Logits are `[batch, classes]`, labels and the result `[batch]`. It is logSumExp(x) − x[label], computed in one pass
/// and stable for large logits. Traps on a label that is not one of the classes.
public func softmaxCrossEntropy<Scalar: FloatingScalar, Label: IntegerScalar>(
  logits: Tensor<Scalar>, labels: Tensor<Label>
) -> Tensor<Scalar> {
  Tensor(unchecked: apply(CrossEntropy(), logits.erased, labels.detached().erased.converted(to: .int64)))
}

/// The mean or the sum of the squared differences of two tensors of the same shape, in one pass.
package func squaredError<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, isMean: Bool
) -> Tensor<Scalar> {
  Tensor(unchecked: apply(SquaredError(isMean: isMean), a.erased, b.erased))
}
