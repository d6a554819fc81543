import MartletCore

/// Elements without what repeats the one before it, from `Tensor.uniqueConsecutive()`.
public struct ConsecutiveElements<Scalar: NumericScalar>: Sendable {
  /// The first element of each run of equal ones.
  public let values: Tensor<Scalar>
  /// For each element, in the tensor's shape, which run it is in.
  public let inverse: Tensor<Int64>
  /// How long each run is.
  public let counts: Tensor<Int64>
}

extension Tensor where Scalar: NumericScalar {
  /// The elements in row-major order without those that are equal to the one before: PyTorch's `unique_consecutive`.
  ///
  /// NaN is not equal to NaN. The gradient of a value goes to the first of its run.
  public func uniqueConsecutive() -> ConsecutiveElements<Scalar> {
    let line = flattened()
    if count == 0 { return ConsecutiveElements(values: line, inverse: Tensor<Int64>.zeros(shape), counts: []) }
    let plain = line.detached()
    let starts = Tensor<Bool>.concatenate([Tensor<Bool>([true]), plain[1...] .!= plain[..<(count - 1)]])
    let places = starts.truePositions()
    let ends = Tensor<Int64>.concatenate([places[1...], Tensor<Int64>([Int64(count)])])
    let runs = starts.cast(to: Int64.self).cumulativeSum(axis: 0) - 1
    return ConsecutiveElements(values: line.take(places), inverse: runs.reshaped(to: shape), counts: ends - places)
  }
}
