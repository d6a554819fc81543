/// The place of a value in a graph: the operation that made it, where its operands stand, and what the derivative needs.
///
/// `@unchecked Sendable`: a node is made and changed only by the thread that its session belongs to; `GraphSession.record`
/// refuses to touch one that belongs to another, and nothing else follows the reference in a tensor.
package final class Node: @unchecked Sendable {
  /// The session that records it.
  let session: GraphSession
  /// Place in the order of recording: parents come before their children.
  let sequence: Int
  /// The nested gradients, one bit each, that this value takes part in.
  let levels: UInt64
  /// Shape and scalar type of the value.
  let spec: TensorSpec
  /// The operation, nil for a leaf.
  private(set) var primitive: (any Primitive)?
  /// Places of the operands; nil where one is a constant.
  private(set) var parents: (Node?, Node?, Node?)
  private(set) var moreParents: [Node?]
  let parentCount: Int
  /// What is kept for the derivative, dropped after use.
  private(set) var savedOperands: (TensorBody?, TensorBody?, TensorBody?)
  private(set) var moreSavedOperands: [TensorBody?]
  private(set) var savedResult: TensorBody?

  /// The path of the layer that recorded it, while somebody observes.
  let layerPath: String?

  // The pass that is running keeps its state here, so that it needs no dictionary: the gradient that has arrived in a
  // backward pass, the tangent in a forward one, and the mark of nodes that were seen.
  var carried: AnyTensor?
  var mark = 0

  init<P: Primitive>(
    _ session: GraphSession, levels: UInt64, _ primitive: P, _ operands: Operands, _ result: TensorBody
  ) {
    self.session = session
    self.levels = levels
    sequence = session.takeSequence()
    spec = TensorSpec(result.scalarType, result.shape)
    self.primitive = primitive
    parentCount = operands.count
    // A value left over from a gradient that has ended is a constant here.
    func place(_ node: Node?) -> Node? {
      guard let node, node.session === session, node.levels & levels != 0 else { return nil }
      return node
    }
    parents = (place(operands.first.node), place(operands.second?.node), place(operands.third?.node))
    moreParents = operands.rest.isEmpty ? [] : operands.rest.map { place($0.node) }
    savedOperands = (nil, nil, nil)
    moreSavedOperands = []
    layerPath = Observation.isOn ? LayerPath.current : nil
    switch primitive.saves {
    case .nothing: break
    case .firstOperand: savedOperands.0 = operands.first.body
    case .secondOperand: savedOperands.1 = operands.second?.body
    case .result: savedResult = result
    case .crossed, .crossedAndResult:
      if parents.1 != nil { savedOperands.0 = operands.first.body }
      if parents.0 != nil { savedOperands.1 = operands.second?.body }
      if case .crossedAndResult = primitive.saves { savedResult = result }
    case .operands, .operandsAndResult:
      savedOperands = (operands.first.body, operands.second?.body, operands.third?.body)
      if !operands.rest.isEmpty { moreSavedOperands = operands.rest.map(\.body) }
      if case .operandsAndResult = primitive.saves { savedResult = result }
    }
  }

  /// A leaf: where a gradient is taken. `alias` is the place of the same value in the gradients outside.
  init(leafIn session: GraphSession, level: UInt64, alias: Node?, spec: TensorSpec) {
    self.session = session
    levels = level | (alias?.levels ?? 0)
    sequence = session.takeSequence()
    self.spec = spec
    primitive = alias == nil ? nil : Alias()
    parents = (alias, nil, nil)
    parentCount = alias == nil ? 0 : 1
    moreParents = []
    savedOperands = (nil, nil, nil)
    moreSavedOperands = []
    layerPath = nil
  }

  /// A value that was computed without recording, from values at these places.
  init(_ session: GraphSession, levels: UInt64, replaying checkpoint: Checkpoint, from places: [Node], spec: TensorSpec)
  {
    self.session = session
    self.levels = levels
    sequence = session.takeSequence()
    self.spec = spec
    primitive = checkpoint
    parents = (places.first, places.count > 1 ? places[1] : nil, places.count > 2 ? places[2] : nil)
    moreParents = Array(places.dropFirst(3))
    parentCount = places.count
    savedOperands = (nil, nil, nil)
    moreSavedOperands = []
    layerPath = Observation.isOn ? LayerPath.current : nil
  }

  func parent(_ index: Int) -> Node? {
    switch index {
    case 0: parents.0
    case 1: parents.1
    case 2: parents.2
    default: moreParents[index - 3]
    }
  }

  /// The first operand whose scalar type is as asked.
  func firstParent(where isWanted: (ScalarType) -> Bool) -> Node? {
    (0..<parentCount).lazy.compactMap(parent).first { isWanted($0.spec.scalarType) }
  }

  func savedOperand(_ index: Int) -> TensorBody? {
    switch index {
    case 0: savedOperands.0
    case 1: savedOperands.1
    case 2: savedOperands.2
    default: index - 3 < moreSavedOperands.count ? moreSavedOperands[index - 3] : nil
    }
  }

  /// Forgets what only the derivative needed.
  func drop() {
    savedOperands = (nil, nil, nil)
    moreSavedOperands = []
    savedResult = nil
  }

  func dropResult() { savedResult = nil }

  /// Forgets a checkpoint that is not to be run again, with what its function has captured.
  func dropFunction() { primitive = nil }

  /// A chain of a million nodes must not end in a million nested deinitialisers: parents that nobody else holds are
  /// taken apart in a loop.
  deinit {
    var doomed: [Node] = []
    releaseParents(into: &doomed)
    while var node = doomed.popLast() {
      if isKnownUniquelyReferenced(&node) { node.releaseParents(into: &doomed) }
    }
  }

  private func releaseParents(into doomed: inout [Node]) {
    if let parent = parents.0 { doomed.append(parent) }
    if let parent = parents.1 { doomed.append(parent) }
    if let parent = parents.2 { doomed.append(parent) }
    for parent in moreParents { if let parent { doomed.append(parent) } }
    parents = (nil, nil, nil)
    moreParents = []
  }
}

/// What a pullback sees of its application.
package struct Saved {
  let node: Node
  let level: Level
  /// Whether nobody will ask again for what the node has kept.
  var isLast = false

  /// Operand `index`, which the primitive's policy keeps.
  package func operand(_ index: Int) -> AnyTensor {
    guard let body = node.savedOperand(index) else {
      fatalError("\(node.primitive!.name): operand \(index) was not kept; its save policy is \(node.primitive!.saves)")
    }
    return AnyTensor(body, node: node.parent(index))
  }

  /// The result, which the primitive's policy keeps.
  package var result: AnyTensor {
    guard let body = node.savedResult else {
      fatalError("\(node.primitive!.name): the result was not kept; its save policy is \(node.primitive!.saves)")
    }
    return AnyTensor(body, node: node)
  }

  /// The result, for its last use in a derivative: its memory is free for what comes then.
  package func takeResult() -> AnyTensor {
    let result = result
    if isLast { node.dropResult() }
    return result
  }

  /// Whether the gradient of operand `index` is wanted.
  package func needs(_ index: Int) -> Bool {
    guard index < node.parentCount, let parent = node.parent(index) else { return false }
    return level.includes(parent)
  }

  /// Shape of operand `index`, known where its gradient is wanted.
  package func shape(_ index: Int) -> Shape { node.parent(index)!.spec.shape }

  /// Scalar type of operand `index`, known where its gradient is wanted.
  package func scalarType(_ index: Int) -> ScalarType { node.parent(index)!.spec.scalarType }

  /// Shape of the result.
  package var resultShape: Shape { node.spec.shape }

  /// Scalar type of the result.
  package var resultType: ScalarType { node.spec.scalarType }

  /// The number of operands.
  package var count: Int { node.parentCount }
}
