import MartletCore
import MartletTesting

extension Binary: SampledPrimitive {
  package static var samples: [Sample] {
    BinaryOperation.allCases.flatMap { operation -> [Sample] in
      let row = operation.sample
      func sample(_ label: String, _ a: Shape, _ b: Shape) -> Sample {
        Sample(
          "\(operation) \(label)", Binary(operation),
          [.init(a, in: row.ranges.0, type: row.type), .init(b, in: row.ranges.1, type: row.type)],
          reference: { Reference.zip($0[0], $0[1], row.reference) },
          isDifferentiable: row.isDifferentiable, tolerance: BinaryOperation.tolerance)
      }
      return [
        sample("equal shapes", [3, 4], [3, 4]), sample("a row", [3, 4], [4]), sample("a column", [3, 1], [3, 4]),
        sample("a scalar", [2, 3], []),
      ]
    }
  }
}
