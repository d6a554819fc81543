import MartletCore
import MartletTesting

extension LayerNormRows: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "layerNorm", LayerNormRows(epsilon: 1e-3), [.init([3, 7]), .init([7]), .init([7])],
        reference: { o in
          let y = Normalize.reference(o[0], 1e-3)
          return Reference(y.shape) { y[$0] * o[1][[$0[1]]] + o[2][[$0[1]]] }
        }, tolerance: 2e-5)
    ]
  }
}
