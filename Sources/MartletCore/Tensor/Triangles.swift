extension Tensor where Scalar: NumericScalar {
  /// The matrices of the last two axes with zeros above the diagonal that is `offset` elements to the right of the main
  /// one: NumPy's and PyTorch's `tril`. Traps below rank 2.
  public func tril(offset: Int = 0) -> Tensor { triangle("tril", offset) { $0 .<= $1 } }

  /// The matrices of the last two axes with zeros below the diagonal that is `offset` elements to the right of the main
  /// one: NumPy's and PyTorch's `triu`. Traps below rank 2.
  public func triu(offset: Int = 0) -> Tensor { triangle("triu", offset) { $0 .>= $1 } }

  private func triangle(
    _ name: String, _ offset: Int, _ keeps: (_ column: Tensor<Int64>, _ diagonal: Tensor<Int64>) -> Tensor<Bool>
  ) -> Tensor {
    if rank < 2 { trap(TensorError(name, expected: "a tensor with at least two axes", got: "one of shape \(shape)")) }
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    // Beyond the matrix every offset is the same.
    let bounded = Int64(Swift.max(-rows - 1, Swift.min(offset, columns + 1)))
    let diagonal = Tensor<Int64>.arange(bounded, Int64(rows) + bounded).reshaped(to: [rows, 1])
    return Tensor.where(keeps(Tensor<Int64>.arange(Int64(columns)), diagonal), self, Tensor(0))
  }
}
