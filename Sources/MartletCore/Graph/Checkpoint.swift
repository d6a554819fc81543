import CKernels

/// Computes `body` without saving anything for its derivative; the backward pass runs `body` again.
///
/// Only one such call at a time then needs memory for its intermediate values, at the price of computing them twice.
/// Calls may be nested. The second run gets the same random numbers, so that dropout drops the same elements, and the
/// same mode (training or inference). `body` must return the same value both times: it may read parameters and tensors,
/// and must not change them. What the library's layers keep in training, such as the running statistics of `BatchNorm`,
/// they change in the first run alone. Traps when the second run returns another shape or scalar type.
///
/// ```swift
/// let y = checkpointed { block2(block1(x)) }
/// ```
public func checkpointed<Scalar: FloatingScalar>(_ body: @escaping () -> Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(unchecked: Checkpoint.run { body().erased })
}

/// A function whose value was computed without recording, and what is needed to run it again.
final class Checkpoint {
  private let body: () -> AnyTensor
  private let generator: RandomGenerator
  private let mode: Mode?
  private let watched: WatchTable
  private let spec: TensorSpec

  /// The name in messages and profiles.
  static let name = "checkpointed"

  private init(
    body: @escaping () -> AnyTensor, generator: RandomGenerator, mode: Mode?, watched: WatchTable, spec: TensorSpec
  ) {
    self.body = body
    self.generator = generator
    self.mode = mode
    self.watched = watched
    self.spec = spec
  }

  static func run(_ body: @escaping () -> AnyTensor) -> AnyTensor {
    // Within another checkpoint nothing is recorded anyway; the replay of the outer one comes here again.
    guard let session = GraphSession.current, session.active != 0, session.collector == nil else { return body() }
    // What a vectorized function does is written down whole: there is nothing to run again.
    if BatchCapture.isRunning { return body() }
    // Nor where everything is to be saved.
    if session.savesAll { return body() }
    let generator = RandomScope.snapshot() ?? RandomGenerator()
    let collector = NodeCollector(mark: session.takeMark())
    session.collector = collector
    let output = RandomScope.isPresent ? body() : withGenerator(generator, body)
    session.collector = nil
    if let node = output.node { collector.add(node, in: session) }
    let levels = collector.nodes.reduce(0) { $0 | $1.levels } & session.active
    if levels == 0 { return output.detached() }
    let spec = output.spec
    let checkpoint = Checkpoint(
      body: body, generator: generator, mode: Mode.scoped, watched: session.watched, spec: spec)
    return AnyTensor(
      output.body, node: Node(session, levels: levels, replaying: checkpoint, from: collector.nodes, spec: spec))
  }

  /// Runs the function again with the random numbers, mode and variables of the first run.
  func replay(in session: GraphSession) -> AnyTensor {
    let outer = session.watched
    session.watched = watched
    let outerSession = mk_slot_get(MK_SLOT_GRAPH)
    mk_slot_set(MK_SLOT_GRAPH, Unmanaged.passUnretained(session).toOpaque())
    session.replays += 1
    defer {
      session.replays -= 1
      session.watched = outer
      mk_slot_set(MK_SLOT_GRAPH, outerSession)
    }
    let output = Checkpoint.withGenerator(generator) { Mode.restoring(mode, body) }
    if output.shape != spec.shape || output.scalarType != spec.scalarType {
      trap(
        Checkpoint.name, "the block gave shape \(output.shape) when it was run again, \(spec.shape) the first time")
    }
    return output
  }

  private static func withGenerator(_ generator: RandomGenerator, _ body: () -> AnyTensor) -> AnyTensor {
    var copy = generator
    return withRandomGenerator(&copy, body)
  }
}

/// Collects the nodes of values that a checkpoint's operations use while these are not recorded.
final class NodeCollector {
  private(set) var nodes: [Node] = []
  private let mark: Int

  init(mark: Int) { self.mark = mark }

  func add(_ operands: borrowing Operands, in session: GraphSession) {
    operands.tensors.forEach { if let node = $0.node { add(node, in: session) } }
  }

  func add(_ node: Node, in session: GraphSession) {
    if node.session !== session || node.levels & session.active == 0 || node.mark == mark { return }
    node.mark = mark
    nodes.append(node)
  }
}
