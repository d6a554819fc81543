import CKernels

/// Whether a model is being trained or used, for layers that do not do the same in both cases, such as dropout.
public enum Mode: Int, Sendable {
  /// For a model in use: dropout passes all values on.
  case inference = 1
  /// For a model in training: dropout drops values.
  case training = 2

  /// The mode on this thread: `inference` unless `withMode` or a gradient of a module has set another.
  public static var current: Mode { scoped ?? .inference }

  /// The mode that was set, nil outside every `withMode`.
  package static var scoped: Mode? { Mode(rawValue: Int(bitPattern: mk_slot_get(MK_SLOT_MODE))) }
}

/// Runs `body` in a mode, on this thread.
public func withMode<R>(_ mode: Mode, _ body: () throws -> R) rethrows -> R {
  try Mode.restoring(mode, body)
}

extension Mode {
  /// Runs `body` with `scoped` set to `mode`, which may be nil.
  static func restoring<R>(_ mode: Mode?, _ body: () throws -> R) rethrows -> R {
    let outer = mk_slot_get(MK_SLOT_MODE)
    mk_slot_set(MK_SLOT_MODE, mode.flatMap { UnsafeMutableRawPointer(bitPattern: $0.rawValue) })
    defer { mk_slot_set(MK_SLOT_MODE, outer) }
    return try body()
  }
}
