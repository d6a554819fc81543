/// Why groups cannot be compared.
public enum FairnessError: Error, Sendable, Equatable {
  /// There are no rows, or none with a weight.
  case empty(String)
  /// Lists and tensors that do not have the same rows.
  case shapes(String)
  /// A label, decision, probability, weight or option that cannot be used.
  case invalid(String)
  /// An attribute that the groups do not have, or a level that an attribute does not have.
  case unknown(String)
}

extension FairnessError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .empty(let reason), .shapes(let reason), .invalid(let reason), .unknown(let reason): reason
    }
  }
}
