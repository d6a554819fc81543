/// The walks over the nodes of one level: backward with cotangents, forward with tangents.
///
/// A pass keeps what it carries in the nodes. What it computes is itself recorded for the gradients outside its level,
/// because primitives' derivatives are made of primitives.
struct Pass {
  let session: GraphSession
  let level: Level
  /// Takes the gradients at what the examples of a batch share, in factors, where those are wanted.
  var collector: ExampleCollector?

  // MARK: Backward

  /// Propagates `seeds` from `outputs` to `leaves` and returns the gradient at each; nil for a leaf that was not
  /// reached.
  ///
  /// Values saved for the derivative are dropped after use, unless the graph is kept for another pass or an outer
  /// gradient will need them.
  func backward(from outputs: [AnyTensor], seeds: [AnyTensor], to leaves: [Node], keepingGraph: Bool = false)
    -> [AnyTensor?]
  {
    var ends: [Node] = []
    session.recording(session.active & ~level.bit) {
      var roots: [Node] = []
      for (output, seed) in zip(outputs, seeds) {
        guard let node = node(of: output) else { continue }
        accumulate(seed, at: node)
        roots.append(node)
      }
      propagate(from: roots, within: level, keepingGraph: keepingGraph, ends: &ends)
    }
    defer { for node in ends { node.dropCarried() } }
    return leaves.map { leaf in
      defer { leaf.carried = nil }
      return leaf.carried
    }
  }

  /// Propagates the cotangents at the roots through the nodes that belong to `walk`. At nodes outside of it they are
  /// added up and not propagated further.
  private func propagate(from roots: [Node], within walk: Level, keepingGraph: Bool, ends: inout [Node]) {
    var pending = order(from: roots, within: walk, ends: &ends)
    while let next = pending.popLast() {
      next._withUnsafeGuaranteedRef { take(from: $0, keepingGraph: keepingGraph, ends: &ends) }
    }
  }

  /// Propagates the cotangents at a node to its parents.
  private func take(from node: Node, keepingGraph: Bool, ends: inout [Node]) {
    let isLast = !keepingGraph && !session.isWanted(node, besides: level)
    switch node.origin {
    case .operation(let primitive):
      differentiate(primitive, node, isLast: isLast)
    case .result(let index):
      if let gradient = node.carried.take() { accumulate(gradient, at: node.parent(0)!, result: index) }
    case .leaf:
      // The parent is the same value in the outer gradients.
      guard let gradient = node.carried.take(), node.parentCount > 0, let outer = node.parent(0) else { return }
      if level.includes(outer) { accumulate(gradient, at: outer) }
    case .replay(let checkpoint):
      guard let gradient = node.carried.take() else { return }
      let (output, replayed) = replay(checkpoint)
      if let output {
        // Consumed, so that it is not kept in memory here as well while the pass goes through the function.
        accumulate(consume gradient, at: output)
        if replayed.includes(output) { propagate(from: [output], within: replayed, keepingGraph: false, ends: &ends) }
      }
      if isLast { node.dropFunction() }
    case .used: fatalError("a checkpointed block was asked for again after its last pass")
    }
  }

  /// Computes the cotangents of an operation's operands from those of its results.
  @inline(__always)
  private func differentiate(_ primitive: any Primitive, _ node: Node, isLast: Bool) {
    var cotangents = Cotangents(node.takeCarried(0))
    var isReached = cotangents[0] != nil
    for index in 1..<max(1, node.resultCount) {
      let gradient = node.takeCarried(index)
      cotangents.append(gradient)
      if gradient != nil { isReached = true }
    }
    if !isReached { return }
    let saved = Saved(node: node, level: level, isLast: isLast, collector: collector)
    // Consumed, so that a pullback can free a cotangent after its last use.
    let outer = Observation.enter(node)
    let gradients = primitive.pullback(consume cotangents, saved)
    Observation.leave(outer)
    for index in 0..<min(node.parentCount, gradients.count) {
      node.parentReference(index)?._withUnsafeGuaranteedRef { parent in
        guard level.includes(parent), let gradient = gradients[index] else { return }
        if let collector, collector.variable(of: parent) != nil {
          collector.add(gradient: gradient, at: parent, of: primitive.name)
        } else {
          accumulate(gradient, at: parent)
        }
      }
    }
    if isLast { node.drop() }
  }

  /// Adds a cotangent to the sum at a result of a node. The first is stored as it is; later ones are added in place
  /// where the sum is unique and neither is recorded.
  private func accumulate(_ gradient: AnyTensor, at node: Node, result index: Int = 0) {
    let spec = node.resultSpec(index)
    if !spec.scalarType.isFloatingPoint { refuse(node) }
    let gradient = gradient.summed(to: spec.shape)
    guard var sum = node.takeCarried(index) else {
      node.setCarried(index, gradient)
      return
    }
    if sum.node == nil, gradient.node == nil, sum.isContiguous, sum.isUnique() {
      Accumulate.add(gradient, to: sum)
      node.setCarried(index, sum)
    } else {
      node.setCarried(index, apply(Binary(.add), sum, gradient))
    }
  }

  /// Traps because a value has no derivative. The message names the operation that made the value, not a view of it.
  private func refuse(_ node: Node) -> Never {
    func refusal(_ node: Node) -> String? {
      switch node.origin {
      case .operation(let primitive): primitive.derivativeRefusal
      case .result: refusal(node.parent(0)!)
      case .leaf, .replay, .used: nil
      }
    }
    var node = node
    while refusal(node) == nil, let parent = node.firstParent(where: { !$0.isFloatingPoint }) { node = parent }
    let name = node.operationName ?? "a variable"
    trap("gradient", "\(name) has no derivative\(refusal(node).map { ": \($0)" } ?? "")")
  }

  // MARK: Forward

  /// Propagates `tangents` from `leaves` to `outputs` and returns the tangent of each; nil for an output that does not
  /// depend on the leaves. Saved values are kept.
  func forward(from leaves: [Node], tangents: [AnyTensor], to outputs: [AnyTensor]) -> [AnyTensor?] {
    session.recording(session.active & ~level.bit) {
      for (leaf, tangent) in zip(leaves, tangents) { leaf.carried = tangent }
      let reached = outputs.map(node(of:))
      var ends: [Node] = []
      let nodes = order(from: reached.compactMap { $0 }, within: level, ends: &ends)
      push(through: nodes)
      let results = reached.map { $0?.carried }
      for node in nodes { node._withUnsafeGuaranteedRef { $0.dropCarried() } }
      for leaf in leaves { leaf.carried = nil }
      return results
    }
  }

  private func push(through nodes: [Unmanaged<Node>]) {
    for node in nodes.lazy.map({ $0.takeUnretainedValue() }) {
      switch node.origin {
      case .operation(let primitive):
        var tangents = Tangents()
        for index in 0..<node.parentCount {
          tangents.append(node.parent(index).flatMap { level.includes($0) ? $0.carried : nil })
        }
        let outer = Observation.enter(node)
        let moves = primitive.pushforward(tangents, Saved(node: node, level: level))
        Observation.leave(outer)
        for index in 0..<moves.count { node.setCarried(index, moves[index]) }
      case .result(let index):
        node.carried = node.parent(0)!.carried(index)
      case .leaf:
        if node.parentCount > 0, let outer = node.parent(0), level.includes(outer) { node.carried = outer.carried }
      case .replay(let checkpoint):
        let (output, replayed) = replay(checkpoint)
        guard let output else { continue }
        var ends: [Node] = []
        push(through: replayed.includes(output) ? order(from: [output], within: replayed, ends: &ends) : [])
        node.carried = output.carried
      case .used: fatalError("a checkpointed block was asked for again after its last pass")
      }
    }
  }

  // MARK: The graph

  /// A value's node in this pass's graph, nil for a constant.
  func node(of tensor: AnyTensor) -> Node? {
    guard let node = tensor.node, node.session === session, level.includes(node) else { return nil }
    return node
  }

  /// The nodes of `walk` between the leaves and the roots, in the order of recording.
  ///
  /// Nodes without a parent in this level are appended to `ends` instead: leaves, and values that depend only on
  /// variables of an earlier gradient, which are constants here.
  ///
  /// Unmanaged, since the roots keep all nodes alive: in a small graph reference counting would cost more than the
  /// walk.
  func order(from roots: [Node], within walk: Level, ends: inout [Node]) -> [Unmanaged<Node>] {
    let mark = session.takeMark()
    var found: [Unmanaged<Node>] = []
    found.reserveCapacity(16)
    var looked = 0
    func visit(_ node: Node) {
      if node.mark == mark || !walk.includes(node) { return }
      node.mark = mark
      // A leaf of this level has no parents in it.
      for index in 0..<node.parentCount {
        if let parent = node.parentReference(index), parent._withUnsafeGuaranteedRef({ level.includes($0) }) {
          found.append(.passUnretained(node))
          return
        }
      }
      ends.append(node)
    }
    for root in roots { visit(root) }
    // The list is also the queue: the parents of the nodes from `looked` on have not been visited yet.
    while looked < found.count {
      found[looked]._withUnsafeGuaranteedRef { node in
        for index in 0..<node.parentCount { node.parentReference(index)?._withUnsafeGuaranteedRef { visit($0) } }
      }
      looked += 1
    }
    found.sort { $0._withUnsafeGuaranteedRef(\.sequence) < $1._withUnsafeGuaranteedRef(\.sequence) }
    return found
  }

  /// Runs a checkpoint's function again, recorded this time for this pass as well. Returns the node of its value, and a
  /// level that includes only the nodes recorded now.
  private func replay(_ checkpoint: Checkpoint) -> (output: Node?, nodes: Level) {
    let nodes = Level(bit: level.bit, first: session.sequence + 1)
    let output = session.recording(session.active | level.bit) { checkpoint.replay(in: session) }
    return (node(of: output), nodes)
  }
}
