import Martlet

extension AnyTensor {
  /// Whether both have the same type, shape and bits: NaN is the same as itself, and -0 is not 0.
  func hasSameBits(as other: AnyTensor) -> Bool {
    scalarType == other.scalarType && shape == other.shape
      && withUnsafeBytes { own in other.withUnsafeBytes { own.elementsEqual($0) } }
  }
}
