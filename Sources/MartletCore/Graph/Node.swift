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
  let parentCount: Int
  /// The path of the layer that recorded it, while somebody observes.
  let layerPath: String?

  // One thread owns a node, so nothing can be changed while it is being read: the run-time checks of that are left out.

  /// The operation, nil for a leaf.
  @exclusivity(unchecked) private(set) var primitive: (any Primitive)?
  /// Places of the operands; nil where one is a constant.
  @exclusivity(unchecked) private var parents: (Node?, Node?, Node?)
  /// What is kept for the derivative, dropped after use.
  @exclusivity(unchecked) private var savedOperands: (TensorBody?, TensorBody?, TensorBody?)
  @exclusivity(unchecked) private(set) var savedResult: TensorBody?
  /// What belongs to the operands after the third.
  @exclusivity(unchecked) private var more: (parents: [Node?], savedOperands: [TensorBody?])?

  // The pass that is running keeps its state here, so that it needs no dictionary: the gradient that has arrived in a
  // backward pass, the tangent in a forward one, and the mark of nodes that were seen.
  @exclusivity(unchecked) var carried: AnyTensor?
  @exclusivity(unchecked) var mark = 0

  init<P: Primitive>(
    _ session: GraphSession, levels: UInt64, _ primitive: P, _ operands: borrowing Operands, _ result: TensorBody
  ) {
    // A value left over from a gradient that has ended is a constant here.
    func place(_ node: Node?) -> Node? {
      guard let node, node.session === session, node.levels & levels != 0 else { return nil }
      return node
    }
    self.session = session
    self.levels = levels
    sequence = session.takeSequence()
    spec = TensorSpec(result.scalarType, result.shape)
    self.primitive = primitive
    parentCount = operands.count
    layerPath = Observation.isOn ? LayerPath.current : nil
    let (first, second) = (place(operands.first.node), place(operands.second?.node))
    parents = (first, second, place(operands.third?.node))
    let kept = primitive.saves
    let keepsAll = kept == .operands || kept == .operandsAndResult
    let isCrossed = kept == .crossed || kept == .crossedAndResult
    savedOperands = (
      keepsAll || kept == .firstOperand || (isCrossed && second != nil) ? operands.first.body : nil,
      keepsAll || kept == .secondOperand || (isCrossed && first != nil) ? operands.second?.body : nil,
      keepsAll ? operands.third?.body : nil
    )
    savedResult = kept == .result || kept == .operandsAndResult || kept == .crossedAndResult ? result : nil
    more =
      operands.rest.isEmpty
      ? nil : (operands.rest.map { place($0.node) }, keepsAll ? operands.rest.map(\.body) : [])
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
    savedOperands = (nil, nil, nil)
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
    more = places.count > 3 ? (Array(places.dropFirst(3)), []) : nil
    parentCount = places.count
    savedOperands = (nil, nil, nil)
    layerPath = Observation.isOn ? LayerPath.current : nil
  }

  @inline(__always)
  func parent(_ index: Int) -> Node? {
    switch index {
    case 0: parents.0
    case 1: parents.1
    case 2: parents.2
    default: more!.parents[index - 3]
    }
  }

  /// The first operand whose scalar type is as asked.
  func firstParent(where isWanted: (ScalarType) -> Bool) -> Node? {
    (0..<parentCount).lazy.compactMap { self.parent($0) }.first { isWanted($0.spec.scalarType) }
  }

  @inline(__always)
  func savedOperand(_ index: Int) -> TensorBody? {
    switch index {
    case 0: savedOperands.0
    case 1: savedOperands.1
    case 2: savedOperands.2
    default: more.flatMap { index - 3 < $0.savedOperands.count ? $0.savedOperands[index - 3] : nil }
    }
  }

  /// Forgets what only the derivative needed.
  func drop() {
    savedOperands = (nil, nil, nil)
    savedResult = nil
    if more != nil { more!.savedOperands = [] }
  }

  func dropResult() { savedResult = nil }

  /// Forgets a checkpoint that is not to be run again, with what its function has captured.
  func dropFunction() { primitive = nil }

  /// A chain of a million nodes must not end in a million nested deinitialisers: parents that nobody else holds are
  /// taken apart in a loop.
  deinit {
    var others: [Node] = []
    var next = takeParents(leaving: &others)
    while let node = next { next = node.takeParents(leaving: &others) ?? others.popLast() }
  }

  /// Lets go of the parents. Gives back one that is held by nobody else now; more such go to `others`.
  private func takeParents(leaving others: inout [Node]) -> Node? {
    var found: Node?
    func take(_ parent: inout Node?) {
      if parent == nil { return }
      if isKnownUniquelyReferenced(&parent) {
        if found == nil { swap(&found, &parent) } else { others.append(parent!) }
      }
      parent = nil
    }
    take(&parents.0)
    take(&parents.1)
    take(&parents.2)
    if more != nil {
      for index in more!.parents.indices { take(&more!.parents[index]) }
      more = nil
    }
    return found
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
