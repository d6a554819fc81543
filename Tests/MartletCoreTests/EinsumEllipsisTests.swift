import MartletCore
import MartletTesting
import TestSupport
import Testing

/// `...` in einsum: the axes that no letter names.
@Suite struct EinsumEllipsisTests {
  private let x = Tensor<Double>.arange(120).reshaped(to: [2, 3, 4, 5]).sin()
  private let y = Tensor<Double>.arange(60).reshaped(to: [3, 5, 4]).cos()

  private func near(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Bool {
    a.shape == b.shape && a.allClose(to: b, relativeTolerance: 1e-12, absoluteTolerance: 1e-12)
  }

  @Test func `stands for axes in front, between and behind`() {
    #expect(near(einsum("...i->...", x), x.sum(axis: -1)))
    #expect(near(einsum("i...->...", x), x.sum(axis: 0)))
    #expect(near(einsum("i...j->j...i", x), x.permuted(3, 1, 2, 0)))
    #expect(near(einsum("...ij->...ji", x), x.swappedAxes(-1, -2)))
    #expect(near(einsum("...ii->...i", x[.all, .all, .all, ..<4]), x[.all, .all, .all, ..<4].diagonal(axes: (2, 3))))
    // None are left: it stands for nothing.
    #expect(near(einsum("...abcd->...dcba", x), x.permuted(3, 2, 1, 0)))
    #expect(near(einsum("...->...", x), x))
  }

  @Test func `broadcasts from the back, also where an axis is of length 1`() {
    #expect(near(einsum("...ij,...jk->...ik", x, y), matmul(x, y)))
    #expect(near(einsum("...ij,...jk->...ik", x[.all, ..<1], y), matmul(x[.all, ..<1], y)))
    #expect(near(einsum("...ij,...jk->...ik", x, y[..<1]), matmul(x, y[..<1])))
    #expect(near(einsum("...ij,jk->...ik", x, y[0]), matmul(x, y[0])))
    #expect(near(einsum("...,...->...", x[..<1], x), x[..<1] * x))
    // Of length 1 everywhere.
    #expect(einsum("...i,...i->...", x[..<1], x[..<1]).shape == [1, 3, 4])
  }

  @Test func `comes first where no result is written`() {
    #expect(near(einsum("...ij", x), x))
    #expect(near(einsum("...ji", x), x.swappedAxes(-1, -2)))
    #expect(near(einsum("...ij,...jk", x, y), matmul(x, y)))
    #expect(
      near(einsum("...ii", x[.all, .all, .all, ..<4]), x[.all, .all, .all, ..<4].diagonal(axes: (2, 3)).sum(axis: -1)))
  }

  @Test func `has derivatives`() {
    expectDerivatives("batched", x[0, .all, ..<2]) { x in
      (einsum("...i,ki->...k", x, y[0].transposed()) * einsum("...i->...", x)[..., .newAxis]).sum()
    }
    expectDerivatives("broadcast", x[0, ..<1]) { x in einsum("...ij,...jk->...ik", x, y).squared().sum() }
  }

  enum Mistake: CaseIterable, Codable, Sendable {
    case dots, letters, lengths, missing, place

    func make() {
      let x = Tensor<Double>.ones([2, 3, 4])
      switch self {
      case .dots: _ = einsum("..i->i", x)
      case .letters: _ = einsum("...abcd->...", x)
      case .lengths: _ = einsum("...i,...i->...", x, x.permuted(1, 0, 2))
      case .missing: _ = einsum("...i->i", x)
      case .place: _ = einsum("...i->...0", x)
      }
    }

    var message: String {
      switch self {
      case .dots: "einsum: \"..i->i\": write ... with three dots"
      case .letters: "einsum: \"...abcd->...\": \"...abcd\" names 4 axes, the operand has shape [2, 3, 4]"
      case .lengths:
        "einsum: \"...i,...i->...\": the axes of ... do not broadcast; shapes are [[2, 3, 4], [3, 2, 4]]"
      case .missing: "einsum: \"...i->i\": the result leaves out the axes of ..."
      case .place: "einsum: \"...i->...0\": \"0\" is not a letter"
      }
    }
  }

  @Test(arguments: Mistake.allCases)
  func `a mistake stops with what it is`(mistake: Mistake) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mistake] in
      mistake.make()
    }
    #expect(errorText(result).contains("Fatal error: \(mistake.message)"))
  }
}
