import CKernels

/// Whether layers that behave differently while training, such as dropout, do so.
public enum Mode: Int, Sendable {
  /// As in use: dropout passes everything on.
  case inference = 1
  /// As in training: dropout drops.
  case training = 2

  /// The mode of this thread: `inference` unless `withMode` or a gradient at a module has set another.
  public static var current: Mode { scoped ?? .inference }

  /// The mode that was set, nil outside every `withMode`.
  package static var scoped: Mode? { Mode(rawValue: Int(bitPattern: mk_slot_get(MK_SLOT_MODE))) }
}

/// Runs `body` in a mode.
public func withMode<R>(_ mode: Mode, _ body: () throws -> R) rethrows -> R {
  try Mode.restoring(mode, body)
}

extension Mode {
  /// Runs `body` with `scoped` as it was at another time.
  static func restoring<R>(_ mode: Mode?, _ body: () throws -> R) rethrows -> R {
    let outer = mk_slot_get(MK_SLOT_MODE)
    mk_slot_set(MK_SLOT_MODE, mode.flatMap { UnsafeMutableRawPointer(bitPattern: $0.rawValue) })
    defer { mk_slot_set(MK_SLOT_MODE, outer) }
    return try body()
  }
}
