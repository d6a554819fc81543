import MartletCore
import MartletTesting

extension TopK: SampledPrimitive {
  package static var samples: [Sample] {
    [(true, 3), (false, 2), (true, 40), (true, 0)].map { largest, count in
      Sample(
        "\(count) \(largest ? "largest" : "smallest")", TopK(count: count, largest: largest), [.init([3, 40])],
        references: { o in
          let rows = o[0].shape[0]
          let orders = (0..<rows).map { row in
            let values = (0..<40).map { o[0][[row, $0]] }
            return Array(
              (0..<40).sorted { (a: Int, b: Int) -> Bool in
                values[a] == values[b] ? a < b : largest == (values[a] > values[b])
              }.prefix(count))
          }
          return [
            Reference([rows, count], orders.enumerated().flatMap { row, order in order.map { o[0][[row, $0]] } }),
            Reference([rows, count], orders.flatMap { $0.map(Double.init) }),
          ]
        }, large: (TopK(count: count, largest: largest), [.init([157, 403])]))
    }
  }
}
