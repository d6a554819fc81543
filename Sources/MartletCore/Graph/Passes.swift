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
        guard let node = place(of: output) else { continue }
        accumulate(seed, at: node)
        roots.append(node)
      }
      propagate(from: roots, within: level, keepingGraph: keepingGraph, ends: &ends)
    }
    defer { for node in ends { node.carried = nil } }
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
    guard let gradient = node.carried.take(), let primitive = node.primitive else { return }
    let isLast = !keepingGraph && !session.isWanted(node, besides: level)
    if let checkpoint = primitive.checkpoint {
      let (place, replayed) = replay(checkpoint)
      if let place {
        // Not held here as well while the pass goes through the block.
        accumulate(consume gradient, at: place)
        if replayed.includes(place) { propagate(from: [place], within: replayed, keepingGraph: false, ends: &ends) }
      }
      if isLast { node.dropFunction() }
      return
    }
    let saved = Saved(node: node, level: level, isLast: isLast)
    // Given away, so that a derivative can free the gradient that it has used.
    let outer = Observation.enter(node)
    let gradients = primitive.pullback(consume gradient, saved)
    Observation.leave(outer)
    for index in 0..<node.parentCount {
      guard let parent = node.parent(index), level.includes(parent), let gradient = gradients[index] else { continue }
      accumulate(gradient, at: parent)
    }
    if isLast { node.drop() }
  }

  /// Adds to what has arrived at a node: the first is kept as it is, later ones are added in place where the buffer is ours.
  private func accumulate(_ gradient: AnyTensor, at node: Node) {
    if !node.spec.scalarType.isDifferentiable { refuse(node) }
    let gradient = gradient.summed(to: node.spec.shape)
    guard var sum = node.carried.take() else {
      node.carried = gradient
      return
    }
    if sum.node == nil, gradient.node == nil, sum.isContiguous, sum.isUnique() {
      Binary.accumulate(gradient, into: &sum)
      node.carried = sum
    } else {
      node.carried = apply(Binary(.add), sum, gradient)
    }
  }

  /// Stops with the name of the operation that made the value: views of it are not to blame.
  private func refuse(_ node: Node) -> Never {
    var node = node
    while node.primitive?.derivativeRefusal == nil, let parent = node.firstParent(where: { !$0.isDifferentiable }) {
      node = parent
    }
    let name = node.primitive?.name ?? "a variable"
    trap("gradient", "\(name) has no derivative\(node.primitive?.derivativeRefusal.map { ": \($0)" } ?? "")")
  }

  // MARK: Forward

  /// Propagates `tangents` from `leaves` to `outputs`; nil where an output does not move. The graph is kept.
  func forward(from leaves: [Node], tangents: [AnyTensor], to outputs: [AnyTensor]) -> [AnyTensor?] {
    session.recording(session.active & ~level.bit) {
      for (leaf, tangent) in zip(leaves, tangents) { leaf.carried = tangent }
      let places = outputs.map(place(of:))
      var ends: [Node] = []
      let nodes = order(from: places.compactMap { $0 }, within: level, ends: &ends)
      push(through: nodes)
      let results = places.map { $0?.carried }
      for node in nodes { node._withUnsafeGuaranteedRef { $0.carried = nil } }
      for leaf in leaves { leaf.carried = nil }
      return results
    }
  }

  private func push(through nodes: [Unmanaged<Node>]) {
    for node in nodes.lazy.map({ $0.takeUnretainedValue() }) {
      guard let primitive = node.primitive else { continue }
      if let checkpoint = primitive.checkpoint {
        let (place, replayed) = replay(checkpoint)
        guard let place else { continue }
        var ends: [Node] = []
        push(through: replayed.includes(place) ? order(from: [place], within: replayed, ends: &ends) : [])
        node.carried = place.carried
        continue
      }
      let tangents = Tangents(
        (0..<node.parentCount).map { index in
          guard let parent = node.parent(index), level.includes(parent) else { return nil }
          return parent.carried
        })
      let outer = Observation.enter(node)
      node.carried = primitive.pushforward(tangents, Saved(node: node, level: level))
      Observation.leave(outer)
    }
  }

  // MARK: The graph

  /// Where a value stands in this pass's graph, nil for a constant.
  private func place(of tensor: AnyTensor) -> Node? {
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

  /// Runs a checkpoint's function again, recorded this time for this pass as well, and tells where its value stands and
  /// which nodes are its own.
  private func replay(_ checkpoint: Checkpoint) -> (place: Node?, nodes: Level) {
    let nodes = Level(bit: level.bit, first: session.sequence + 1)
    let output = session.recording(session.active | level.bit) { checkpoint.replay(in: session) }
    return (place(of: output), nodes)
  }
}

extension AnyTensor {
  /// The sum over the axes along which a tensor of `shape` was broadcast to this one.
  package func summed(to shape: Shape) -> AnyTensor {
    if self.shape == shape { return self }
    let axes = self.shape.axesBroadcast(from: shape)
    let sum = apply(Reduction(.sum, axes: axes, rank: rank), self)
    return sum.shape == shape ? sum : apply(Reshape(to: shape), sum)
  }
}
