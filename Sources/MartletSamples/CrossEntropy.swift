import MartletCore
import MartletTesting

extension CrossEntropy: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "softmaxCrossEntropy", CrossEntropy(), [.init([4, 5]), .init([4], in: 0...4, type: .int64)],
        reference: { o in
          let sums = o[0].reduced([1], keepDims: false) { CMath.log($0.reduce(0) { $0 + CMath.exp($1) }) }
          return Reference([4]) { sums[$0] - o[0][[$0[0], Int(o[1][$0])]] }
        }, tolerance: 4e-6)
    ]
  }
}

extension CrossEntropyBackward: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "softmaxCrossEntropyBackward", CrossEntropyBackward(),
        [.init([4, 5]), .init([4], in: 0...4, type: .int64), .init([4])],
        reference: { o in
          let sums = o[0].reduced([1], keepDims: true) { $0.reduce(0) { $0 + CMath.exp($1) } }
          return Reference([4, 5]) { index in
            let hit = Int(o[1].values[index[0]]) == index[1] ? 1.0 : 0
            return o[2].values[index[0]] * (CMath.exp(o[0][index]) / sums[index] - hit)
          }
        }, tolerance: 4e-6)
    ]
  }
}
