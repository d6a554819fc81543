import MartletCore
import MartletTesting

extension LogSumExp: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "logSumExp", LogSumExp(), [.init([3, 6])],
        reference: { $0[0].reduced([1], keepDims: false) { CMath.log($0.reduce(0) { $0 + CMath.exp($1) }) } },
        tolerance: 4e-6)
    ]
  }
}
