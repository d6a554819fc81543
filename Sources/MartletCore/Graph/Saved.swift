/// What a derivative sees of the application that it is the derivative of.
public struct Saved {
  let node: Node
  let level: Level
  /// Whether nobody will ask again for what the node has kept.
  var isLast = false

  /// An operand, which the primitive's policy keeps.
  public func operand(_ index: Int) -> AnyTensor {
    guard let body = node.savedOperand(index) else { notKept("operand \(index)") }
    return AnyTensor(body, node: node.parent(index))
  }

  /// The result of an operation that has one, which the primitive's policy keeps.
  public var result: AnyTensor { result(0) }

  /// A result, which the primitive's policy keeps.
  public func result(_ index: Int) -> AnyTensor {
    guard let body = node.savedResult(index) else { notKept("result \(index)") }
    return AnyTensor(body, node: node.resultCount == 1 ? node : Node(resultOf: node, index))
  }

  /// The result, for its last use in a derivative: its memory is free for what comes then.
  public func takeResult(_ index: Int = 0) -> AnyTensor {
    let result = result(index)
    if isLast { node.dropResult(index) }
    return result
  }

  /// Whether the gradient of an operand is wanted.
  public func needs(_ index: Int) -> Bool {
    guard index < node.parentCount, let parent = node.parent(index) else { return false }
    return level.includes(parent)
  }

  /// Shape of an operand, known where its gradient is wanted.
  public func shape(_ index: Int) -> Shape { node.parent(index)!.spec.shape }

  /// Scalar type of an operand, known where its gradient is wanted.
  public func scalarType(_ index: Int) -> ScalarType { node.parent(index)!.spec.scalarType }

  /// Shape of a result.
  public func resultShape(_ index: Int) -> Shape { node.resultSpec(index).shape }

  /// Shape of the result of an operation that has one.
  public var resultShape: Shape { node.spec.shape }

  /// Scalar type of the first result.
  public var resultType: ScalarType { node.spec.scalarType }

  /// The number of operands.
  public var count: Int { node.parentCount }

  /// The number of results.
  public var resultCount: Int { node.resultCount }

  /// Tangents of results that do not move.
  var noTangents: Tangents { Tangents([AnyTensor?](repeating: nil, count: resultCount)) }

  private func notKept(_ what: String) -> Never {
    guard case .operation(let primitive) = node.origin else { fatalError("a derivative was asked of a leaf") }
    fatalError("\(primitive.name): \(what) was not kept; its save policy is \(primitive.saves)")
  }
}
