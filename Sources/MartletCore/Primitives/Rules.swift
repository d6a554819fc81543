// What the rules of several operations ask for, with one wording for each mistake.

extension Primitive {
  /// A mistake in the operands, in this operation's name.
  public func mistake(_ message: String) -> TensorError { TensorError(name, message) }

  /// Two operands of one scalar type.
  @inline(__always)
  public func requireSameScalarType(_ a: OperandSpec, _ b: OperandSpec) throws(TensorError) {
    if a.scalarType != b.scalarType {
      throw mistake("scalar types differ: \(a.scalarType) and \(b.scalarType); convert one with cast(to:)")
    }
  }

  /// A floating-point type.
  @inline(__always)
  public func requireFloating(_ spec: OperandSpec) throws(TensorError) {
    if !spec.scalarType.isFloatingPoint {
      throw mistake("\(spec.scalarType) is not supported; convert with cast(to: Float.self)")
    }
  }

  /// A type with arithmetic.
  @inline(__always)
  public func requireNumeric(_ spec: OperandSpec) throws(TensorError) {
    if !spec.scalarType.isNumeric { throw mistake("\(spec.scalarType) is not supported; convert with cast(to:)") }
  }

  /// Indices: of Int64.
  public func requireIndices(_ spec: OperandSpec) throws(TensorError) {
    if spec.scalarType != .int64 { throw mistake("indices must be Int64, not \(spec.scalarType)") }
  }

  /// A last axis.
  @inline(__always)
  public func requireAxes(_ spec: OperandSpec) throws(TensorError) {
    if spec.shape.rank == 0 { throw mistake("expected at least one axis, got a scalar, of shape []") }
  }

  /// An axis counted from the front.
  @inline(__always)
  public func require(axis: Int, of spec: OperandSpec) throws(TensorError) {
    if axis < 0 || axis >= spec.shape.rank { throw mistake("\(spec.shape) has no axis \(axis)") }
  }

  /// The shape that two operands are broadcast to.
  @inline(__always)
  public func broadcastShape(_ a: OperandSpec, _ b: OperandSpec) throws(TensorError) -> Shape {
    guard let shape = a.shape.broadcast(with: b.shape) else {
      throw mistake(
        "shapes do not broadcast: \(a.shape) and \(b.shape) (\(a.shape.broadcastConflict(with: b.shape)))")
    }
    return shape
  }
}
