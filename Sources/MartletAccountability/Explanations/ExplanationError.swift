/// Why something cannot be explained.
public enum ExplanationError: Error, Sendable, Equatable {
  /// There are no rows or no features.
  case empty(String)
  /// Tensors or lists that do not have the same rows or features.
  case shapes(String)
  /// A target, a number or an option that cannot be used.
  case invalid(String)
  /// An operation that the method has no rule for, or that is done in another way for another input.
  case unsupported(String)
  /// Inputs that the model or its preprocessing does not take.
  case model(String)
}

extension ExplanationError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .empty(let reason), .shapes(let reason), .invalid(let reason), .unsupported(let reason), .model(let reason):
      reason
    }
  }
}
