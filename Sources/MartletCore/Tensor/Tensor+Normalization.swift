extension Tensor where Scalar: FloatingScalar {
  /// Layer normalisation (arXiv:1607.06450): the last axis is brought to mean 0 and variance 1, then scaled and
  /// shifted.
  ///
  /// The scale and the shift are of shape `[width]` for a tensor `[..., width]`. Traps on other shapes, and when
  /// `epsilon` is negative.
  public func layerNormalized(scale: Tensor? = nil, shift: Tensor? = nil, epsilon: Double = 1e-5) -> Tensor {
    guard let width = shape.last else {
      trap("layerNormalized", "expected at least one axis, got a scalar, of shape []")
    }
    func require(_ row: Tensor?, _ name: String) {
      guard let row, row.shape != [width] else { return }
      trap("layerNormalized", "expected a \(name) of [\(width)] for \(shape), got \(row.shape)")
    }
    require(scale, "scale")
    require(shift, "shift")
    if !(epsilon >= 0) { trap("layerNormalized", "expected an epsilon of at least 0, got \(epsilon)") }
    if let scale, let shift {
      return Tensor(unchecked: apply(LayerNormRows(epsilon: epsilon), erased, scale.erased, shift.erased))
    }
    var result = Tensor(unchecked: apply(Normalize(epsilon: epsilon), erased))
    if let scale { result = result * scale }
    if let shift { result = result + shift }
    return result
  }
}
