import MartletCore

/// The distinct elements of a tensor, or the distinct slices along an axis, and where they were.
public struct UniqueElements<Scalar: NumericScalar>: Sendable {
  /// The distinct elements, sorted.
  public let values: Tensor<Scalar>
  /// The index of the first occurrence of each, in row-major order of the tensor or along the axis.
  public let firstIndices: Tensor<Int64>
  /// For each element, in the tensor's shape, or for each slice, which of the distinct ones it is.
  public let inverse: Tensor<Int64>
  /// How often each occurs.
  public let counts: Tensor<Int64>
}

extension Tensor where Scalar: NumericScalar {
  /// The distinct elements, sorted, of shape `[n]`: NumPy's `unique`.
  ///
  /// All NaN are one, and the last. The gradient of an element goes to its first occurrence.
  ///
  /// - Complexity: O(count · log count).
  public func unique() -> Tensor {
    // Of equal elements the first is the first that was: the sort is stable.
    let sorted = flattened().sorted()
    let starts = Tensor<Bool>(
      unchecked: apply(RunStarts(mergesNaN: true), [sorted.detached().expandedDimension(at: 1).erased]))
    return sorted.take(starts.truePositions())
  }

  /// The distinct elements, sorted, with their first indices, counts, and which of them each element is.
  ///
  /// - Complexity: O(count · log count).
  public func uniqueElements() -> UniqueElements<Scalar> {
    let line = flattened()
    let elements = line.elements(line.firstOccurrences())
    return UniqueElements(
      values: elements.values, firstIndices: elements.firstIndices, inverse: elements.inverse.reshaped(to: shape),
      counts: elements.counts)
  }

  /// The distinct slices along an axis, sorted by the first element that differs.
  ///
  /// Slices with NaN are all distinct, as in NumPy. The gradient of a slice goes to its first occurrence.
  ///
  /// - Complexity: O(count · log n) for an axis of length n.
  public func unique(axis: Int) -> Tensor {
    let axis = normalizedAxes([axis], "unique")[0]
    return take(slices(axis).firstOccurrences().first, axis: axis)
  }

  /// The distinct slices along an axis, sorted, with their first indices, counts, and which of them each slice is.
  ///
  /// - Complexity: O(count · log n) for an axis of length n.
  public func uniqueElements(axis: Int) -> UniqueElements<Scalar> {
    let axis = normalizedAxes([axis], "uniqueElements")[0]
    let rows = slices(axis)
    let elements = rows.elements(rows.firstOccurrences())
    return UniqueElements(
      values: take(elements.firstIndices, axis: axis), firstIndices: elements.firstIndices, inverse: elements.inverse,
      counts: elements.counts)
  }
}

/// Where the distinct elements of a vector, or the distinct rows of a matrix, are.
private struct Occurrences {
  /// The order that sorts the rows.
  let order: Tensor<Int64>
  /// Whether each row in that order differs from the one before it.
  let starts: Tensor<Bool>
  /// The places in that order where it does.
  let places: Tensor<Int64>

  /// The index of the first row of each kind: the order is stable.
  var first: Tensor<Int64> { order.take(places) }
}

extension Tensor where Scalar: NumericScalar {
  /// The slices along an axis as the rows of a matrix.
  private func slices(_ axis: Int) -> Tensor {
    let moved = permuted([axis] + (0..<rank).filter { $0 != axis })
    return moved.reshaped(to: [shape[axis], shape.removing(axis).elementCount] as Shape)
  }

  private func firstOccurrences() -> Occurrences {
    let order =
      rank == 1 ? detached().argSort() : Tensor<Int64>(unchecked: apply(ArgSortWholeRows(), [detached().erased]))
    let sorted = detached().take(order)
    let rows = rank == 1 ? sorted.expandedDimension(at: 1) : sorted
    let starts = Tensor<Bool>(unchecked: apply(RunStarts(mergesNaN: rank == 1), [rows.erased]))
    return Occurrences(order: order, starts: starts, places: starts.truePositions())
  }

  private func elements(_ occurrences: Occurrences) -> UniqueElements<Scalar> {
    let (order, places) = (occurrences.order, occurrences.places)
    let ends = Tensor<Int64>.concatenate([places, Tensor<Int64>([Int64(shape[0])])])[1...]
    var inverse = Tensor<Int64>.zeros([shape[0]])
    inverse[rows: order] = occurrences.starts.cast(to: Int64.self).cumulativeSum(axis: 0) - 1
    return UniqueElements(
      values: take(occurrences.first), firstIndices: occurrences.first, inverse: inverse, counts: ends - places)
  }
}
