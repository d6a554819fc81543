/// Memory of the pool for an operation's own use: given back when the last reference is gone.
final class Scratch {
  let pointer: UnsafeMutableRawPointer
  private let sizeClass: SizeClass

  /// Uninitialised memory, aligned to 64 bytes.
  init(byteCount: Int) {
    sizeClass = SizeClass(holding: byteCount)
    pointer = BufferPool.allocate(sizeClass, for: "an operation's own use")
  }

  deinit { BufferPool.deallocate(pointer, sizeClass) }
}
