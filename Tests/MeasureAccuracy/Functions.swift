import Accuracy
import CKernels
import MartletCore

/// The functions whose error is measured, by the names of the library's operations.
let functions: [(name: String, operation: mk_unary_op)] = UnaryOperation.allCases.compactMap { operation in
  let kernel = mk_unary_op(rawValue: operation.rawValue)
  return accuracy_has(kernel) ? ("\(operation)", kernel) : nil
}
