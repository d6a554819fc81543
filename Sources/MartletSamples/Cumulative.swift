import MartletCore
import MartletTesting

extension Cumulative: SampledPrimitive {
  package static var samples: [Sample] {
    func sample(_ label: String, _ primitive: Cumulative, _ shape: Shape, withZeros: Bool = false) -> Sample {
      let punched: (@Sendable (Double) -> Double)? = withZeros ? { @Sendable in abs($0) < 0.8 ? 0 : $0 } : nil
      return Sample(
        label, primitive, [.init(shape, transform: punched)],
        reference: { o in
          let (x, axis) = (o[0], primitive.axis)
          return Reference(x.shape) { (index: [Int]) -> Double in
            let positions = primitive.fromBack ? Array(index[axis]..<x.shape[axis]) : Array(0...index[axis])
            return positions.reduce(primitive.isProduct ? 1 : 0) { total, position in
              var other = index
              other[axis] = position
              return primitive.isProduct ? total * x[other] : total + x[other]
            }
          }
        })
    }
    return [
      sample("sum along 0", Cumulative(isProduct: false, axis: 0), [4, 3]),
      sample("sum along 1", Cumulative(isProduct: false, axis: 1), [2, 5, 2]),
      sample("sum from the back", Cumulative(isProduct: false, axis: 1, fromBack: true), [3, 4]),
      sample("product along 1", Cumulative(isProduct: true, axis: 1), [3, 4]),
      sample("product from the back", Cumulative(isProduct: true, axis: 0, fromBack: true), [4, 3]),
      sample("product with zeros", Cumulative(isProduct: true, axis: 1), [2, 5], withZeros: true),
    ]
  }
}

extension LinearRecurrence: SampledPrimitive {
  package static var samples: [Sample] {
    [(false, 1, [3, 5] as Shape), (true, 0, [4, 2, 2])].map { fromBack, axis, shape in
      Sample(
        fromBack ? "from the back" : "from the front", LinearRecurrence(axis: axis, fromBack: fromBack),
        [.init(shape, in: -1.5...1.5), .init(shape)],
        reference: { o in
          var y = o[1]
          for index in fromBack ? Reference.indices(y.shape).reversed() : Reference.indices(y.shape) {
            var previous = index
            previous[axis] += fromBack ? 1 : -1
            if previous[axis] < 0 || previous[axis] >= y.shape[axis] { continue }
            y[index] = o[1][index] + o[0][index] * y[previous]
          }
          return y
        })
    }
  }
}
