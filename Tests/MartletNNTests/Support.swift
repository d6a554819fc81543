import MartletCore

@testable import MartletNN

extension AnyTensor {
  var doubles: [Double] {
    Tensor<Double>(unchecked: converted(to: .float64)).scalars
  }
}

func isClose(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}

/// What an operation throws.
func failure(of operation: () throws(ModuleError) -> Void) -> ModuleError? {
  do {
    try operation()
    return nil
  } catch {
    return error
  }
}
