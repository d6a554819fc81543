/// Reverse mode: one walk over the graph, from the value back to the leaves.
enum Backward {
  /// Propagates `seed` from `output` to `leaves` and returns what arrived at each; nil where nothing did.
  ///
  /// Values saved for the derivative are dropped as they are used, unless the graph is kept or a gradient outside this
  /// one will need them.
  static func run(
    from output: AnyTensor, seed: AnyTensor, to leaves: [Node], level: Level, in session: GraphSession,
    keepingGraph: Bool = false
  ) -> [AnyTensor?] {
    if let node = output.node, node.session === session, level.includes(node) {
      session.recording(session.active & ~level.bit) {
        accumulate(seed, at: node)
        propagate(from: node, level, session, keepingGraph: keepingGraph)
      }
    }
    return leaves.map { leaf in
      defer { leaf.cotangent = nil }
      return leaf.cotangent
    }
  }

  private static func propagate(from root: Node, _ level: Level, _ session: GraphSession, keepingGraph: Bool) {
    var pending = order(from: root, level, mark: session.takeMark())
    while let node = pending.popLast() {
      guard let cotangent = node.cotangent else { continue }
      node.cotangent = nil
      guard let primitive = node.primitive else { continue }
      let gradients = primitive.pullback(cotangent, Saved(node: node, level: level))
      for index in 0..<node.parentCount {
        guard let parent = node.parent(index), level.includes(parent), let gradient = gradients[index] else { continue }
        accumulate(gradient, at: parent)
      }
      if !keepingGraph && node.levels & session.active == 0 { node.drop() }
    }
  }

  /// The operations between the root and the leaves, in the order of recording.
  private static func order(from root: Node, _ level: Level, mark: Int) -> [Node] {
    var found: [Node] = []
    var stack: [Node] = []
    func visit(_ node: Node) {
      if node.mark == mark { return }
      node.mark = mark
      var isInner = false
      for index in 0..<node.parentCount {
        if let parent = node.parent(index), level.includes(parent) { isInner = true }
      }
      if isInner { stack.append(node) }
    }
    visit(root)
    while let node = stack.popLast() {
      found.append(node)
      for index in 0..<node.parentCount {
        if let parent = node.parent(index), level.includes(parent) { visit(parent) }
      }
    }
    found.sort { $0.sequence < $1.sequence }
    return found
  }

  /// Adds to what has arrived at a node: the first is kept as it is, later ones are added in place where the buffer is ours.
  private static func accumulate(_ gradient: AnyTensor, at node: Node) {
    if !node.spec.scalarType.isDifferentiable {
      let name = node.primitive?.name ?? "a variable"
      trap("gradient", "\(name) has no derivative\(node.primitive?.derivativeRefusal.map { ": \($0)" } ?? "")")
    }
    let gradient = gradient.summed(to: node.spec.shape)
    guard var sum = node.cotangent else {
      node.cotangent = gradient
      return
    }
    node.cotangent = nil
    if sum.node == nil, gradient.node == nil, sum.isContiguous, sum.isUnique() {
      Binary.accumulate(gradient, into: &sum)
      node.cotangent = sum
    } else {
      node.cotangent = apply(Binary(.add), sum, gradient)
    }
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
