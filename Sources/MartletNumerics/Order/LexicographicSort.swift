import MartletCore

extension Tensor where Scalar: NumericScalar {
  /// The indices that sort by several keys along the last axis, by the last key first and of those that are equal by the
  /// one before it, and so on: NumPy's `lexsort`.
  ///
  /// The sort is stable, and NaN is larger than every number. Traps when there are no keys, at rank 0, and when their
  /// shapes differ.
  ///
  /// - Complexity: O(keys · count · log n) for an axis of length n.
  public static func argSort(by keys: [Tensor]) -> Tensor<Int64> {
    guard let first = keys.first else { trap("argSort(by:)", "expected at least one key, got none") }
    if let other = keys.first(where: { $0.shape != first.shape || $0.rank == 0 }) {
      trap(
        TensorError(
          "argSort(by:)", expected: "keys of one shape with an axis", got: "\(first.shape) and \(other.shape)"))
    }
    return keys.dropFirst().reduce(first.argSort()) { order, key in
      order.takeAlong(key.takeAlong(order, axis: -1).argSort(), axis: -1)
    }
  }
}
