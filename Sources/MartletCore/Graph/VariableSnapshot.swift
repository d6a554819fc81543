import CKernels

/// The values that some variables had at one moment: within `running`, code on this thread reads them instead of the
/// variables' own, which other threads may change at the same time.
package final class VariableSnapshot: @unchecked Sendable {
  // `@unchecked Sendable`: nothing changes after `init`. The variables are kept only so that no other object gets the
  // identity of one; their contents are not touched.
  private let variables: [Variable]
  private let values: [ObjectIdentifier: AnyTensor?]

  /// Keeps the values that the variables have now, without copying them: a variable that is changed in place
  /// afterwards gets memory of its own.
  package init(_ variables: [Variable]) {
    self.variables = variables
    values = Dictionary(variables.map { (ObjectIdentifier($0), $0.stored) }, uniquingKeysWith: { first, _ in first })
  }

  /// The variable's value; nil where it has none or is not one of these.
  func value(of variable: Variable) -> AnyTensor? { values[ObjectIdentifier(variable)] ?? nil }

  /// Whether a variable is one of these.
  func holds(_ variable: Variable) -> Bool { values[ObjectIdentifier(variable)] != nil }

  /// The snapshot that this thread reads; nil outside `running`.
  @inline(__always)
  static var current: VariableSnapshot? {
    mk_slot_get(MK_SLOT_SNAPSHOT).map { Unmanaged<VariableSnapshot>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs `body` with these values. Giving one of the variables a value within it traps.
  package func running<R, Failure: Error>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
    let outer = mk_slot_get(MK_SLOT_SNAPSHOT)
    mk_slot_set(MK_SLOT_SNAPSHOT, Unmanaged.passUnretained(self).toOpaque())
    defer { mk_slot_set(MK_SLOT_SNAPSHOT, outer) }
    defer { withExtendedLifetime(self) {} }
    return try body()
  }
}
