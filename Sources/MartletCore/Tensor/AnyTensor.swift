/// A tensor whose scalar type is known only when the program runs: what a file holds, and what primitives work on.
///
/// `Tensor<Scalar>` is the same with the type in its name.
public struct AnyTensor: Sendable {
  /// The values.
  package var body: TensorBody
  /// The node in the graph while this tensor is being recorded.
  package var node: Node?

  @inline(__always)
  package init(_ body: TensorBody, node: Node? = nil) {
    self.body = body
    self.node = node
  }

  /// An uninitialised contiguous tensor, for whoever fills it next.
  package init(scalarType: ScalarType, shape: Shape) {
    self.init(TensorBody(scalarType: scalarType, shape: shape))
  }

  /// The same tensor with its type forgotten.
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

  /// The same values outside any graph.
  public func detached() -> AnyTensor { AnyTensor(body) }

  /// The values converted to another scalar type; the tensor itself when it has the type already.
  ///
  /// Floating point to integer truncates and saturates, NaN gives 0; to `Bool` is `!= 0`; a wider integer wraps.
  public func converted(to scalarType: ScalarType) -> AnyTensor {
    scalarType == self.scalarType ? self : apply(Convert(to: scalarType), self)
  }

  /// The same values in row-major order without gaps: the tensor itself where they lie so already.
  package func contiguous() -> AnyTensor {
    isContiguous ? self : apply(Contiguous(), self)
  }
}

// MARK: Memory

extension AnyTensor {
  /// A tensor with the bytes of its elements in row-major order; traps when their number is not the shape's.
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
    let body = isContiguous ? self.body : detached().contiguous().body
    defer { withExtendedLifetime(body) {} }
    return try read(UnsafeRawBufferPointer(start: body.pointer, count: body.count * body.scalarType.size))
  }

  /// Calls `write` with memory that holds the elements in row-major order and belongs to this tensor alone: what
  /// others share is copied first.
  package mutating func withUniqueMutableBytes<R, Failure>(
    _ write: (UnsafeMutableRawBufferPointer) throws(Failure) -> R
  ) throws(Failure) -> R {
    makeUnique()
    return try write(
      UnsafeMutableRawBufferPointer(start: body.pointer, count: body.count * body.scalarType.size))
  }

  /// Whether no other tensor sees this one's storage.
  package mutating func isUnique() -> Bool {
    isKnownUniquelyReferenced(&body) && body.ownsBlock()
  }

  /// Copies unless the storage is contiguous and not shared.
  package mutating func makeUnique() {
    if isUnique() && isContiguous { return }
    body = apply(Contiguous(), detached()).body
  }
}
