import CKernels

/// Stands between code on one thread and the variables: it may answer for their values, and is told of changes.
package class VariableScope: @unchecked Sendable {
  // `@unchecked Sendable`: there is nothing here; what a subclass has it must answer for itself.
  package init() {}

  /// The value to read instead of the variable's own; nil for its own.
  func value(of variable: Variable) -> AnyTensor? { nil }

  /// Called before a variable gets a new value, or before it is changed in place (`value` is nil).
  func willChange(_ variable: Variable, to value: AnyTensor?) {}

  /// The scope of this thread.
  @inline(__always)
  static var current: VariableScope? {
    mk_slot_get(MK_SLOT_SNAPSHOT).map { Unmanaged<VariableScope>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs `body` in a scope, or in none.
  static func with<R, Failure: Error>(_ scope: VariableScope?, _ body: () throws(Failure) -> R) throws(Failure) -> R {
    let outer = mk_slot_get(MK_SLOT_SNAPSHOT)
    mk_slot_set(MK_SLOT_SNAPSHOT, scope.map { Unmanaged.passUnretained($0).toOpaque() })
    defer { mk_slot_set(MK_SLOT_SNAPSHOT, outer) }
    defer { withExtendedLifetime(scope) {} }
    return try body()
  }
}
