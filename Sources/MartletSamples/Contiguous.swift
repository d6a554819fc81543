import MartletCore
import MartletTesting

extension Contiguous: SampledPrimitive {
  package static var samples: [Sample] {
    [Sample("contiguous", Contiguous(), [.init([3, 4, 2])], reference: { $0[0] })]
  }
}
