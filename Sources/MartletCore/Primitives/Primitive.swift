/// An operation that knows its own facts: its name, its rule of shapes, its kernel, its derivative, its cost.
///
/// Everything that computes on tensors is a primitive and goes through one door, `apply`. A primitive is a small value;
/// what it is told (axes, factors) is stored in it, and equal primitives compute the same. The door asks for the rule,
/// has values checked, allocates the results, calls the kernel, and records a node where an operand is being recorded.
/// A package that depends on this one writes its own: see "Adding an operation".
public protocol Primitive: Sendable, Equatable {
  /// The name in messages, profiles and pictures.
  var name: String { get }

  /// The shapes and scalar types of the results, from those of the operands alone; throws where these do not fit.
  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs

  /// Checks the operands' values, where a rule needs that: labels, indices. Called once, before the kernel.
  func validate(_ operands: borrowing Operands) throws(TensorError)

  /// For a result that is a view of the first operand, its layout in that operand's memory: no memory is allocated then
  /// and no kernel called. Nil, the default, for a result that is computed.
  func layout(of operand: Layout, result index: Int) -> Layout?

  /// The kernel: writes every element of the results, which are contiguous. It allocates nothing but scratch, applies
  /// no operation, and is called with denormals flushed.
  func compute(_ operands: borrowing Operands, into results: borrowing Results)

  /// What the derivative needs kept.
  var saves: SavePolicy { get }

  /// The gradient of each operand, given those of the results. Written in operations, so that it can be differentiated
  /// again, without branches on values. Gradients that `saved.needs` does not ask for may be nil. Shapes may be those
  /// before broadcasting was undone: the graph sums a gradient to its operand's shape.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents

  /// The tangents of the results, given those of the operands: the same derivative in forward mode. By default the
  /// transpose of the pullback, which is linear: about three times its work.
  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents

  /// Why the operation has no derivative, for operations that have none.
  var derivativeRefusal: String? { get }

  /// Floating-point operations, and bytes read and written, of an application.
  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost

  /// Applications that the generic tests check.
  static var samples: [Sample] { get }
}

/// What a derivative needs kept of an application.
public enum SavePolicy: Sendable {
  /// Nothing: the derivative depends on shapes alone.
  case nothing
  /// The operands, all of them.
  case operands
  /// The first operand.
  case firstOperand
  /// The second operand.
  case secondOperand
  /// The results, all of them.
  case results
  /// All operands and all results.
  case operandsAndResults
  /// Of the first two operands each that the other's derivative needs: a product's.
  case crossed
  /// What `crossed` keeps, and the results.
  case crossedAndResults

  /// Whether the results are kept.
  @inline(__always)
  var keepsResults: Bool {
    switch self {
    case .results, .operandsAndResults, .crossedAndResults: true
    case .nothing, .operands, .firstOperand, .secondOperand, .crossed: false
    }
  }

  /// Whether an operand is kept; `isNeeded` tells of an operand whether its gradient will be asked for.
  @inline(__always)
  func keeps(operand index: Int, _ isNeeded: (_ operand: Int) -> Bool) -> Bool {
    switch self {
    case .nothing, .results: false
    case .operands, .operandsAndResults: true
    case .firstOperand: index == 0
    case .secondOperand: index == 1
    case .crossed, .crossedAndResults: index < 2 && isNeeded(1 - index)
    }
  }
}

/// What an application costs.
public struct Cost: Sendable, Equatable {
  /// Floating-point operations.
  public var flops: Int
  /// Bytes read and written.
  public var bytes: Int

  /// So many operations and bytes.
  public init(flops: Int, bytes: Int) {
    self.flops = flops
    self.bytes = bytes
  }

  /// What looking at the same elements in another way costs.
  public static let nothing = Cost(flops: 0, bytes: 0)

  /// One operation per element of the results, every operand read and every result written once.
  @inline(never)
  init(ofOnePassOver operands: borrowing OperandSpecs, _ results: TensorSpecs) {
    self = .nothing
    for index in 0..<results.count {
      flops += results[index].count
      bytes += results[index].byteCount
    }
    for index in 0..<operands.count { bytes += operands[index].byteCount }
  }
}

extension Primitive {
  /// Any values are taken.
  public func validate(_ operands: borrowing Operands) throws(TensorError) {}

  /// The results are computed.
  @inline(__always)
  public func layout(of operand: Layout, result index: Int) -> Layout? { nil }

  /// There is a derivative.
  public var derivativeRefusal: String? { nil }

  /// The pullback is linear in the gradients, so that its own pullback is the differential: the transpose of the
  /// transpose.
  public func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents { transposedPullback(tangents, saved) }

  /// One operation per element of the results, every operand read and every result written once.
  public func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(ofOnePassOver: operands, results)
  }

  /// Whether another primitive is the same operation with the same arguments.
  public func isEqual(to other: any Primitive) -> Bool { other as? Self == self }
}
