/// What a matrix's values do not allow: which operation, why, and where.
///
/// Operations of linear algebra throw it. Shapes that do not fit are the program's mistake and trap, as everywhere.
public struct LinearAlgebraError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Why an operation has no result.
  public enum Reason: Sendable, Equatable {
    /// An operand has NaN or infinity, first at these indices within its matrix; operands are counted from 0.
    case notFinite(operand: Int, indices: [Int])
    /// The matrix has no inverse: this pivot of the elimination is zero, counted from 0.
    case singular(pivot: Int)
    /// The leading minor of this order, its upper left corner, is not positive.
    case notPositiveDefinite(order: Int)
    /// The function has no principal value, because an eigenvalue lies on the negative real axis or, where that matters,
    /// is zero.
    case noPrincipalValue
    /// An iteration did not converge, or a result was too large for the scalar type.
    case notConverged
  }

  /// The operation's name, such as `solve`.
  public let operation: String
  /// Why it has no result.
  public let reason: Reason
  /// The indices of the matrix in the batch; empty where there is one matrix alone.
  public let matrix: [Int]

  /// Creates an error.
  public init(_ operation: String, _ reason: Reason, matrix: [Int] = []) {
    self.operation = operation
    self.reason = reason
    self.matrix = matrix
  }

  /// The operation, what was expected and what came instead, and which matrix of the batch it was.
  public var description: String {
    "\(operation): \(reason.text)" + (matrix.isEmpty ? "" : ", in matrix \(matrix) of the batch")
  }
}

extension LinearAlgebraError.Reason {
  fileprivate var text: String {
    switch self {
    case .notFinite(let operand, let indices):
      "expected finite numbers, got NaN or infinity at \(indices) of operand \(operand)"
    case .singular(let pivot):
      "expected an invertible matrix, got a singular one, whose pivot \(pivot) is zero"
    case .notPositiveDefinite(let order):
      "expected a positive definite matrix, got one whose leading minor of order \(order) is not"
    case .noPrincipalValue:
      "expected a matrix without eigenvalues on the negative real axis, got one that has some or is singular"
    case .notConverged:
      "expected a matrix that the iteration converges for, got one that it does not, or whose result overflows"
    }
  }
}
