import MartletCore
import MartletTesting

extension Linear: SampledPrimitive {
  package static var samples: [Sample] {
    FusedActivation.allCases.flatMap { activation -> [Sample] in
      func sample(_ label: String, _ x: Shape, _ weight: Shape, bias: Bool) -> Sample {
        Sample(
          "\(activation) \(label)", Linear(activation: activation),
          [.init(x), .init(weight)] + (bias ? [.init([weight[0]])] : []),
          reference: { o in
            Reference(o[0].shape.dropLast() + [weight[0]]) { index in
              var sum = bias ? o[2].values[index.last!] : 0
              for p in 0..<weight[1] { sum += o[0][index.dropLast() + [p]] * o[1][[index.last!, p]] }
              return activation.unary?.sample.reference(sum) ?? sum
            }
          }, tolerance: 1e-5)
      }
      return [
        sample("with bias", [3, 4], [5, 4], bias: true), sample("without bias", [3, 4], [5, 4], bias: false),
        sample("of a batch", [2, 3, 4], [2, 4], bias: true), sample("of one row", [4], [3, 4], bias: true),
        sample("to one", [3, 4], [1, 4], bias: true),
      ]
    }
  }
}
