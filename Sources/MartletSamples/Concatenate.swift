import MartletCore
import MartletTesting

extension Concatenate: SampledPrimitive {
  package static var samples: [Sample] {
    func sample(_ label: String, _ shapes: [Shape], axis: Int) -> Sample {
      Sample(
        label, Concatenate(axis: axis, lengths: shapes.map { $0[axis] }), shapes.map { .init($0) },
        reference: { o in
          var shape = o[0].shape
          shape[axis] = o.reduce(0) { $0 + $1.shape[axis] }
          return Reference(shape) { index in
            var index = index
            var part = 0
            while index[axis] >= o[part].shape[axis] {
              index[axis] -= o[part].shape[axis]
              part += 1
            }
            return o[part][index]
          }
        },
        large: (
          Concatenate(axis: 0, lengths: [211, 307]), [.init([211, 333]), .init([307, 333])]
        ))
    }
    return [
      sample("two along 0", [[2, 3], [1, 3]], axis: 0), sample("five along 1", (1...5).map { [2, $0] }, axis: 1),
      sample("one empty", [[2, 3], [0, 3]], axis: 0), sample("all empty", [[2, 0], [1, 0]], axis: 0),
    ]
  }
}
