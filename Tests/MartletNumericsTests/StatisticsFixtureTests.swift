import MartletCore
import MartletNumerics
import MartletTesting
import Testing

/// Every case of the statistics fixture, over operands that lie in memory in several ways.
@Suite struct StatisticsFixtureTests {
  static let placements: [Placement] = [.rowMajor, .columnMajor, .everySecond, .reversed, .shifted, .paddedRows]

  @Test(arguments: FixtureCase.all)
  func `answers as NumPy and SciPy do, however the operands lie in memory`(_ example: FixtureCase) throws {
    for placement in StatisticsFixtureTests.placements {
      let results = try #require(answer(example, placement), "no test computes \(example.operation)")
      #expect(results.count == example.expected.count)
      for (index, (result, expected)) in zip(results, example.expected).enumerated() {
        let relative = result.scalarType == .float32 ? 3e-6 : 1e-12
        let problem = mismatch(result, expected.plain.reference, relative: relative)
        #expect(problem == nil, "result \(index), \(placement)")
        #expect(result.scalarType == expected.scalarType || result.scalarType == .float64, "result \(index)")
      }
    }
  }

  @Test func `the fixture has as many cases as it should`() {
    #expect(FixtureCase.all.count > 1_100)
    #expect(Set(FixtureCase.all.map(\.operation)).count >= 50)
  }

  private func answer(_ example: FixtureCase, _ placement: Placement) -> [AnyTensor]? {
    switch example.plain().type {
    case .float32: floating(example, placement, Float.self) ?? numeric(example, placement, Float.self)
    case .float64: floating(example, placement, Double.self) ?? numeric(example, placement, Double.self)
    case .int32: integer(example, placement, Int32.self) ?? numeric(example, placement, Int32.self)
    case .int64: integer(example, placement, Int64.self) ?? numeric(example, placement, Int64.self)
    case .uint8: integer(example, placement, UInt8.self) ?? numeric(example, placement, UInt8.self)
    default: nil
    }
  }

  // MARK: Operations on all numbers

  private func numeric<S: NumericScalar>(_ c: FixtureCase, _ placement: Placement, _ type: S.Type) -> [AnyTensor]? {
    let x: Tensor<S> = c.operand("x", placement)
    func other(_ key: String = "v") -> Tensor<S> { c.operand(key, placement) }
    switch c.operation {
    case "peakToPeak":
      return [c.reduce(x.peakToPeak(keepDims:), x.peakToPeak(axis:keepDims:), x.peakToPeak(axes:keepDims:)).erased]
    case "countNonzero":
      return [
        c.reduce(x.countNonzero(keepDims:), x.countNonzero(axis:keepDims:), x.countNonzero(axes:keepDims:)).erased
      ]
    case "any":
      return [c.reduce(x.any(keepDims:), x.any(axis:keepDims:), x.any(axes:keepDims:)).erased]
    case "all":
      return [c.reduce(x.all(keepDims:), x.all(axis:keepDims:), x.all(axes:keepDims:)).erased]
    case "mode":
      let mode = c.axes.map { x.mode(axis: $0[0], keepDims: c.keepDims) } ?? x.mode(keepDims: c.keepDims)
      return [mode.values.erased, mode.counts.erased]
    case "unique":
      return [(c.axes.map { x.unique(axis: $0[0]) } ?? x.unique()).erased]
    case "uniqueElements":
      let all = c.axes.map { x.uniqueElements(axis: $0[0]) } ?? x.uniqueElements()
      return [all.values.erased, all.firstIndices.erased, all.inverse.erased, all.counts.erased]
    case "searchSorted":
      return [x.searchSorted(other(), side: c.word("side") == "left" ? .left : .right).erased]
    case "digitized":
      return [x.digitized(by: other("edges"), right: c.integer("right") == 1).erased]
    case "kthSmallest":
      let found = x.kthSmallest(c.integer("place"), axis: c.integer("axis"))
      let kept = x.kthSmallest(c.integer("place"), axis: c.integer("axis"), keepDims: true)
      #expect(kept.values.squeezed(axis: c.integer("axis")).scalars.description == found.values.scalars.description)
      return [found.values.erased, found.indices.erased]
    case "partitioned":
      let places = c.integers("places")
      let parts = places.count == 1 ? x.partitioned(at: places[0]) : x.partitioned(at: places)
      expectParted(parts, at: places)
      #expect(parts.sorted() == x.sorted())
      return [parts.take(Tensor(places.map { Int64($0 < 0 ? $0 + x.count : $0) })).erased]
    case "argPartition":
      let places = c.integers("places")
      let order = places.count == 1 ? x.argPartition(at: places[0]) : x.argPartition(at: places)
      expectParted(x.take(order), at: places)
      #expect(order.sorted() == .arange(Int64(x.count)))
      return [order.take(Tensor(places.map { Int64($0 < 0 ? $0 + x.count : $0) })).erased]
    case "isIn": return [x.isIn(other()).erased]
    case "intersection": return [x.intersection(other()).erased]
    case "union": return [x.union(other()).erased]
    case "setDifference": return [x.setDifference(other()).erased]
    case "symmetricDifference": return [x.symmetricDifference(other()).erased]
    case "cumulativeMax":
      let running = x.cumulativeMax(axis: c.integer("axis"))
      return [running.values.erased, running.indices.erased]
    case "cumulativeMin":
      let running = x.cumulativeMin(axis: c.integer("axis"))
      return [running.values.erased, running.indices.erased]
    case "difference":
      return [x.difference(order: c.integer("order"), axis: c.integer("axis")).erased]
    case "convolve": return [convolve(x, other(), mode: mode(c)).erased]
    case "correlate": return [correlate(x, other(), mode: mode(c)).erased]
    default: return nil
    }
  }

  private func mode(_ c: FixtureCase) -> ConvolutionMode {
    ConvolutionMode.allCases.first { "\($0)" == c.word("mode") }!
  }

  /// No element before a place is larger than the one there, and none behind it smaller.
  private func expectParted<S: NumericScalar>(_ x: Tensor<S>, at places: [Int]) {
    let scalars = x.scalars
    for place in places {
      let index = place < 0 ? place + scalars.count : place
      #expect(scalars[..<index].allSatisfy { $0 <= scalars[index] })
      #expect(scalars[index...].allSatisfy { $0 >= scalars[index] })
    }
  }

  // MARK: Operations on integers

  private func integer<S: IntegerScalar>(_ c: FixtureCase, _ placement: Placement, _ type: S.Type) -> [AnyTensor]? {
    let x: Tensor<S> = c.operand("x", placement)
    let bins = c.has("bins") ? c.integers("bins")[0] : 10
    switch c.operation {
    case "histogram" where c.has("w"):
      let (sums, edges) = x.histogram(
        bins: bins, range: c.range("range"), weights: c.operand("w", placement, as: Double.self))
      return [sums.erased, edges.erased]
    case "histogram":
      let (counts, edges) = x.histogram(bins: bins, range: c.range("range"))
      return [counts.erased, edges.erased]
    case "histogramDensity":
      let (density, edges) = x.histogramDensity(bins: bins, range: c.range("range"))
      return [density.erased, edges.erased]
    case "histogramOfEdges" where c.has("w"):
      return [
        x.histogram(edges: c.operand("edges", placement), weights: c.operand("w", placement, as: Double.self)).erased
      ]
    case "histogramOfEdges": return [x.histogram(edges: c.operand("edges", placement)).erased]
    case "densityOfEdges": return [x.histogramDensity(edges: distinct(c.operand("edges", placement))).erased]
    case "bincount":
      let minimum = c.integer("minimum")
      guard c.has("w") else { return [x.bincount(minimumCount: minimum).erased] }
      switch c.plain("w").type {
      case .float32:
        return [x.bincount(weights: c.operand("w", placement, as: Float.self), minimumCount: minimum).erased]
      case .float64:
        return [x.bincount(weights: c.operand("w", placement, as: Double.self), minimumCount: minimum).erased]
      default: return [x.bincount(weights: c.operand("w", placement, as: Int64.self), minimumCount: minimum).erased]
      }
    default: return nil
    }
  }

  /// The fixture has the densities between distinct edges: an empty bin has none.
  private func distinct<S: NumericScalar>(_ edges: Tensor<S>) -> Tensor<S> { edges.unique() }

  // MARK: Operations on floating-point numbers

  private func floating<S: FloatingScalar>(_ c: FixtureCase, _ placement: Placement, _ type: S.Type) -> [AnyTensor]? {
    reductions(c, placement, type) ?? histograms(c, placement, type) ?? signals(c, placement, type)
  }

  private func reductions<S: FloatingScalar>(_ c: FixtureCase, _ placement: Placement, _ type: S.Type) -> [AnyTensor]? {
    let x: Tensor<S> = c.operand("x", placement)
    let correction = c.has("correction") ? c.integer("correction") : 1
    func other(_ key: String) -> Tensor<S>? { c.has(key) ? c.operand(key, placement) : nil }
    let variables: VariableAxis = c.has("variables") && c.word("variables") == "columns" ? .columns : .rows
    switch c.operation {
    case "median": return [c.reduce(x.median(keepDims:), x.median(axis:keepDims:), x.median(axes:keepDims:)).erased]
    case "quantile", "percentile", "nanQuantile": return [quantile(c, x).erased]
    case "nanSum": return [c.reduce(x.nanSum(keepDims:), x.nanSum(axis:keepDims:), x.nanSum(axes:keepDims:)).erased]
    case "nanProduct":
      return [c.reduce(x.nanProduct(keepDims:), x.nanProduct(axis:keepDims:), x.nanProduct(axes:keepDims:)).erased]
    case "nanMean": return [c.reduce(x.nanMean(keepDims:), x.nanMean(axis:keepDims:), x.nanMean(axes:keepDims:)).erased]
    case "nanMax": return [c.reduce(x.nanMax(keepDims:), x.nanMax(axis:keepDims:), x.nanMax(axes:keepDims:)).erased]
    case "nanMin": return [c.reduce(x.nanMin(keepDims:), x.nanMin(axis:keepDims:), x.nanMin(axes:keepDims:)).erased]
    case "nanMedian":
      return [c.reduce(x.nanMedian(keepDims:), x.nanMedian(axis:keepDims:), x.nanMedian(axes:keepDims:)).erased]
    case "nanVariance":
      return [
        c.reduce(
          { x.nanVariance(keepDims: $0, correction: correction) },
          { x.nanVariance(axis: $0, keepDims: $1, correction: correction) },
          { x.nanVariance(axes: $0, keepDims: $1, correction: correction) }
        ).erased
      ]
    case "nanStandardDeviation":
      return [
        c.reduce(
          { x.nanStandardDeviation(keepDims: $0, correction: correction) },
          { x.nanStandardDeviation(axis: $0, keepDims: $1, correction: correction) },
          { x.nanStandardDeviation(axes: $0, keepDims: $1, correction: correction) }
        ).erased
      ]
    case "nanArgMax":
      return [
        (c.axes.map { x.nanArgMax(axis: $0[0], keepDims: c.keepDims) } ?? x.nanArgMax(keepDims: c.keepDims)).erased
      ]
    case "nanArgMin":
      return [
        (c.axes.map { x.nanArgMin(axis: $0[0], keepDims: c.keepDims) } ?? x.nanArgMin(keepDims: c.keepDims)).erased
      ]
    case "nanCumulativeSum": return [x.nanCumulativeSum(axis: c.integer("axis")).erased]
    case "nanCumulativeProduct": return [x.nanCumulativeProduct(axis: c.integer("axis")).erased]
    case "average":
      let weights: Tensor<S> = c.operand("w", placement)
      return [
        c.reduce(
          { x.average(weights: weights, keepDims: $0) }, { x.average(weights: weights, axis: $0, keepDims: $1) },
          { x.average(weights: weights, axes: $0, keepDims: $1) }
        ).erased
      ]
    case "covariance":
      if let second = other("with_") { return [x.covariance(with: second, variables: variables).erased] }
      let frequencies: Tensor<Int64>? = c.has("f") ? c.operand("f", placement) : nil
      return [
        x.covariance(variables: variables, correction: correction, frequencies: frequencies, weights: other("w")).erased
      ]
    case "correlation":
      if let second = other("with_") { return [x.correlation(with: second, variables: variables).erased] }
      return [x.correlation(variables: variables).erased]
    case "logCumulativeSumExp": return [x.logCumulativeSumExp(axis: c.integer("axis")).erased]
    default: return nil
    }
  }

  private func quantile<S: FloatingScalar>(_ c: FixtureCase, _ x: Tensor<S>) -> Tensor<S> {
    let method = c.has("method") ? QuantileMethod.allCases.first { "\($0)" == c.word("method") }! : .linear
    let q = c.numbers("q")
    switch (c.operation, q.count > 1) {
    case ("quantile", false):
      return c.reduce(
        { x.quantile(q[0], method: method, keepDims: $0) },
        { x.quantile(q[0], axis: $0, method: method, keepDims: $1) },
        { x.quantile(q[0], axes: $0, method: method, keepDims: $1) })
    case ("quantile", true):
      return c.reduce(
        { x.quantile(q, method: method, keepDims: $0) }, { x.quantile(q, axis: $0, method: method, keepDims: $1) },
        { x.quantile(q, axes: $0, method: method, keepDims: $1) })
    case ("percentile", false):
      return c.reduce(
        { x.percentile(q[0], method: method, keepDims: $0) },
        { x.percentile(q[0], axis: $0, method: method, keepDims: $1) },
        { x.percentile(q[0], axes: $0, method: method, keepDims: $1) })
    case ("percentile", true):
      return c.reduce(
        { x.percentile(q, method: method, keepDims: $0) }, { x.percentile(q, axis: $0, method: method, keepDims: $1) },
        { x.percentile(q, axes: $0, method: method, keepDims: $1) })
    default:
      // Each quantile alone as well, which must be the same.
      let together = c.reduce(
        { x.nanQuantile(q, method: method, keepDims: $0) },
        { x.nanQuantile(q, axis: $0, method: method, keepDims: $1) },
        { x.nanQuantile(q, axes: $0, method: method, keepDims: $1) })
      for (index, one) in q.enumerated() {
        let alone = c.reduce(
          { x.nanQuantile(one, method: method, keepDims: $0) },
          { x.nanQuantile(one, axis: $0, method: method, keepDims: $1) },
          { x.nanQuantile(one, axes: $0, method: method, keepDims: $1) })
        #expect(alone.scalars.description == together[index].scalars.description)
      }
      return together
    }
  }

  private func histograms<S: FloatingScalar>(_ c: FixtureCase, _ placement: Placement, _ type: S.Type) -> [AnyTensor]? {
    let x: Tensor<S> = c.operand("x", placement)
    func other(_ key: String) -> Tensor<S> { c.operand(key, placement) }
    func range(_ key: String) -> ClosedRange<S>? { c.range(key).map { S($0.lowerBound)...S($0.upperBound) } }
    let bins = c.has("bins") ? c.integers("bins") : []
    let hasIntegerWeights = c.has("w") && c.plain("w").type == .int64
    switch c.operation {
    case "histogram" where hasIntegerWeights:
      let (sums, edges) = x.histogram(bins: bins[0], weights: c.operand("w", placement, as: Int64.self))
      return [sums.erased, edges.erased]
    case "histogram" where c.has("w"):
      let (sums, edges) = x.histogram(bins: bins[0], weights: other("w"))
      return [sums.erased, edges.erased]
    case "histogram":
      let (counts, edges) = x.histogram(bins: bins[0], range: range("range"))
      #expect(x.histogramEdges(bins: bins[0], range: range("range")) == edges)
      return [counts.erased, edges.erased]
    case "histogramDensity":
      let (density, edges) =
        c.has("w")
        ? x.histogramDensity(bins: bins[0], range: range("range"), weights: other("w"))
        : x.histogramDensity(bins: bins[0], range: range("range"))
      return [density.erased, edges.erased]
    case "histogramOfEdges" where hasIntegerWeights:
      return [x.histogram(edges: other("edges"), weights: c.operand("w", placement, as: Int64.self)).erased]
    case "histogramOfEdges" where c.has("w"):
      return [x.histogram(edges: other("edges"), weights: other("w")).erased]
    case "histogramOfEdges": return [x.histogram(edges: other("edges")).erased]
    case "densityOfEdges": return [x.histogramDensity(edges: distinct(other("edges"))).erased]
    case "histogram2D":
      let sizes = (x: bins[0], y: bins[1])
      if c.has("w") {
        let all = histogram2D(x, other("y"), bins: sizes, weights: other("w"))
        return [all.sums.erased, all.xEdges.erased, all.yEdges.erased]
      }
      let all = histogram2D(x, other("y"), bins: sizes, xRange: range("xrange"), yRange: range("yrange"))
      return [all.counts.erased, all.xEdges.erased, all.yEdges.erased]
    case "histogram2DOfEdges":
      return [histogram2D(x, other("y"), xEdges: other("xedges"), yEdges: other("yedges")).erased]
    default: return nil
    }
  }

  private func signals<S: FloatingScalar>(_ c: FixtureCase, _ placement: Placement, _ type: S.Type) -> [AnyTensor]? {
    let x: Tensor<S> = c.operand("x", placement)
    func other(_ key: String) -> Tensor<S> { c.operand(key, placement) }
    func number(_ key: String) -> S? { c.has(key) ? S(c.number(key)) : nil }
    switch c.operation {
    case "centralDifferences":
      let order = c.integer("order")
      if c.has("coordinates") {
        let points = other("coordinates")
        return [x.centralDifferences(axis: c.integer("axis"), coordinates: points, edgeOrder: order).erased]
      }
      let spacing = number("spacing")!
      guard let axes = c.axes else { return x.centralDifferences(spacing: spacing, edgeOrder: order).map(\.erased) }
      return [x.centralDifferences(axis: axes[0], spacing: spacing, edgeOrder: order).erased]
    case "trapezoid":
      let axis = c.integer("axis")
      if c.has("coordinates") { return [x.trapezoid(coordinates: other("coordinates"), axis: axis).erased] }
      return [x.trapezoid(axis: axis, spacing: number("spacing")!).erased]
    case "cumulativeTrapezoid":
      let (axis, initial) = (c.integer("axis"), number("initial"))
      if c.has("coordinates") {
        return [x.cumulativeTrapezoid(coordinates: other("coordinates"), axis: axis, initial: initial).erased]
      }
      return [x.cumulativeTrapezoid(axis: axis, spacing: number("spacing")!, initial: initial).erased]
    case "interpolate":
      let (points, values) = (other("points"), other("values"))
      if let period = number("period") {
        return [interpolate(x, points: points, values: values, period: period).erased]
      }
      if points.rank == 0 {
        let (one, first) = (points.reshaped(to: [1] as Shape), values[..<1])
        return [interpolate(x, points: one, values: first, left: number("left")).erased]
      }
      return [interpolate(x, points: points, values: values, left: number("left"), right: number("right")).erased]
    default: return nil
    }
  }
}
