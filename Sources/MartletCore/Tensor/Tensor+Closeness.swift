// What kind of number an element is, and whether elements are nearly equal.

extension Tensor where Scalar: FloatingScalar {
  /// Whether each element is NaN.
  public func isNaN() -> Tensor<Bool> { tested(.isNaN) }
  /// Whether each element is ∞ or −∞.
  public func isInfinite() -> Tensor<Bool> { tested(.isInfinite) }
  /// Whether each element is neither infinite nor NaN.
  public func isFinite() -> Tensor<Bool> { tested(.isFinite) }
  /// Whether each element's sign is negative, as that of −0 is.
  public func signBit() -> Tensor<Bool> { tested(.signBit) }

  private func tested(_ test: ElementTest) -> Tensor<Bool> { Tensor<Bool>(unchecked: apply(Test(test), erased)) }

  /// The tensor with other numbers in place of NaN and the infinities, by default 0 and the ends of the range; the
  /// derivative is 0 where one is replaced.
  public func nanToNum(
    nan: Scalar = 0, positiveInfinity: Scalar = .greatestFiniteMagnitude,
    negativeInfinity: Scalar = -.greatestFiniteMagnitude
  ) -> Tensor {
    let numbers = Tensor.where(isNaN(), Tensor(nan), self)
    let bounded = Tensor.where(self .== .infinity, Tensor(positiveInfinity), numbers)
    return Tensor.where(self .== -.infinity, Tensor(negativeInfinity), bounded)
  }

  /// Whether each element is near the other, |a − b| ≤ absolute + relative · |b|, with NumPy's defaults; the shapes
  /// broadcast.
  ///
  /// Infinities are near only to themselves, and NaN to nothing or, with `equalNaN`, to NaN.
  public func isClose(
    to other: Tensor, relativeTolerance: Scalar = 1e-5, absoluteTolerance: Scalar = 1e-8, equalNaN: Bool = false
  ) -> Tensor<Bool> {
    let distance = combined(.subtract, other, as: "isClose").abs()
    let isWithin = distance .<= absoluteTolerance + relativeTolerance * other.abs()
    let near = isWithin .& other.isFinite() .| (self .== other)
    return equalNaN ? near .| (isNaN() .& other.isNaN()) : near
  }

  /// Whether all elements are near the others, as `isClose` says; the shapes broadcast.
  public func allClose(
    to other: Tensor, relativeTolerance: Scalar = 1e-5, absoluteTolerance: Scalar = 1e-8, equalNaN: Bool = false
  ) -> Bool {
    isClose(
      to: other, relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance, equalNaN: equalNaN
    ).all().item()
  }
}
