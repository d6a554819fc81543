import MartletCore

extension AnyTensor {
  /// The numbers in row-major order.
  package var doubles: [Double] { Tensor<Double>(unchecked: converted(to: .float64)).scalars }
}

/// Whether numbers are as near to the others as `tolerance` says, times their magnitude where it is above 1.
package func isClose(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}
