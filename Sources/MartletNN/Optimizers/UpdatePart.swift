import MartletCore

/// Consecutive elements of a parameter, with what an update rule needs to change them. Valid only within `update`.
public struct UpdatePart<Scalar: FloatingScalar> {
  /// The parameter's elements, to be changed.
  public let parameter: UnsafeMutableBufferPointer<Scalar>
  /// The gradient's elements.
  public let gradient: UnsafeBufferPointer<Scalar>
  /// The slots' elements, in the order of `slotNames`, to be changed.
  public let slots: UpdateSlots<Scalar>
  /// What `measure` returned, added up over the parameter; zeros for a rule that does not measure, and in `measure`.
  public let sums: SIMD2<Double>

  /// The number of elements.
  @inlinable public var count: Int { parameter.count }

  /// The indices of the elements, from 0.
  @inlinable public var indices: Range<Int> { 0..<parameter.count }

  /// The square root, or 0 for a number below 0.
  ///
  /// Loops with it are vectorised; those with `squareRoot()` are not, since that calls the C library for numbers that
  /// have no root.
  @inlinable
  @inline(__always)
  public func root(_ x: Scalar) -> Scalar { (x < 0 ? 0 : x).squareRoot() }

  init(_ piece: UpdatePiece) {
    parameter = UnsafeMutableBufferPointer(start: piece.elements(of: 0), count: piece.count)
    gradient = UnsafeBufferPointer(start: piece.gradient.assumingMemoryBound(to: Scalar.self), count: piece.count)
    slots = UpdateSlots(piece)
    sums = piece.sums
  }
}

/// The slots of consecutive elements of a parameter: see `UpdatePart`.
public struct UpdateSlots<Scalar: FloatingScalar> {
  /// The number of slots.
  public let count: Int
  @usableFromInline let tensors: UnsafePointer<UnsafeMutableRawPointer>
  @usableFromInline let from: Int
  @usableFromInline let elements: Int

  init(_ piece: UpdatePiece) {
    count = piece.slotCount
    tensors = piece.targets + 1
    from = piece.from
    elements = piece.count
  }

  /// The elements of one slot; traps when there is no such slot.
  @inlinable
  public subscript(slot: Int) -> UnsafeMutableBufferPointer<Scalar> {
    precondition(slot >= 0 && slot < count, "an update rule has no slot of this number")
    return UnsafeMutableBufferPointer(
      start: tensors[slot].assumingMemoryBound(to: Scalar.self) + from, count: elements)
  }
}
