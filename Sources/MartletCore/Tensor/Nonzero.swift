extension Tensor where Scalar == Bool {
  /// The positions of the true elements: for each axis a tensor `[n]`, in row-major order, as NumPy's `nonzero`.
  ///
  /// Traps for rank 0.
  public func nonzero() -> [Tensor<Int64>] {
    if rank == 0 { fatalError("nonzero: expected a tensor with an axis, got shape []") }
    var rest = truePositions()
    return shape.reversed().map { length in
      defer { rest = rest.floorDivide(Int64(Swift.max(length, 1))) }
      return rest.remainder(Int64(Swift.max(length, 1)))
    }.reversed()
  }

  /// The positions of the true elements, `[n, rank]`, in row-major order, as NumPy's `argwhere`. Traps for rank 0.
  public func argWhere() -> Tensor<Int64> { Tensor<Int64>.stack(nonzero(), axis: 1) }
}

extension Tensor where Scalar: NumericScalar {
  /// The positions of the elements that are not 0: for each axis a tensor `[n]`, in row-major order, as NumPy's `nonzero`.
  ///
  /// NaN is not 0. Traps for rank 0.
  public func nonzero() -> [Tensor<Int64>] { (self .!= 0).nonzero() }

  /// The positions of the elements that are not 0, `[n, rank]`, in row-major order, as NumPy's `argwhere`. Traps for rank 0.
  public func argWhere() -> Tensor<Int64> { (self .!= 0).argWhere() }
}
