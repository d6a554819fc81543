import CKernels
import MartletCore

/// For each element along an axis the index of the largest or smallest so far, of several the last.
struct CumulativeArgExtreme: Primitive {
  let largest: Bool
  let axis: Int

  var name: String { largest ? "cumulativeMax" : "cumulativeMin" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is indices" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireNumeric(operands[0])
    try require(axis: axis, of: operands[0])
    return TensorSpecs(.int64, operands[0].shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let x = operands.first.contiguous()
    let (type, largest) = (x.scalarType.kernelType, largest)
    let (from, indices, size) = (x.pointer, results[0].pointer.assumingMemoryBound(to: Int64.self), x.scalarType.size)
    let columns = AxisColumns(x, axis)
    columns.run { offset, blocks in
      mk_cumulative_arg_extreme(
        largest, type, from + offset, indices + offset / size, blocks, columns.length, columns.inner)
    }
    withExtendedLifetime(x) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}

extension Tensor where Scalar: NumericScalar {
  /// The largest of the elements 0 ... i along an axis, for each i, and its index: NumPy's `maximum.accumulate`,
  /// PyTorch's `cummax`.
  ///
  /// From the first NaN on, all are NaN. Of equal elements the index is that of the last, which the gradient goes to.
  public func cumulativeMax(axis: Int) -> (values: Tensor, indices: Tensor<Int64>) {
    cumulativeExtreme(largest: true, axis, "cumulativeMax")
  }

  /// The smallest of the elements 0 ... i along an axis, for each i, and its index: NumPy's `minimum.accumulate`,
  /// PyTorch's `cummin`.
  ///
  /// From the first NaN on, all are NaN. Of equal elements the index is that of the last, which the gradient goes to.
  public func cumulativeMin(axis: Int) -> (values: Tensor, indices: Tensor<Int64>) {
    cumulativeExtreme(largest: false, axis, "cumulativeMin")
  }

  private func cumulativeExtreme(
    largest: Bool, _ axis: Int, _ name: String
  ) -> (values: Tensor, indices: Tensor<Int64>) {
    let axis = normalizedAxes([axis], name)[0]
    let indices = Tensor<Int64>(unchecked: apply(CumulativeArgExtreme(largest: largest, axis: axis), [erased]))
    return (takeAlong(indices, axis: axis), indices)
  }
}
