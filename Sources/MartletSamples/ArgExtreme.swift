import MartletCore
import MartletTesting

extension ArgExtreme: SampledPrimitive {
  package static var samples: [Sample] {
    [(true, 0), (true, 1), (false, 1)].map { largest, axis in
      Sample(
        "\(largest ? "argMax" : "argMin") along \(axis)", ArgExtreme(largest: largest, axis: axis), [.init([4, 5])],
        reference: {
          $0[0].reduced([axis], keepDims: false) { values in
            Double(values.firstIndex(of: largest ? values.max()! : values.min()!)!)
          }
        }, isDifferentiable: false)
    }
  }
}
