// Tensors from memory and from nested arrays, and back.

/// A level of nested arrays: its lengths, and its scalars in row-major order.
private struct Nested<Scalar> {
  var lengths: [Int]
  var scalars: [Scalar]

  init(_ scalars: [Scalar]) { (lengths, self.scalars) = ([scalars.count], scalars) }

  /// Puts levels of the same lengths into one of `depth` axes; traps when the lengths differ.
  init(_ parts: [Nested], depth: Int) {
    let inner = parts.first?.lengths ?? [Int](repeating: 0, count: depth - 1)
    for (index, part) in parts.enumerated() where part.lengths != inner {
      trap("tensor", "expected arrays of \(Shape(inner)), as array 0, got \(Shape(part.lengths)) as array \(index)")
    }
    lengths = [parts.count] + inner
    scalars = parts.flatMap(\.scalars)
  }
}

extension Tensor {
  /// Creates a tensor of rank 3 from nested arrays; traps when they are not of equal length.
  @_disfavoredOverload  // so that `Tensor([])` means a vector
  public init(_ matrices: [[[Scalar]]]) {
    self.init(Nested(matrices.map { Nested($0.map { Nested($0) }, depth: 2) }, depth: 3))
  }

  /// Creates a tensor of rank 4 from nested arrays; traps when they are not of equal length.
  @_disfavoredOverload
  public init(_ blocks: [[[[Scalar]]]]) {
    self.init(Nested(blocks.map { Nested($0.map { Nested($0.map { Nested($0) }, depth: 2) }, depth: 3) }, depth: 4))
  }

  private init(_ nested: Nested<Scalar>) { self.init(shape: Shape(nested.lengths), scalars: nested.scalars) }

  /// Creates a tensor from a buffer of its elements in row-major order, which are copied; traps when their number does
  /// not fit the shape.
  public init(shape: Shape, scalars: UnsafeBufferPointer<Scalar>) {
    if scalars.count != shape.elementCount {
      trap("tensor", "expected \(shape.elementCount) scalars for shape \(shape), got \(scalars.count)")
    }
    erased = AnyTensor(shape: shape, scalarType: Scalar.scalarType, bytes: UnsafeRawBufferPointer(scalars))
  }

  /// Creates a tensor from a span of its elements in row-major order, which are copied; traps when their number does
  /// not fit the shape.
  public init(shape: Shape, scalars: Span<Scalar>) {
    self = scalars.withUnsafeBufferPointer { Tensor(shape: shape, scalars: $0) }
  }

  /// Creates a tensor of rank 1 from a span, whose elements are copied.
  public init(_ scalars: Span<Scalar>) { self.init(shape: [scalars.count], scalars: scalars) }

  /// Creates a tensor from the bytes of its elements in row-major order and this machine's byte order, which are copied
  /// and need not be aligned; traps when their number does not fit the shape, or a byte of `Bool` is neither 0 nor 1.
  public init(shape: Shape, bytes: UnsafeRawBufferPointer) {
    if Scalar.scalarType == .bool, let other = bytes.first(where: { $0 > 1 }) {
      trap("tensor", "expected bytes of Bool that are 0 or 1, got \(other)")
    }
    erased = AnyTensor(shape: shape, scalarType: Scalar.scalarType, bytes: bytes)
  }

  /// Calls `read` with a span of the elements in row-major order; a strided tensor is copied first.
  ///
  /// A closure and not a property, because a copy has to live somewhere.
  public func withSpan<R, Failure>(_ read: (Span<Scalar>) throws(Failure) -> R) throws(Failure) -> R {
    try withUnsafeScalars { buffer throws(Failure) in try read(Span(_unsafeElements: buffer)) }
  }

  /// Calls `write` with a span of the elements in row-major order, to be changed in place; what other tensors see is
  /// copied first.
  ///
  /// Afterwards the tensor is a constant: no gradient flows through it.
  public mutating func withMutableSpan<R, Failure>(
    _ write: (inout MutableSpan<Scalar>) throws(Failure) -> R
  ) throws(Failure) -> R {
    try withUnsafeMutableScalars { buffer throws(Failure) in
      var span = MutableSpan(_unsafeElements: buffer)
      return try write(&span)
    }
  }

  /// The rows of a matrix as arrays; traps at another rank.
  public var scalars2D: [[Scalar]] { nested(2, "scalars2D") { $0 } }

  /// The elements of a tensor of rank 3 as nested arrays; traps at another rank.
  public var scalars3D: [[[Scalar]]] {
    nested(3, "scalars3D") { chunked($0, shape.axes[1], shape.axes[2]) }
  }

  /// The elements of a tensor of rank 4 as nested arrays; traps at another rank.
  public var scalars4D: [[[[Scalar]]]] {
    nested(4, "scalars4D") { block in
      chunked(block, shape.axes[1], shape.axes[2] * shape.axes[3]).map { chunked($0, shape.axes[2], shape.axes[3]) }
    }
  }

  /// The parts of the elements along the first axis, each put into arrays by `inner`.
  private func nested<Part>(_ rank: Int, _ operation: String, _ inner: ([Scalar]) -> Part) -> [Part] {
    if self.rank != rank { trap(TensorError(operation, expected: "a tensor of rank \(rank)", got: "\(shape)")) }
    return chunked(scalars, shape.axes[0], (1..<rank).reduce(1) { $0 * shape.axes[$1] }).map(inner)
  }

  private func chunked(_ scalars: [Scalar], _ count: Int, _ size: Int) -> [[Scalar]] {
    (0..<count).map { Array(scalars[$0 * size..<($0 + 1) * size]) }
  }
}

// MARK: As other tensors

extension Tensor {
  /// A tensor of the shape of another, of any scalar type, whose elements are all `value`.
  public static func full(like other: Tensor<some TensorScalar>, _ value: Scalar) -> Tensor { full(other.shape, value) }
}

extension Tensor where Scalar: NumericScalar {
  /// A tensor of zeros of the shape of another, of any scalar type.
  public static func zeros(like other: Tensor<some TensorScalar>) -> Tensor { zeros(other.shape) }

  /// A tensor of ones of the shape of another, of any scalar type.
  public static func ones(like other: Tensor<some TensorScalar>) -> Tensor { ones(other.shape) }
}

extension Tensor where Scalar: FloatingScalar {
  /// `count` numbers from `base` to the power `start` to `base` to the power `end`, both included, at equal ratios;
  /// traps when `count` is less than 1.
  public static func logspace(_ start: Scalar, _ end: Scalar, count: Int, base: Scalar = 10) -> Tensor {
    if count < 1 { trap("logspace", "expected a count of at least 1, got \(count)") }
    return Tensor(base).power(linspace(start, end, count: count))
  }
  /// `count` numbers from `start` to `end`, both included, each the one before times the same ratio: NumPy's `geomspace`.
  ///
  /// Both may be negative. Traps when `count` is less than 1, when one is 0, or their signs differ.
  public static func geomspace(_ start: Scalar, _ end: Scalar, count: Int) -> Tensor {
    if count < 1 { trap("geomspace", "expected a count of at least 1, got \(count)") }
    if !(start > 0 && end > 0 || start < 0 && end < 0) {
      trap("geomspace", "expected two numbers of one sign, neither 0, got \(start) and \(end)")
    }
    let (first, last) = (Tensor(Swift.abs(start)).log10().item(), Tensor(Swift.abs(end)).log10().item())
    var result = logspace(first, last, count: count) * (start < 0 ? -1 : 1)
    // The ends exactly, whatever the logarithm was rounded to.
    result[0] = Tensor(start)
    if count > 1 { result[count - 1] = Tensor(end) }
    return result
  }
}
