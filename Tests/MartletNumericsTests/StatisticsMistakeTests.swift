import MartletCore
import MartletNumerics
import TestSupport
import Testing

/// Mistakes stop the program with a text that says what was expected and what was there.
@Suite struct StatisticsMistakeTests {
  struct Mistake: Sendable {
    let text: String
    let run: @Sendable () -> Void

    init(_ text: String, _ run: @escaping @Sendable () -> Void) {
      self.text = text
      self.run = run
    }
  }

  private static var grid: Tensor<Float> { [[3, 1, 2], [4, 6, 5]] }
  private static var line: Tensor<Float> { [3, 1, 2] }
  private static var empty: Tensor<Float> { .zeros([2, 0]) }

  static let mistakes: [Mistake] = [
    Mistake("median: expected at least one element to order, got none along axes [1] of [2, 0]") {
      _ = empty.median(axis: 1)
    },
    Mistake("median: [2, 3] has no axis 2") { _ = grid.median(axis: 2) },
    Mistake("median: axis 0 of [2, 3] is named twice") { _ = grid.median(axes: [0, 0]) },
    Mistake("quantile: expected quantiles within 0 ... 1, got 1.5") { _ = grid.quantile(1.5) },
    Mistake("percentile: expected percentiles within 0 ... 100, got -1.0") { _ = grid.percentile([-1.0, 5]) },
    Mistake("nanQuantile: expected at least one element to order, got none along axes [0, 1] of [2, 0]") {
      _ = empty.nanQuantile(0.5)
    },
    Mistake("nanMax: expected at least one element, got none along axes [1] of [2, 0]") { _ = empty.nanMax(axis: 1) },
    Mistake("nanArgMin: expected a number in every line along axis 1 of [1, 2], got one of NaN alone") {
      _ = Tensor<Float>([[.nan, .nan]] as [[Float]]).nanArgMin(axis: 1)
    },
    Mistake("nanMean: [2, 3] has no axis -3") { _ = grid.nanMean(axis: -3) },
    Mistake("average: expected weights of shape [2, 3] or [3], got [2]") {
      _ = grid.average(weights: [1, 2], axis: 1)
    },
    Mistake("average: expected weights whose sum is not 0, got such, of shape [3]") {
      _ = line.average(weights: [1, -2, 1])
    },
    Mistake("mode: the last axis of [2, 0] is empty: there is no mode") { _ = empty.mode(axis: 1) },
    Mistake("covariance: expected a tensor of rank 1 or 2, got [1, 2, 3]") {
      _ = grid.expandedDimension(at: 0).covariance()
    },
    Mistake("covariance: expected weights of [3], one for each observation, got [2]") {
      _ = grid.covariance(weights: [1, 2])
    },
    Mistake("correlation: expected as many observations in both, got 3 of [2, 3] and 2 of [2]") {
      _ = grid.correlation(with: [1, 2])
    },
    Mistake("histogram: expected at least one bin, got 0") { _ = grid.histogram(bins: 0) },
    Mistake("histogram: expected finite elements, or a range, got 1.0 ... inf") {
      _ = Tensor<Float>([1, .infinity]).histogram()
    },
    Mistake("histogram: expected a finite range, got 0.0 ... inf") { _ = line.histogram(range: 0...Float.infinity) },
    Mistake("histogram: expected two edges or more, of shape [n], got [1]") { _ = line.histogram(edges: [1]) },
    Mistake("histogram: expected edges that ascend, got others, of [3]") { _ = line.histogram(edges: [1, 3, 2]) },
    Mistake("histogram: expected weights of shape [3], got [2]") { _ = line.histogram(weights: line[..<2]) },
    Mistake("histogram2D: expected coordinates of one shape, got [3] and [2]") { _ = histogram2D(line, line[..<2]) },
    Mistake("bincount: expected elements that are not negative, got -2") { _ = Tensor<Int32>([1, -2]).bincount() },
    Mistake("bincount: expected a minimum count of at least 0, got -1") {
      _ = Tensor<Int32>([1]).bincount(minimumCount: -1)
    },
    Mistake("bincount: expected weights of shape [1], got [3]") { _ = Tensor<Int32>([1]).bincount(weights: line) },
    Mistake("partitioned: expected places within -3 ..< 3, axis 1 of [2, 3], got 3") { _ = grid.partitioned(at: 3) },
    Mistake("argPartition: expected places within -2 ..< 2, axis 0 of [2, 3], got -3") {
      _ = grid.argPartition(at: [0, -3], axis: 0)
    },
    Mistake("kthSmallest: expected places within 0 ..< 0") { _ = empty.kthSmallest(0) },
    Mistake("searchSorted: expected values with the axes [2] before the last, as sorted [2, 3], got [3]") {
      _ = grid.searchSorted(line)
    },
    Mistake("searchSorted: expected at least one axis, got a scalar, of shape []") {
      _ = Tensor<Float>(1).searchSorted(line)
    },
    Mistake("digitized: expected edges that ascend or descend, got neither, of [3]") { _ = grid.digitized(by: line) },
    Mistake("digitized: expected edges of shape [n], got [2, 3]") { _ = line.digitized(by: grid) },
    Mistake("cumulativeMax: [2, 3] has no axis 5") { _ = grid.cumulativeMax(axis: 5) },
    Mistake("logCumulativeSumExp: [2, 3] has no axis 5") { _ = grid.logCumulativeSumExp(axis: 5) },
    Mistake("unique: [2, 3] has no axis 5") { _ = grid.unique(axis: 5) },
    Mistake("difference: expected an order of at least 0, got -1") { _ = grid.difference(order: -1) },
    Mistake("centralDifferences: expected more than 2 elements for edge order 2, got 2 along axis 0 of [2, 3]") {
      _ = grid.centralDifferences(axis: 0, edgeOrder: 2)
    },
    Mistake("centralDifferences: expected an edge order of 1 or 2, got 3") {
      _ = grid.centralDifferences(axis: 0, edgeOrder: 3)
    },
    Mistake("centralDifferences: expected a spacing other than 0, got 0.0") {
      _ = grid.centralDifferences(axis: 0, spacing: 0)
    },
    Mistake("centralDifferences: expected coordinates of [3], axis 1 of [2, 3], got [2]") {
      _ = grid.centralDifferences(axis: 1, coordinates: [1, 2])
    },
    Mistake("trapezoid: expected coordinates of [3], axis 1 of [2, 3], got [2]") {
      _ = grid.trapezoid(coordinates: [1, 2])
    },
    Mistake("cumulativeTrapezoid: expected at least one element, got none along axis 1 of [2, 0]") {
      _ = empty.cumulativeTrapezoid()
    },
    Mistake("convolve: expected two tensors of rank 1 with elements, got [2, 3] and [3]") { _ = convolve(grid, line) },
    Mistake("correlate: expected two tensors of rank 1 with elements, got [3] and [0]") {
      _ = correlate(line, line[..<0])
    },
    Mistake("interpolate: expected points and values of one shape [n], got [3] and [2]") {
      _ = interpolate(line, points: line, values: line[..<2])
    },
    Mistake("interpolate: expected points that ascend, got others, of [3]") {
      _ = interpolate(line, points: line, values: line)
    },
    Mistake("interpolate: expected a period other than 0, got 0.0") {
      _ = interpolate(line, points: line, values: line, period: 0)
    },
    Mistake("quantile: expected at most 8 axes, got 9, from [1, 1, 1, 1, 1, 1, 1, 1]") {
      _ = Tensor<Float>.ones([1, 1, 1, 1, 1, 1, 1, 1]).quantile([0.5], axis: 0, keepDims: true)
    },
    Mistake("any: [2, 3] has no axis 2") { _ = grid.any(axis: 2) },
    Mistake("covariance: expected frequencies of at least 0, got -1") {
      _ = grid.covariance(frequencies: [1, -1, 2])
    },
    Mistake("covariance: expected weights of at least 0, got -0.5") { _ = grid.covariance(weights: [1, -0.5, 2]) },
    Mistake("bincount: expected elements that memory can hold counts of, got 9223372036854775807") {
      _ = Tensor<Int64>([1, .max]).bincount()
    },
    Mistake("argPartition has no derivative: its result is indices") {
      _ = gradient(at: line) { $0.argPartition(at: 0).cast(to: Float.self).sum() }
    },
  ]

  @Test(arguments: mistakes.indices)
  func `a mistake stops the program with its text`(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [index] in
      StatisticsMistakeTests.mistakes[index].run()
    }
    let (text, wanted) = (errorText(result), StatisticsMistakeTests.mistakes[index].text)
    #expect(text.contains(wanted), "\(text) instead of \(wanted)")
  }
}
