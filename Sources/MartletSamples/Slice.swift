import MartletCore
import MartletTesting

extension Slice: SampledPrimitive {
  package static var samples: [Sample] {
    var mixed = Slice(of: [4, 3, 5])
    mixed.drop(0, at: 2)
    mixed.insertAxis()
    mixed.takeAll(1)
    mixed.take(2, start: 4, step: -2, count: 3)
    return [
      Sample(
        "every second", Slice(of: [2, 7], axis: 1, start: 1, step: 2, count: 3), [.init([2, 7])],
        reference: { o in Reference([2, 3]) { o[0][[$0[0], 1 + 2 * $0[1]]] } }),
      Sample(
        "backwards", Slice(of: [5], axis: 0, start: 4, step: -1, count: 5), [.init([5])],
        reference: { Reference([5], $0[0].values.reversed()) }),
      Sample(
        "an axis dropped, one new, one backwards", mixed, [.init([4, 3, 5])],
        reference: { o in Reference([1, 3, 3]) { o[0][[2, $0[1], 4 - 2 * $0[2]]] } }),
      Sample(
        "nothing", Slice(of: [4, 3], axis: 0, start: 0, count: 0), [.init([4, 3])],
        reference: { _ in Reference([0, 3], []) }),
    ]
  }
}

extension UpdateSlice: SampledPrimitive {
  package static var samples: [Sample] {
    let slice = Slice(of: [3, 5], axis: 1, start: 1, step: 2, count: 2)
    return [
      Sample(
        "two columns", UpdateSlice(slice), [.init([3, 5]), .init([3, 2])],
        reference: { o in Reference([3, 5]) { $0[1] % 2 == 1 ? o[1][[$0[0], $0[1] / 2]] : o[0][$0] } },
        large: (
          UpdateSlice(Slice(of: [301, 407], axis: 0, start: 1, step: 2, count: 150)),
          [.init([301, 407]), .init([407])]
        )),
      Sample(
        "a scalar", UpdateSlice(slice), [.init([3, 5]), .init([])],
        reference: { o in Reference([3, 5]) { $0[1] % 2 == 1 ? o[1].values[0] : o[0][$0] } }),
      Sample(
        "nothing", UpdateSlice(Slice(of: [3, 5], axis: 1, start: 0, count: 0)), [.init([3, 5]), .init([3, 0])],
        reference: { $0[0] }),
    ]
  }
}
