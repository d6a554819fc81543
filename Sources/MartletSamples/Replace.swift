import MartletCore
import MartletTesting

extension Replace: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "rows", Replace(), [.init([4, 3]), .init([6, 3]), .init([6], in: 0...3, type: .int64)],
        reference: { o in
          var result = o[0]
          for position in 0..<6 {
            let row = Int(o[2].values[position])
            for column in 0..<3 { result.values[row * 3 + column] = o[1][[position, column]] }
          }
          return result
        }),
      Sample(
        "two axes between others", Replace(axis: 1, axes: 2),
        [.init([2, 3, 4, 5]), .init([2, 6, 5]), .init([6], in: 0...11, type: .int64)],
        reference: { o in
          var result = o[0]
          for position in 0..<6 {
            let index = Int(o[2].values[position])
            for (first, last) in [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3), (0, 4), (1, 4)] {
              result[[first, index / 4, index % 4, last]] = o[1][[first, position, last]]
            }
          }
          return result
        },
        large: (
          Replace(axis: 1, axes: 2),
          [.init([23, 11, 9, 31]), .init([23, 171, 31]), .init([171], in: 0...98, type: .int64)]
        )),
    ]
  }
}
