/// What a primitive's derivative can read of the operation: its operands and results as far as they were saved, and
/// their shapes and scalar types.
public struct Saved {
  let node: Node
  let level: Level
  /// Whether no other pass will need what the node has saved.
  var isLast = false
  /// Takes gradients in factors: see `wantsFactors(_:)`.
  var collector: ExampleCollector?

  /// An operand; traps unless the primitive's save policy saves it.
  public func operand(_ index: Int) -> AnyTensor {
    guard let body = node.savedOperand(index) else { notKept("operand \(index)") }
    return AnyTensor(body, node: node.parent(index))
  }

  /// The result of an operation that has one; traps unless the primitive's save policy saves it.
  public var result: AnyTensor { result(0) }

  /// A result; traps unless the primitive's save policy saves it.
  public func result(_ index: Int) -> AnyTensor {
    guard let body = node.savedResult(index) else { notKept("result \(index)") }
    return AnyTensor(body, node: node.resultCount == 1 ? node : Node(resultOf: node, index))
  }

  /// A result, for its last use in a derivative: unless another pass needs it, its memory can be used again afterwards.
  public func takeResult(_ index: Int = 0) -> AnyTensor {
    let result = result(index)
    if isLast { node.dropResult(index) }
    return result
  }

  /// Whether the gradient of an operand is needed.
  public func needs(_ index: Int) -> Bool {
    node.parentReference(index)?._withUnsafeGuaranteedRef { level.includes($0) } ?? false
  }

  /// The shape of an operand whose gradient is needed; traps for a constant.
  public func shape(_ index: Int) -> Shape { node.parent(index)!.spec.shape }

  /// The scalar type of an operand whose gradient is needed; traps for a constant.
  public func scalarType(_ index: Int) -> ScalarType { node.parent(index)!.spec.scalarType }

  /// The shape of a result.
  public func resultShape(_ index: Int) -> Shape { node.resultSpec(index).shape }

  /// The shape of the first result.
  public var resultShape: Shape { node.spec.shape }

  /// The scalar type of the first result.
  public var resultType: ScalarType { node.spec.scalarType }

  /// The number of operands.
  public var count: Int { node.parentCount }

  /// The number of results.
  public var resultCount: Int { node.resultCount }

  /// The tangents of results that depend on no operand with a tangent: nil for each.
  var noTangents: Tangents { Tangents([AnyTensor?](repeating: nil, count: resultCount)) }

  private func notKept(_ what: String) -> Never {
    guard case .operation(let primitive) = node.origin else { fatalError("a derivative was asked of a leaf") }
    fatalError("\(primitive.name): \(what) was not kept; its save policy is \(primitive.saves)")
  }
}
