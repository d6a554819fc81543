/// The memory behind one or more tensors: a block of the pool, given back when the last of them is gone.
///
/// `@unchecked Sendable`: the bytes are written only by the operation that makes them, before anyone else sees them, or
/// through a reference that is known to be the only one (`TensorBody.isUnique`).
package final class Storage: @unchecked Sendable {
  package let pointer: UnsafeMutableRawPointer
  package let byteCount: Int

  /// Uninitialised memory.
  @inline(__always)
  package init(byteCount: Int) {
    self.byteCount = byteCount
    pointer = BufferPool.allocate(byteCount)
  }

  deinit {
    BufferPool.deallocate(pointer, byteCount)
  }
}
