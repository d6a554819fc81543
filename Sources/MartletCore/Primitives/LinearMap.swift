/// An operation that is linear in all its operands together, such as a view, a copy or a sum.
///
/// Its pushforward is the operation itself. Only the pullback has to be written, and nothing is saved for it.
public protocol LinearMap: Primitive {}

extension LinearMap {
  /// Nothing: the derivative does not depend on the operands.
  public var saves: SavePolicy { .nothing }

  /// The operation itself, applied to the tangents.
  public func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents { linearPushforward(tangents, saved) }
}

extension Primitive {
  /// The pushforward of a linear operation: the operation itself, applied to the tangents.
  @_semantics("optimize.sil.specialize.generic.never")
  public func linearPushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    let moves = tangents.array.compactMap { $0 }
    if moves.isEmpty { return saved.noTangents }
    // The shape of an operand without a tangent is not known here; the transpose of the pullback does not need it.
    if moves.count < tangents.count { return transposedPullback(tangents, saved) }
    return Tangents(applyAll(self, moves).map(Optional.some))
  }
}
