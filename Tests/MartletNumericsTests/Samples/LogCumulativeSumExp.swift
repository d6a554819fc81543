import Foundation
import MartletCore
import MartletTesting

@testable import MartletNumerics

extension LogCumulativeSumExp: SampledPrimitive {
  public static var samples: [Sample] {
    [(0, [4, 3] as Shape), (1, [2, 5, 2]), (1, [3, 6])].map { axis, shape in
      Sample(
        "along \(axis) of \(shape)", LogCumulativeSumExp(axis: axis), [.init(shape)],
        reference: { o in
          Reference(o[0].shape) { index in
            log(
              (0...index[axis]).reduce(0) { sum, position in
                var other = index
                other[axis] = position
                return sum + exp(o[0][other])
              })
          }
        }, tolerance: 4e-6)
    }
  }
}
