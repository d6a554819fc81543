/// The values that some variables had at one moment: within `running`, code on this thread reads them instead of the
/// variables' own, which other threads may change at the same time.
package final class VariableSnapshot: VariableScope, @unchecked Sendable {
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

  override func value(of variable: Variable) -> AnyTensor? { values[ObjectIdentifier(variable)] ?? nil }

  /// Traps for one of the variables, whose model other threads use at the same time.
  override func willChange(_ variable: Variable, to value: AnyTensor?) {
    if values[ObjectIdentifier(variable)] == nil { return }
    trap(
      TensorError(
        "Variable",
        "expected a layer that changes no parameter or buffer while a predictor computes, got one that does: let it do so "
          + "only in training mode, if Mode.current == .training { … }"))
  }

  /// Runs `body` with these values. Giving one of the variables a value within it traps.
  package func running<R, Failure: Error>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
    try VariableScope.with(self, body)
  }
}
