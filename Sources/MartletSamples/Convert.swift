import MartletCore
import MartletTesting

extension Convert: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample("to Double", Convert(to: .float64), [.init([3, 4])], reference: { $0[0] }),
      Sample(
        "to Int32", Convert(to: .int32), [.init([3, 4], in: -9...9)],
        reference: { $0[0].map { $0.rounded(.towardZero) } }, isDifferentiable: false),
    ]
  }
}
