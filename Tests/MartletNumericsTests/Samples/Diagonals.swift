import MartletCore
import MartletTesting

@testable import MartletNumerics

extension Diagonals: SampledPrimitive {
  public static var samples: [Sample] {
    [[3, 3] as Shape, [2, 3, 5], [2, 4, 2], [0, 3]].map { shape in
      Sample(
        "of \(shape)", Diagonals(), [.init(shape)],
        reference: { o in
          let count = min(o[0].shape[shape.rank - 2], o[0].shape[shape.rank - 1])
          return Reference(Array(o[0].shape.dropLast(2)) + [count]) { o[0][$0 + [$0.last!]] }
        })
    }
  }
}
