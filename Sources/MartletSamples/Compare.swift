import MartletCore
import MartletTesting

extension Compare: SampledPrimitive {
  package static var samples: [Sample] {
    Comparison.allCases.map { comparison in
      Sample(
        "\(comparison)", Compare(comparison),
        [.init([3, 4], in: -2...2, type: .int32), .init([4], in: -2...2, type: .int32)],
        reference: { Reference.zip($0[0], $0[1]) { comparison.holds($0, $1) ? 1 : 0 } }, isDifferentiable: false)
    }
  }
}

extension Comparison {
  fileprivate func holds(_ a: Double, _ b: Double) -> Bool {
    switch self {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessEqual: a <= b
    case .greater: a > b
    case .greaterEqual: a >= b
    }
  }
}
