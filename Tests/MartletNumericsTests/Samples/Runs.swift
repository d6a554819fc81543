import MartletCore
import MartletTesting

@testable import MartletNumerics

extension ArgSortWholeRows: SampledPrimitive {
  public static var samples: [Sample] {
    [
      Sample(
        "with ties", ArgSortWholeRows(), [.init([20, 3], transform: { $0.rounded() })],
        reference: { o in
          let (count, width) = (o[0].shape[0], o[0].shape[1])
          let rows = (0..<count).map { row in (0..<width).map { o[0][[row, $0]] } }
          let order = rows.indices.sorted { a, b in
            rows[a] == rows[b] ? a < b : rows[a].lexicographicallyPrecedes(rows[b])
          }
          return Reference([count], order.map(Double.init))
        }, isDifferentiable: false)
    ]
  }
}

extension RunStarts: SampledPrimitive {
  public static var samples: [Sample] {
    [true, false].map { merges in
      Sample(
        merges ? "NaN is equal" : "NaN differs", RunStarts(mergesNaN: merges),
        [.init([40, 2], in: 0...1, transform: { $0 < 0.4 ? .nan : $0.rounded() })],
        reference: { o in
          Reference([o[0].shape[0]]) { index in
            if index[0] == 0 { return 1 }
            let differs = (0..<o[0].shape[1]).contains { column in
              let (a, b) = (o[0][[index[0] - 1, column]], o[0][[index[0], column]])
              return a != b && !(merges && a.isNaN && b.isNaN)
            }
            return differs ? 1 : 0
          }
        }, isDifferentiable: false)
    }
  }
}
