import CKernels

extension Tensor {
  /// Creates a tensor of rank 0.
  public init(_ scalar: Scalar) {
    self.init(shape: .scalar, filledWith: scalar)
  }

  /// Creates a tensor of rank 1.
  public init(_ scalars: [Scalar]) {
    self.init(shape: [scalars.count], scalars: scalars)
  }

  /// Creates a matrix from its rows; traps when they are not of equal length.
  @_disfavoredOverload  // so that `Tensor([])` means a vector
  public init(_ rows: [[Scalar]]) {
    let width = rows.first?.count ?? 0
    for (index, row) in rows.enumerated() where row.count != width {
      trap("tensor", "expected rows of \(width) scalars, as row 0, got \(row.count) in row \(index)")
    }
    self.init(shape: [rows.count, width], scalars: Array(rows.joined()))
  }

  /// Creates a tensor from its elements in row-major order; traps when their number does not fit the shape.
  public init(shape: Shape, scalars: [Scalar]) {
    if scalars.count != shape.elementCount {
      trap("tensor", "expected \(shape.elementCount) scalars for shape \(shape), got \(scalars.count)")
    }
    erased = scalars.withUnsafeBytes { AnyTensor(shape: shape, scalarType: Scalar.scalarType, bytes: $0) }
  }

  /// Creates a tensor from the values of one of another scalar type: `Tensor<Float>(doubles)`.
  ///
  /// See `cast(to:)` for values that do not fit.
  @_disfavoredOverload
  public init<Other>(_ other: Tensor<Other>) {
    self = other.cast(to: Scalar.self)
  }

  private init(shape: Shape, filledWith value: Scalar) {
    erased = AnyTensor(scalarType: Scalar.scalarType, shape: shape)
    withUnsafePointer(to: value) { mk_fill(Scalar.scalarType.size, $0, erased.body.pointer, erased.count) }
  }

  /// A tensor whose elements are all `value`; traps when memory cannot hold the shape.
  public static func full(_ shape: Shape, _ value: Scalar) -> Tensor {
    full(shape, value, for: "full")
  }

  private static func full(_ shape: Shape, _ value: Scalar, for operation: String) -> Tensor {
    shape.requireSize(of: Scalar.scalarType, for: operation)
    return Tensor(shape: shape, filledWith: value)
  }

  /// The tensors stacked along a new axis; traps when there are none or their shapes differ.
  public static func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    guard let first = tensors.first else { trap("stack", "there are no tensors to stack") }
    if let other = tensors.first(where: { $0.shape != first.shape }) {
      trap("stack", "expected tensors of one shape, got \(first.shape) and \(other.shape)")
    }
    let place = first.place(ofNewAxis: axis, for: "stack")
    return concatenate(tensors.map { $0.reshaped(to: first.shape.inserting(1, at: place)) }, axis: place)
  }

  /// The tensors joined along an axis that they have; traps when there are none or their shapes differ in another axis.
  public static func concatenate(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    guard let first = tensors.first else { trap("concatenate", "there are no tensors to concatenate") }
    guard let axis = first.shape.normalized(axis: axis) else {
      trap("concatenate", "\(first.shape) has no axis \(axis)")
    }
    return Tensor(unchecked: Concatenate.apply(tensors.map(\.erased), axis: axis))
  }
}

// Disfavoured, so that a literal is of the tensor's own scalar type.

extension Tensor where Scalar: FloatingScalar {
  /// Creates a tensor of rank 1 from integers, each rounded to the scalar type.
  @_disfavoredOverload
  public init(_ integers: [Int]) {
    self.init(integers.map { Scalar($0) })
  }

  /// Creates a tensor of rank 1 from numbers of another floating-point type, each rounded to the scalar type.
  @_disfavoredOverload
  public init(_ numbers: [some FloatingScalar]) {
    self.init(numbers.map { Scalar($0) })
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// Creates a tensor of rank 1 from integers; traps when one does not fit the scalar type.
  @_disfavoredOverload
  public init(_ integers: [Int]) {
    self.init(
      integers.enumerated().map { index, value in
        guard let scalar = Scalar(exactly: value) else {
          trap("tensor", "expected integers that fit \(Scalar.scalarType), got \(value) at index \(index)")
        }
        return scalar
      })
  }
}

extension Tensor where Scalar: NumericScalar {
  /// A tensor of zeros; traps when memory cannot hold the shape.
  public static func zeros(_ shape: Shape) -> Tensor {
    shape.requireSize(of: Scalar.scalarType, for: "zeros")
    return Tensor(unchecked: AnyTensor(zeros: shape, scalarType: Scalar.scalarType))
  }

  /// A tensor of ones; traps when memory cannot hold the shape.
  public static func ones(_ shape: Shape) -> Tensor { full(shape, 1, for: "ones") }

  /// The numbers `start`, `start + step`, … before `end`; traps when the step is 0 or an argument is not finite.
  public static func arange(_ start: Scalar, _ end: Scalar, step: Scalar = 1) -> Tensor {
    if step == 0 { trap("arange", "the step is 0") }
    func result(of count: Int?, _ fill: (UnsafeMutableRawPointer, Int) -> Void) -> Tensor {
      guard let count, count < Int.max / Scalar.scalarType.size else {
        trap("arange", "\(start) to \(end) by \(step) are more elements than memory can hold")
      }
      let result = AnyTensor(scalarType: Scalar.scalarType, shape: [count])
      fill(result.body.pointer, count)
      return Tensor(unchecked: result)
    }
    let type = Scalar.scalarType.kernelType
    if Scalar.scalarType.isInteger {
      let (first, last, by) = (start.integerValue, end.integerValue, step.integerValue)
      // Unsigned, so that the distance of any two integers fits.
      let isEmpty = by > 0 ? first >= last : first <= last
      let distance = UInt64(bitPattern: by > 0 ? last &- first : first &- last)
      let count = isEmpty ? 0 : Int(exactly: (distance - 1) / by.magnitude + 1)
      return result(of: count) { mk_arange_integers(type, first, by, $0, 0, $1) }
    }
    let (first, last, by) = (start.doubleValue, end.doubleValue, step.doubleValue)
    if !(first.isFinite && last.isFinite && by.isFinite) {
      trap("arange", "expected finite numbers, got \(start) to \(end) by \(step)")
    }
    let count = Int(exactly: Swift.max(0, ((last - first) / by).rounded(.up)))
    return result(of: count) { mk_arange(type, first, by, $0, 0, $1) }
  }

  /// The numbers 0, 1, … before `end`.
  public static func arange(_ end: Scalar) -> Tensor { arange(0, end) }

  /// The matrix `[size, size]` with ones on the diagonal and zeros elsewhere; traps when `size` is negative.
  public static func identity(_ size: Int) -> Tensor {
    if size < 0 { trap("identity", "expected a size of at least 0, got \(size)") }
    ([size, size] as Shape).requireSize(of: Scalar.scalarType, for: "identity")
    var result = zeros([size, size])
    result.withUnsafeMutableScalars { scalars in
      for row in 0..<size { scalars[row * size + row] = 1 }
    }
    return result
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// `count` numbers from `start` to `end` at equal distances, both included or, without `includesEnd`, the first alone;
  /// traps when `count` is less than 1.
  public static func linspace(_ start: Scalar, _ end: Scalar, count: Int, includesEnd: Bool = true) -> Tensor {
    if count < 1 { trap("linspace", "expected a count of at least 1, got \(count)") }
    ([count] as Shape).requireSize(of: Scalar.scalarType, for: "linspace")
    let steps = includesEnd ? count - 1 : count
    let step = steps == 0 ? 0 : (end - start) / Scalar(steps)
    var result = Tensor(unchecked: AnyTensor(scalarType: Scalar.scalarType, shape: [count]))
    result.withUnsafeMutableScalars { scalars in
      for index in scalars.indices { scalars[index] = start + Scalar(index) * step }
      if count > 1 && includesEnd { scalars[count - 1] = end }
    }
    return result
  }
}

extension NumericScalar {
  /// The value of a scalar of an integer type.
  fileprivate var integerValue: Int64 { (self as? Int64) ?? Int64(doubleValue) }
}
