import CKernels

/// An object that is told of everything that passes the door, such as the profiler, the search for NaN or the log.
///
/// An observer sees what happens on its own thread during its scope, backward passes included.
package protocol Observer: AnyObject {
  /// Called before existing bodies are read or written; `overwriting` tells that all elements are written and none
  /// read.
  func willTouch(_ bodies: [TensorBody], overwriting: Bool)

  /// Called before an operation is computed; by default as `willTouch`.
  func willApply(_ operands: [AnyTensor])

  /// Called before an effect is performed; by default as `willTouch`.
  func willPerform(reading: [TensorBody], writing: [TensorBody], overwriting: Bool)

  /// Called before a program reads or writes a tensor's elements itself; `operation` is what it calls for that.
  func willAccess(_ body: TensorBody, by operation: String)

  /// Called after an operation was computed or an effect performed.
  func observe(_ event: DoorEvent)

  /// Whether compiled functions are done from their plans within its scope, step by step; otherwise they run as they
  /// stand, and every operation passes the door.
  var takesPlans: Bool { get }

  /// Called after a step of a plan was done, from `start` to `end` in nanoseconds of `MonotonicClock`.
  func observe(_ step: PlanStep, _ time: Range<UInt64>)

  /// Called after a layer has run, while `LayerPath.current` is still its path.
  func didRunLayer(_ output: Any)
}

extension Observer {
  package func willTouch(_ bodies: [TensorBody], overwriting: Bool) {}

  package func willApply(_ operands: [AnyTensor]) { willTouch(operands.map(\.body), overwriting: false) }

  package func willPerform(reading: [TensorBody], writing: [TensorBody], overwriting: Bool) {
    willTouch(reading, overwriting: false)
    willTouch(writing, overwriting: overwriting)
  }

  package func willAccess(_ body: TensorBody, by operation: String) {}

  package var takesPlans: Bool { false }

  package func observe(_ step: PlanStep, _ time: Range<UInt64>) {}

  package func didRunLayer(_ output: Any) {}
}

/// What passes the door: an operation, which makes its results, or an effect, which writes into tensors that exist.
package enum DoorAction: Sendable {
  case operation(any Primitive)
  case effect(any Effect)

  package var name: String {
    switch self {
    case .operation(let primitive): primitive.name
    case .effect(let effect): effect.name
    }
  }

  package var isEffect: Bool { if case .effect = self { true } else { false } }
}

/// One operation or effect that has passed the door.
package struct DoorEvent {
  package let action: DoorAction
  package let reading: [TensorBody]
  /// The results of an operation, or what an effect has changed.
  package let writing: [TensorBody]
  package let cost: Cost
  /// The path of the layer that it belongs to: the running one, or in a pass the one whose derivative is computed.
  package let layerPath: String
  /// The name of the operation whose derivative this is part of, nil outside of passes.
  package let derivativeOf: String?
  /// When it began and ended, in nanoseconds of `MonotonicClock`.
  package let time: Range<UInt64>

  /// Whether it only makes another node for the same value: this does not count as an operation.
  package var isAlias: Bool {
    if case .operation(let primitive) = action { primitive is Alias } else { false }
  }

  /// Whether it writes into elements that exist without overwriting all of them unread.
  package var isInPlace: Bool { if case .effect(let effect) = action { !effect.overwritesAll } else { false } }
}

package enum Observation {
  /// Whether this thread has an observer.
  @inline(__always)
  package static var isOn: Bool { mk_slot_get(MK_SLOT_OBSERVER) != nil }

  /// An active observer, and the one outside it.
  private final class Scope {
    let observer: any Observer
    let outer: Scope?
    /// The operation whose derivative is being computed.
    var differentiating: Node?

    init(_ observer: any Observer, outer: Scope?) {
      self.observer = observer
      self.outer = outer
    }
  }

  private static var current: Scope? {
    mk_slot_get(MK_SLOT_OBSERVER).map { Unmanaged<Scope>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs `body` with an observer, in addition to those that are active already.
  package static func with<R>(_ observer: any Observer, _ body: () throws -> R) rethrows -> R {
    let outer = mk_slot_get(MK_SLOT_OBSERVER)
    let scope = Scope(observer, outer: current)
    mk_slot_set(MK_SLOT_OBSERVER, Unmanaged.passUnretained(scope).toOpaque())
    defer { mk_slot_set(MK_SLOT_OBSERVER, outer) }
    return try withExtendedLifetime(scope, body)
  }

  /// Runs `body` without observers.
  static func paused<R>(_ body: () throws -> R) rethrows -> R {
    let outer = mk_slot_get(MK_SLOT_OBSERVER)
    mk_slot_set(MK_SLOT_OBSERVER, nil)
    defer { mk_slot_set(MK_SLOT_OBSERVER, outer) }
    return try body()
  }

  /// Notes that the derivative of a recorded operation begins. Returns what is to be given to `leave` at its end.
  @inline(__always)
  static func enter(_ node: Node) -> Node? {
    guard let scope = current else { return nil }
    let outer = scope.differentiating
    scope.differentiating = node
    return outer
  }

  @inline(__always)
  static func leave(_ outer: Node?) { current?.differentiating = outer }

  // MARK: The door

  /// Tells the observers that an operation begins, and returns the time; nil without an observer.
  @inline(__always)
  static func begin(_ operands: borrowing Operands) -> UInt64? {
    isOn ? beginOperation(operands) : nil
  }

  @inline(never)
  private static func beginOperation(_ operands: borrowing Operands) -> UInt64 {
    let operands = operands.tensors.array
    tell { _ in { $0.willApply(operands) } }
    return MonotonicClock.nanoseconds()
  }

  /// Tells the observers that an effect begins, and returns the time; nil without an observer.
  @inline(__always)
  static func begin(_ reading: [TensorBody], _ writing: [TensorBody], overwriting: Bool) -> UInt64? {
    isOn ? beginEffect(reading, writing, overwriting: overwriting) : nil
  }

  @inline(never)
  private static func beginEffect(_ read: [TensorBody], _ written: [TensorBody], overwriting: Bool) -> UInt64 {
    tell { _ in { $0.willPerform(reading: read, writing: written, overwriting: overwriting) } }
    return MonotonicClock.nanoseconds()
  }

  /// Tells the observers that a program is about to read or write a tensor's elements itself.
  @inline(__always)
  static func access(_ body: TensorBody, by operation: @autoclosure () -> String) {
    if isOn { tellOfAccess(body, operation()) }
  }

  @inline(never)
  private static func tellOfAccess(_ body: TensorBody, _ operation: String) {
    tell { _ in { $0.willAccess(body, by: operation) } }
  }

  /// Tells the observers that a layer has run.
  @inline(never)
  package static func endLayer(_ output: Any) { tell { _ in { $0.didRunLayer(output) } } }

  /// Whether compiled functions are to run as they stand, because an observer wants to see their operations.
  @inline(__always)
  static var refusesPlans: Bool { isOn && hasObserver { !$0.takesPlans } }

  /// Whether an active observer satisfies `isWanted`.
  static func hasObserver(where isWanted: (any Observer) -> Bool) -> Bool {
    var scope = current
    while let next = scope {
      if isWanted(next.observer) { return true }
      scope = next.outer
    }
    return false
  }

  // Not specialised for each primitive: its speed does not matter.

  /// Tells the observers that an operation was computed, from `start` until now.
  @inline(never)
  @_optimize(none)
  static func end(
    _ primitive: any Primitive, _ operands: borrowing Operands, _ results: borrowing Results, since start: UInt64
  ) {
    let time = start..<MonotonicClock.nanoseconds()
    let specs = TensorSpecs(results.bodies.map { $1.spec }.array)
    report(
      .operation(primitive), operands.tensors.map { $1.body }.array, results.bodies.array,
      primitive.cost(OperandSpecs(of: operands), specs), time)
  }

  /// Tells the observers that an effect was performed, from `start` until now.
  @inline(never)
  @_optimize(none)
  static func end(_ effect: any Effect, _ reading: [TensorBody], _ writing: [TensorBody], since start: UInt64) {
    let time = start..<MonotonicClock.nanoseconds()
    report(.effect(effect), reading, writing, effect.cost(reading: reading, writing: writing), time)
  }

  /// Tells the observers that a step of a plan was done, from `start` until now.
  @inline(never)
  static func end(_ step: PlanStep, since start: UInt64) {
    let time = start..<MonotonicClock.nanoseconds()
    tell { _ in { $0.observe(step, time) } }
  }

  private static func report(
    _ action: DoorAction, _ reading: [TensorBody], _ writing: [TensorBody], _ cost: Cost, _ time: Range<UInt64>
  ) {
    tell { derived in
      let event = DoorEvent(
        action: action, reading: reading, writing: writing, cost: cost,
        layerPath: derived?.layerPath ?? LayerPath.current, derivativeOf: derived?.operationName, time: time)
      return { $0.observe(event) }
    }
  }

  /// Sends a message to the observers, innermost first. They are not told of what they compute themselves.
  private static func tell(_ message: (_ differentiating: Node?) -> (any Observer) -> Void) {
    guard var scope = current else { return }
    let innermost = mk_slot_get(MK_SLOT_OBSERVER)
    mk_slot_set(MK_SLOT_OBSERVER, nil)
    defer { mk_slot_set(MK_SLOT_OBSERVER, innermost) }
    let send = message(scope.differentiating)
    while true {
      send(scope.observer)
      guard let outer = scope.outer else { return }
      scope = outer
    }
  }
}
