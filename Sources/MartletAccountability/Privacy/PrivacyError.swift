/// Why privacy cannot be accounted for, or a model not be trained privately.
public enum PrivacyError: Error, Sendable, Equatable {
  /// A number that cannot be used, such as a delta of 0.
  case invalid(String)
  /// No setting reaches what was asked for, such as an epsilon below what no noise can give.
  case unreachable(String)
  /// A layer or a loss whose gradient cannot be told apart by rows; the text names its path.
  case unsupported(String)
  /// The budget does not allow a step.
  case exhausted(String)
}

extension PrivacyError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .invalid(let reason), .unreachable(let reason), .unsupported(let reason), .exhausted(let reason): reason
    }
  }
}
