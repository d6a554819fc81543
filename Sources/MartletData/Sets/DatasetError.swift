/// Why tensors or numbers do not make a data set; mistakes in files are a `FormatError`.
public enum DatasetError: Error, Sendable, Equatable {
  /// `x` and `y` differ in their number of rows.
  case rowCounts(x: Int, y: Int)
  /// There are no rows.
  case empty(String)
  /// A shape or a number cannot be used.
  case invalid(String)
}

extension DatasetError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .rowCounts(let x, let y): "x has \(x) rows and y has \(y); every row of x needs its row of y"
    case .empty(let reason), .invalid(let reason): reason
    }
  }
}
