import MartletCore

@testable import MartletNN

/// What an operation throws.
func failure(of operation: () throws(ModuleError) -> Void) -> ModuleError? {
  do {
    try operation()
    return nil
  } catch {
    return error
  }
}

/// The elements' bytes.
func bits(_ tensors: [AnyTensor]) -> [[UInt8]] { tensors.map { $0.contiguous().withUnsafeBytes { Array($0) } } }
