// Checks that the rules of several operations share, with one wording for each mistake.

extension Primitive {
  /// An error about the operands, with this operation's name.
  public func mistake(_ message: String) -> TensorError { TensorError(name, message) }

  /// An error about the operands, with this operation's name: "expected …, got …".
  public func mistake(expected: String, got: String) -> TensorError {
    TensorError(name, expected: expected, got: got)
  }

  /// Throws unless two operands are of the same scalar type.
  @inline(__always)
  public func requireSameScalarType(_ a: OperandSpec, _ b: OperandSpec) throws(TensorError) {
    if a.scalarType != b.scalarType {
      throw mistake("scalar types differ: \(a.scalarType) and \(b.scalarType); convert one with cast(to:)")
    }
  }

  /// Throws unless an operand is of a floating-point type.
  @inline(__always)
  public func requireFloating(_ spec: OperandSpec) throws(TensorError) {
    if !spec.scalarType.isFloatingPoint {
      throw mistake(expected: "Float or Double", got: "\(spec.scalarType); convert with cast(to: Float.self)")
    }
  }

  /// Throws unless an operand is of a type with arithmetic.
  @inline(__always)
  public func requireNumeric(_ spec: OperandSpec) throws(TensorError) {
    if !spec.scalarType.isNumeric { throw mistake("\(spec.scalarType) is not supported; convert with cast(to:)") }
  }

  /// Throws unless indices are of Int64.
  public func requireIndices(_ spec: OperandSpec) throws(TensorError) {
    if spec.scalarType != .int64 { throw mistake(expected: "indices of Int64", got: "\(spec.scalarType)") }
  }

  /// Throws unless indices along an axis are of Int64 and of the tensor's shape except along the axis.
  func requireIndices(_ indices: OperandSpec, along axis: Int, of x: OperandSpec) throws(TensorError) {
    try requireIndices(indices)
    try require(axis: axis, of: x)
    if indices.shape.rank != x.shape.rank || indices.shape.removing(axis) != x.shape.removing(axis) {
      throw mistake("indices \(indices.shape) and \(x.shape) differ beyond axis \(axis)")
    }
  }

  /// Throws unless an operand has at least one axis.
  @inline(__always)
  public func requireAxes(_ spec: OperandSpec) throws(TensorError) {
    if spec.shape.rank == 0 { throw mistake(expected: "at least one axis", got: "a scalar, of shape []") }
  }

  /// Throws unless an operand has an axis, which is not negative.
  @inline(__always)
  public func require(axis: Int, of spec: OperandSpec) throws(TensorError) {
    if axis < 0 || axis >= spec.shape.rank { throw mistake("\(spec.shape) has no axis \(axis)") }
  }

  /// The shape that two operands are broadcast to; throws when they do not broadcast.
  @inline(__always)
  public func broadcastShape(_ a: OperandSpec, _ b: OperandSpec) throws(TensorError) -> Shape {
    guard let shape = a.shape.broadcast(with: b.shape) else {
      throw mistake(
        "shapes do not broadcast: \(a.shape) and \(b.shape) (\(a.shape.broadcastConflict(with: b.shape)))")
    }
    return shape
  }
}
