import MartletCore

@testable import MartletNN

/// A generator for test values that has nothing to do with the library's.
struct TestNumbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / Double(1 << 53) * 4 - 2
  }

  mutating func array(_ count: Int) -> [Double] { (0..<count).map { _ in next() } }

  mutating func tensor(_ shape: Shape) -> Tensor<Float> {
    Tensor(shape: shape, scalars: array(shape.elementCount).map { Float($0) })
  }
}

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
