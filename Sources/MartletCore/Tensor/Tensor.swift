/// An array of numbers with up to eight axes; it is a value, as Swift's arrays are.
///
/// ```swift
/// let a: Tensor<Float> = [[1, 2], [3, 4]]
/// let b = a * 2 + 1
/// let c = matmul(a, b.transposed())
/// print(c.sum(axis: 0), c[0, 1])
/// ```
/// Copies share memory until one is changed. Slicing, transposing, broadcasting and, where strides allow it, reshaping
/// give views and copy nothing. A mistake in the shapes of an expression traps with a message that names both shapes.
public struct Tensor<Scalar: TensorScalar>: Sendable {
  /// The same tensor without the scalar type in its type.
  public internal(set) var erased: AnyTensor

  @inline(__always)
  package init(unchecked erased: AnyTensor) {
    self.erased = erased
  }

  /// Creates a typed tensor from an untyped one; throws a `TensorError` when it has another scalar type.
  public init(_ erased: AnyTensor) throws(TensorError) {
    if erased.scalarType != Scalar.scalarType {
      throw TensorError(
        "tensor", expected: "a tensor of \(Scalar.scalarType)", got: "one of \(erased.scalarType); use converted(to:)",
        shapes: [erased.shape])
    }
    self.erased = erased
  }

  /// Creates a typed tensor from an untyped one; traps when it has another scalar type.
  ///
  /// For tensors that only a mistake in the program could give another scalar type.
  public init(_ erased: AnyTensor, as type: Scalar.Type) {
    self = trapping { () throws(TensorError) in try Tensor(erased) }
  }

  /// The lengths of the axes.
  @inline(__always)
  public var shape: Shape { erased.shape }

  /// The number of axes.
  public var rank: Int { erased.rank }

  /// The number of elements.
  public var count: Int { erased.count }

  /// Whether the elements lie in row-major order without gaps.
  public var isContiguous: Bool { erased.isContiguous }

  /// The elements in row-major order.
  public var scalars: [Scalar] {
    Observation.access(erased.body, by: "scalars")
    return withUnsafeScalars { Array($0) }
  }

  /// The value of a tensor with one element, of any rank; traps when there are more or none.
  public func item() -> Scalar {
    if count != 1 { refuseItem(of: shape) }
    Observation.access(erased.body, by: "item")
    return erased.body.pointer.load(as: Scalar.self)
  }

  /// Calls `read` with the elements in row-major order; a strided tensor is copied first.
  public func withUnsafeScalars<R, Failure>(
    _ read: (UnsafeBufferPointer<Scalar>) throws(Failure) -> R
  ) throws(Failure) -> R {
    Observation.access(erased.body, by: "withUnsafeScalars")
    return try erased.withUnsafeBytes { bytes throws(Failure) in try read(bytes.assumingMemoryBound(to: Scalar.self)) }
  }

  /// Calls `write` with the elements in row-major order, to be changed in place; what other tensors see is copied
  /// first.
  ///
  /// Afterwards the tensor is a constant: no gradient flows through it.
  public mutating func withUnsafeMutableScalars<R, Failure>(
    _ write: (UnsafeMutableBufferPointer<Scalar>) throws(Failure) -> R
  ) throws(Failure) -> R {
    erased.node = nil
    Observation.access(erased.body, by: "withUnsafeMutableScalars")
    return try erased.withUniqueMutableBytes { bytes throws(Failure) in
      try write(bytes.assumingMemoryBound(to: Scalar.self))
    }
  }

  /// The same values as a constant: no gradient flows through them.
  public func detached() -> Tensor { Tensor(unchecked: erased.detached()) }

  /// The values in another scalar type; see `AnyTensor.converted(to:)` for what happens to those that do not fit.
  public func cast<To: TensorScalar>(to type: To.Type) -> Tensor<To> {
    Tensor<To>(unchecked: erased.converted(to: To.scalarType))
  }
}

extension Tensor: Equatable {
  /// Whether two tensors have the same shape and equal elements; NaN equals nothing.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    if a.shape != b.shape { return false }
    Observation.access(a.erased.body, by: "==")
    Observation.access(b.erased.body, by: "==")
    return a.withUnsafeScalars { x in b.withUnsafeScalars { y in x.elementsEqual(y) } }
  }
}

extension AnyTensor: Equatable {
  /// Whether two tensors have the same scalar type, shape and elements; NaN equals nothing.
  public static func == (a: AnyTensor, b: AnyTensor) -> Bool {
    func equal<S: TensorScalar>(_ type: S.Type) -> Bool { Tensor<S>(unchecked: a) == Tensor<S>(unchecked: b) }
    guard a.scalarType == b.scalarType else { return false }
    switch a.scalarType {
    case .float32: return equal(Float.self)
    case .float64: return equal(Double.self)
    case .int32: return equal(Int32.self)
    case .int64: return equal(Int64.self)
    case .uint8: return equal(UInt8.self)
    case .bool: return equal(Bool.self)
    case .float16, .bfloat16: return a.converted(to: .float32) == b.converted(to: .float32)
    }
  }
}
