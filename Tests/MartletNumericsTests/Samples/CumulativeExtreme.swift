import MartletCore
import MartletTesting

@testable import MartletNumerics

extension CumulativeArgExtreme: SampledPrimitive {
  public static var samples: [Sample] {
    [(true, 0, [5, 3] as Shape), (false, 1, [2, 6]), (true, 1, [2, 5, 2])].map { largest, axis, shape in
      // Few values, so that there are ties.
      Sample(
        "\(largest ? "largest" : "smallest") along \(axis) of \(shape)",
        CumulativeArgExtreme(largest: largest, axis: axis), [.init(shape, transform: { $0.rounded() })],
        reference: { o in
          Reference(o[0].shape) { index in
            let line = (0...index[axis]).map { position in
              var other = index
              other[axis] = position
              return o[0][other]
            }
            return Double(line.lastIndex(of: largest ? line.max()! : line.min()!)!)
          }
        }, isDifferentiable: false)
    }
  }
}
