/// An operation that knows its own facts: its name, its shape rule, its kernel, its derivative.
///
/// Everything that computes on tensors is a primitive and goes through one door, `apply`. A primitive is a small value;
/// what it is told (axes, indices) is stored in it. To add one, write the facts in one file, with samples for its tests,
/// and enter it in `PrimitiveCatalogue`.
package protocol Primitive: Sendable {
  /// The name in messages, profiles and pictures.
  var name: String { get }

  /// The shape and scalar type of the result: the only check of the operands.
  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec

  /// The kernel: makes the result, whose spec has been determined. Views return a body over the operand's storage.
  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody

  /// What the derivative needs kept.
  var saves: SavePolicy { get }

  /// The gradient of each operand, given the result's. Written in tensor operations, so that it can be differentiated
  /// again. Gradients that `saved.needs` does not ask for may be nil. Shapes may be those before broadcasting was undone:
  /// the graph sums a gradient to its operand's shape.
  func pullback(_ cotangent: consuming AnyTensor, _ saved: Saved) -> OperandGradients

  /// The tangent of the result, given those of the operands (nil where an operand does not move): the same derivative in
  /// forward mode. Nil where the result does not move.
  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor?

  /// Why the operation has no derivative, for operations that have none.
  var derivativeRefusal: String? { get }

  /// Floating-point operations, and bytes read and written, for an application.
  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost

  /// The function to run again where a value was computed without recording.
  var checkpoint: Checkpoint? { get }

  /// Applications that the generic tests check.
  static var samples: [Sample] { get }
}

/// What a derivative needs kept of an application.
package enum SavePolicy: Sendable {
  case nothing
  case operands
  case firstOperand
  case secondOperand
  case result
  case operandsAndResult
  /// Of the first two operands each that the other's derivative needs: a product's.
  case crossed
  case crossedAndResult
}

/// A scalar type and a shape.
package struct TensorSpec: Sendable, Equatable {
  package var scalarType: ScalarType
  package var shape: Shape

  @inline(__always)
  package init(_ scalarType: ScalarType, _ shape: Shape) {
    self.scalarType = scalarType
    self.shape = shape
  }
}

/// What an application costs.
package struct Cost: Sendable, Equatable {
  package var flops: Int
  package var bytes: Int

  package init(flops: Int, bytes: Int) {
    self.flops = flops
    self.bytes = bytes
  }
}

extension Primitive {
  package var derivativeRefusal: String? { nil }
  package var checkpoint: Checkpoint? { nil }

  /// One operation an element of the result, every operand read and the result written once.
  package func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    var bytes = spec.shape.elementCount * spec.scalarType.size
    for index in 0..<operands.count { bytes += operands[index].count * operands[index].scalarType.size }
    return Cost(flops: spec.shape.elementCount, bytes: bytes)
  }
}

/// The gradients of up to three operands, the rest in an array.
package struct OperandGradients {
  package var first: AnyTensor?
  package var second: AnyTensor?
  package var third: AnyTensor?
  package var rest: [AnyTensor?]

  package init(_ first: AnyTensor?, _ second: AnyTensor? = nil, _ third: AnyTensor? = nil, rest: [AnyTensor?] = []) {
    self.first = first
    self.second = second
    self.third = third
    self.rest = rest
  }

  package subscript(index: Int) -> AnyTensor? {
    switch index {
    case 0: first
    case 1: second
    case 2: third
    default: index - 3 < rest.count ? rest[index - 3] : nil
    }
  }
}

/// The tangents of the operands, nil where one does not move.
package struct Tangents {
  private let all: [AnyTensor?]

  init(_ all: [AnyTensor?]) { self.all = all }

  package subscript(index: Int) -> AnyTensor? { all[index] }

  /// Both, added where both are there.
  package static func sum(_ a: AnyTensor?, _ b: AnyTensor?) -> AnyTensor? {
    guard let a else { return b }
    guard let b else { return a }
    return a + b
  }
}

/// The operands of an application: up to three inline, the rest in an array. Lent, never copied, from the door to the node.
package struct Operands: ~Copyable {
  package let first: AnyTensor
  package let second: AnyTensor?
  package let third: AnyTensor?
  package let rest: [AnyTensor]
  package let count: Int

  @inline(__always)
  package init(_ first: AnyTensor) {
    self.first = first
    second = nil
    third = nil
    rest = []
    count = 1
  }

  @inline(__always)
  package init(_ first: AnyTensor, _ second: AnyTensor) {
    self.first = first
    self.second = second
    third = nil
    rest = []
    count = 2
  }

  @inline(__always)
  package init(_ first: AnyTensor, _ second: AnyTensor, _ third: AnyTensor) {
    self.first = first
    self.second = second
    self.third = third
    rest = []
    count = 3
  }

  /// One or more operands.
  package init(_ all: [AnyTensor]) {
    first = all[0]
    second = all.count > 1 ? all[1] : nil
    third = all.count > 2 ? all[2] : nil
    rest = Array(all.dropFirst(3))
    count = all.count
  }

  @inline(__always)
  package subscript(index: Int) -> AnyTensor {
    switch index {
    case 0: first
    case 1: second!
    case 2: third!
    default: rest[index - 3]
    }
  }

  /// Whether any operand has a place in a graph.
  @inline(__always)
  var hasNodes: Bool {
    if first.node != nil || second?.node != nil || third?.node != nil { return true }
    return !rest.isEmpty && rest.contains { $0.node != nil }
  }
}
