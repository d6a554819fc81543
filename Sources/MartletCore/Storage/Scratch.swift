/// Temporary memory of an operation, taken from the pool and given back when the last reference is gone.
package final class Scratch {
  package let pointer: UnsafeMutableRawPointer
  private let sizeClass: SizeClass

  /// Takes uninitialised memory, aligned to 64 bytes.
  package init(byteCount: Int) {
    sizeClass = SizeClass(holding: byteCount)
    pointer = BufferPool.allocate(sizeClass, for: "an operation's own use")
  }

  deinit { BufferPool.deallocate(pointer, sizeClass) }
}
