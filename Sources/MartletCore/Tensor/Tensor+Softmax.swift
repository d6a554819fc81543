// Softmax, its logarithm, and logSumExp.

extension Tensor where Scalar: FloatingScalar {
  /// log Σ exp of all elements, without overflow; −∞ if there are none.
  public func logSumExp(keepDims: Bool = false) -> Tensor { logSumExp(over: Array(0..<rank), keepDims) }
  /// log Σ exp along an axis, without overflow.
  public func logSumExp(axis: Int, keepDims: Bool = false) -> Tensor { logSumExp(axes: [axis], keepDims: keepDims) }
  /// log Σ exp along several axes, without overflow.
  public func logSumExp(axes: [Int], keepDims: Bool = false) -> Tensor {
    logSumExp(over: normalizedAxes(axes, "logSumExp"), keepDims)
  }

  private func logSumExp(over axes: [Int], _ keepDims: Bool) -> Tensor {
    let result = Tensor(unchecked: apply(LogSumExp(), movedToBack(axes).erased))
    return keepDims ? result.reshaped(to: shape.reduced(along: axes)) : result
  }

  /// exp(x) / Σ exp(x) along an axis, by default the last.
  public func softmax(axis: Int = -1) -> Tensor { alongBack(axis, "softmax", SoftmaxRows(isLogarithmic: false)) }

  /// The logarithm of softmax along an axis, by default the last, without the cancellation of taking it afterwards.
  public func logSoftmax(axis: Int = -1) -> Tensor { alongBack(axis, "logSoftmax", SoftmaxRows(isLogarithmic: true)) }

  private func alongBack(_ axis: Int, _ name: String, _ primitive: SoftmaxRows) -> Tensor {
    let axis = normalizedAxes([axis], name)[0]
    if axis == rank - 1 { return Tensor(unchecked: apply(primitive, erased)) }
    return Tensor(unchecked: apply(primitive, swappedAxes(axis, -1).erased)).swappedAxes(axis, -1)
  }

  /// The tensor with the given axes moved behind the others and merged into one; the others keep their order.
  package func movedToBack(_ axes: [Int]) -> Tensor {
    if axes == [rank - 1] { return self }
    let others = (0..<rank).filter { !axes.contains($0) }
    let moved = permuted(others + axes)
    if axes.count == 1 { return moved }
    return moved.reshaped(to: Shape(others.map { shape.axes[$0] } + [reducedCount(axes)]))
  }
}
