import CKernels

/// The layers that are running on this thread, and the path of the innermost for messages: `encoder.layers.3`.
@usableFromInline
package enum LayerPath {
  /// Returns the path of the innermost of some running layers from the outermost; the layers are given outermost first.
  @usableFromInline
  package typealias Naming = @Sendable (_ running: [AnyObject]) -> String

  /// A running layer. The entry lies in the stack frame of `within`, which outlives every reader and keeps the layer
  /// alive.
  @usableFromInline
  package struct Entry {
    let layer: AnyObject
    let naming: Naming
    let outer: UnsafePointer<Entry>?

    @usableFromInline
    init(_ layer: AnyObject, _ naming: @escaping Naming, within outer: UnsafePointer<Entry>?) {
      self.layer = layer
      self.naming = naming
      self.outer = outer
    }
  }

  /// The innermost layer's path; empty outside of layers and in the outermost itself. Computed only when it is read.
  package static var current: String {
    guard let innermost else { return "" }
    var running: [AnyObject] = []
    var entry: UnsafePointer<Entry>? = innermost
    while let here = entry {
      running.append(here.pointee.layer)
      entry = here.pointee.outer
    }
    return innermost.pointee.naming(running.reversed())
  }

  /// Runs `body` as a layer's computation. Inlined into other modules, where types are known.
  @inlinable
  @inline(__always)
  package static func within<R>(
    _ layer: AnyObject, named naming: @escaping Naming, _ body: () throws -> R
  ) rethrows -> R {
    let outer = innermost
    return try withUnsafePointer(to: Entry(layer, naming, within: outer)) { entry in
      mk_slot_set(MK_SLOT_PATH, UnsafeMutableRawPointer(mutating: entry))
      defer { mk_slot_set(MK_SLOT_PATH, UnsafeMutableRawPointer(mutating: outer)) }
      return try body()
    }
  }

  @inlinable
  @inline(__always)
  static var innermost: UnsafePointer<Entry>? {
    mk_slot_get(MK_SLOT_PATH).map { UnsafePointer($0.assumingMemoryBound(to: Entry.self)) }
  }
}
