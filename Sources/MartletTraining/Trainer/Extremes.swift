import MartletCore

/// The least and the greatest of a tensor's numbers, both NaN when one of the numbers is.
///
/// Once these two reductions are computed, the numbers can be checked against any range in O(1).
struct Extremes {
  private let least: Double
  private let greatest: Double

  /// Nil when the tensor is empty or not numeric.
  init?(_ tensor: AnyTensor) {
    if tensor.count == 0 || !tensor.scalarType.isNumeric { return nil }
    func extreme(_ kind: ReductionKind) -> Double {
      Tensor<Double>(unchecked: apply(Reduction(kind, allOf: tensor.rank), tensor).converted(to: .float64)).item()
    }
    least = extreme(.min)
    greatest = extreme(.max)
  }

  /// Whether one of the numbers is NaN.
  var hasNaN: Bool { greatest.isNaN }

  func isWithin(_ range: ClosedRange<Double>) -> Bool { range.contains(least) && range.contains(greatest) }
}
