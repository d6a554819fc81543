import MartletCore
import MartletTesting

extension SquaredError: SampledPrimitive {
  package static var samples: [Sample] {
    [true, false].map { isMean in
      Sample(
        isMean ? "meanSquaredError" : "sumSquaredError", SquaredError(isMean: isMean),
        [.init([3, 4]), .init([3, 4])],
        reference: { o in
          let squares = zip(o[0].values, o[1].values).map { ($0 - $1) * ($0 - $1) }
          return Reference([], [squares.reduce(0, +) / (isMean ? Double(squares.count) : 1)])
        }, tolerance: 2e-6)
    }
  }
}

extension SquaredErrorBackward: SampledPrimitive {
  package static var samples: [Sample] {
    [true, false].map { isMean in
      Sample(
        isMean ? "meanSquaredErrorBackward" : "sumSquaredErrorBackward", SquaredErrorBackward(isMean: isMean),
        [.init([3, 4]), .init([3, 4]), .init([])],
        reference: { o in
          Reference([3, 4]) { 2 * o[2].values[0] * (o[0][$0] - o[1][$0]) / (isMean ? 12 : 1) }
        }, tolerance: 2e-6)
    }
  }
}
