import CKernels

/// Why a function's run cannot be repeated from what passed the door, and what to do.
package struct CompilationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The operation or effect that cannot be repeated.
  package let operation: String
  /// The layer that it belongs to; empty outside layers.
  package let layerPath: String
  package let message: String

  package var description: String {
    layerPath.isEmpty ? "\(operation): \(message)" : "\(operation): \(message) (in layer \(layerPath))"
  }
}

/// The observer that writes down a function's run as a program: what passes the door, which variables it reads and
/// changes, what it draws, and what its host does.
///
/// It goes on after a failure, so that the function's own results are right in any case.
final class Capture: Observer {
  /// Where a value lies now. What the function makes is held weakly, so that it is freed as without a capture. All else
  /// is held: an object that was once held weakly is slower to retain for ever, which parameters are at every step.
  private struct Place {
    private weak var made: TensorBody?
    private let held: TensorBody?
    let value: Int
    let maker: String
    /// Whether the body is a variable's, or a view of it, and the host has given the variable other memory since.
    var isStale = false

    var body: TensorBody? { held ?? made }

    init(_ body: TensorBody, isMade: Bool, value: Int, maker: String) {
      held = isMade ? nil : body
      if isMade { made = body }
      (self.value, self.maker) = (value, maker)
    }
  }

  private(set) var program = Program()
  private(set) var failure: CompilationError?
  private var places: [ObjectIdentifier: Place] = [:]
  private var variableNumbers: [ObjectIdentifier: Int] = [:]
  /// What the generator in scope was before a draw, while code draws from it.
  private var drawing: RandomGenerator?
  /// The generator in scope when the function was called.
  private let scope = mk_slot_get(MK_SLOT_RANDOM)

  /// Runs a function once and writes it down. The values of a snapshot's variables are constants.
  static func run(
    _ inputs: [AnyTensor], fixing snapshot: VariableSnapshot? = nil, _ function: ([AnyTensor]) -> [AnyTensor]
  ) -> (results: [AnyTensor], capture: Capture) {
    let capture = Capture()
    for (number, input) in inputs.enumerated() {
      let buffer = capture.program.addBuffer(.input(number))
      capture.enter(input.body, in: buffer, madeBy: "an argument")
    }
    let scope = CaptureScope(capture, outer: snapshot ?? VariableScope.current, isFixed: snapshot != nil)
    let results = VariableScope.with(scope) {
      Observation.with(capture) { function(inputs.map { $0.detached() }) }
    }
    for result in results {
      if result.node != nil {
        capture.fail("compiled", "a result is being recorded by a gradient: return its detached() value")
      }
      capture.program.outputs.append(capture.read(result.body))
    }
    capture.requireNothingKept(besides: results + inputs)
    return (results.map { $0.detached() }, capture)
  }

  /// The capture that is running on this thread.
  @inline(__always)
  static var current: Capture? { Observation.isOn ? CaptureScope.innermost?.capture : nil }

  private func fail(_ operation: String, _ message: String) {
    if failure == nil {
      failure = CompilationError(operation: operation, layerPath: LayerPath.current, message: message)
    }
  }

  // MARK: Values

  /// Enters a body as a new value that fills a buffer from its first element on.
  @discardableResult
  private func enter(_ body: TensorBody, in buffer: Int, madeBy maker: String) -> Int {
    let value = program.addValue(buffer, filledBy: body)
    places[ObjectIdentifier(body)] = Place(body, isMade: isMade(value), value: value, maker: maker)
    return value
  }

  private func isMade(_ value: Int) -> Bool { if case .made = program.source(of: value) { true } else { false } }

  private func place(of body: TensorBody) -> Place? {
    guard let place = places[ObjectIdentifier(body)], place.body === body else { return nil }
    return place
  }

  /// The number of a body that is read; one that was not seen before is a constant.
  private func read(_ body: TensorBody) -> Int {
    if let place = place(of: body) {
      if place.isStale {
        fail(
          place.maker,
          "a parameter's value from before an update is used after it, which a compiled function cannot keep: read the "
            + "parameter again, or compute this before the update")
      }
      return place.value
    }
    return enter(body, in: program.addBuffer(.constant(body)), madeBy: "a constant")
  }

  /// Whether a body's elements depend on the arguments, on variables or on draws.
  private func depends(_ body: TensorBody) -> Bool {
    guard let place = place(of: body) else { return false }
    if case .constant = program.source(of: place.value) { return false }
    return true
  }

  // MARK: The observer

  /// Constants are held before they can be changed.
  func willApply(_ operands: [AnyTensor]) { for operand in operands { _ = read(operand.body) } }

  func willPerform(reading: [TensorBody], writing: [TensorBody], overwriting: Bool) {
    for body in reading { _ = read(body) }
    for body in writing {
      if overwriting {
        if place(of: body) == nil { enter(body, in: program.addBuffer(.made), madeBy: "random") }
        continue
      }
      guard let place = place(of: body) else {
        // Made by the host, such as zeros that are filled next: a copy of it is made at every call.
        let constant = program.addBuffer(.constant(body.copied()))
        let source = program.addValue(constant, filledBy: body)
        let made = enter(body, in: program.addBuffer(.made), madeBy: "a constant")
        append(.operation(Contiguous()), reads: [source], writes: [made], nil)
        continue
      }
      switch program.source(of: place.value) {
      case .made: break
      case .variable:
        fail(
          "assignment",
          "a parameter is changed in place, which cannot be repeated: give it a new value, or use an optimiser"
        )
      case .input, .constant:
        fail("assignment", "an argument or a constant is changed in place")
      }
    }
  }

  private func append(_ action: Program.Action, reads: [Int], writes: [Int], _ event: DoorEvent?) {
    program.entries.append(
      Program.Entry(
        action: action, reads: reads, writes: writes, layerPath: event?.layerPath ?? LayerPath.current,
        derivativeOf: event?.derivativeOf))
  }

  func observe(_ event: DoorEvent) {
    let reads = event.reading.map { read($0) }
    switch event.action {
    case .operation(let primitive): observe(primitive, event, reads)
    case .effect(let effect):
      let writes = event.writing.map { read($0) }
      if let draw = effect as? any RandomEffect {
        observe(draw, event, reads, writes)
      } else {
        if !(effect is any BatchedEffect) {
          fail(effect.name, "it changes something outside of the function, which cannot be repeated")
        }
        append(.effect(effect), reads: reads, writes: writes, event)
      }
    }
  }

  private func observe(_ primitive: some Primitive, _ event: DoorEvent, _ reads: [Int]) {
    var writes: [Int] = []
    var isComputed = false
    for (index, body) in event.writing.enumerated() {
      if let first = event.reading.first, primitive.layout(of: first.layout, result: index) != nil {
        // A view: the same memory under another layout.
        let source = program.values[reads[0]]
        var layout = body.layout
        layout.offset += source.layout.offset - first.layout.offset
        let value = program.addValue(source.buffer, body.scalarType, layout)
        places[ObjectIdentifier(body)] = Place(body, isMade: true, value: value, maker: primitive.name)
        writes.append(value)
      } else {
        isComputed = true
        writes.append(enter(body, in: program.addBuffer(.made), madeBy: primitive.name))
      }
    }
    if isComputed { append(.operation(primitive), reads: reads, writes: writes, event) }
  }

  func willAccess(_ body: TensorBody, by operation: String) {
    guard depends(body) else { return }
    fail(
      operation,
      "a compiled function is run once and then repeated, so it cannot look at elements, here of shape \(body.shape): "
        + "choose by `Tensor.where`, compute with tensors, or leave this part out of the function")
  }

  // MARK: Random numbers

  private func observe(_ draw: some RandomEffect, _ event: DoorEvent, _ reads: [Int], _ writes: [Int]) {
    guard let before = drawing else {
      return fail(
        draw.name,
        "random numbers of a generator of its own would be the same at every call: draw from the one in scope, without "
          + "`using:`, withRandomSeed or checkpointed around the draw, and call the compiled function within "
          + "withRandomGenerator or withRandomSeed")
    }
    var place = before
    for offset in 0..<64 as Range<UInt64> {
      if draw.isDrawn(from: place) {
        return append(
          .draw(LiveDraw(effect: draw, offset: offset, advance: 0)), reads: reads, writes: writes, event)
      }
      place.advance(by: 1)
    }
    fail(draw.name, "its random numbers do not come from the generator in scope itself")
  }

  /// Runs code that draws from the generator in scope.
  func drawing<R>(_ generator: inout RandomGenerator, _ body: (inout RandomGenerator) throws -> R) rethrows -> R {
    let outer = drawing
    defer { drawing = outer }
    if mk_slot_get(MK_SLOT_RANDOM) != scope {
      // A generator that the function has put in scope, or the one of a checkpoint that runs again.
      drawing = nil
      return try body(&generator)
    }
    let before = generator
    drawing = before
    let first = program.entries.count
    defer {
      if generator != before { finishDrawing(from: before, to: generator, entriesFrom: first) }
    }
    return try body(&generator)
  }

  private func finishDrawing(from before: RandomGenerator, to after: RandomGenerator, entriesFrom first: Int) {
    for index in program.entries.indices[first...].reversed() {
      if case .draw(var draw) = program.entries[index].action {
        draw.advance = after.counter &- before.counter
        program.entries[index].action = .draw(draw)
        return
      }
    }
    fail(
      "RandomGenerator",
      "a number that is drawn for the host would be the same at every call: draw tensors, or leave this part out of the "
        + "function")
  }

  // MARK: Variables and the host

  /// Notes that a variable is read.
  func reads(_ variable: Variable, _ body: TensorBody) {
    if place(of: body) != nil { return }
    let number = number(of: variable)
    let value = enter(body, in: program.addBuffer(.variable(number)), madeBy: "a parameter")
    program.variables[number].value = program.variables[number].value ?? value
  }

  /// Notes that a variable is given a new value.
  func stores(_ tensor: AnyTensor, in variable: Variable) {
    append(.store(variable: number(of: variable)), reads: [read(tensor.body)], writes: [], nil)
  }

  private func number(of variable: Variable) -> Int {
    if let number = variableNumbers[ObjectIdentifier(variable)] { return number }
    let number = program.variables.count
    variableNumbers[ObjectIdentifier(variable)] = number
    program.variables.append(ProgramVariable(variable: variable, value: nil, isTrainable: variable.isTrainable))
    return number
  }

  /// Notes work of the host that may do anything, and does it.
  func host(
    _ name: String, _ operands: [AnyTensor], _ perform: @escaping ([AnyTensor]) -> [AnyTensor]
  ) -> [AnyTensor] {
    host(HostWork(name: name, kind: .anything(perform)), operands, perform)
  }

  /// Notes work of the host that changes variables, and does it.
  func host(
    _ name: String, changing variables: [Variable], by operands: [AnyTensor],
    _ prepare: @escaping ([AnyTensor]) -> () -> Void
  ) {
    let work = HostWork(name: name, kind: .changes(variables.map(number), prepare: prepare))
    _ = host(work, operands) { operands in
      prepare(operands)()
      return []
    }
  }

  private func host(
    _ work: HostWork, _ operands: [AnyTensor], _ perform: ([AnyTensor]) -> [AnyTensor]
  ) -> [AnyTensor] {
    let reads = operands.map { read($0.body) }
    let results = VariableScope.with(CaptureScope.innermost?.outer) {
      Observation.paused { perform(operands.map { $0.detached() }) }
    }
    for (key, place) in places {
      guard let body = place.body, case .variable(let number) = program.source(of: place.value) else { continue }
      let stored = program.variables[number].variable.stored
      if stored?.body.sharesBlock(with: body) != true { places[key]!.isStale = true }
    }
    let writes = results.map { result in
      enter(result.body, in: program.addBuffer(.made), madeBy: work.name)
    }
    append(.host(work), reads: reads, writes: writes, nil)
    return results
  }

  /// Fails when a value is still in use outside of the function: it would not change at the next call.
  private func requireNothingKept(besides known: [AnyTensor]) {
    for place in places.values {
      guard let body = place.body, case .made = program.source(of: place.value) else { continue }
      if known.contains(where: { $0.body.sharesBlock(with: body) }) { continue }
      if program.variables.contains(where: { $0.variable.stored?.body.sharesBlock(with: body) == true }) { continue }
      fail(
        place.maker,
        "a value of shape \(body.shape) was kept outside of the function, where later calls would not change it: return "
          + "it instead")
    }
  }
}

/// Tells a capture which variables a function reads and changes.
private final class CaptureScope: VariableScope, @unchecked Sendable {
  // `@unchecked Sendable`: only the capture's own thread sees it.
  let capture: Capture
  let outer: VariableScope?
  /// Whether what the outer scope answers is the same at every call.
  let isFixed: Bool

  init(_ capture: Capture, outer: VariableScope?, isFixed: Bool) {
    self.capture = capture
    self.outer = outer
    self.isFixed = isFixed
  }

  /// The scope of this thread, where it is a capture's.
  static var innermost: CaptureScope? { VariableScope.current as? CaptureScope }

  override func value(of variable: Variable) -> AnyTensor? {
    let answer = outer?.value(of: variable)
    let value = answer ?? variable.stored
    if let value, Observation.isOn, answer == nil || !isFixed { capture.reads(variable, value.body) }
    return value
  }

  override func willChange(_ variable: Variable, to value: AnyTensor?) {
    outer?.willChange(variable, to: value)
    if let value { capture.stores(value, in: variable) }
  }
}

/// Whether a function is being compiled on this thread.
@inline(__always)
package var isCompiling: Bool { Capture.current != nil }

/// Does work that only the host can do, such as an optimiser's step, in a way that a compiled function can repeat: it is
/// done anew at every call.
///
/// `perform` must not look at tensors other than its operands, and may change variables.
package func onHost(
  _ name: String, _ operands: [AnyTensor], _ perform: @escaping ([AnyTensor]) -> [AnyTensor]
) -> [AnyTensor] {
  if let capture = Capture.current { return capture.host(name, operands, perform) }
  return perform(operands)
}

/// Changes variables by tensors as only the host can do it, anew at every call of a compiled function, and as soon as
/// nothing else needs the variables as they were: so the operands' memory serves others afterwards.
///
/// `prepare` is given operands, whose elements may be others each time that what it returns is called; that changes
/// nothing but the variables and what belongs to them alone.
package func onHost(
  _ name: String, changing variables: [Variable], by operands: [AnyTensor],
  _ prepare: @escaping ([AnyTensor]) -> () -> Void
) {
  guard let capture = Capture.current else { return prepare(operands)() }
  capture.host(name, changing: variables, by: operands, prepare)
}
