import MartletCore

extension Tensor where Scalar: IntegerScalar {
  /// How often each number from 0 to the largest element occurs, or to `minimumCount` − 1 if that is more: NumPy's
  /// `bincount`.
  ///
  /// Traps when an element or `minimumCount` is negative, or the counts are more than memory can hold.
  ///
  /// - Complexity: O(count + length of the result).
  public func bincount(minimumCount: Int = 0) -> Tensor<Int64> {
    Tensor<Int64>(unchecked: apply(CountIndices(length: countLength(minimumCount)), [erased]))
  }

  /// The sum of the weights of each number from 0 to the largest element, or to `minimumCount` − 1 if that is more.
  ///
  /// The weights have the tensor's shape; their sums are differentiable. Traps when they have another, and when an
  /// element or `minimumCount` is negative.
  ///
  /// - Complexity: O(count + length of the result).
  public func bincount<Weight: NumericScalar>(weights: Tensor<Weight>, minimumCount: Int = 0) -> Tensor<Weight> {
    if weights.shape != shape { trap("bincount", "expected weights of shape \(shape), got \(weights.shape)") }
    return weights.summed(at: cast(to: Int64.self), length: countLength(minimumCount))
  }

  /// The number of counts.
  private func countLength(_ minimumCount: Int) -> Int {
    if minimumCount < 0 { trap("bincount", "expected a minimum count of at least 0, got \(minimumCount)") }
    if count == 0 { return minimumCount }
    let least = min().item()
    if least < 0 { trap("bincount", "expected elements that are not negative, got \(least)") }
    let most = Int64(max().item())
    if most >= Int64.max / 16 { trap("bincount", "expected elements that memory can hold counts of, got \(most)") }
    return Swift.max(minimumCount, Int(most) + 1)
  }
}
