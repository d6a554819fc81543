import MartletCore
import MartletNumerics
import Testing

/// Derivatives of what is composed of primitives, first and second, against finite differences.
@Suite struct StatisticsDerivativeTests {
  static let functions: [Differentiable] =
    QuantileMethod.allCases.map { method in
      Differentiable("quantile \(method)", [[3, 5]]) { $0[0].quantile([0.2, 0.5, 0.9], axis: 1, method: method) }
    } + [
      Differentiable("median", [[4, 6]]) { $0[0].median() },
      Differentiable("medians", [[4, 5]]) { $0[0].median(axis: 0, keepDims: true) },
      Differentiable("percentile", [[3, 5]]) { $0[0].percentile(30, axes: [1, 0]) },
      Differentiable("nanMedian", [[3, 5]], nanAt: [1, 7, 8]) { $0[0].nanMedian(axis: 1) },
      Differentiable("nanQuantile", [[3, 5]], nanAt: [1, 7, 8]) { $0[0].nanQuantile([0.3, 0.8], axis: 1) },
      Differentiable("nanSum", [[3, 5]], nanAt: [1, 7]) { $0[0].nanSum(axis: 0) },
      Differentiable("nanProduct", [[3, 5]], nanAt: [1, 7]) { $0[0].nanProduct(axis: 1) },
      Differentiable("nanMean", [[3, 5]], nanAt: [1, 7]) { $0[0].nanMean(axis: 1) },
      Differentiable("nanVariance", [[3, 5]], nanAt: [1, 7]) { $0[0].nanVariance(axis: 0, correction: 1) },
      Differentiable("nanStandardDeviation", [[3, 5]], nanAt: [1, 7]) { $0[0].nanStandardDeviation(axis: 1) },
      Differentiable("nanMax", [[3, 5]], nanAt: [1, 7]) { $0[0].nanMax(axis: 1) },
      Differentiable("nanCumulativeProduct", [[3, 5]], nanAt: [1, 7]) { $0[0].nanCumulativeProduct(axis: 1) },
      Differentiable("average", [[3, 4], [4]], in: 0.5...2) { $0[0].average(weights: $0[1], axis: 1) },
      Differentiable("peakToPeak", [[3, 4]]) { $0[0].peakToPeak(axis: 0) },
      Differentiable("covariance", [[3, 6]]) { $0[0].covariance() },
      Differentiable("weighted covariance", [[3, 6], [6]], in: 0.5...2) { $0[0].covariance(weights: $0[1]) },
      Differentiable("correlation", [[3, 6]]) { $0[0].correlation() },
      Differentiable("correlation with another", [[5, 2], [5, 1]]) {
        $0[0].correlation(with: $0[1], variables: .columns)
      },
      Differentiable("mode", [[3, 4]]) { $0[0].mode(axis: 1).values },
      Differentiable("unique", [[7]]) { $0[0].unique() },
      Differentiable("unique slices", [[4, 3]]) { $0[0].unique(axis: 1) },
      Differentiable("union", [[4], [3]]) { $0[0].union($0[1]) },
      Differentiable("weighted histogram", [[8]], in: 0.5...2) {
        Tensor<Double>([1, 2, 3, 4, 5, 6, 7, 8]).histogram(bins: 3, weights: $0[0]).sums
      },
      Differentiable("weighted bincount", [[4]]) { Tensor<Int32>([0, 2, 2, 5]).bincount(weights: $0[0]) },
      Differentiable("kthSmallest", [[3, 5]]) { $0[0].kthSmallest(2, axis: 0).values },
      Differentiable("partitioned", [[3, 5]]) { $0[0].partitioned(at: [1, 3]) },
      Differentiable("cumulativeMax", [[3, 5]]) { $0[0].cumulativeMax(axis: 1).values },
      Differentiable("cumulativeMin", [[3, 5]]) { $0[0].cumulativeMin(axis: 0).values },
      Differentiable("logCumulativeSumExp", [[3, 5]]) { $0[0].logCumulativeSumExp(axis: 1) },
      Differentiable("difference", [[3, 5]]) { $0[0].difference(order: 2) },
      Differentiable("centralDifferences", [[4, 5]]) { $0[0].centralDifferences(axis: 1, spacing: 0.5, edgeOrder: 2) },
      Differentiable("centralDifferences at points", [[4, 5], [5]], in: -1...1) {
        $0[0].centralDifferences(axis: 1, coordinates: $0[1].cumulativeSum(axis: 0) + .arange(5) * 3, edgeOrder: 2)
      },
      Differentiable("trapezoid", [[3, 4], [4]]) { $0[0].trapezoid(coordinates: $0[1], axis: 1) },
      Differentiable("cumulativeTrapezoid", [[3, 4], [3]]) { $0[0].cumulativeTrapezoid(coordinates: $0[1], axis: 0) },
      Differentiable("convolve", [[6], [3]]) { convolve($0[0], $0[1], mode: .same) },
      Differentiable("correlate", [[3], [6]]) { correlate($0[0], $0[1], mode: .full) },
      Differentiable("interpolate", [[2, 3], [4]]) {
        interpolate($0[0], points: [-1.5, -0.5, 0.25, 1.5], values: $0[1])
      },
      Differentiable("interpolate in the points", [[5], [3]], in: -1...1) {
        interpolate(
          [-2.5, 0.2, 1.1, 2.9, 5.5], points: [-3, -1, 1, 3, 6] + $0[0] / 4, values: [1, 2, -1, 4, 0] * $0[0])
          * $0[1][0]
      },
      Differentiable("interpolate with a period", [[2, 3], [4]]) {
        interpolate($0[0], points: [0.1, 3.2, 1.5, 2.25], values: $0[1], period: 2.5)
      },
    ]

  @Test(arguments: functions)
  func `a function's derivatives are those of finite differences`(_ function: Differentiable) {
    #expect(function.problems() == [])
  }

  @Test func `nothing flows into elements that are NaN or take no part`() {
    let x = Tensor<Double>([1, .nan, 4, 2])
    #expect(gradient(at: x) { $0.nanSum() } == [1, 0, 1, 1])
    #expect(gradient(at: x) { $0.nanMean() * 3 } == [1, 0, 1, 1])
    #expect(gradient(at: x) { $0.nanMax() } == [0, 0, 1, 0])
    #expect(gradient(at: x) { $0.nanMedian() } == [0, 0, 0, 1])
    let even = Tensor<Double>([1, 5, 2, 4])
    #expect(gradient(at: even) { $0.median() } == [0, 0, 0.5, 0.5])
  }

  @Test func `of equal elements the first has the gradient, and of running extremes the last`() {
    let x: Tensor<Double> = [2, 1, 2, 1]
    #expect(gradient(at: x) { $0.unique().sum() } == [1, 1, 0, 0])
    #expect(gradient(at: x) { $0.kthSmallest(0).values } == [0, 1, 0, 0])
    #expect(gradient(at: x) { $0.cumulativeMax(axis: 0).values[-1] } == [0, 0, 1, 0])
    #expect(gradient(at: x) { $0.mode().values } == [0, 1, 0, 0])
  }

  @Test func `equal points leave no NaN in the gradient of an interpolation`() {
    let (x, points): (Tensor<Double>, Tensor<Double>) = ([-1, 0.5, 3, 0], [0, 0, 1, 1])
    let (toX, toValues) = gradient(at: x, [1, 2, 4, 8]) { interpolate($0, points: points, values: $1).sum() }
    #expect(toX == [0, 2, 0, 2])
    #expect(toValues == [1, 1.5, 0.5, 1])
  }

  @Test func `logCumulativeSumExp has gradients where nothing, little and much has been summed`() {
    let x = Tensor<Double>([-.infinity, -1000, 1000, 0, -.infinity])
    let slope = gradient(at: x) { $0.logCumulativeSumExp(axis: 0)[1...].sum() }
    #expect(slope == [0, 1, 3, 0, 0])
    let curvature = gradient(at: x) { x in
      (gradient(at: x) { $0.logCumulativeSumExp(axis: 0)[2] } * [3, 2, 1, 5, 4]).sum()
    }
    #expect(curvature == [0, 0, 0, 0, 0])
    let start = Tensor<Double>([-.infinity, 1])
    #expect(gradient(at: start) { $0.logCumulativeSumExp(axis: 0)[0] } == [0, 0])
  }
}
