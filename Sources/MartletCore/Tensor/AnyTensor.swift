/// A tensor whose scalar type is known only at run time: what a file holds, and what primitives work on.
///
/// `Tensor<Scalar>` is the same with the scalar type as a type parameter.
public struct AnyTensor: Sendable {
  /// The values.
  package var body: TensorBody
  /// The tensor's node while it takes part in a gradient.
  package var node: Node?

  @inline(__always)
  package init(_ body: TensorBody, node: Node? = nil) {
    self.body = body
    self.node = node
  }

  /// Creates a contiguous tensor with uninitialised elements, to be filled next.
  package init(scalarType: ScalarType, shape: Shape) {
    self.init(TensorBody(scalarType: scalarType, shape: shape))
  }

  /// Creates the same tensor without the scalar type in its type.
  public init<Scalar>(_ tensor: Tensor<Scalar>) {
    self = tensor.erased
  }

  /// The type of the elements.
  @inline(__always)
  public var scalarType: ScalarType { body.scalarType }

  /// The lengths of the axes.
  @inline(__always)
  public var shape: Shape { body.layout.shape }

  /// The number of axes.
  public var rank: Int { body.layout.shape.rank }

  /// The number of elements.
  public var count: Int { body.count }

  /// The scalar type and the shape.
  @inline(__always)
  package var spec: TensorSpec { body.spec }

  package var isContiguous: Bool { body.isContiguous }

  /// The same values as a constant for every gradient.
  public func detached() -> AnyTensor { AnyTensor(body) }

  /// The values converted to another scalar type; the tensor itself when it has the type already.
  ///
  /// Floating point to integer cuts off the fraction and saturates: what is out of range gives the least or the greatest
  /// integer, and NaN gives 0. An integer to one that does not hold it wraps around. To floating point of any size
  /// rounds once, to nearest, ties to even; what is too large becomes infinite. To `Bool` is `!= 0`, so NaN is true, and
  /// from `Bool` is 0 or 1. The results are the same on every processor.
  public func converted(to scalarType: ScalarType) -> AnyTensor {
    scalarType == self.scalarType ? self : apply(Convert(to: scalarType), self)
  }

  /// A contiguous tensor of the same values: the tensor itself when it is contiguous already.
  package func contiguous() -> AnyTensor {
    isContiguous ? self : apply(Contiguous(), self)
  }
}

// MARK: Memory

extension AnyTensor {
  /// Creates a tensor from the bytes of its elements in row-major order; traps when their number does not fit the
  /// shape.
  package init(shape: Shape, scalarType: ScalarType, bytes: UnsafeRawBufferPointer) {
    let byteCount = shape.elementCount * scalarType.size
    if bytes.count != byteCount {
      trap("tensor", "expected \(byteCount) bytes for shape \(shape) of \(scalarType), got \(bytes.count)")
    }
    self.init(scalarType: scalarType, shape: shape)
    if byteCount > 0 { body.pointer.copyMemory(from: bytes.baseAddress!, byteCount: byteCount) }
  }

  /// Calls `read` with the bytes of the elements in row-major order; strided tensors are copied first.
  public func withUnsafeBytes<R, Failure>(
    _ read: (UnsafeRawBufferPointer) throws(Failure) -> R
  ) throws(Failure) -> R {
    Observation.access(body, by: "withUnsafeBytes")
    let body = isContiguous ? self.body : detached().contiguous().body
    defer { withExtendedLifetime(body) {} }
    return try read(UnsafeRawBufferPointer(start: body.pointer, count: body.count * body.scalarType.size))
  }

  /// Calls `write` with the bytes of the elements in row-major order, which no other tensor sees: they are copied first
  /// where one does.
  package mutating func withUniqueMutableBytes<R, Failure>(
    _ write: (UnsafeMutableRawBufferPointer) throws(Failure) -> R
  ) throws(Failure) -> R {
    Observation.access(body, by: "withUnsafeMutableBytes")
    makeUnique()
    return try write(
      UnsafeMutableRawBufferPointer(start: body.pointer, count: body.count * body.scalarType.size))
  }

  /// Whether no other tensor sees this one's block.
  package mutating func isUnique() -> Bool {
    isKnownUniquelyReferenced(&body) && body.ownsBlock()
  }

  /// Makes the tensor contiguous and unique: copies it unless it is both already.
  package mutating func makeUnique() {
    if isUnique() && isContiguous { return }
    body = apply(Contiguous(), detached()).body
  }
}
