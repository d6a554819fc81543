import MartletCore
import MartletTesting

extension Reduction: SampledPrimitive {
  package static var samples: [Sample] {
    ReductionKind.allCases.flatMap { kind -> [Sample] in
      let isLogical = kind == .any || kind == .all
      return [([4, 5], [1]), ([4, 5], [0]), ([4, 5], [0, 1]), ([2, 3, 4], [1]), ([2, 3, 4], [0, 2]), ([], [])].map {
        (shape: [Int], axes: [Int]) in
        Sample(
          "\(kind) of \(shape) along \(axes)", Reduction(kind, axes: axes),
          [.init(Shape(shape), in: isLogical ? 0...1 : -1.5...1.5, type: isLogical ? .bool : nil)],
          reference: { $0[0].reduced(axes, keepDims: false, kind.combine) }, isDifferentiable: !isLogical)
      }
    }
  }
}

extension ReductionKind {
  /// The reduction of a list in plain loops.
  package func combine(_ values: [Double]) -> Double {
    switch self {
    case .sum: values.reduce(0, +)
    case .product: values.reduce(1, *)
    case .min: values.min()!
    case .max: values.max()!
    case .sumOfSquares: values.reduce(0) { $0 + $1 * $1 }
    case .any: values.contains { $0 != 0 } ? 1 : 0
    case .all: values.allSatisfy { $0 != 0 } ? 1 : 0
    }
  }
}
