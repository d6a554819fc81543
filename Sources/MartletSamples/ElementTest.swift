import MartletCore
import MartletTesting

extension Test: SampledPrimitive {
  package static var samples: [Sample] {
    ElementTest.allCases.map { test in
      let special: @Sendable (Double) -> Double = { $0 < 0.3 ? .nan : $0 > 0.7 ? .infinity : 0.5 - $0 }
      return Sample(
        "\(test)", Test(test),
        [test == .not ? .init([3, 4], in: 0...1, type: .bool) : .init([3, 4], in: 0...1, transform: special)],
        reference: {
          $0[0].map { x in
            switch test {
            case .isNaN: x.isNaN ? 1 : 0
            case .isInfinite: x.isInfinite ? 1 : 0
            case .isFinite: x.isFinite ? 1 : 0
            case .signBit: x.sign == .minus ? 1 : 0
            case .not: x == 0 ? 1 : 0
            }
          }
        }, isDifferentiable: false)
    }
  }
}
