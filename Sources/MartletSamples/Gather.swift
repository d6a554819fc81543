import MartletCore
import MartletTesting

extension Gather: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "rows", Gather(), [.init([5, 3]), .init([4], in: 0...4, type: .int64)],
        reference: { o in Reference([4, 3]) { o[0][[Int(o[1].values[$0[0]]), $0[1]]] } }),
      Sample(
        "elements, by a matrix of indices", Gather(), [.init([5]), .init([2, 3], in: 0...4, type: .int64)],
        reference: { o in o[1].map { o[0].values[Int($0)] } }),
      Sample(
        "columns", Gather(axis: 1), [.init([3, 5]), .init([4], in: 0...4, type: .int64)],
        reference: { o in Reference([3, 4]) { o[0][[$0[0], Int(o[1].values[$0[1]])]] } }),
      Sample(
        "two axes between others", Gather(axis: 1, axes: 2),
        [.init([2, 3, 4, 5]), .init([6], in: 0...11, type: .int64)],
        reference: { o in
          Reference([2, 6, 5]) { place in
            let index = Int(o[1].values[place[1]])
            return o[0][[place[0], index / 4, index % 4, place[2]]]
          }
        },
        large: (
          Gather(axis: 1, axes: 2), [.init([23, 11, 9, 31]), .init([171], in: 0...98, type: .int64)]
        )),
    ]
  }
}

extension ScatterAdd: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "rows", ScatterAdd(lengths: AxisList([4])), [.init([6, 3]), .init([6], in: 0...3, type: .int64)],
        reference: { o in
          Reference([4, 3]) { index in
            (0..<6).reduce(0) { $0 + (Int(o[1].values[$1]) == index[0] ? o[0][[$1, index[1]]] : 0) }
          }
        }),
      Sample(
        "two axes between others", ScatterAdd(axis: 1, lengths: AxisList([3, 4])),
        [.init([2, 6, 5]), .init([6], in: 0...11, type: .int64)],
        reference: { o in
          Reference([2, 3, 4, 5]) { place in
            (0..<6).reduce(0) {
              $0 + (Int(o[1].values[$1]) == place[1] * 4 + place[2] ? o[0][[place[0], $1, place[3]]] : 0)
            }
          }
        },
        large: (
          ScatterAdd(axis: 1, lengths: AxisList([11, 9])),
          [.init([23, 171, 31]), .init([171], in: 0...98, type: .int64)]
        )),
    ]
  }
}
