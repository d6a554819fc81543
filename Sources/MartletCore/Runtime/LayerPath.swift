import CKernels

/// The path of the layer that is running on this thread, for messages: `encoder.layers.3`.
package enum LayerPath {
  private final class Entry {
    let name: String
    let outer: Entry?

    init(name: String, outer: Entry?) {
      self.name = name
      self.outer = outer
    }
  }

  /// The names of the layers that are running, outermost first, joined by dots; empty outside.
  package static var current: String {
    var names: [String] = []
    var entry = innermost
    while let here = entry {
      names.append(here.name)
      entry = here.outer
    }
    return names.reversed().joined(separator: ".")
  }

  /// Runs `body` as the layer called `name`.
  package static func within<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    let outer = mk_slot_get(MK_SLOT_PATH)
    let entry = Entry(name: name, outer: innermost)
    mk_slot_set(MK_SLOT_PATH, Unmanaged.passUnretained(entry).toOpaque())
    defer { mk_slot_set(MK_SLOT_PATH, outer) }
    return try withExtendedLifetime(entry, body)
  }

  private static var innermost: Entry? {
    mk_slot_get(MK_SLOT_PATH).map { Unmanaged<Entry>.fromOpaque($0).takeUnretainedValue() }
  }
}
