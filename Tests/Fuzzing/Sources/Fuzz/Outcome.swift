import Martlet

/// What reading came to: the value, or the kind of error and its reason, without the name of what was read.
enum Outcome<Value> {
  case value(Value)
  case refused(FormatError.Kind, String)

  init(_ body: () throws(FormatError) -> Value) {
    do throws(FormatError) {
      self = .value(try body())
    } catch {
      // Whoever catches an error prints it.
      promise(!error.description.isEmpty, "an error without a description")
      self = .refused(error.kind, error.reason)
    }
  }

  /// The value, nil where it was refused.
  var value: Value? {
    if case .value(let value) = self { value } else { nil }
  }

  /// Whether both are the same error, or values for which `isSame` holds.
  func agrees(with other: Outcome, _ isSame: (Value, Value) -> Bool) -> Bool {
    switch (self, other) {
    case (.value(let a), .value(let b)): isSame(a, b)
    case (.refused(let kind, let reason), .refused(let otherKind, let otherReason)):
      kind == otherKind && reason == otherReason
    default: false
    }
  }

  /// The same, for a compressed file and what its bytes give plain: one that says of itself that it would become too
  /// large is refused before it is found to be anything else.
  func agrees(withPlain other: Outcome, _ isSame: (Value, Value) -> Bool) -> Bool {
    if case (.refused(.tooLarge, _), .refused) = (self, other) { return true }
    return agrees(with: other, isSame)
  }
}
