/// An operation that is linear in each of its two operands: products. All its derivatives come from the two that are
/// written here, since the differential is the operation itself at one tangent and the other operand.
public protocol Bilinear: Primitive {
  /// The gradient of the first operand, of `shape` or before broadcasting was undone, given that of the result.
  func gradientOfFirst(_ cotangent: AnyTensor, second: AnyTensor, shape: Shape) -> AnyTensor

  /// The gradient of the second operand, given that of the result.
  func gradientOfSecond(_ cotangent: AnyTensor, first: AnyTensor, shape: Shape) -> AnyTensor
}

extension Bilinear {
  /// Each operand that the other one's derivative needs.
  public var saves: SavePolicy { .crossed }

  /// The gradients of both operands.
  public func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    bilinearPullback(cotangents.takeFirst(), saved)
  }

  /// The gradients of the two operands.
  public func bilinearPullback(_ cotangent: AnyTensor, _ saved: Saved) -> Cotangents {
    Cotangents(
      saved.needs(0) ? gradientOfFirst(cotangent, second: saved.operand(1), shape: saved.shape(0)) : nil,
      saved.needs(1) ? gradientOfSecond(cotangent, first: saved.operand(0), shape: saved.shape(1)) : nil)
  }

  /// The operation at each tangent and the other operand, added.
  public func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(
      Tangents.sum(
        tangents[0].map { apply(self, $0, saved.operand(1)) }, tangents[1].map { apply(self, saved.operand(0), $0) }))
  }
}
