/// An operation as a value: its name, its rule, its kernel, its derivative and its cost.
///
/// Everything that computes tensors is a primitive and passes the door, `apply`. A primitive is a small value; its
/// arguments (axes, factors) are stored in it, and equal primitives compute the same. The door calls the rule, has
/// values checked, allocates the results, calls the kernel, and records a node when an operand is being recorded. A
/// package that depends on this one can have primitives of its own: see "Adding an operation".
public protocol Primitive: Sendable, Equatable {
  /// The name in messages, in profiles and in drawn graphs.
  var name: String { get }

  /// The rule: the shapes and scalar types of the results, from those of the operands alone; throws when these do not
  /// fit.
  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs

  /// Checks the operands' values, such as labels or indices, where that is needed. Called once, before the kernel.
  func validate(_ operands: borrowing Operands) throws(TensorError)

  /// The layout of a result that is a view of the first operand; nil, the default, for a result that is computed.
  ///
  /// For a view no memory is allocated and no kernel called.
  func layout(of operand: Layout, result index: Int) -> Layout?

  /// The kernel: writes every element of the results, which are contiguous.
  ///
  /// It allocates only temporary memory and applies no operations. Denormals are flushed to zero while it runs.
  func compute(_ operands: borrowing Operands, into results: borrowing Results)

  /// What is saved for the derivative.
  var saves: SavePolicy { get }

  /// The gradient of each operand, given those of the results.
  ///
  /// It is written in operations, so that it can be differentiated again, without branches on values. Gradients that
  /// `saved.needs` does not ask for may be nil. A gradient may have the shape that its operand was broadcast to: the
  /// pass sums it to the operand's shape.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents

  /// The tangents of the results, given those of the operands.
  ///
  /// By default this is the transpose of the pullback, which is linear; it takes about three times the pullback's work.
  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents

  /// The reason why the operation has no derivative, nil for one that has.
  var derivativeRefusal: String? { get }

  /// The batching rule: the results for all examples of a batch at once, each with the examples along its first axis;
  /// nil, the default, to have the operation applied to one example after the other.
  ///
  /// At least one operand is batched. It is written in operations, as a derivative is.
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]?

  /// The number of floating-point operations, and of bytes read and written, of an application.
  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost
}

/// What is saved of an application for its derivative.
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
  /// Each of the first two operands where the gradient of the other one is needed, as for a product.
  case crossed
  /// What `crossed` saves, and the results.
  case crossedAndResults

  /// Whether the results are saved.
  @inline(__always)
  var keepsResults: Bool {
    switch self {
    case .results, .operandsAndResults, .crossedAndResults: true
    case .nothing, .operands, .firstOperand, .secondOperand, .crossed: false
    }
  }

  /// Whether an operand is saved; `isNeeded` tells of an operand whether its gradient is needed.
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

  /// Creates a cost.
  public init(flops: Int, bytes: Int) {
    self.flops = flops
    self.bytes = bytes
  }

  /// The cost of a view.
  public static let nothing = Cost(flops: 0, bytes: 0)

  /// Creates the cost of one operation for each element of the results, with every operand read and every result
  /// written once.
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
  /// Accepts all values.
  public func validate(_ operands: borrowing Operands) throws(TensorError) {}

  /// Nil: the results are computed.
  @inline(__always)
  public func layout(of operand: Layout, result index: Int) -> Layout? { nil }

  /// Nil: there is a derivative.
  public var derivativeRefusal: String? { nil }

  /// The transpose of the pullback: the pullback is linear in the cotangents, so that its own pullback gives the
  /// tangents.
  public func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents { transposedPullback(tangents, saved) }

  /// The cost of one operation for each element of the results, with every operand read and every result written once.
  public func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(ofOnePassOver: operands, results)
  }
}
