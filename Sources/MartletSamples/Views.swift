import MartletCore
import MartletTesting

extension Alias: SampledPrimitive {
  package static var samples: [Sample] {
    [Sample("alias", Alias(), [.init([2, 3])], reference: { $0[0] })]
  }
}

extension ReshapeView: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "[2, 6] to [3, 4]", ReshapeView(to: [3, 4]), [.init([2, 6])], reference: { Reference([3, 4], $0[0].values) },
        large: (ReshapeView(to: [1024, 67]), [.init([67, 1024])])),
      Sample("[1] to []", ReshapeView(to: []), [.init([1])], reference: { Reference([], $0[0].values) }),
      Sample(
        "[2, 0] to [0, 5]", ReshapeView(to: [0, 5]), [.init([2, 0])], reference: { _ in Reference([0, 5], []) }),
    ]
  }
}

extension Permute: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "2, 0, 1", Permute(AxisList([2, 0, 1])), [.init([2, 3, 4])],
        reference: { o in
          Reference([o[0].shape[2], o[0].shape[0], o[0].shape[1]]) { o[0][[$0[1], $0[2], $0[0]]] }
        })
    ]
  }
}

extension BroadcastTo: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "[3, 1] to [2, 3, 4]", BroadcastTo([2, 3, 4]), [.init([3, 1])],
        reference: { o in Reference([2, 3, 4]) { o[0][$0] } }),
      Sample(
        "[1, 3] to [0, 3]", BroadcastTo([0, 3]), [.init([1, 3])], reference: { _ in Reference([0, 3], []) }),
    ]
  }
}
