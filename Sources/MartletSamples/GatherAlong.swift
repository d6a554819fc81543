import MartletCore
import MartletTesting

extension GatherAlong: SampledPrimitive {
  package static var samples: [Sample] {
    [(0, [4, 3], [6, 3]), (1, [4, 5], [4, 2]), (1, [2, 4, 3], [2, 5, 3])].map {
      (axis: Int, shape: Shape, picked: Shape) in
      Sample(
        "along \(axis) of \(shape)", GatherAlong(axis: axis),
        [.init(shape), .init(picked, in: 0...Double(shape[axis] - 1), type: .int64)],
        reference: { o in
          Reference(picked.dimensions) { index in
            var place = index
            place[axis] = Int(o[1][index])
            return o[0][place]
          }
        })
    }
  }
}

extension ScatterAddAlong: SampledPrimitive {
  package static var samples: [Sample] {
    [(0, [6, 3], 4), (1, [4, 3], 5), (1, [2, 5, 3], 4)].map { (axis: Int, shape: Shape, length: Int) in
      Sample(
        "along \(axis) of \(shape)", ScatterAddAlong(axis: axis, length: length),
        [.init(shape), .init(shape, in: 0...Double(length - 1), type: .int64)],
        reference: { o in
          var result = shape.dimensions
          result[axis] = length
          return Reference(result) { place in
            (0..<shape[axis]).reduce(0) { sum, position in
              var index = place
              index[axis] = position
              return sum + (Int(o[1][index]) == place[axis] ? o[0][index] : 0)
            }
          }
        })
    }
  }
}
