/// Why a model's robustness, or the drift of its data, cannot be told.
public enum RobustnessError: Error, Sendable, Equatable {
  /// There are no rows, or no values among them.
  case empty(String)
  /// Tensors or lists that do not have the same rows.
  case shapes(String)
  /// A number or an option that cannot be used.
  case invalid(String)
  /// A column that there is not.
  case unknown(String)
}

extension RobustnessError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .empty(let reason), .shapes(let reason), .invalid(let reason), .unknown(let reason): reason
    }
  }
}
