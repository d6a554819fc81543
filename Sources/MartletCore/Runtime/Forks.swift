import CKernels
import MartletPlatform

/// Processes that fork, whatever their other threads compute: parent and child go on with whole free lists, and the child
/// with workers of its own.
enum Forks {
  /// Sees to it from now on.
  static func survive() { _ = handlers }

  private static let handlers: Void = mk_at_fork(
    {
      // A child would wait for ever for what another thread of the parent was just making.
      BufferPool.settle()
      WorkerPool.settle()
      _ = (UnaryOperation.exp.facts, BinaryOperation.add.facts)
      MatrixProduct.settle()
    },
    { BufferPool.prepareForFork() },
    { isChild in
      BufferPool.resumeAfterFork()
      if isChild { WorkerPool.startAgain() }
    })
}

/// What begins again in the child of a fork. `@unchecked Sendable`: see `ProcessTable`, the only one.
@usableFromInline
package class BeginningAgain: @unchecked Sendable {
  fileprivate init() {
    Forks.survive()
    mk_in_child(
      { Unmanaged<BeginningAgain>.fromOpaque($0!).takeUnretainedValue().beginAgain() },
      Unmanaged.passRetained(self).toOpaque())
  }

  fileprivate func beginAgain() {}
}

/// A process's own table, which one thread at a time gets at. The child of a fork begins with an empty one: a thread that it
/// does not have may have been at the parent's.
///
/// `@unchecked Sendable`: `contents` is only ever set in a child that has no second thread yet.
@usableFromInline
package final class ProcessTable<Value: Sendable>: BeginningAgain, @unchecked Sendable {
  private let empty: @Sendable () -> Value
  // A pointer, whose place in the object does not depend on the value's type.
  @usableFromInline var contents: UnsafeMutablePointer<Locked<Value>>

  /// A table for as long as the process lives.
  package init(_ empty: @escaping @autoclosure @Sendable () -> Value) {
    self.empty = empty
    contents = .allocate(capacity: 1)
    contents.initialize(to: Locked(empty()))
    super.init()
  }

  fileprivate override func beginAgain() {
    // The old one may be locked: it is left as it is.
    contents = .allocate(capacity: 1)
    contents.initialize(to: Locked(empty()))
  }

  @inlinable
  @inline(__always)
  package func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    try contents.pointee.withLock { (value: inout sending Value) throws(E) -> sending R in
      nonisolated(unsafe) let result = try body(&value)
      return result
    }
  }
}
