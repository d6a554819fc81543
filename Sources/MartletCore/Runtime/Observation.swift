import CKernels

/// Who looks at everything that passes the one door: the profiler, the hunt for NaN, the drawing of graphs, the log.
///
/// An observer is this thread's and sees what happens while its scope lasts, in backward passes too.
package protocol Observer: AnyObject {
  /// Called before memory that is there is read or written; `overwriting` where all of it is written and none read.
  func willTouch(_ bodies: [TensorBody], overwriting: Bool)

  /// Called after an operation was computed or an effect performed.
  func observe(_ event: DoorEvent)
}

extension Observer {
  package func willTouch(_ bodies: [TensorBody], overwriting: Bool) {}
}

/// What passes the door: an operation that makes its results, or an effect on memory that is there.
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

/// What passed the door, once.
package struct DoorEvent {
  package let action: DoorAction
  package let reading: [TensorBody]
  /// The results of an operation; what an effect has changed.
  package let writing: [TensorBody]
  package let cost: Cost
  /// The layer that it belongs to: the one that is running, or the one whose derivative is.
  package let layerPath: String
  /// The operation whose derivative this is part of, nil in the forward direction.
  package let derivativeOf: String?
  /// When it began and ended, by `MonotonicClock`.
  package let time: Range<UInt64>

  /// Whether it is only another node for the same value, and no operation to those who count operations.
  package var isAlias: Bool {
    if case .operation(let primitive) = action { primitive is Alias } else { false }
  }

  /// Whether what is written was there before, and what was there counts.
  package var isInPlace: Bool { if case .effect(let effect) = action { !effect.overwritesAll } else { false } }
}

package enum Observation {
  /// Whether anyone looks.
  @inline(__always)
  static var isOn: Bool { mk_slot_get(MK_SLOT_OBSERVER) != nil }

  /// An observer while it looks.
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

  /// Runs `body` with an observer, besides those that look already.
  package static func with<R>(_ observer: any Observer, _ body: () throws -> R) rethrows -> R {
    let outer = mk_slot_get(MK_SLOT_OBSERVER)
    let scope = Scope(observer, outer: current)
    mk_slot_set(MK_SLOT_OBSERVER, Unmanaged.passUnretained(scope).toOpaque())
    defer { mk_slot_set(MK_SLOT_OBSERVER, outer) }
    return try withExtendedLifetime(scope, body)
  }

  /// The derivative of a recorded operation begins. Returns what `leave` is given at its end.
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

  /// An operation begins; nil where nobody looks.
  @inline(__always)
  static func begin(_ operands: borrowing Operands) -> UInt64? {
    isOn ? beginOperation(operands) : nil
  }

  @inline(never)
  private static func beginOperation(_ operands: borrowing Operands) -> UInt64 {
    begin(touching: operands.tensors.map { $1.body }.array, [], overwriting: false)
  }

  /// An effect begins; nil where nobody looks.
  @inline(__always)
  static func begin(_ reading: [TensorBody], _ writing: [TensorBody], overwriting: Bool) -> UInt64? {
    isOn ? begin(touching: reading, writing, overwriting: overwriting) : nil
  }

  @inline(never)
  private static func begin(touching read: [TensorBody], _ written: [TensorBody], overwriting: Bool) -> UInt64 {
    tell { _ in
      {
        $0.willTouch(read, overwriting: false)
        $0.willTouch(written, overwriting: overwriting)
      }
    }
    return MonotonicClock.nanoseconds()
  }

  // Not specialised for each primitive: nobody waits for it.

  /// An operation was computed, from `start` until now.
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

  /// An effect was performed, from `start` until now.
  @inline(never)
  @_optimize(none)
  static func end(_ effect: any Effect, _ reading: [TensorBody], _ writing: [TensorBody], since start: UInt64) {
    let time = start..<MonotonicClock.nanoseconds()
    report(.effect(effect), reading, writing, effect.cost(reading: reading, writing: writing), time)
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

  /// Tells the observers, innermost first. They do not see what they themselves compute.
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
