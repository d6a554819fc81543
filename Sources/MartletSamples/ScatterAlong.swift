import MartletCore
import MartletTesting

extension ScatterAlong: SampledPrimitive {
  package static var samples: [Sample] {
    ScatterReduction.allCases.flatMap { reduction in
      [(0, [4, 3], [6, 3]), (1, [4, 5], [4, 2]), (1, [2, 4, 3], [2, 7, 3])].map {
        (axis: Int, shape: Shape, picked: Shape) in
        Sample(
          "\(reduction) along \(axis) of \(shape)", ScatterAlong(axis: axis, reduction: reduction),
          [
            .init(shape, in: 0.5...1.5), .init(picked, in: 0.5...1.5),
            .init(picked, in: 0...Double(shape[axis] - 1), type: .int64),
          ],
          reference: { o in
            var result = o[0]
            for index in Reference.indices(picked.dimensions) {
              var place = index
              place[axis] = Int(o[2][index])
              result[place] = reduction.combine(result[place], o[1][index])
            }
            return result
          })
      }
    }
  }
}

extension ScatterReduction {
  fileprivate func combine(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .set: b
    case .add: a + b
    case .multiply: a * b
    case .min: Swift.min(a, b)
    case .max: Swift.max(a, b)
    }
  }
}
