import CKernels
import MartletPlatform

/// Makes it safe to fork the process while other threads compute: parent and child go on with intact free lists, and
/// the child starts workers of its own.
///
/// Not the Swift runtime's lock around the first look-up of a generic type, which nothing outside of it can take: the
/// article on deploying tells users.
enum Forks {
  /// Sets the fork handlers, once.
  static func survive() { _ = handlers }

  private static let handlers: Void = mk_at_fork(
    {
      // Lazy globals are made before the fork: a child would wait for ever for one that another thread of the parent
      // was just making.
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

/// The base class of objects that are reset in the child of a fork.
///
/// `@unchecked Sendable`: see `ProcessTable`, the only subclass.
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

/// A value of the process behind a lock. The child of a fork begins with an empty one, because a thread that does not
/// exist in the child may have held the lock.
///
/// `@unchecked Sendable`: `contents` is only ever set in a child that has no second thread yet.
@usableFromInline
package final class ProcessTable<Value: Sendable>: BeginningAgain, @unchecked Sendable {
  private let empty: @Sendable () -> Value
  // A pointer, so that the object's memory layout does not depend on the value's type.
  @usableFromInline var contents: UnsafeMutablePointer<Locked<Value>>

  /// Creates a table, which is never freed.
  package init(_ empty: @escaping @autoclosure @Sendable () -> Value) {
    self.empty = empty
    contents = .allocate(capacity: 1)
    contents.initialize(to: Locked(empty()))
    super.init()
  }

  fileprivate override func beginAgain() {
    // The old one may be locked, so it is neither used nor freed.
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
