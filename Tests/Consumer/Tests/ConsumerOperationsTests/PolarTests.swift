import ConsumerOperations
import Foundation
import Martlet
import MartletTesting
import Testing

extension Polar: SampledPrimitive {
  public static var samples: [Sample] {
    [
      Sample(
        "off the origin", Polar(), [.init([3, 5], in: 0.3...2), .init([3, 5], in: -2...2)],
        references: { o in
          [Reference.zip(o[0], o[1]) { ($0 * $0 + $1 * $1).squareRoot() }, Reference.zip(o[0], o[1]) { atan2($1, $0) }]
        })
    ]
  }
}

@Suite struct PolarTests {
  @Test(arguments: PrimitiveCheck.cases(of: [Polar.self]))
  func `a sample passes all checks`(_ example: PrimitiveCheck.Case) {
    #expect(example.problems() == [])
  }

  @Test func `the samples leave nothing untried`() {
    #expect(PrimitiveCheck.omissions(in: [Polar.self]) == [])
  }

  @Test func `second derivatives are those of composed operations`() {
    let (x, y) = (Tensor<Double>([0.6, 1.5, -0.4]), Tensor<Double>([0.8, -0.3, 1.1]))
    let own = hessian(at: x) { x in
      let (radius, angle) = polar(x, y)
      return (radius * angle).sum()
    }
    let composed = hessian(at: x) { x in (x.hypot(y) * y.atan2(x)).sum() }
    #expect(own.allClose(to: composed, relativeTolerance: 0, absoluteTolerance: 1e-12))
  }
}
