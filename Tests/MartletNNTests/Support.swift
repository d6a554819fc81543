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
