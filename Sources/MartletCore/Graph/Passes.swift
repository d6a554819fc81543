/// The walks over a recorded graph: backward with gradients, forward with tangents.
///
/// A pass keeps what it carries in the nodes. It belongs to one level; what it computes is recorded for the gradients
/// outside that level, because primitives' derivatives are made of primitives.
struct Pass {
  let session: GraphSession
  let level: Level

  // MARK: Backward

  /// Propagates `seeds` from `outputs` to `leaves` and returns what arrived at each; nil where nothing did.
  ///
  /// Values saved for the derivative are dropped as they are used, unless the graph is kept for another pass or a
  /// gradient outside this one will need them.
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

  /// Takes what has arrived at the roots further, through the nodes that belong to `walk`; what leaves it is only added.
  private func propagate(from roots: [Node], within walk: Level, keepingGraph: Bool, ends: inout [Node]) {
    var pending = order(from: roots, within: walk, ends: &ends)
    while let next = pending.popLast() {
      next._withUnsafeGuaranteedRef { take(from: $0, keepingGraph: keepingGraph, ends: &ends) }
    }
  }

  /// Takes what has arrived at a node on to its parents.
  private func take(from node: Node, keepingGraph: Bool, ends: inout [Node]) {
    let isLast = !keepingGraph && !session.isWanted(node, besides: level)
    switch node.origin {
    case .operation(let primitive):
      differentiate(primitive, node, isLast: isLast)
    case .result(let index):
      if let gradient = node.carried.take() { accumulate(gradient, at: node.parent(0)!, result: index) }
    case .leaf:
      // The same value in the gradients outside.
      guard let gradient = node.carried.take(), node.parentCount > 0, let outer = node.parent(0) else { return }
      if level.includes(outer) { accumulate(gradient, at: outer) }
    case .replay(let checkpoint):
      guard let gradient = node.carried.take() else { return }
      let (output, replayed) = replay(checkpoint)
      if let output {
        // Not held here as well while the pass goes through the block.
        accumulate(consume gradient, at: output)
        if replayed.includes(output) { propagate(from: [output], within: replayed, keepingGraph: false, ends: &ends) }
      }
      if isLast { node.dropFunction() }
    case .used: fatalError("a checkpointed block was asked for again after its last pass")
    }
  }

  /// Asks an operation for the gradients of its operands.
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
    let saved = Saved(node: node, level: level, isLast: isLast)
    // Given away, so that a derivative can free the gradient that it has used.
    let outer = Observation.enter(node)
    let gradients = primitive.pullback(consume cotangents, saved)
    Observation.leave(outer)
    for index in 0..<min(node.parentCount, gradients.count) {
      guard let parent = node.parent(index), level.includes(parent), let gradient = gradients[index] else { continue }
      accumulate(gradient, at: parent)
    }
    if isLast { node.drop() }
  }

  /// Adds to what has arrived at a result of a node: the first is kept as it is, later ones are added in place where the
  /// buffer is ours.
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

  /// Stops with the name of the operation that made the value: views of it are not to blame.
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

  /// Propagates `tangents` from `leaves` to `outputs`; nil where an output does not move. The graph is kept.
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
  private func node(of tensor: AnyTensor) -> Node? {
    guard let node = tensor.node, node.session === session, level.includes(node) else { return nil }
    return node
  }

  /// The operations between the leaves and the roots that belong to `walk`, in the order of recording. Where the walk
  /// ends, at leaves and at values that hang on an earlier gradient's variable and are constants here, goes to `ends`.
  ///
  /// Unmanaged, since the roots keep them all alive: a walk of a small graph costs more in counting than in walking.
  private func order(from roots: [Node], within walk: Level, ends: inout [Node]) -> [Unmanaged<Node>] {
    let mark = session.takeMark()
    var found: [Unmanaged<Node>] = []
    found.reserveCapacity(16)
    var looked = 0
    func visit(_ node: Node) {
      if node.mark == mark || !walk.includes(node) { return }
      node.mark = mark
      // A leaf of this level has no parents in it.
      for index in 0..<node.parentCount {
        if let parent = node.parent(index), level.includes(parent) {
          found.append(.passUnretained(node))
          return
        }
      }
      ends.append(node)
    }
    for root in roots { visit(root) }
    // Those that were found but whose parents were not looked at yet are the rest of the same list.
    while looked < found.count {
      found[looked]._withUnsafeGuaranteedRef { node in
        for index in 0..<node.parentCount { if let parent = node.parent(index) { visit(parent) } }
      }
      looked += 1
    }
    found.sort { $0._withUnsafeGuaranteedRef(\.sequence) < $1._withUnsafeGuaranteedRef(\.sequence) }
    return found
  }

  /// Runs a checkpoint's function again, recorded this time for this pass as well, and tells its value's node and which
  /// nodes are its own.
  private func replay(_ checkpoint: Checkpoint) -> (output: Node?, nodes: Level) {
    let nodes = Level(bit: level.bit, first: session.sequence + 1)
    let output = session.recording(session.active | level.bit) { checkpoint.replay(in: session) }
    return (node(of: output), nodes)
  }
}
