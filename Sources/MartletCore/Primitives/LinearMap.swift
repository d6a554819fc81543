/// An operation that is linear in all its operands together: views, copies, sums. Its differential is the operation
/// itself.
///
/// The pullback, its transpose, is written once; nothing is kept for it.
public protocol LinearMap: Primitive {}

extension LinearMap {
  /// Nothing: the derivative does not depend on the operands.
  public var saves: SavePolicy { .nothing }

  /// The operation itself, at the tangents.
  public func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents { linearPushforward(tangents, saved) }
}

extension Primitive {
  /// The differential of an operation that is linear: itself, at the tangents.
  @_semantics("optimize.sil.specialize.generic.never")
  public func linearPushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    let moves = tangents.array.compactMap { $0 }
    if moves.isEmpty { return saved.noTangents }
    // Where an operand does not move, its shape is not known here: only the transpose knows how to do without it.
    if moves.count < tangents.count { return transposedPullback(tangents, saved) }
    return Tangents(applyAll(self, moves).map(Optional.some))
  }
}
