import MartletCore
import MartletTesting

extension Select: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "where", Select(), [.init([3, 4], in: 0...1, type: .bool), .init([3, 4]), .init([4])],
        reference: { o in Reference(o[0].shape) { o[0][$0] != 0 ? o[1][$0] : o[2][$0] } })
    ]
  }
}
