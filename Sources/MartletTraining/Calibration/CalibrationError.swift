/// Why probabilities cannot be calibrated.
public enum CalibrationError: Error, Sendable, Equatable {
  /// There are no rows, or none with a weight.
  case empty(String)
  /// Outputs, labels and weights that do not go together, or outputs that the calibrator was not fitted to.
  case shapes(String)
  /// All rows with a weight are of one class, or there are none of a class.
  case oneClass(String)
  /// A number that cannot be used: an output that is not finite, a probability outside 0…1, a label that is no class, a
  /// weight below 0.
  case invalid(String)
}

extension CalibrationError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .empty(let reason), .shapes(let reason), .oneClass(let reason), .invalid(let reason): reason
    }
  }
}
