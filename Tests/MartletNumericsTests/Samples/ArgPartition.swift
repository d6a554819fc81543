import MartletCore
import MartletTesting

@testable import MartletNumerics

extension ArgPartition: SampledPrimitive {
  public static var samples: [Sample] {
    // Between two places that are neighbours nothing is left open: with all of them the order is that of a sort.
    [3, 40].map { length in
      Sample(
        "all \(length) places", ArgPartition(places: Array(0..<length)), [.init([3, length])],
        reference: { o in
          Reference(
            o[0].shape,
            (0..<o[0].shape[0]).flatMap { row in
              let values = (0..<length).map { o[0][[row, $0]] }
              return values.indices.sorted { (values[$0], $0) < (values[$1], $1) }.map(Double.init)
            })
        }, isDifferentiable: false, large: (ArgPartition(places: [0, 100, 402]), [.init([157, 403])]))
    } + [
      Sample(
        "no rows", ArgPartition(places: []), [.init([0, 3])], reference: { Reference($0[0].shape, []) },
        isDifferentiable: false)
    ]
  }
}
