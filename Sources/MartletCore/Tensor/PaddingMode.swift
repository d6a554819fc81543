/// What is put around a tensor's elements by `Tensor.padded(_:mode:)`.
public enum PaddingMode: Sendable, CaseIterable {
  /// The elements mirrored at the outermost, which is not repeated: `3 2 | 1 2 3 | 2 1`.
  case reflect
  /// The elements mirrored behind the outermost: `2 1 | 1 2 3 | 3 2`.
  case symmetric
  /// The outermost element: `1 1 | 1 2 3 | 3 3`.
  case edge
  /// The elements from the other end: `2 3 | 1 2 3 | 1 2`.
  case circular

  /// The index, of an axis of `length` elements, of the element that stands at `position`, which may be outside.
  fileprivate func index(_ position: Int, _ length: Int) -> Int {
    func wrapped(_ period: Int) -> Int { (position % period + period) % period }
    switch self {
    case .edge: return Swift.max(0, Swift.min(position, length - 1))
    case .circular: return wrapped(length)
    case .symmetric:
      let place = wrapped(2 * length)
      return place < length ? place : 2 * length - 1 - place
    case .reflect:
      if length == 1 { return 0 }
      let place = wrapped(2 * length - 2)
      return place < length ? place : 2 * length - 2 - place
    }
  }
}

extension Tensor {
  /// The tensor with its own elements added before and after the elements along each axis; `padding` has both counts
  /// for each axis (NumPy's `pad` with modes `reflect`, `symmetric`, `edge` and `wrap`).
  ///
  /// Where more is added than an axis has, mirroring or turning goes on. `padded(_:with:)` adds a number. Traps unless
  /// there is one pair of counts for each axis, none is negative, and no axis without elements is to be longer.
  public func padded(_ padding: [(before: Int, after: Int)], mode: PaddingMode) -> Tensor {
    if padding.count != rank || padding.contains(where: { $0.before < 0 || $0.after < 0 }) {
      trap(
        "padded",
        "expected \(rank) pairs of counts, none negative, for \(shape), got \(padding.map { [$0.before, $0.after] })")
    }
    return padding.enumerated().reduce(self) { tensor, entry in
      let (axis, (before, after)) = entry
      if before == 0 && after == 0 { return tensor }
      let length = shape[axis]
      if length == 0 { trap("padded", "expected elements to repeat along axis \(axis) of \(shape), got none") }
      let indices = (-before..<length + after).map { Int64(mode.index($0, length)) }
      return tensor.take(Tensor<Int64>(indices), axis: axis)
    }
  }
}
