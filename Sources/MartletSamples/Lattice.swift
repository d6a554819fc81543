import MartletCore
import MartletTesting

extension Lattice: SampledPrimitive {
  package static var samples: [Sample] {
    [
      Sample(
        "a diagonal of rows", Lattice(diagonalOf: [4, 2, 5], 0, 2, offset: 2), [.init([4, 2, 5])],
        reference: { o in Reference([2, 3]) { o[0][[$0[1], $0[0], $0[1] + 2]] } }),
      Sample(
        "windows that overlap", Lattice(windowsOf: [2, 9], [1], sizes: [4], steps: [2]), [.init([2, 9])],
        reference: { o in Reference([2, 3, 4]) { o[0][[$0[0], 2 * $0[1] + $0[2]]] } }),
      Sample(
        "no room for a window", Lattice(windowsOf: [2, 3], [1], sizes: [4], steps: [1]), [.init([2, 3])],
        reference: { _ in Reference([2, 0, 4], []) }),
    ]
  }
}

extension LatticeSum: SampledPrimitive {
  package static var samples: [Sample] {
    let windows = Lattice(windowsOf: [2, 9], [1], sizes: [4], steps: [2])
    return [
      Sample(
        "onto a diagonal", LatticeSum(Lattice(diagonalOf: [4, 3], 0, 1, offset: -1)), [.init([3])],
        reference: { o in Reference([4, 3]) { $0[0] == $0[1] + 1 ? o[0].values[$0[1]] : 0 } }),
      Sample(
        "of windows that overlap", LatticeSum(windows), [.init([2, 3, 4])],
        reference: { o in
          Reference([2, 9]) { place in
            (0..<3).reduce(0) { sum, window in
              0..<4 ~= place[1] - 2 * window ? sum + o[0][[place[0], window, place[1] - 2 * window]] : sum
            }
          }
        },
        large: (
          LatticeSum(Lattice(windowsOf: [53, 411], [1], sizes: [7], steps: [2])), [.init([53, 203, 7])]
        )),
      Sample(
        "of no window", LatticeSum(Lattice(windowsOf: [2, 3], [1], sizes: [4], steps: [1])), [.init([2, 0, 4])],
        reference: { _ in Reference([2, 3]) { _ in 0 } }),
    ]
  }
}
