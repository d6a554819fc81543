import MartletCore
import MartletTesting

extension Unary: SampledPrimitive {
  package static var samples: [Sample] {
    UnaryOperation.allCases.map { operation in
      let sample = operation.sample
      return Sample(
        "\(operation)", Unary(operation), [.init([3, 5], in: sample.range)],
        reference: { $0[0].map(sample.reference) }, tolerance: UnaryOperation.tolerance)
    }
  }
}
