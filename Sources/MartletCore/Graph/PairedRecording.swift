/// A function recorded at two values of its operand, whose operations are walked backward together.
///
/// What rules such as DeepLift's need of an operation is what it was given and has made in both runs, not its derivative
/// at one of them. The operations are paired in the order of recording, whatever modules or functions they are in, so
/// that a module can be used several times, and shapes need not keep the batch's axis.
package struct PairedRecording {
  /// The two runs did not do the same.
  package struct Difference: Error {
    /// The first operation that differs, in the first run.
    package let operation: String
  }

  /// The values of the function.
  package let first: AnyTensor
  package let second: AnyTensor
  private let operand: TensorSpec
  private let pass: Pass
  private let hold: LevelHold
  private let steps: [(Node, Node)]
  private let leaf: Node

  /// Records `function` at both values, which have the same shape; throws when it does something else at each of them, and
  /// what `function` throws.
  package init(
    at first: AnyTensor, _ second: AnyTensor, of function: (AnyTensor) throws -> AnyTensor
  ) throws {
    operand = first.spec
    let (session, level, hold, leaves, outputs) = try GraphSession.withHeldLevel { session, level, hold in
      let outer = session.savesAll
      session.savesAll = true
      defer { session.savesAll = outer }
      let leaves = [first, second].map { session.leaf(for: $0.detached(), level) }
      let outputs = try zip([first, second], leaves).map { try function(AnyTensor($0.body, node: $1)) }
      return (session, level, hold, leaves, outputs)
    }
    self.hold = hold
    pass = Pass(session: session, level: level)
    leaf = leaves[0]
    let runs = outputs.map { output in
      var ends: [Node] = []
      guard let root = Pass(session: session, level: level).node(of: output) else { return [Node]() }
      let nodes = Pass(session: session, level: level).order(from: [root], within: level, ends: &ends)
      // A function that returns its operand has no operations.
      return ends.filter { node in !leaves.contains { $0 === node } } + nodes.map { $0.takeUnretainedValue() }
    }
    roots = outputs.map { Pass(session: session, level: level).node(of: $0) }
    (self.first, self.second) = (outputs[0].detached(), outputs[1].detached())
    steps = Array(zip(runs[0], runs[1]))
    try PairedRecording.requireSame(runs, leaves)
    if outputs[0].spec != outputs[1].spec { throw Difference(operation: "the function") }
  }

  private let roots: [Node?]

  private static func requireSame(_ runs: [[Node]], _ leaves: [Node]) throws(Difference) {
    var places: [ObjectIdentifier: Int] = [:]
    for nodes in runs { for (place, node) in nodes.enumerated() { places[ObjectIdentifier(node)] = place } }
    for leaf in leaves { places[ObjectIdentifier(leaf)] = -1 }
    func isSame(_ a: Node, _ b: Node) -> Bool {
      if a.parentCount != b.parentCount || a.resultCount != b.resultCount || a.spec != b.spec { return false }
      for index in 0..<a.parentCount {
        let (p, q) = (a.parent(index), b.parent(index))
        if (p == nil) != (q == nil) { return false }
        if let p, let q, places[ObjectIdentifier(p)] != places[ObjectIdentifier(q)] { return false }
      }
      switch (a.origin, b.origin) {
      case (.operation(let p), .operation(let q)):
        // A closure is another object in each run.
        return p.isEqual(to: q) || (p is CustomDerivative && q is CustomDerivative)
      case (.result(let p), .result(let q)): return p == q
      case (.leaf, .leaf): return true
      default: return false
      }
    }
    for (a, b) in zip(runs[0], runs[1]) where !isSame(a, b) {
      throw Difference(operation: a.operationName ?? "a variable")
    }
    if runs[0].count != runs[1].count { throw Difference(operation: "the number of operations") }
  }

  /// What a rule can read of an operation.
  package struct Step {
    /// What was saved in each run: all operands and results.
    package let first: Saved
    package let second: Saved
    package let primitive: any Primitive
    /// The multipliers of the results; nil for one that nothing depends on.
    package let multipliers: Tangents

    /// The operand of each run.
    package func operands(_ index: Int) -> (AnyTensor, AnyTensor) {
      (first.operand(index).detached(), second.operand(index).detached())
    }

    /// The result of each run.
    package var results: (AnyTensor, AnyTensor) { (first.result.detached(), second.result.detached()) }

    /// Whether the multiplier of an operand is wanted.
    package func needs(_ index: Int) -> Bool { first.needs(index) }

    /// What the derivatives of the operation give, at the first run's values or at the second's.
    package func derivatives(atSecond: Bool = false) -> Tangents {
      primitive.pullback(multipliers, atSecond ? second : first)
    }
  }

  /// Carries multipliers of the value back to the operand by a rule, which is asked for the multipliers of each operation's
  /// operands; zeros for an operand that the value does not depend on.
  package func multipliers(_ seed: AnyTensor, _ rule: (Step) throws -> Tangents) rethrows -> AnyTensor {
    var carried: [ObjectIdentifier: [AnyTensor?]] = [:]
    func add(_ multiplier: AnyTensor, at node: Node, result: Int = 0) {
      let multiplier = multiplier.summed(to: node.resultSpec(result).shape)
      var all = carried[ObjectIdentifier(node)] ?? [AnyTensor?](repeating: nil, count: node.resultCount)
      all[result] = all[result].map { $0 + multiplier } ?? multiplier
      carried[ObjectIdentifier(node)] = all
    }
    if let root = roots[0] { add(seed, at: root) }
    for (node, other) in steps.reversed() {
      guard let all = carried.removeValue(forKey: ObjectIdentifier(node)) else { continue }
      switch node.origin {
      case .operation(let primitive):
        let (first, second) = (Saved(node: node, level: pass.level), Saved(node: other, level: pass.level))
        let step = Step(first: first, second: second, primitive: primitive, multipliers: Tangents(all))
        let found = try rule(step)
        for index in 0..<min(node.parentCount, found.count) {
          guard first.needs(index), let multiplier = found[index], let parent = node.parent(index) else { continue }
          add(multiplier, at: parent)
        }
      case .result(let index):
        if let multiplier = all[0], let parent = node.parent(0) { add(multiplier, at: parent, result: index) }
      case .leaf, .replay, .used: continue
      }
    }
    return carried[ObjectIdentifier(leaf)]?[0] ?? AnyTensor(zeros: operand.shape, scalarType: operand.scalarType)
  }
}
