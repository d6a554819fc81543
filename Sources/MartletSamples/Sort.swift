import MartletCore
import MartletTesting

extension ArgSort: SampledPrimitive {
  package static var samples: [Sample] {
    [false, true].map { descending in
      Sample(
        descending ? "descending" : "ascending", ArgSort(descending: descending), [.init([3, 40])],
        reference: { o in
          let width = o[0].shape[1]
          var orders: [Double] = []
          for row in 0..<o[0].shape[0] {
            let values = (0..<width).map { o[0][[row, $0]] }
            let order = (0..<width).sorted { (a: Int, b: Int) -> Bool in
              if values[a] == values[b] { return a < b }
              return descending ? values[a] > values[b] : values[a] < values[b]
            }
            orders += order.map { Double($0) }
          }
          return Reference(o[0].shape, orders)
        }, isDifferentiable: false)
    }
  }
}
