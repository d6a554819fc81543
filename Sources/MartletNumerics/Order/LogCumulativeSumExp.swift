import CKernels
import MartletCore

/// log(exp(x₀) + … + exp(xᵢ)) along an axis.
struct LogCumulativeSumExp: Primitive {
  let axis: Int

  var name: String { "logCumulativeSumExp" }
  var saves: SavePolicy { .operandsAndResults }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireFloating(operands[0])
    try require(axis: axis, of: operands[0])
    return TensorSpecs(operands[0])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let x = operands.first.contiguous()
    let (type, from, to) = (x.scalarType.kernelType, x.pointer, result.pointer)
    let columns = AxisColumns(result, axis)
    columns.run { offset, blocks in
      mk_log_cumulative_sum_exp(type, from + offset, to + offset, blocks, columns.length, columns.inner)
    }
    withExtendedLifetime(x) {}
  }

  /// The gradient of xⱼ is exp(xⱼ − yⱼ) rⱼ, where rⱼ = gⱼ + exp(yⱼ − yⱼ₊₁) rⱼ₊₁ runs from the back. No exponent is
  /// positive, because the results ascend, so that nothing overflows. Where a result is −∞, so is its element, and the
  /// gradient is 0.
  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (x, y) = (saved.operand(0), saved.result(0))
    let isEmpty = y.compared(.equal, y.scalar(-Double.infinity))
    let base = apply(Select(), [isEmpty, y.scalar(0), y])
    // What runs from the back does not use its first link: it is 0, and so are the link's own derivatives.
    let links = (y - base.shifted(by: -1, axis: axis, filling: .infinity)).applying(.exp)
    let reached = apply(LinearRecurrence(axis: axis, fromBack: true), [links, g.takeFirst()])
    return Cotangents((x - base).applying(.exp) * reached)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 40 * results.first.count, bytes: 2 * results.first.byteCount)
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// log(exp(x₀) + … + exp(xᵢ)) along an axis, for each i, without overflow: PyTorch's `logcumsumexp`.
  ///
  /// The gradient is 0 where the result is −∞.
  public func logCumulativeSumExp(axis: Int) -> Tensor {
    let axis = normalizedAxes([axis], "logCumulativeSumExp")[0]
    return Tensor(unchecked: apply(LogCumulativeSumExp(axis: axis), [erased]))
  }
}
