/// An operation that is linear in each of its two operands, such as a product.
///
/// All its derivatives follow from the two gradients that are required here: the tangent of the result is the operation
/// itself, applied to the tangent of one operand and the value of the other.
public protocol BilinearMap: Primitive {
  /// The gradient of the first operand, given that of the result.
  ///
  /// It has the operand's shape, `shape`, or the one that the operand was broadcast to.
  func gradientOfFirst(_ cotangent: AnyTensor, second: AnyTensor, shape: Shape) -> AnyTensor

  /// The gradient of the second operand, given that of the result; its shape is as for the first.
  func gradientOfSecond(_ cotangent: AnyTensor, first: AnyTensor, shape: Shape) -> AnyTensor
}

extension BilinearMap {
  /// Saves an operand where the gradient of the other one is needed.
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

  /// The sum of the operation applied to each tangent and the other operand.
  public func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(
      Tangents.sum(
        tangents[0].map { apply(self, $0, saved.operand(1)) }, tangents[1].map { apply(self, saved.operand(0), $0) }))
  }
}
