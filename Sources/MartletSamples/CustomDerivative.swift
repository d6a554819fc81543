import MartletCore
import MartletTesting

extension CustomDerivative: SampledPrimitive {
  package static var samples: [Sample] {
    [Sample("identity", CustomDerivative { [$0] }, [.init([3])], reference: { $0[0] })]
  }
}
