import MartletCore

// Tensors as sets of their elements, whatever their shape. Results are sorted, of shape [n], without repeats but for NaN,
// which equals nothing, as in NumPy: it is in no intersection, is not taken away by a difference, and remains of both
// tensors in a symmetric difference. The gradient of an element goes to its first occurrence.

extension Tensor where Scalar: NumericScalar {
  /// Whether each element is among `elements`, which may have any shape: NumPy's `isin`.
  ///
  /// NaN is among none.
  ///
  /// - Complexity: O((count + m) · log m) for m elements to look among.
  public func isIn(_ elements: Tensor) -> Tensor<Bool> {
    if elements.count == 0 { return Tensor<Bool>(false).broadcast(to: shape) }
    let sorted = elements.detached().flattened().sorted()
    let places = minimum(sorted.searchSorted(detached()), Int64(sorted.count - 1))
    return sorted.take(places) .== detached()
  }

  /// The distinct elements that are in both tensors: NumPy's `intersect1d`.
  ///
  /// - Complexity: O(n · log n) for n elements in both, as of all operations on sets.
  public func intersection(_ other: Tensor) -> Tensor {
    let own = unique()
    return own.take(own.isIn(other).truePositions())
  }

  /// The distinct elements that are in one of the tensors or in both, where all NaN are one: NumPy's `union1d`.
  public func union(_ other: Tensor) -> Tensor { Tensor.concatenate([flattened(), other.flattened()]).unique() }

  /// The distinct elements of this tensor that are not in the other: NumPy's `setdiff1d`.
  public func setDifference(_ other: Tensor) -> Tensor {
    let own = unique()
    return own.take((.!own.isIn(other)).truePositions())
  }

  /// The distinct elements that are in one of the tensors and not in the other: NumPy's `setxor1d`.
  public func symmetricDifference(_ other: Tensor) -> Tensor {
    Tensor.concatenate([setDifference(other), other.setDifference(self)]).sorted()
  }
}
