// The operands and results of an application, which is a primitive applied once, and what rules see of them.

/// A scalar type and a shape.
public struct TensorSpec: Sendable, Equatable {
  // In this order for speed: the processor forwards a store to a load only where both cover the same bytes.
  /// The lengths of the axes.
  public var shape: Shape
  /// The type of the elements.
  public var scalarType: ScalarType

  /// Creates a spec from a scalar type and a shape.
  @inline(__always)
  public init(_ scalarType: ScalarType, _ shape: Shape) {
    self.scalarType = scalarType
    self.shape = shape
  }

  /// Creates the spec of an operand.
  @inline(__always)
  public init(_ operand: OperandSpec) { self.init(operand.scalarType, operand.shape) }

  /// The number of elements.
  @inline(__always)
  public var count: Int { shape.elementCount }

  /// The number of bytes of the elements.
  public var byteCount: Int { count * scalarType.size }
}

/// The shapes and scalar types of an operation's results; most operations have one.
public struct TensorSpecs: Sendable {
  /// The scalar type and shape of the first result.
  public let first: TensorSpec
  private let rest: [TensorSpec]?

  /// Creates the spec of one result from its scalar type and shape.
  @inline(__always)
  public init(_ scalarType: ScalarType, _ shape: Shape) {
    first = TensorSpec(scalarType, shape)
    rest = nil
  }

  /// Creates the specs of one result.
  @inline(__always)
  public init(_ spec: TensorSpec) {
    first = spec
    rest = nil
  }

  /// Creates the spec of one result, of the shape and scalar type of an operand.
  @inline(__always)
  public init(_ operand: OperandSpec) { self.init(operand.scalarType, operand.shape) }

  /// Creates the specs of two results.
  public init(_ first: TensorSpec, _ second: TensorSpec) {
    self.first = first
    rest = [second]
  }

  /// Creates the specs of one or more results; traps when there are none.
  public init(_ all: [TensorSpec]) {
    if all.isEmpty { fatalError("an operation has at least one result") }
    first = all[0]
    rest = all.count > 1 ? Array(all.dropFirst()) : nil
  }

  /// The number of results.
  public var count: Int { 1 + (rest?.count ?? 0) }

  /// The scalar type and shape of a result; traps when there is none.
  public subscript(index: Int) -> TensorSpec { index == 0 ? first : rest![index - 1] }
}

/// The operands of an application as kernels see them: their bodies without their nodes, so that a kernel cannot record
/// anything.
public struct Operands: ~Copyable {
  let tensors: Few<AnyTensor>

  @inline(__always)
  init(_ tensors: Few<AnyTensor>) { self.tensors = tensors }

  /// The number of operands.
  @inline(__always)
  public var count: Int { tensors.count }

  /// The body of an operand.
  @inline(__always)
  public subscript(index: Int) -> TensorBody { tensors[index].body }

  // Yielded, not returned: reference counting would slow down a small operation.

  /// The body of the first operand.
  public var first: TensorBody { @inline(__always) _read { yield tensors.inline.0!.body } }

  /// The body of the second operand.
  public var second: TensorBody { @inline(__always) _read { yield tensors.inline.1!.body } }

  /// The node of one of the first three operands, to be looked at without retaining it.
  @inline(__always)
  func node(_ index: Int) -> Unmanaged<Node>? {
    switch index {
    case 0: tensors.inline.0?.node.map { .passUnretained($0) }
    case 1: tensors.inline.1?.node.map { .passUnretained($0) }
    default: tensors.inline.2?.node.map { .passUnretained($0) }
    }
  }

  /// Whether any operand has a node.
  @inline(__always)
  var hasNodes: Bool {
    if tensors.inline.0?.node != nil || tensors.inline.1?.node != nil || tensors.inline.2?.node != nil { return true }
    return tensors.rest?.contains { $0.node != nil } ?? false
  }
}

/// The shape and scalar type of an operand, read in place instead of copied.
public struct OperandSpec {
  /// The type of the elements.
  public let scalarType: ScalarType
  fileprivate let shapeAddress: UnsafePointer<Shape>

  /// The lengths of the axes.
  public var shape: Shape { @inline(__always) _read { yield shapeAddress.pointee } }

  /// The number of axes.
  @inline(__always)
  public var rank: Int { shape.rank }

  /// The number of elements.
  public var count: Int { shape.elementCount }

  /// Bytes of the elements.
  public var byteCount: Int { count * scalarType.size }

  @inline(__always)
  fileprivate init(_ body: TensorBody) {
    scalarType = body.scalarType
    shapeAddress = body.shapeAddress
  }

  fileprivate init(_ spec: UnsafePointer<TensorSpec>) {
    scalarType = spec.pointee.scalarType
    shapeAddress = UnsafeRawPointer(spec).advanced(by: MemoryLayout<TensorSpec>.offset(of: \.shape)!)
      .assumingMemoryBound(to: Shape.self)
  }
}

/// The shapes and scalar types of an application's operands: all that a rule may read.
///
/// Valid only for the time of a call.
public struct OperandSpecs: ~Copyable {
  // Neither copied nor reference-counted, for speed: the rule is called at every application.
  private enum Source {
    case operands(Unmanaged<TensorBody>?, Unmanaged<TensorBody>?, Unmanaged<TensorBody>?, UnsafePointer<OperandSpec>?)
    case specs(UnsafePointer<TensorSpec>)
  }

  /// The number of operands.
  public let count: Int
  private let source: Source

  /// Creates specs without tensors, to find out what the results of an operation would be.
  public init(_ specs: [TensorSpec]) {
    let copy = UnsafeMutablePointer<TensorSpec>.allocate(capacity: specs.count)
    copy.initialize(from: specs, count: specs.count)
    count = specs.count
    source = .specs(UnsafePointer(copy))
  }

  /// Creates the specs of operands, which must live as long.
  @inline(__always)
  init(of operands: borrowing Operands) {
    count = operands.count
    let tensors = operands.tensors.inline
    source = .operands(
      tensors.0.map { .passUnretained($0.body) }, tensors.1.map { .passUnretained($0.body) },
      tensors.2.map { .passUnretained($0.body) }, operands.count > 3 ? OperandSpecs.further(operands) : nil)
  }

  @inline(never)
  private static func further(_ operands: borrowing Operands) -> UnsafePointer<OperandSpec> {
    let further = UnsafeMutablePointer<OperandSpec>.allocate(capacity: operands.count - 3)
    for index in 3..<operands.count { (further + index - 3).initialize(to: OperandSpec(operands[index])) }
    return UnsafePointer(further)
  }

  deinit {
    switch source {
    case .operands(_, _, _, let further): if let further { further.deallocate() }
    case .specs(let specs): specs.deallocate()
    }
  }

  /// The shape and scalar type of an operand; traps when there is none.
  @inline(__always)
  public subscript(index: Int) -> OperandSpec {
    if index < 0 || index >= count { missing(index) }
    switch source {
    case .operands(let first, let second, let third, let further):
      switch index {
      case 0: return first!._withUnsafeGuaranteedRef { OperandSpec($0) }
      case 1: return second!._withUnsafeGuaranteedRef { OperandSpec($0) }
      case 2: return third!._withUnsafeGuaranteedRef { OperandSpec($0) }
      default: return further![index - 3]
      }
    case .specs(let specs): return OperandSpec(specs + index)
    }
  }

  @inline(never)
  private func missing(_ index: Int) -> Never {
    fatalError("there is no operand \(index): the operation was applied to \(count)")
  }
}

/// The bodies that an application's results are written to: made by the door, contiguous, uninitialised.
public struct Results: ~Copyable {
  let bodies: Few<TensorBody>

  @inline(__always)
  init(_ bodies: Few<TensorBody>) { self.bodies = bodies }

  /// The number of results.
  public var count: Int { bodies.count }

  /// The body of a result.
  @inline(__always)
  public subscript(index: Int) -> TensorBody { bodies[index] }

  /// The body of the first result.
  public var first: TensorBody { @inline(__always) _read { yield bodies.inline.0! } }

  /// The body of the first result, when nothing else is needed of the results.
  @inline(__always)
  consuming func takeFirst() -> TensorBody { bodies.inline.0! }
}
