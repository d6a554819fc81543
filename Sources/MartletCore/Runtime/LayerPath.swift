import CKernels

/// The path of the layer that is running on this thread, for messages: `encoder.layers.3`.
package enum LayerPath {
  /// A layer that runs: it stands in the frame of `within`, which outlives whoever reads it.
  private struct Entry {
    let name: String
    let outer: UnsafePointer<Entry>?
  }

  /// The names of the layers that are running, outermost first, joined by dots; empty outside.
  package static var current: String {
    var names: [String] = []
    var entry = innermost
    while let here = entry {
      names.append(here.pointee.name)
      entry = here.pointee.outer
    }
    return names.reversed().joined(separator: ".")
  }

  /// Runs `body` as the layer called `name`.
  package static func within<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    let outer = innermost
    return try withUnsafePointer(to: Entry(name: name, outer: outer)) { entry in
      mk_slot_set(MK_SLOT_PATH, UnsafeMutableRawPointer(mutating: entry))
      defer { mk_slot_set(MK_SLOT_PATH, UnsafeMutableRawPointer(mutating: outer)) }
      return try body()
    }
  }

  private static var innermost: UnsafePointer<Entry>? {
    mk_slot_get(MK_SLOT_PATH).map { UnsafePointer($0.assumingMemoryBound(to: Entry.self)) }
  }
}
