/// A recorded value: where it came from, the nodes of the operands, and what the derivative needs.
///
/// `@unchecked Sendable`: a node is made and changed only by the thread that its session belongs to;
/// `GraphSession.record` traps for a node of another thread, and nothing else follows a tensor's reference to its node.
package final class Node: @unchecked Sendable {
  /// Where a value came from.
  enum Origin {
    /// A gradient is taken here. The parent, if there is one, is the node of the same value in the outer gradients.
    case leaf
    /// An operation; with several results, the node stands for all of them.
    case operation(any Primitive)
    /// One of the results of the operation that is the parent.
    case result(Int)
    /// A checkpoint: a function that was computed without being recorded, and is run again by a pass.
    case replay(Checkpoint)
    /// A checkpoint whose function a pass has run again for the last time.
    case used
  }

  /// The session that records it, which lives as long: leaves and checkpoints hold it, and an operation's parents lead to
  /// one. So the most frequent nodes do not count references to it.
  let sessionReference: Unmanaged<GraphSession>
  private let heldSession: GraphSession?
  /// The node's number in the order of recording: parents come before their children.
  let sequence: Int
  /// The nested gradients, one bit each, that this value takes part in.
  let levels: UInt64
  /// Shape and scalar type of the value, or of the first result.
  let spec: TensorSpec
  /// The path of the layer that recorded it, nil without an observer.
  let layerPath: String?

  // One thread owns a node, so that accesses cannot overlap: the run-time checks for it are left out.

  @exclusivity(unchecked) private(set) var origin: Origin
  /// The nodes of the operands; nil where one is a constant.
  @exclusivity(unchecked) private var parents: FewReferences<Node>
  /// The operands that the derivative needs, dropped after use; nil for an operand that is not saved.
  @exclusivity(unchecked) private var savedOperands: FewReferences<TensorBody>
  @exclusivity(unchecked) private var savedResult: TensorBody?
  /// Specs, saved bodies and carried tensors of the results after the first, if there are several.
  @exclusivity(unchecked) private var further: FurtherResults?

  // A running pass keeps its state in the nodes, so that it needs no dictionary: the cotangent in a backward pass or
  // the tangent in a forward one, and the mark of nodes that were visited.
  @exclusivity(unchecked) var carried: AnyTensor?
  @exclusivity(unchecked) var mark = 0

  /// Records an operation.
  init(
    _ session: GraphSession, levels: UInt64, _ primitive: any Primitive, saving saves: SavePolicy,
    _ operands: borrowing Operands, _ results: borrowing Results
  ) {
    sessionReference = .passUnretained(session)
    heldSession = nil
    self.levels = levels
    sequence = session.takeSequence()
    spec = results.first.spec
    origin = .operation(primitive)
    layerPath = Observation.isOn ? LayerPath.current : nil
    // A node left over from a gradient that has ended counts as a constant.
    let own = sessionReference.toOpaque()
    func takesPart(_ node: Unmanaged<Node>?) -> Bool {
      node?._withUnsafeGuaranteedRef { $0.sessionReference.toOpaque() == own && $0.levels & levels != 0 } ?? false
    }
    // Written out instead of mapped, and looked at without being retained, for speed: every recorded operation makes a
    // node.
    let (one, two) = (takesPart(operands.node(0)), takesPart(operands.node(1)))
    parents = FewReferences(
      one ? operands.tensors.inline.0?.node : nil, two ? operands.tensors.inline.1?.node : nil,
      takesPart(operands.node(2)) ? operands.tensors.inline.2?.node : nil,
      rest: operands.tensors.rest?.map { takesPart($0.node.map { .passUnretained($0) }) ? $0.node : nil },
      count: operands.count)
    if saves == .nothing || saves == .results {
      savedOperands = FewReferences()
    } else {
      func keeps(_ index: Int) -> Bool { saves.keeps(operand: index) { $0 == 0 ? one : two } }
      savedOperands = FewReferences(
        keeps(0) ? operands.tensors.inline.0?.body : nil, keeps(1) ? operands.tensors.inline.1?.body : nil,
        keeps(2) ? operands.tensors.inline.2?.body : nil,
        rest: operands.tensors.rest?.map { keeps(3) ? $0.body : nil }, count: operands.count)
    }
    savedResult = saves.keepsResults ? results.first : nil
    further = results.count == 1 ? nil : FurtherResults(results, isKept: saves.keepsResults)
  }

  /// Makes the node of one of several results of an operation.
  init(resultOf operation: Node, _ index: Int) {
    sessionReference = operation.sessionReference
    heldSession = nil
    levels = operation.levels
    sequence = operation.session.takeSequence()
    spec = operation.resultSpec(index)
    origin = .result(index)
    layerPath = operation.layerPath
    parents = FewReferences(operation)
    savedOperands = FewReferences()
  }

  /// Makes a leaf, where a gradient is taken. `outer` is the node of the same value in the outer gradients.
  init(leafIn session: GraphSession, level: UInt64, outer: Node?, spec: TensorSpec) {
    sessionReference = .passUnretained(session)
    heldSession = session
    levels = level | (outer?.levels ?? 0)
    sequence = session.takeSequence()
    self.spec = spec
    origin = .leaf
    parents = outer.map { FewReferences($0) } ?? FewReferences()
    savedOperands = FewReferences()
    layerPath = nil
  }

  /// Makes the node of a checkpoint: a value that was computed without recording, from the values of `nodes`.
  init(_ session: GraphSession, levels: UInt64, replaying checkpoint: Checkpoint, from nodes: [Node], spec: TensorSpec)
  {
    sessionReference = .passUnretained(session)
    heldSession = session
    self.levels = levels
    sequence = session.takeSequence()
    self.spec = spec
    origin = .replay(checkpoint)
    parents = FewReferences(nodes)
    savedOperands = FewReferences()
    layerPath = Observation.isOn ? LayerPath.current : nil
  }

  /// The name of the operation that made the value, nil for a leaf.
  var operationName: String? {
    switch origin {
    case .leaf, .used: nil
    case .operation(let primitive): primitive.name
    case .result: parent(0)!.operationName
    case .replay: Checkpoint.name
    }
  }

  /// The session that records it.
  @inline(__always)
  var session: GraphSession { sessionReference.takeUnretainedValue() }

  // The parents are read one by one: returning the list would retain each of them.

  /// The number of operands.
  @inline(__always)
  var parentCount: Int { parents.count }

  /// The node of an operand, nil for a constant.
  @inline(__always)
  func parent(_ index: Int) -> Node? { parents[index] }

  /// The node of an operand, to be looked at without retaining it.
  @inline(__always)
  func parentReference(_ index: Int) -> Unmanaged<Node>? { parents[index].map { .passUnretained($0) } }

  /// The first parent whose scalar type satisfies `isWanted`.
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

  /// Removes and returns what the running pass carries at a result.
  @inline(__always)
  func takeCarried(_ index: Int) -> AnyTensor? {
    if index == 0 { return carried.take() }
    return further!.carried[index - 1].take()
  }

  /// What the running pass carries at a result.
  @inline(__always)
  func carried(_ index: Int) -> AnyTensor? { index == 0 ? carried : further!.carried[index - 1] }

  @inline(__always)
  func setCarried(_ index: Int, _ tensor: AnyTensor?) {
    if index == 0 { carried = tensor } else { further!.carried[index - 1] = tensor }
  }

  /// Drops what the pass carries at all results.
  func dropCarried() {
    carried = nil
    if let further { for index in further.carried.indices { further.carried[index] = nil } }
  }

  // MARK: Saved values

  func savedOperand(_ index: Int) -> TensorBody? { savedOperands[index] }

  func savedResult(_ index: Int) -> TensorBody? { index == 0 ? savedResult : further!.kept[index - 1] }

  /// Drops what was saved for the derivative.
  func drop() {
    savedOperands = FewReferences()
    savedResult = nil
    if let further { further.kept = further.kept.map { _ in nil } }
  }

  func dropResult(_ index: Int) {
    if index == 0 { savedResult = nil } else { further!.kept[index - 1] = nil }
  }

  /// Drops a checkpoint's function, which is not to be run again, and what it has captured.
  func dropFunction() { origin = .used }

  /// Releases in a loop the nodes that nothing else holds: a chain of a million nodes would otherwise be freed by a
  /// million nested deinitialisers, which overflows the stack.
  deinit {
    var others: [Node] = []
    var next = takeParents(leaving: &others)
    while let node = next { next = node.takeParents(leaving: &others) ?? others.popLast() }
  }

  /// Releases the parents. Returns one that nothing else holds; further ones are appended to `others`.
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
