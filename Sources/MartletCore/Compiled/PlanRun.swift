import CKernels

/// A plan with memory, ready to be done again and again by one thread at a time. A call applies no rules, records
/// nothing and makes no tensors but its results.
final class PlanRun {
  // One thread at a time uses it, so that accesses cannot overlap: the run-time checks for it are left out.

  /// Bodies that steps compute through, by buffer: they are moved to where the buffer's elements are in a call.
  @exclusivity(unchecked) private var windows: [[TensorBody]]
  /// The window of each value that a step uses.
  @exclusivity(unchecked) private var windowOf: [TensorBody?]
  let plan: Plan
  /// What each step is and costs, for observers.
  private lazy var facts = plan.facts
  @exclusivity(unchecked) private var steps: [RunStep] = []
  /// The steps, to be done without retaining them.
  @exclusivity(unchecked) private var calls: [Unmanaged<RunStep>] = []
  private let arena: Arena
  /// The buffers whose memory is another one at every call, by kind.
  @exclusivity(unchecked) private var inputs: [(buffer: Int, number: Int)] = []
  @exclusivity(unchecked) private var variables: [BoundVariable] = []
  @exclusivity(unchecked) private var fresh: [(buffer: Int, spec: TensorSpec)] = []
  /// What a call has made so far, by buffer, and the buffers that calls make.
  @exclusivity(unchecked) private var made: [TensorBody?]
  private let makes: [Int]
  /// The arguments of the call.
  @exclusivity(unchecked) private var arguments: [AnyTensor] = []
  /// Values of variables that were replaced in a call, which steps may still read.
  @exclusivity(unchecked) private var retired: [AnyTensor] = []

  init(_ plan: Plan) {
    self.plan = plan
    windows = Array(repeating: [], count: plan.program.buffers.count)
    windowOf = Array(repeating: nil, count: plan.program.values.count)
    made = Array(repeating: nil, count: plan.program.buffers.count)
    makes = plan.homes.indices.filter { buffer in
      switch plan.homes[buffer] {
      case .fresh, .host: true
      case .input, .variable, .constant, .arena, .none: false
      }
    }
    arena = Arena(byteCount: max(64, plan.arenaBytes))
    steps = plan.steps.enumerated().map { index, step in
      switch step {
      case .chain(let chain): ChainStep(chain, chain.values.map(window))
      case .entry(let entry): makeStep(entry, at: index)
      }
    }
    calls = steps.map { .passUnretained($0) }
    for (buffer, home) in plan.homes.enumerated() where !windows[buffer].isEmpty {
      switch home {
      case .input(let number): inputs.append((buffer, number))
      case .constant(let body): move(buffer, to: body.pointer)
      case .arena(let offset): move(buffer, to: arena.pointer + offset)
      case .fresh(let spec): fresh.append((buffer, spec))
      case .variable, .host, .none: break
      }
    }
    variables = plan.program.variables.indices.map(bound)
  }

  private func makeStep(_ entry: Program.Entry, at index: Int) -> RunStep {
    switch entry.action {
    case .operation(let primitive):
      return ComputeStep(
        primitive, Operands(Few(entry.reads.map { AnyTensor(window($0)) })), Results(Few(entry.writes.map(window))))
    case .effect(let effect):
      return EffectStep(effect, entry.reads.map(window), entry.writes.map(window))
    case .draw(let draw):
      return DrawStep(draw, entry.reads.map(window), entry.writes.map(window))
    case .host(let work):
      let moved = moved(by: work, at: index)
      switch work.kind {
      case .anything(let perform):
        return HostStep { [unowned self] in
          self.perform(perform, entry.reads, entry.writes)
          if !moved.isEmpty { self.rebind(moved) }
        }
      case .changes(_, let prepare):
        let change = prepare(entry.reads.map { AnyTensor(window($0)) })
        if moved.isEmpty { return HostStep(change) }
        return HostStep { [unowned self] in
          change()
          self.rebind(moved)
        }
      }
    case .store(let variable):
      return HostStep { [unowned self] in self.store(entry.reads[0], in: variable) }
    }
  }

  /// The numbers of the variables that later steps use, and that work of the host may give other memory.
  private func moved(by work: HostWork, at index: Int) -> [Int] {
    let later = plan.steps[(index + 1)...].flatMap { $0.reads + $0.writes }
    return Set(later.map { plan.program.values[$0].buffer }).compactMap { buffer in
      guard case .variable(let number) = plan.homes[buffer], work.changes?.contains(number) ?? true else { return nil }
      return number
    }
  }

  private func bound(_ number: Int) -> BoundVariable {
    let entry = plan.program.variables[number]
    let value = entry.value.map { plan.program.values[$0] }
    // It has several buffers where it is read again after work of the host.
    var bodies: [TensorBody] = []
    for (buffer, home) in plan.homes.enumerated() { if case .variable(number) = home { bodies += windows[buffer] } }
    return BoundVariable(
      variable: .passUnretained(entry.variable), windows: bodies.map { .passUnretained($0) },
      isTrainable: entry.isTrainable, layout: value?.layout, scalarType: value?.scalarType ?? .float32)
  }

  private func window(_ value: Int) -> TensorBody {
    if let window = windowOf[value] { return window }
    let facts = plan.program.values[value]
    let window = TensorBody(windowOf: facts.scalarType, facts.layout)
    windowOf[value] = window
    windows[facts.buffer].append(window)
    return window
  }

  private func move(_ buffer: Int, to block: UnsafeMutableRawPointer) {
    for window in windows[buffer] { window.move(to: block) }
  }

  // MARK: A call

  /// Does the work with these arguments, of the specs and strides that the plan was made for. Nil, with nothing done, where
  /// a variable is not as it was: with a value of the same shape, scalar type and strides, and frozen or not.
  func run(_ arguments: [AnyTensor]) -> [AnyTensor]? {
    if !variables.withUnsafeBufferPointer({ all in all.indices.allSatisfy { all[$0].bind() } }) { return nil }
    self.arguments = arguments
    for (buffer, number) in inputs { move(buffer, to: arguments[number].body.pointer) }
    for (buffer, spec) in fresh {
      let body = TensorBody(spec)
      made[buffer] = body
      move(buffer, to: body.pointer)
    }
    let mode = mk_flush_denormals()
    if Observation.isOn { runObserved() } else { for step in calls { step._withUnsafeGuaranteedRef { $0.run() } } }
    mk_restore_float_mode(mode)
    let results = plan.program.outputs.map(tensor)
    for buffer in makes { made[buffer] = nil }
    retired.removeAll(keepingCapacity: true)
    self.arguments = []
    return results
  }

  private func runObserved() {
    for (index, step) in steps.enumerated() {
      let start = MonotonicClock.nanoseconds()
      step.run()
      Observation.end(facts[index], since: start)
    }
  }

  private func rebind(_ numbers: [Int]) {
    for number in numbers where !variables[number].bind() {
      fatalError(
        "compiled: expected a parameter that is used after an update to keep its shape and scalar type in it, and to stay "
          + "frozen or not, got another one: let the update happen outside of the function")
    }
  }

  /// A value as a tensor that may outlive the call.
  private func tensor(_ value: Int) -> AnyTensor {
    let facts = plan.program.values[value]
    switch plan.homes[facts.buffer] {
    case .input(let number): return facts.tensor(in: arguments[number].body)
    case .variable(let number): return facts.tensor(in: plan.program.variables[number].variable.value.body)
    case .constant(let body): return facts.tensor(in: body)
    case .fresh, .host: return facts.tensor(in: made[facts.buffer]!)
    case .arena, .none: fatalError("compiled: value \(value) leaves the call, and has no memory of its own")
    }
  }

  private func perform(_ work: ([AnyTensor]) -> [AnyTensor], _ reads: [Int], _ writes: [Int]) {
    for (value, result) in zip(writes, work(reads.map(tensor))) {
      let buffer = plan.program.values[value].buffer
      made[buffer] = result.body
      move(buffer, to: result.body.pointer)
    }
  }

  private func store(_ value: Int, in number: Int) {
    let variable = plan.program.variables[number].variable
    if let old = variable.stored { retired.append(old) }
    variable.value = tensor(value)
  }
}

/// The memory that a plan's steps share, of just the size that they need.
private final class Arena {
  let pointer: UnsafeMutableRawPointer
  private let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    pointer = BufferPool.allocateOnce(byteCount, for: "a plan's steps")
  }

  deinit { BufferPool.deallocateOnce(pointer, byteCount) }
}

/// A variable of a plan, and the windows that are moved to its value at every call.
private struct BoundVariable {
  // Both are kept by the plan's run: at every call they are looked at without being retained.
  let variable: Unmanaged<Variable>
  let windows: [Unmanaged<TensorBody>]
  let isTrainable: Bool
  /// The layout of the value where the plan reads it.
  let layout: Layout?
  let scalarType: ScalarType

  /// Moves the windows to the value; false where the variable is not as it was when the plan was made.
  func bind() -> Bool {
    variable._withUnsafeGuaranteedRef { variable in
      if variable.isTrainable != isTrainable { return false }
      guard let layout else { return true }
      guard let address = variable.address(of: scalarType, layout) else { return false }
      for window in windows { window._withUnsafeGuaranteedRef { $0.move(to: address) } }
      return true
    }
  }
}

/// A part of a replay's work.
private class RunStep {
  func run() {}
}

private final class ComputeStep: RunStep {
  private let primitive: any Primitive
  private let operands: Operands
  private let results: Results

  init(_ primitive: any Primitive, _ operands: consuming Operands, _ results: consuming Results) {
    self.primitive = primitive
    self.operands = operands
    self.results = results
  }

  override func run() {
    do throws(TensorError) { try primitive.validate(operands) } catch { trap(error) }
    primitive.compute(operands, into: results)
  }
}

private final class EffectStep: RunStep {
  private let effect: any Effect
  private let reading: [TensorBody]
  private let writing: [TensorBody]

  init(_ effect: any Effect, _ reading: [TensorBody], _ writing: [TensorBody]) {
    (self.effect, self.reading, self.writing) = (effect, reading, writing)
  }

  override func run() { effect.run(reading: reading, writing: writing) }
}

private final class DrawStep: RunStep {
  private let draw: LiveDraw
  private let reading: [TensorBody]
  private let writing: [TensorBody]

  init(_ draw: LiveDraw, _ reading: [TensorBody], _ writing: [TensorBody]) {
    (self.draw, self.reading, self.writing) = (draw, reading, writing)
  }

  override func run() {
    let effect = RandomScope.withCurrent { draw.effect(from: &$0) }
    effect.run(reading: reading, writing: writing)
  }
}

private final class HostStep: RunStep {
  private let perform: () -> Void

  init(_ perform: @escaping () -> Void) { self.perform = perform }

  override func run() { perform() }
}

private final class ChainStep: RunStep {
  private let chain: ElementwiseChain
  /// Of the chain's values.
  private let windows: [TensorBody]

  init(_ chain: ElementwiseChain, _ windows: [TensorBody]) {
    (self.chain, self.windows) = (chain, windows)
    chain.prepare()
  }

  override func run() {
    withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: windows.count) { addresses in
      for index in windows.indices { addresses.initializeElement(at: index, to: windows[index].pointer) }
      chain.run(UnsafePointer(addresses.baseAddress!))
    }
  }
}
