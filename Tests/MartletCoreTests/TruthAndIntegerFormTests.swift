import MartletCore
import MartletTesting
import TestSupport
import Testing

/// Forms of reductions and orders that NumPy has of integers and of truths.
@Suite struct TruthAndIntegerFormTests {
  private let x = Tensor<Int32>([[3, 1, 2], [5, 5, -4]])
  private let p = Tensor<Bool>([[true, false, true], [true, true, true]])

  @Test func `means and spreads of integers are those of the numbers in Double`() {
    let y = x.cast(to: Double.self)
    #expect(x.mean() == y.mean() && x.mean(axis: 1) == [2, 2] && x.mean(axes: [0, 1], keepDims: true) == [[2]])
    #expect(x.variance() == y.variance() && x.variance(axis: 0, correction: 1) == [2, 8, 18])
    #expect(x.standardDeviation(axes: [0]) == [1, 2, 3] && x.standardDeviation(keepDims: true).shape == [1, 1])
    // Sums that an integer could not hold.
    #expect(Tensor<Int64>.full([3], .max).mean().item() == Double(Int64.max))
    #expect(Tensor<UInt8>([200, 250]).mean().item() == 225 && Tensor<Int64>([]).mean().item().isNaN)
  }

  @Test func `false is less than true`() {
    #expect(p.max().item() && !p.min().item() && p.max(axis: 0) == [true, true, true])
    #expect(p.min(axis: 0) == [true, false, true] && p.min(axes: [0, 1], keepDims: true) == [[false]])
    #expect(p.argMax().item() == 0 && p.argMin().item() == 1 && p.argMin(axis: 1) == [1, 0])
    #expect(p.argMax(axis: 0, keepDims: true) == [[0, 1, 0]])
    #expect(p.sorted()[0] == [false, true, true] && p.sorted(axis: 0)[0] == [true, false, true])
    #expect(p[0].sorted(descending: true) == [true, true, false])
    #expect(p[0].argSort() == [1, 0, 2] && p[0].argSort(descending: true) == [0, 2, 1])
  }

  @Test func `truths are counted and multiplied as 0 and 1`() {
    #expect(p.cumulativeSum(axis: 1) == [[1, 1, 2], [1, 2, 3]])
    #expect(p.cumulativeProduct(axis: 1) == [[1, 0, 0], [1, 1, 1]])
    #expect(
      p.product().item() == 0 && p.product(axis: 1) == [0, 1] && p.product(axes: [0], keepDims: true) == [[1, 0, 1]])
    #expect(Tensor<Bool>([]).product().item() == 1)
    // 300 truths are more than a byte holds.
    #expect(Tensor<Bool>.full([300], true).cumulativeSum(axis: 0)[-1].item() == 300)
  }

  @Test func `ranges without their end, and of equal ratios`() {
    #expect(Tensor<Double>.linspace(0, 1, count: 4, includesEnd: false) == [0, 0.25, 0.5, 0.75])
    #expect(Tensor<Float>.linspace(2, 5, count: 1, includesEnd: false) == [2])
    let ratios = Tensor<Double>.geomspace(3, 48, count: 5)
    #expect(ratios.allClose(to: [3, 6, 12, 24, 48], relativeTolerance: 1e-14) && ratios[4].item() == 48)
    let negative = Tensor<Double>.geomspace(-1, -1_000, count: 4)
    #expect(negative.allClose(to: [-1, -10, -100, -1_000], relativeTolerance: 1e-14))
    #expect(Tensor<Double>.geomspace(7, 9, count: 1) == [7])
  }

  enum Mistake: CaseIterable, Codable, Sendable {
    case signs, zero, count, none, axis

    func make() {
      switch self {
      case .signs: _ = Tensor<Double>.geomspace(-1, 1, count: 3)
      case .zero: _ = Tensor<Double>.geomspace(0, 1, count: 3)
      case .count: _ = Tensor<Double>.geomspace(1, 2, count: 0)
      case .none: _ = Tensor<Bool>([]).max()
      case .axis: _ = Tensor<Int32>([1]).mean(axis: 1)
      }
    }

    var message: String {
      switch self {
      case .signs: "geomspace: expected two numbers of one sign, neither 0, got -1.0 and 1.0"
      case .zero: "geomspace: expected two numbers of one sign, neither 0, got 0.0 and 1.0"
      case .count: "geomspace: expected a count of at least 1, got 0"
      case .none: "max: axis 0 of [0] is empty: there is no extreme"
      case .axis: "mean: [1] has no axis 1"
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
