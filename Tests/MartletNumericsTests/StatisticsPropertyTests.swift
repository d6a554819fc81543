import MartletCore
import MartletNumerics
import MartletTesting
import Testing

/// What holds of large operands, and at the ends of the number range.
@Suite struct StatisticsPropertyTests {
  /// Orders that a selection by pivots finds hard, besides random ones.
  static let orders: [String] = ["random", "sorted", "reversed", "equal", "organ pipe", "sawtooth", "few", "with NaN"]

  private func numbers(_ order: String, _ count: Int) -> [Double] {
    var random = SplitMix("order \(order) \(count)")
    return (0..<count).map { i in
      switch order {
      case "random": Double.random(in: -1...1, using: &random)
      case "sorted": Double(i)
      case "reversed": Double(count - i)
      case "equal": 3
      case "organ pipe": Double(min(i, count - i))
      case "sawtooth": Double(i % 17)
      case "few": Double(Int.random(in: 0..<3, using: &random))
      default: i % 5 == 2 ? .nan : Double.random(in: -1...1, using: &random)
      }
    }
  }

  @Test(arguments: orders, [2, 25, 1_000, 20_011])
  func `a selection puts at its places what a sort puts there`(order: String, count: Int) {
    let x = Tensor(numbers(order, count))
    let sorted = x.argSort()
    let places = [0, count / 7, count / 2, count - 1]
    let parted = x.argPartition(at: places)
    for place in Set(places) { #expect(parted[place].item() == sorted[place].item(), "place \(place)") }
    #expect(parted.sorted() == .arange(Int64(count)))
    for place in places {
      let before = parted[..<place].sorted()
      let wanted = sorted[..<place].sorted()
      #expect(before == wanted, "before \(place)")
    }
  }

  /// McIlroy's adversary ("A Killer Adversary for Quicksort", 1999) needs to see comparisons; this order is known to
  /// make the median of three the second smallest each time.
  @Test func `a selection among numbers made to mislead it is right`() {
    let half = 10_000
    var killer = [Float](repeating: 0, count: 2 * half)
    for i in 1...half {
      killer[i - 1] = Float(i % 2 == 1 ? i : half + i - 1)
      killer[half + i - 1] = Float(2 * i)
    }
    let x = Tensor(killer)
    let sorted = x.sorted()
    for place in [1, half, 2 * half - 2] {
      #expect(x.kthSmallest(place).values.item() == sorted[place].item())
    }
  }

  @Test func `a large median is that of a sort, along any axis`() {
    let x = Tensor<Float>(shape: [40, 51, 30], scalars: numbers("random", 61_200).map { Float($0) })
    for axis in 0..<3 {
      let sorted = x.sorted(axis: axis)
      let middle = x.shape[axis] / 2
      let wanted =
        axis == 1
        ? sorted.take(Tensor<Int64>([Int64(middle)]), axis: axis)
        : (sorted.take(Tensor<Int64>([Int64(middle)]), axis: axis)
          + sorted.take(Tensor<Int64>([Int64(middle - 1)]), axis: axis)) / 2
      #expect(x.median(axis: axis, keepDims: true) == wanted)
    }
  }

  @Test func `more numbers than Float counts have quantiles without NaN`() {
    // 2²⁴ + 3 elements: as a Float, their number is one more.
    let x = Tensor<Float>.concatenate([.zeros([16_777_218]), [1]])
    #expect(x.nanQuantile(1).item() == 1)
  }

  @Test func `differences over equal distances do not look at the element itself, which may be NaN`() {
    let slopes = Tensor<Double>([0, .nan, 2, 3, 7]).centralDifferences(axis: 0)
    #expect(slopes.isNaN() == [true, false, true, false, false])
    #expect(slopes[1].item() == 1 && slopes[3].item() == 2.5 && slopes[4].item() == 4)
    #expect(Tensor<Double>([0, 1, .infinity, 1]).centralDifferences(axis: 0, spacing: 0.5)[2].item() == 0)
  }

  @Test func `middles of the greatest numbers do not overflow`() {
    let huge = Double.greatestFiniteMagnitude
    #expect(Tensor<Double>([huge, 1, huge]).median().item() == huge)
    #expect(Tensor<Double>([huge, 1, .nan, huge]).nanMedian().item() == huge)
  }

  @Test func `numbers below the normal range keep their order and their bins`() {
    let tiny = Float.leastNonzeroMagnitude
    let x = Tensor<Float>([2 * tiny, 0, tiny, -tiny])
    #expect(x.argPartition(at: [0, 1, 2, 3]) == [3, 1, 2, 0])
    #expect(x.unique().count == 4)
    #expect(x.sorted().searchSorted(x) == [3, 1, 2, 0])
    #expect(x.cumulativeMax(axis: 0).indices == [0, 0, 0, 0])
    #expect(x.histogram(edges: Tensor([-tiny, 0, tiny, 3 * tiny])) == [1, 1, 2])
    #expect(x.mode().counts.item() == 1)
  }

  @Test func `bins at equal distances are those of their edges`() {
    var random = SplitMix("bins")
    for bins in [1, 3, 7, 10, 100, 1_000] {
      let range = Float.random(in: -3...0, using: &random)...Float.random(in: 0.1...3, using: &random)
      let edges = Tensor<Float>([0]).histogramEdges(bins: bins, range: range)
      // Every edge, its neighbours, and numbers between.
      let near = edges.scalars.flatMap { [$0, $0.nextUp, $0.nextDown, Float.random(in: range, using: &random)] }
      let x = Tensor(near)
      #expect(x.histogram(bins: bins, range: range).counts == x.histogram(edges: edges), "\(bins) bins")
    }
  }

  @Test func `a histogram counts every element within its range once`() {
    let x = Tensor(numbers("random", 50_000))
    #expect(x.histogram(bins: 37).counts.sum().item() == 50_000)
    let grid = histogram2D(x[..<25_000], x[25_000...], bins: (x: 5, y: 7))
    #expect(grid.counts.shape == [5, 7])
    #expect(grid.counts.sum(axis: 1) == x[..<25_000].histogram(bins: 5).counts)
    #expect(abs((x.histogramDensity(bins: 9).density.sum().item() * (x.peakToPeak().item() / 9)) - 1) < 1e-12)
  }

  @Test func `distinct elements, their counts and their places make up the tensor again`() {
    let x = Tensor<Int32>(numbers("few", 3_000).map { Int32($0) }).reshaped(to: [50, 60])
    let all = x.uniqueElements()
    #expect(all.values.take(all.inverse) == x)
    #expect(all.counts.sum().item() == 3_000)
    #expect(x.flattened().take(all.firstIndices) == all.values)
    #expect(all.values == x.union(x) && all.values == x.intersection(x))
    #expect(x.setDifference(x).count == 0 && x.symmetricDifference(x).count == 0)
    let columns = x.uniqueElements(axis: 1)
    #expect(columns.values.take(columns.inverse, axis: 1) == x)
  }

  @Test func `a long convolution is that of its definition`() {
    var random = SplitMix("convolution")
    let (x, w) = (random.numbers(1_300), random.numbers(700))
    for mode in ConvolutionMode.allCases {
      let full = (0..<1_999).map { i in
        (max(0, i - 1_299)...min(i, 699)).reduce(0) { $0 + w[$1] * x[i - $1] }
      }
      let wanted =
        switch mode {
        case .full: full
        case .same: Array(full[349..<1_649])
        case .valid: Array(full[699..<1_300])
        }
      for (a, b) in [(x, w), (w, x)] {
        let result = convolve(Tensor(a), Tensor(b), mode: mode)
        #expect(mismatch(result.erased, Reference([wanted.count], wanted), relative: 1e-13) == nil, "\(mode)")
        let single = convolve(Tensor<Float>(a), Tensor<Float>(b), mode: mode)
        #expect(mismatch(single.erased, Reference([wanted.count], wanted), relative: 1e-6) == nil, "\(mode)")
      }
    }
  }

  @Test func `long running sums of exponentials stay exact`() {
    let x = Tensor<Double>.zeros([5_000, 3]) + [0, 300, -300]
    let wanted = (Tensor<Double>.arange(5_000) + 1).log().expandedDimension(at: 1) + [0, 300, -300]
    #expect(((x.logCumulativeSumExp(axis: 0) - wanted).abs().max().item()) < 1e-12 * 300)
  }

  @Test func `integers that no Double holds are told apart`() {
    let big: Int64 = 1 << 53
    let x = Tensor<Int64>([big + 1, big, -1 << 62, big + 1])
    #expect(x.unique() == Tensor([-1 << 62, big, big + 1]))
    #expect(x.unique().searchSorted(x) == [2, 1, 0, 2])
    #expect(x.isIn(Tensor([big])) == [false, true, false, false])
    #expect(x.kthSmallest(2).indices.item() == 0 && x.mode().values.item() == big + 1)
    #expect(x.cumulativeMin(axis: 0).indices == [0, 1, 2, 2])
    #expect(convolve(x[..<2], [1, -1])[1].item() == -1)
  }

  @Test func `an index of an extreme is never that of NaN`() {
    #expect(Tensor<Double>([.nan, .infinity]).nanArgMin().item() == 1)
    #expect(Tensor<Double>([.nan, -.infinity]).nanArgMax().item() == 1)
  }

  @Test func `empty tensors have what can be said of them`() {
    let empty = Tensor<Float>.zeros([0])
    #expect(empty.nanSum().item() == 0 && empty.nanMean().item().isNaN)
    #expect(empty.unique().count == 0 && empty.isIn([1]).count == 0)
    #expect(Tensor<Float>([1, 2]).isIn(empty) == [false, false])
    #expect(Tensor<Int64>.zeros([0]).bincount() == Tensor<Int64>.zeros([0]))
    #expect(Tensor<Float>.zeros([3, 0]).median(axis: 0).shape == [0])
    #expect(Tensor<Float>.zeros([2, 0, 3]).quantile([0.5, 0.1], axis: 0).shape == [2, 0, 3])
    #expect(Tensor<Float>.zeros([0, 3]).difference(axis: 0).shape == [0, 3])
    #expect(Tensor<Float>.zeros([0, 3]).cumulativeMax(axis: 0).values.shape == [0, 3])
    #expect(Tensor<Float>.zeros([0, 3]).logCumulativeSumExp(axis: 1).shape == [0, 3])
    #expect(Tensor<Float>.zeros([0, 3]).mode(axis: 1).values.shape == [0])
    #expect(interpolate(empty, points: [1], values: [2]).count == 0)
  }

  @Test func `tensors of one number have statistics too`() {
    let number = Tensor<Double>(4)
    #expect(number.median().item() == 4 && number.quantile(0.3).item() == 4 && number.nanQuantile(0.3).item() == 4)
    #expect(number.quantile([0.1, 0.9]).shape == [2] && number.median(keepDims: true).shape == [])
    #expect(number.mode().counts.item() == 1 && number.unique() == [4] && number.uniqueElements().inverse.shape == [])
    #expect(number.isIn([4]).item() && number.countNonzero().item() == 1 && number.any().item())
    #expect(number.histogram(bins: 2).counts == [0, 1])
    #expect(Tensor<Double>([1, 5]).searchSorted(number).item() == 1)
    #expect(interpolate(number, points: [0, 8], values: [0, 2]).item() == 1)
    #expect(number.nanVariance().item() == 0 && number.nanArgMax().item() == 0 && number.peakToPeak().item() == 0)
  }
}
