/// The observer that writes down what a function does with the first example of a batch: every operation and effect that
/// depends on the example, in order, with its operands.
///
/// What does not depend on the example is not written down: it is computed, and recorded for outer gradients, while the
/// function runs, and an entry keeps such an operand as it is, with its node.
final class BatchCapture: Observer {
  /// An operand of an entry.
  enum Read {
    /// A value that depends on the example, by number; a constant is one that no outer gradient flows through.
    case example(Int, isConstant: Bool)
    /// A value that is the same for all examples.
    case shared(AnyTensor)

    var isExample: Bool { if case .example = self { true } else { false } }
  }

  /// An operation or effect that depends on the example.
  struct Entry {
    let action: DoorAction
    let reads: [Read]
    /// What an effect writes into, as it was before; empty where the effect overwrites all of it.
    let targets: [Read]
    /// The numbers of the results or, for an effect, of what was written as it is afterwards.
    let writes: [Int]
    /// The scalar types and shapes of these for one example.
    let specs: [TensorSpec]
  }

  /// A body that depends on the example. It is held weakly: a strong reference would make it shared, so that it is copied
  /// before it is changed. A new body at the address of one that was freed is another.
  private struct Place {
    weak var body: TensorBody?
    let number: Int
    let maker: String
  }

  private(set) var entries: [Entry] = []
  /// The number of values that depend on the example.
  private(set) var count = 0
  private var places: [ObjectIdentifier: Place] = [:]
  private var pending: (reads: [Read], targets: [Read])?
  /// The session and the levels of the gradients that the whole batch is recorded for.
  private let session: GraphSession?
  private let levels: UInt64

  /// Whether there is no example, so that the function runs on zeros.
  private let isEmpty: Bool

  init(size: Int) {
    isEmpty = size == 0
    session = GraphSession.current
    levels = session?.active ?? 0
  }

  /// Whether a function is running on the first example of a batch, on this thread.
  static var isRunning: Bool { Observation.isOn && Observation.hasObserver { $0 is BatchCapture } }

  /// Whether a function is running on zeros on this thread, since its batch has no examples: they need not be what it
  /// expects, and random numbers with parameters are not drawn.
  static var isOfNone: Bool {
    Observation.isOn && Observation.hasObserver { ($0 as? BatchCapture)?.isEmpty == true }
  }

  /// Enters a body that depends on the example; returns its number.
  @discardableResult
  func add(_ body: TensorBody, madeBy maker: String) -> Int {
    places[ObjectIdentifier(body)] = Place(body: body, number: count, maker: maker)
    defer { count += 1 }
    return count
  }

  /// Forgets a body, which may go on being used.
  func forget(_ body: TensorBody) { places[ObjectIdentifier(body)] = nil }

  func number(of body: TensorBody) -> Int? {
    guard let place = places[ObjectIdentifier(body)], place.body === body else { return nil }
    return place.number
  }

  /// A tensor as an operand, with the gradients that are being recorded now.
  func read(_ tensor: AnyTensor) -> Read {
    var isConstant = true
    if let session, let node = tensor.node, node.session === session {
      isConstant = node.levels & session.active & levels == 0
    }
    if let number = number(of: tensor.body) { return .example(number, isConstant: isConstant) }
    return .shared(isConstant ? tensor.detached() : tensor)
  }

  // MARK: The observer

  func willApply(_ operands: [AnyTensor]) {
    let reads = operands.map(read)
    pending = reads.contains(where: \.isExample) ? (reads, []) : nil
  }

  func willPerform(reading: [TensorBody], writing: [TensorBody], overwriting: Bool) {
    let reads = reading.map { read(AnyTensor($0)) }
    var targets = overwriting ? [] : writing.map { read(AnyTensor($0)) }
    if !(reads + targets).contains(where: \.isExample) {
      pending = nil
      return
    }
    // What is the same for all examples is kept as it is before it is changed.
    for (index, body) in writing.enumerated() where !overwriting && !targets[index].isExample {
      targets[index] = .shared(AnyTensor(body.copied()))
    }
    pending = (reads, targets)
  }

  func observe(_ event: DoorEvent) {
    if case .effect(let effect) = event.action {
      if effect is any BatchedDraw {
        pending = (event.reading.map { read(AnyTensor($0)) }, [])
      } else if pending != nil && !(effect is any BatchedEffect) {
        trap(effect.name, "it cannot be part of a vectorized function: it changes what is the same for all examples")
      }
    }
    guard let (reads, targets) = pending else { return }
    pending = nil
    let writes = event.writing.map { add($0, madeBy: event.action.name) }
    entries.append(
      Entry(action: event.action, reads: reads, targets: targets, writes: writes, specs: event.writing.map(\.spec)))
  }

  func willAccess(_ body: TensorBody, by operation: String) {
    if number(of: body) == nil { return }
    trap(
      operation,
      "a vectorized function runs once for all examples, and cannot ask for the elements of one, of shape \(body.shape): "
        + "choose by `Tensor.where`, compute with tensors, or leave this part out of the function")
  }

  /// Traps when a value of the example is still in use after the function has returned: it would stand for that of every
  /// example.
  func requireNothingKept() {
    guard let kept = places.values.first(where: { $0.body != nil }), let body = kept.body else { return }
    trap(
      "vectorized",
      "a value of one example, of shape \(body.shape) made by \(kept.maker), was kept outside of the function; return it "
        + "instead, and give `withPullback` what its derivative needs as operands")
  }
}

extension AnyTensor {
  /// Whether the elements depend on the example that a vectorized function is running on, so that a program cannot look
  /// at them: checks of values are left out then.
  package var dependsOnExample: Bool {
    let body = body
    return Observation.isOn && Observation.hasObserver { ($0 as? BatchCapture)?.number(of: body) != nil }
  }
}
