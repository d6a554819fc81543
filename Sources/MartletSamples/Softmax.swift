import MartletCore
import MartletTesting

extension SoftmaxRows: SampledPrimitive {
  package static var samples: [Sample] {
    [false, true].map { isLogarithmic in
      Sample(
        isLogarithmic ? "logSoftmax" : "softmax", SoftmaxRows(isLogarithmic: isLogarithmic), [.init([3, 6])],
        reference: { o in
          let sums = o[0].reduced([1], keepDims: true) { $0.reduce(0) { $0 + CMath.exp($1) } }
          return Reference(o[0].shape) { index in
            let p = CMath.exp(o[0][index]) / sums[index]
            return isLogarithmic ? CMath.log(p) : p
          }
        }, tolerance: 4e-6)
    }
  }
}

extension SoftmaxBackward: SampledPrimitive {
  package static var samples: [Sample] {
    [false, true].map { isLogarithmic in
      Sample(
        isLogarithmic ? "logSoftmaxBackward" : "softmaxBackward", SoftmaxBackward(isLogarithmic: isLogarithmic),
        [.init([3, 4]), .init([3, 4])],
        reference: { o in
          let (y, g) = (o[0], o[1])
          if isLogarithmic {
            let sums = g.reduced([1], keepDims: true) { $0.reduce(0, +) }
            return Reference(y.shape) { g[$0] - CMath.exp(y[$0]) * sums[$0] }
          }
          let sums = Reference.zip(g, y, *).reduced([1], keepDims: true) { $0.reduce(0, +) }
          return Reference(y.shape) { y[$0] * (g[$0] - sums[$0]) }
        }, tolerance: 1e-5)
    }
  }
}
