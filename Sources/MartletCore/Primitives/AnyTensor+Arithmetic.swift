import CKernels

// Arithmetic on tensors whose scalar type is known only at run time. Derivatives are written with it, and it is of use
// for what `parameters()` returns. Operands broadcast; a mistake in types or shapes traps as for `Tensor`.

extension AnyTensor {
  /// Creates a tensor whose elements are all `value`, converted to the scalar type; traps in the name of `operation` when
  /// an integer or truth value cannot be that.
  package init(full shape: Shape, _ value: Double, scalarType: ScalarType, for operation: String = "full") {
    func integer<I: FixedWidthInteger>(atMost most: I = .max) -> I {
      guard let integer = I(exactly: value.rounded(.towardZero)), integer <= most else {
        trap(operation, "expected a number that fits \(scalarType), got \(value)")
      }
      return integer
    }
    self.init(scalarType: scalarType, shape: shape)
    let pointer = body.pointer
    let count = body.count
    func fill<S>(_ value: S) { withUnsafePointer(to: value) { mk_fill(MemoryLayout<S>.size, $0, pointer, count) } }
    switch scalarType {
    case .float32: fill(Float(value))
    case .float64: fill(value)
    case .int32: fill(integer() as Int32)
    case .int64: fill(integer() as Int64)
    case .uint8: fill(integer() as UInt8)
    case .bool: fill(integer(atMost: 1) as UInt8)
    case .float16, .bfloat16: self = AnyTensor(full: shape, value, scalarType: .float32).converted(to: scalarType)
    }
  }

  package init(zeros shape: Shape, scalarType: ScalarType) {
    self.init(scalarType: scalarType, shape: shape)
    body.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: body.count * scalarType.size)
  }

  /// A tensor of rank 0 of this tensor's scalar type; traps in the name of `operation` when the number does not fit it.
  package func scalar(_ value: Double, for operation: String = "full") -> AnyTensor {
    AnyTensor(full: .scalar, value, scalarType: scalarType, for: operation)
  }

  package func applying(_ operation: UnaryOperation) -> AnyTensor { apply(Unary(operation), self) }

  package func compared(_ comparison: Comparison, _ other: AnyTensor) -> AnyTensor {
    apply(Compare(comparison), self, other)
  }

  /// Every element negated.
  public static prefix func - (a: AnyTensor) -> AnyTensor { apply(Unary(.negate), a) }
  /// The sum, element by element; operands broadcast.
  public static func + (a: AnyTensor, b: AnyTensor) -> AnyTensor { apply(Binary(.add), a, b) }
  /// The difference, element by element; operands broadcast.
  public static func - (a: AnyTensor, b: AnyTensor) -> AnyTensor { apply(Binary(.subtract), a, b) }
  /// The product, element by element; operands broadcast.
  public static func * (a: AnyTensor, b: AnyTensor) -> AnyTensor { apply(Binary(.multiply), a, b) }
  /// The quotient, element by element; operands broadcast.
  public static func / (a: AnyTensor, b: AnyTensor) -> AnyTensor { apply(Binary(.divide), a, b) }
  /// Every element plus a number, converted to the tensor's scalar type; traps when an integer type does not hold it.
  public static func + (a: AnyTensor, b: Double) -> AnyTensor { a + a.scalar(b, for: "add") }
  /// Every element minus a number, converted to the tensor's scalar type; traps when an integer type does not hold it.
  public static func - (a: AnyTensor, b: Double) -> AnyTensor { a - a.scalar(b, for: "subtract") }
  /// Every element times a number, converted to the tensor's scalar type; traps when an integer type does not hold it.
  public static func * (a: AnyTensor, b: Double) -> AnyTensor { a * a.scalar(b, for: "multiply") }
  /// Every element divided by a number, converted to the tensor's scalar type; traps when an integer type does not hold
  /// it.
  public static func / (a: AnyTensor, b: Double) -> AnyTensor { a / a.scalar(b, for: "divide") }

  /// The sum of all elements, of rank 0.
  public func sum() -> AnyTensor { apply(Reduction(.sum, allOf: rank), self) }

  /// The sum of the squares of all elements, of rank 0.
  public func sumOfSquares() -> AnyTensor { apply(Reduction(.sumOfSquares, allOf: rank), self) }

  /// The value of a tensor with one element, as a `Double`; traps when there are more or none.
  public func item() -> Double {
    if count != 1 { refuseItem(of: shape) }
    Observation.access(body, by: "item")
    return Tensor<Double>(unchecked: detached().converted(to: .float64)).item()
  }
}
