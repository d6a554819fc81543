import CKernels

/// Who looks at every operation as it passes the one door: the profiler, the hunt for NaN, the drawing of graphs.
///
/// An observer is this thread's and sees what is applied while its scope lasts, in backward passes too.
package protocol Observer: AnyObject {
  /// Called after an operation was evaluated.
  func observe(_ application: Application)

  /// Called after other work was done.
  func observe(_ work: Work)
}

extension Observer {
  package func observe(_ work: Work) {}
}

/// One application of a primitive.
package struct Application {
  package let primitive: any Primitive
  /// Whether it is only another node for the same value, and no operation to those who count operations.
  package var isAlias: Bool { primitive is Alias }
  package let operands: [AnyTensor]
  package let result: AnyTensor
  package let cost: Cost
  /// The layer that it belongs to: the one that is running, or the one whose derivative is.
  package let layerPath: String
  /// The operation whose derivative this is part of, nil in the forward direction.
  package let derivativeOf: String?
  /// When it began and ended, by `MonotonicClock`.
  package let time: Range<UInt64>
}

/// What takes time without being an operation on tensors: an optimiser's step, random draws, sums made in place.
package struct Work {
  package let name: String
  package let cost: Cost
  package let layerPath: String
  package let derivativeOf: String?
  package let time: Range<UInt64>
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

  /// Does work that is not an operation on tensors, and tells the observers of it.
  @inline(__always)
  package static func work<R>(_ name: @autoclosure () -> String, _ cost: @autoclosure () -> Cost, _ body: () -> R) -> R
  {
    if !isOn { return body() }
    let start = MonotonicClock.nanoseconds()
    let result = body()
    reportWork(name(), cost(), since: start)
    return result
  }

  /// An operation was evaluated, from `start` until now.
  @inline(never)
  static func report(
    _ primitive: any Primitive, _ operands: borrowing Operands, _ result: AnyTensor, since start: UInt64
  ) {
    let time = start..<MonotonicClock.nanoseconds()
    var all: [AnyTensor] = []
    for index in 0..<operands.count { all.append(operands[index].detached()) }
    let cost = primitive.cost(operands, TensorSpec(result.scalarType, result.shape))
    tell { derived in
      let application = Application(
        primitive: primitive, operands: all, result: result.detached(), cost: cost, layerPath: layerPath(derived),
        derivativeOf: derived?.primitive?.name, time: time)
      return { $0.observe(application) }
    }
  }

  @inline(never)
  private static func reportWork(_ name: String, _ cost: Cost, since start: UInt64) {
    let time = start..<MonotonicClock.nanoseconds()
    tell { derived in
      let work = Work(
        name: name, cost: cost, layerPath: layerPath(derived), derivativeOf: derived?.primitive?.name, time: time)
      return { $0.observe(work) }
    }
  }

  private static func layerPath(_ derived: Node?) -> String { derived?.layerPath ?? LayerPath.current }

  /// Tells the observers, innermost first. They do not see what they themselves compute.
  private static func tell(_ message: (_ differentiating: Node?) -> (any Observer) -> Void) {
    guard var scope = current else { return }
    let innermost = mk_slot_get(MK_SLOT_OBSERVER)
    mk_slot_set(MK_SLOT_OBSERVER, nil)
    defer { mk_slot_set(MK_SLOT_OBSERVER, innermost) }
    let send = message(scope.differentiating)
    while true {
      send(scope.observer)
      guard let next = scope.outer else { return }
      scope = next
    }
  }
}
