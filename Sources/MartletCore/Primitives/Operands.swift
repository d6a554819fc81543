// What an application is made of: operands, results, and what the rules and derivatives see of them.

/// A scalar type and a shape.
public struct TensorSpec: Sendable, Equatable {
  public var scalarType: ScalarType
  public var shape: Shape

  @inline(__always)
  public init(_ scalarType: ScalarType, _ shape: Shape) {
    self.scalarType = scalarType
    self.shape = shape
  }

  /// The number of elements.
  @inline(__always)
  public var count: Int { shape.elementCount }

  /// Bytes of the elements.
  public var byteCount: Int { count * scalarType.size }
}

/// The shapes and scalar types of an operation's results: mostly one.
public struct TensorSpecs: Sendable {
  /// The first result's.
  public let first: TensorSpec
  private let rest: [TensorSpec]?

  /// One result.
  @inline(__always)
  public init(_ scalarType: ScalarType, _ shape: Shape) {
    first = TensorSpec(scalarType, shape)
    rest = nil
  }

  /// One result.
  @inline(__always)
  public init(_ spec: TensorSpec) {
    first = spec
    rest = nil
  }

  /// Two results.
  public init(_ first: TensorSpec, _ second: TensorSpec) {
    self.first = first
    rest = [second]
  }

  /// One or more results; traps where there are none.
  public init(_ all: [TensorSpec]) {
    if all.isEmpty { fatalError("an operation has at least one result") }
    first = all[0]
    rest = all.count > 1 ? Array(all.dropFirst()) : nil
  }

  /// The number of results.
  public var count: Int { 1 + (rest?.count ?? 0) }

  public subscript(index: Int) -> TensorSpec { index == 0 ? first : rest![index - 1] }
}

/// The operands of an application, lent to kernels: their memory, not their nodes, so that a kernel can record nothing.
public struct Operands: ~Copyable {
  let tensors: Few<AnyTensor>

  @inline(__always)
  init(_ tensors: Few<AnyTensor>) { self.tensors = tensors }

  /// The number of operands.
  @inline(__always)
  public var count: Int { tensors.count }

  /// The memory of an operand.
  @inline(__always)
  public subscript(index: Int) -> TensorBody { tensors[index].body }

  /// Whether any operand has a node in a graph.
  @inline(__always)
  var hasNodes: Bool {
    var found = false
    tensors.forEach { if $0.node != nil { found = true } }
    return found
  }
}

/// The shapes and scalar types of an application's operands: all that a rule may look at.
///
/// Made of operands, it refers to them, and is lent for the time of a call.
public struct OperandSpecs: ~Copyable {
  /// The number of operands.
  public let count: Int
  private let bodies: (Unmanaged<TensorBody>?, Unmanaged<TensorBody>?, Unmanaged<TensorBody>?)
  /// Those of the operands after the bodies.
  private let specs: [TensorSpec]?
  private let firstSpec: Int

  @inline(__always)
  init(of operands: borrowing Operands) {
    count = operands.count
    bodies = (
      count > 0 ? .passUnretained(operands[0]) : nil, count > 1 ? .passUnretained(operands[1]) : nil,
      count > 2 ? .passUnretained(operands[2]) : nil
    )
    firstSpec = 3
    specs = count > 3 ? OperandSpecs.specs(of: operands, from: 3) : nil
  }

  @inline(never)
  private static func specs(of operands: borrowing Operands, from first: Int) -> [TensorSpec] {
    var all: [TensorSpec] = []
    for index in first..<operands.count { all.append(TensorSpec(operands[index].scalarType, operands[index].shape)) }
    return all
  }

  /// Specs without tensors: for asking what an operation would give.
  public init(_ specs: [TensorSpec]) {
    count = specs.count
    bodies = (nil, nil, nil)
    firstSpec = 0
    self.specs = specs
  }

  /// The shape and scalar type of an operand; traps where there is none.
  @inline(__always)
  public subscript(index: Int) -> TensorSpec {
    if firstSpec == 3 {
      switch index {
      case 0: return OperandSpecs.spec(bodies.0!)
      case 1: return OperandSpecs.spec(bodies.1!)
      case 2: return OperandSpecs.spec(bodies.2!)
      default: break
      }
    }
    return specs![index - firstSpec]
  }

  @inline(__always)
  private static func spec(_ body: Unmanaged<TensorBody>) -> TensorSpec {
    body._withUnsafeGuaranteedRef { TensorSpec($0.scalarType, $0.layout.shape) }
  }
}

/// The memory that an application's results are written to: allocated by the door, contiguous, uninitialised.
public struct Results: ~Copyable {
  let bodies: Few<TensorBody>

  @inline(__always)
  init(_ bodies: Few<TensorBody>) { self.bodies = bodies }

  /// The number of results.
  public var count: Int { bodies.count }

  /// The memory of a result.
  @inline(__always)
  public subscript(index: Int) -> TensorBody { bodies[index] }
}

/// Gradients, one per operand or result; nil where there is none.
public typealias Cotangents = Few<AnyTensor?>

/// Tangents, one per operand or result; nil where one does not move.
public typealias Tangents = Few<AnyTensor?>

extension Few where Element == AnyTensor? {
  /// The first one, of an operation that has one result: there is always one.
  @inline(__always)
  public var first: AnyTensor { self[0]! }

  /// The first one, which is forgotten here: its memory is free for what comes next.
  public mutating func takeFirst() -> AnyTensor {
    let first = self[0]!
    self[0] = nil
    return first
  }

  /// Both, added where both are there.
  public static func sum(_ a: AnyTensor?, _ b: AnyTensor?) -> AnyTensor? {
    guard let a else { return b }
    guard let b else { return a }
    return a + b
  }
}
