import MartletCore
import MartletTesting

/// The order of each row of a matrix by plain comparisons, ties by index.
private func orders(_ values: Reference, _ descending: Bool) -> [[Int]] {
  let width = values.shape[1]
  return (0..<values.shape[0]).map { row in
    let line = (0..<width).map { values[[row, $0]] }
    return (0..<width).sorted { (a: Int, b: Int) -> Bool in
      if line[a] == line[b] { return a < b }
      return descending ? line[a] > line[b] : line[a] < line[b]
    }
  }
}

extension ArgSort: SampledPrimitive {
  package static var samples: [Sample] {
    [false, true].map { descending in
      Sample(
        descending ? "descending" : "ascending", ArgSort(descending: descending), [.init([3, 40])],
        reference: { o in Reference(o[0].shape, orders(o[0], descending).flatMap { $0.map { Double($0) } }) },
        isDifferentiable: false, large: (ArgSort(descending: descending), [.init([1, 70_000])]))
    }
  }
}

extension Sort: SampledPrimitive {
  package static var samples: [Sample] {
    [false, true].map { descending in
      Sample(
        descending ? "descending" : "ascending", Sort(descending: descending), [.init([3, 40])],
        reference: { o in
          let sorted = orders(o[0], descending).enumerated().flatMap { row, order in order.map { o[0][[row, $0]] } }
          return Reference(o[0].shape, sorted)
        }, large: (Sort(descending: descending), [.init([1, 70_000])]))
    }
  }
}
