import MartletCore
import MartletTesting

extension Normalize: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "normalize", Normalize(epsilon: 1e-5), [.init([3, 7])],
        reference: { Normalize.reference($0[0], 1e-5) }, tolerance: 2e-5)
    ]
  }

  static func reference(_ x: Reference, _ epsilon: Double) -> Reference {
    let n = Double(x.shape.last!)
    let mean = x.reduced([x.shape.count - 1], keepDims: true) { $0.reduce(0, +) / n }
    let centred = Reference(x.shape) { x[$0] - mean[$0] }
    let scale = centred.reduced([x.shape.count - 1], keepDims: true) {
      1 / ($0.reduce(0) { $0 + $1 * $1 } / n + epsilon).squareRoot()
    }
    return Reference(x.shape) { centred[$0] * scale[$0] }
  }
}

extension NormalizeBackward: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "normalizeBackward", NormalizeBackward(epsilon: 1e-3), [.init([3, 7]), .init([3, 7])],
        reference: { o in
          let (x, g) = (o[0], o[1])
          let n = Double(x.shape.last!)
          let y = Normalize.reference(x, 1e-3)
          let mean = x.reduced([1], keepDims: true) { $0.reduce(0, +) / n }
          let variance = Reference(x.shape) { (x[$0] - mean[$0]) * (x[$0] - mean[$0]) }
            .reduced([1], keepDims: true) { $0.reduce(0, +) / n }
          let middle = g.reduced([1], keepDims: true) { $0.reduce(0, +) / n }
          let slope = Reference.zip(g, y, *).reduced([1], keepDims: true) { $0.reduce(0, +) / n }
          return Reference(x.shape) { (g[$0] - middle[$0] - y[$0] * slope[$0]) / (variance[$0] + 1e-3).squareRoot() }
        }, tolerance: 2e-5)
    ]
  }
}
