import Synchronization

/// A value that one thread at a time can access: the standard library's `Mutex`, in a form that the thread sanitizer
/// understands.
///
/// The sanitizer does not see into the standard library, where a thread waits for another's lock, and would report
/// accesses that the lock protects as races.
@usableFromInline
package struct Locked<Value: ~Copyable>: ~Copyable, Sendable {
  @usableFromInline package let mutex: Mutex<Value>

  @inlinable
  package init(_ initial: consuming sending Value) { mutex = Mutex(initial) }

  /// Calls `body` with the value while no other thread accesses it.
  @inlinable
  @inline(__always)
  package borrowing func withLock<R: ~Copyable, E: Error>(
    _ body: (inout sending Value) throws(E) -> sending R
  ) throws(E) -> sending R {
    try mutex.withLock { (value: inout sending Value) throws(E) -> sending R in
      // The address of the lock, because taking the value's would already be an access.
      withUnsafePointer(to: mutex) { mk_tell_locked($0) }
      defer { withUnsafePointer(to: mutex) { mk_tell_unlocking($0) } }
      return try body(&value)
    }
  }
}
