import MartletCore
import MartletTesting

extension CombinedIndices: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "three axes", CombinedIndices(shape: [4, 2, 5], parts: (0..<3).map { Part(axis: $0, axes: 1) }),
        [
          .init([3, 1], in: -4...3, type: .int64), .init([], in: -2...1, type: .int64),
          .init([6], in: 0...4, type: .int64),
        ],
        reference: { o in
          func wrapped(_ index: Double, _ length: Int) -> Int { Int(index) + (index < 0 ? length : 0) }
          return Reference([3, 6]) {
            Double((wrapped(o[0][$0], 4) * 2 + wrapped(o[1][$0], 2)) * 5 + wrapped(o[2][$0], 5))
          }
        }, isDifferentiable: false,
        large: (
          CombinedIndices(shape: [4, 5], parts: (0..<2).map { Part(axis: $0, axes: 1) }),
          [.init([301, 1], in: -4...3, type: .int64), .init([407], in: 0...4, type: .int64)]
        ))
    ]
  }
}

extension TruePositions: SampledPrimitive {
  package static var samples: [Sample] {
    func sample(_ label: String, _ shape: Shape, _ value: Double, count: Int, large: Shape) -> Sample {
      Sample(
        label, TruePositions(count: count), [.init(shape, in: 0...1, type: .bool, transform: { _ in value })],
        reference: { o in
          let places = o[0].values.indices.filter { o[0].values[$0] != 0 }
          return Reference([places.count], places.map(Double.init))
        }, isDifferentiable: false,
        large: (
          TruePositions(count: large.elementCount), [.init(large, in: 0...1, type: .bool, transform: { _ in 1 })]
        ))
    }
    return [
      sample("all true", [3, 4], 1, count: 12, large: [300, 501]),
      sample("none true", [3, 4], 0, count: 0, large: [300, 501]),
      sample("empty", [0, 4], 1, count: 0, large: [300, 501]),
    ]
  }
}
