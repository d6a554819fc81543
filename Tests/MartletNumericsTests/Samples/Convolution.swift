import MartletCore
import MartletTesting

@testable import MartletNumerics

extension Convolution: SampledPrimitive {
  public static var samples: [Sample] {
    [("all", 0, 9), ("inside", 2, 5), ("around", -2, 13), ("none", 3, 0)].map { label, first, count in
      Sample(
        label, Convolution(first: first, count: count), [.init([7]), .init([3])],
        reference: { o in
          Reference([count]) { index in
            o[1].values.indices.reduce(0) { sum, j in
              let i = first + index[0] - j
              return sum + (o[0].values.indices.contains(i) ? o[1].values[j] * o[0].values[i] : 0)
            }
          }
        }, large: (Convolution(first: 0, count: 70_003), [.init([70_001]), .init([3])]))
    }
  }
}
