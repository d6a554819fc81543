import MartletCore
import MartletTesting

extension BatchNormChannels: SampledPrimitive {
  package static var samples: [Sample] {
    func sample(_ label: String, _ shape: Shape) -> Sample {
      let row: Shape = [shape[1]]
      return Sample(
        label, BatchNormChannels(epsilon: 1e-3), [.init(shape), .init(row), .init(row)],
        references: { o in
          let (_, mean, variance, y) = BatchNormChannels.reference(o[0], 1e-3)
          return [Reference(o[0].shape) { y[$0] * o[1][[$0[1]]] + o[2][[$0[1]]] }, mean, variance]
        }, tolerance: 2e-5)
    }
    return [sample("columns", [6, 5]), sample("channels of planes", [3, 2, 2, 3])]
  }

  /// 1 / √(variance + ε), the mean, the variance and the normalised x in plain loops.
  static func reference(_ x: Reference, _ epsilon: Double) -> (Reference, Reference, Reference, Reference) {
    let axes = x.shape.indices.filter { $0 != 1 }
    let count = axes.reduce(1.0) { $0 * Double(x.shape[$1]) }
    let mean = x.reduced(axes, keepDims: false) { $0.reduce(0, +) / count }
    let centred = Reference(x.shape) { x[$0] - mean[[$0[1]]] }
    let variance = centred.reduced(axes, keepDims: false) { $0.reduce(0) { $0 + $1 * $1 } / count }
    let root = variance.map { 1 / ($0 + epsilon).squareRoot() }
    return (root, mean, variance, Reference(x.shape) { centred[$0] * root[[$0[1]]] })
  }
}

extension BatchNormBackward: SampledPrimitive {
  package static var samples: [Sample] {
    func sample(_ label: String, _ shape: Shape, needsInput: Bool = true) -> Sample {
      Sample(
        label, BatchNormBackward(epsilon: 1e-3, needsInput: needsInput),
        [.init(shape), .init([shape[1]]), .init(shape)],
        references: { o in
          let (x, scale, g) = (o[0], o[1], o[2])
          let axes = x.shape.indices.filter { $0 != 1 }
          let count = axes.reduce(1.0) { $0 * Double(x.shape[$1]) }
          let (root, _, _, y) = BatchNormChannels.reference(x, 1e-3)
          let products = Reference.zip(g, y, *).reduced(axes, keepDims: false) { $0.reduce(0, +) }
          let sums = g.reduced(axes, keepDims: false) { $0.reduce(0, +) }
          let dx = Reference(x.shape) { index in
            let channel = [index[1]]
            let rest = g[index] - sums[channel] / count - y[index] * products[channel] / count
            return rest * root[channel] * scale[channel]
          }
          return needsInput ? [dx, products, sums] : [products, sums]
        }, tolerance: 2e-5)
    }
    return [
      sample("columns", [6, 5]), sample("channels of planes", [3, 2, 2, 3]),
      sample("without the input's gradient", [6, 5], needsInput: false),
    ]
  }
}
