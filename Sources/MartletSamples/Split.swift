import MartletCore
import MartletTesting

extension Split: SampledPrimitive {
  package static var samples: [Sample] {
    func sample(_ label: String, _ shape: Shape, _ axis: Int, _ lengths: [Int]) -> Sample {
      Sample(
        label, Split(axis: axis, lengths: lengths), [.init(shape)],
        references: { o in
          var start = 0
          return lengths.map { length in
            var part = o[0].shape
            part[axis] = length
            defer { start += length }
            return Reference(part) { index in
              var index = index
              index[axis] += start
              return o[0][index]
            }
          }
        })
    }
    return [
      sample("rows", [5, 2], 0, [2, 3]), sample("columns, four parts", [2, 7], 1, [1, 0, 3, 3]),
      sample("one part", [3], 0, [3]), sample("of nothing", [0, 2], 0, [0, 0]),
    ]
  }
}
