/// A value in a graph: where it came from, the nodes of the operands, and what the derivative needs.
///
/// `@unchecked Sendable`: a node is made and changed only by the thread that its session belongs to; `GraphSession.record`
/// refuses to touch one that belongs to another, and nothing else follows the reference in a tensor.
package final class Node: @unchecked Sendable {
  /// Where a value came from.
  enum Origin {
    /// A gradient is taken here. The parent, if there is one, is the same value in the gradients outside.
    case leaf
    /// An operation; with several results, the node stands for all of them.
    case operation(any Primitive)
    /// One of the results of the operation that is the parent.
    case result(Int)
    /// A function that was computed without being recorded, and is run again by a pass.
    case replay(Checkpoint)
    /// A function that was run again and is not to be any more.
    case used
  }

  /// The session that records it.
  let session: GraphSession
  /// Its number in the order of recording: parents come before their children.
  let sequence: Int
  /// The nested gradients, one bit each, that this value takes part in.
  let levels: UInt64
  /// Shape and scalar type of the value, or of the first result.
  let spec: TensorSpec
  /// The path of the layer that recorded it, while somebody observes.
  let layerPath: String?

  // One thread owns a node, so nothing can be changed while it is being read: the run-time checks of that are left out.

  @exclusivity(unchecked) private(set) var origin: Origin
  /// The nodes of the operands; nil where one is a constant.
  @exclusivity(unchecked) private var parents: Few<Node?>
  /// What is kept for the derivative, dropped after use; nil where an operand is not kept.
  @exclusivity(unchecked) private var savedOperands: Few<TensorBody?>
  @exclusivity(unchecked) private var savedResult: TensorBody?
  /// What belongs to the results after the first.
  @exclusivity(unchecked) private var further: FurtherResults?

  // The pass that is running keeps its state here, so that it needs no dictionary: the gradient that has arrived in a
  // backward pass, the tangent in a forward one, and the mark of nodes that were seen.
  @exclusivity(unchecked) var carried: AnyTensor?
  @exclusivity(unchecked) var mark = 0

  /// An operation.
  init(
    _ session: GraphSession, levels: UInt64, _ primitive: any Primitive, saving saves: SavePolicy,
    _ operands: borrowing Operands, _ results: borrowing Results
  ) {
    self.session = session
    self.levels = levels
    sequence = session.takeSequence()
    let first = results[0]
    spec = first.spec
    origin = .operation(primitive)
    layerPath = Observation.isOn ? LayerPath.current : nil
    // A value left over from a gradient that has ended is a constant here.
    func parent(_ node: Node?) -> Node? {
      guard let node, node.session === session, node.levels & levels != 0 else { return nil }
      return node
    }
    // Written out, not mapped: a node is made at every operation that is recorded.
    let tensors = operands.tensors
    let (one, two, three) = (
      parent(tensors.inline.0?.node), parent(tensors.inline.1?.node), parent(tensors.inline.2?.node)
    )
    parents = Few(one, two, three, rest: tensors.rest?.map { parent($0.node) }, count: tensors.count)
    if saves == .nothing || saves == .results {
      savedOperands = Few()
    } else {
      func keeps(_ index: Int) -> Bool { saves.keeps(operand: index) { $0 == 0 ? one != nil : two != nil } }
      savedOperands = Few(
        keeps(0) ? tensors.inline.0?.body : nil, keeps(1) ? tensors.inline.1?.body : nil,
        keeps(2) ? tensors.inline.2?.body : nil, rest: tensors.rest.map { $0.map { keeps(3) ? $0.body : nil } },
        count: tensors.count)
    }
    savedResult = saves.keepsResults ? first : nil
    further = results.count == 1 ? nil : FurtherResults(results, isKept: saves.keepsResults)
  }

  /// One of several results of an operation.
  init(resultOf operation: Node, _ index: Int) {
    session = operation.session
    levels = operation.levels
    sequence = session.takeSequence()
    spec = operation.resultSpec(index)
    origin = .result(index)
    layerPath = operation.layerPath
    parents = Few(operation)
    savedOperands = Few()
  }

  /// A leaf: where a gradient is taken. `outer` is the node of the same value in the gradients outside.
  init(leafIn session: GraphSession, level: UInt64, outer: Node?, spec: TensorSpec) {
    self.session = session
    levels = level | (outer?.levels ?? 0)
    sequence = session.takeSequence()
    self.spec = spec
    origin = .leaf
    parents = outer.map { Few($0) } ?? Few()
    savedOperands = Few()
    layerPath = nil
  }

  /// A value that was computed without recording, from values at these nodes.
  init(_ session: GraphSession, levels: UInt64, replaying checkpoint: Checkpoint, from nodes: [Node], spec: TensorSpec)
  {
    self.session = session
    self.levels = levels
    sequence = session.takeSequence()
    self.spec = spec
    origin = .replay(checkpoint)
    parents = Few(nodes.map(Optional.some))
    savedOperands = Few()
    layerPath = Observation.isOn ? LayerPath.current : nil
  }

  /// The name of what made the value, nil for a leaf.
  var operationName: String? {
    switch origin {
    case .leaf, .used: nil
    case .operation(let primitive): primitive.name
    case .result: parent(0)!.operationName
    case .replay: Checkpoint.name
    }
  }

  // Element by element: asking for the list would count a reference to each.

  /// The number of operands.
  @inline(__always)
  var parentCount: Int { parents.count }

  /// The node of an operand, nil for a constant.
  @inline(__always)
  func parent(_ index: Int) -> Node? {
    switch index {
    case 0: parents.inline.0 ?? nil
    case 1: parents.inline.1 ?? nil
    case 2: parents.inline.2 ?? nil
    default: parents.rest![index - 3]
    }
  }

  /// The first operand whose scalar type is as asked.
  func firstParent(where isWanted: (ScalarType) -> Bool) -> Node? {
    (0..<parentCount).lazy.compactMap { self.parent($0) }.first { isWanted($0.spec.scalarType) }
  }

  // MARK: Results

  /// The number of results.
  @inline(__always)
  var resultCount: Int { 1 + (further?.specs.count ?? 0) }

  /// Shape and scalar type of a result.
  @inline(__always)
  func resultSpec(_ index: Int) -> TensorSpec { index == 0 ? spec : further!.specs[index - 1] }

  /// What has arrived at one of the results, and is not there any more.
  @inline(__always)
  func takeCarried(_ index: Int) -> AnyTensor? {
    if index == 0 { return carried.take() }
    return further!.carried[index - 1].take()
  }

  /// What has arrived at one of the results.
  @inline(__always)
  func carried(_ index: Int) -> AnyTensor? { index == 0 ? carried : further!.carried[index - 1] }

  @inline(__always)
  func setCarried(_ index: Int, _ tensor: AnyTensor?) {
    if index == 0 { carried = tensor } else { further!.carried[index - 1] = tensor }
  }

  /// Forgets what has arrived.
  func dropCarried() {
    carried = nil
    if let further { for index in further.carried.indices { further.carried[index] = nil } }
  }

  // MARK: What is kept

  func savedOperand(_ index: Int) -> TensorBody? {
    switch index {
    case 0: savedOperands.inline.0 ?? nil
    case 1: savedOperands.inline.1 ?? nil
    case 2: savedOperands.inline.2 ?? nil
    default: savedOperands.rest.flatMap { index - 3 < $0.count ? $0[index - 3] : nil }
    }
  }

  func savedResult(_ index: Int) -> TensorBody? { index == 0 ? savedResult : further!.kept[index - 1] }

  /// Forgets what only the derivative needed.
  func drop() {
    savedOperands = Few()
    savedResult = nil
    if let further { further.kept = further.kept.map { _ in nil } }
  }

  func dropResult(_ index: Int) {
    if index == 0 { savedResult = nil } else { further!.kept[index - 1] = nil }
  }

  /// Forgets a function that is not to be run again, with what it has captured.
  func dropFunction() { origin = .used }

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
    parents.mutate { parent in
      if parent == nil { return }
      if isKnownUniquelyReferenced(&parent) {
        if found == nil { swap(&found, &parent) } else { others.append(parent!) }
      }
      parent = nil
    }
    return found
  }
}

/// The results of an operation after the first.
private final class FurtherResults {
  let specs: [TensorSpec]
  var kept: [TensorBody?]
  var carried: [AnyTensor?]

  init(_ results: borrowing Results, isKept: Bool) {
    let bodies = results.bodies.array.dropFirst()
    specs = bodies.map(\.spec)
    kept = bodies.map { isKept ? $0 : nil }
    carried = Array(repeating: nil, count: bodies.count)
  }
}
