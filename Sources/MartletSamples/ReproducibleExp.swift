import MartletCore
import MartletTesting

extension ReproducibleExp: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "reproducibleExp", ReproducibleExp(), [.init([3, 4], in: -2...2)],
        reference: { $0[0].map { CMath.exp($0) } })
    ]
  }
}
