import MartletCore

// Histograms by NumPy's rules: a bin holds what is at least its lower edge and less than its upper one, the last bin its
// upper edge as well. What is outside of all bins, and NaN, is not counted.

extension Tensor where Scalar: FloatingScalar {
  /// How many elements are in each of `bins` bins of equal width, and the `bins + 1` edges: NumPy's `histogram`.
  ///
  /// Without a range, the bins reach from the smallest to the largest element; a range of one number is widened by 0.5
  /// on each side. Traps when there are no bins, when the range is not finite, and without a range when an element is
  /// not.
  ///
  /// - Complexity: O(count + bins).
  public func histogram(
    bins: Int = 10, range: ClosedRange<Scalar>? = nil
  ) -> (counts: Tensor<Int64>, edges: Tensor) {
    let binning = Binning(self, bins, range, "histogram")
    return (binning.counts(self), binning.edges)
  }

  /// The sum of the weights of the elements in each of `bins` bins of equal width, and the edges.
  ///
  /// The weights have the tensor's shape; their sums are differentiable. Traps as without weights.
  ///
  /// - Complexity: O(count + bins).
  public func histogram<Weight: NumericScalar>(
    bins: Int = 10, range: ClosedRange<Scalar>? = nil, weights: Tensor<Weight>
  ) -> (sums: Tensor<Weight>, edges: Tensor) {
    let binning = Binning(self, bins, range, "histogram")
    return (binning.sums(self, weights, "histogram"), binning.edges)
  }

  /// How many elements are in each of the bins between edges of shape `[bins + 1]`.
  ///
  /// Traps when the edges are not of rank 1, fewer than two, or do not ascend.
  ///
  /// - Complexity: O(count · log bins).
  public func histogram(edges: Tensor) -> Tensor<Int64> { Binning(edges, "histogram").counts(self) }

  /// The sum of the weights of the elements in each of the bins between edges of shape `[bins + 1]`.
  ///
  /// - Complexity: O(count · log bins).
  public func histogram<Weight: NumericScalar>(edges: Tensor, weights: Tensor<Weight>) -> Tensor<Weight> {
    Binning(edges, "histogram").sums(self, weights, "histogram")
  }

  /// The density in each of `bins` bins of equal width, whose integral over all bins is 1, and the edges: NumPy's
  /// `histogram` with `density`.
  ///
  /// NaN where no element is in a bin. Traps as `histogram(bins:range:)` does.
  ///
  /// - Complexity: O(count + bins).
  public func histogramDensity(
    bins: Int = 10, range: ClosedRange<Scalar>? = nil
  ) -> (density: Tensor<Double>, edges: Tensor) {
    let binning = Binning(self, bins, range, "histogramDensity")
    return (binning.density(binning.counts(self)), binning.edges)
  }

  /// The density of the weights in each of `bins` bins of equal width, and the edges.
  ///
  /// - Complexity: O(count + bins).
  public func histogramDensity<Weight: NumericScalar>(
    bins: Int = 10, range: ClosedRange<Scalar>? = nil, weights: Tensor<Weight>
  ) -> (density: Tensor<Double>, edges: Tensor) {
    let binning = Binning(self, bins, range, "histogramDensity")
    return (binning.density(binning.sums(self, weights, "histogramDensity")), binning.edges)
  }

  /// The density in each of the bins between edges of shape `[bins + 1]`.
  ///
  /// - Complexity: O(count · log bins).
  public func histogramDensity(edges: Tensor) -> Tensor<Double> {
    let binning = Binning(edges, "histogramDensity")
    return binning.density(binning.counts(self))
  }

  /// The density of the weights in each of the bins between edges of shape `[bins + 1]`.
  ///
  /// - Complexity: O(count · log bins).
  public func histogramDensity<Weight: NumericScalar>(edges: Tensor, weights: Tensor<Weight>) -> Tensor<Double> {
    let binning = Binning(edges, "histogramDensity")
    return binning.density(binning.sums(self, weights, "histogramDensity"))
  }

  /// The edges, `[bins + 1]`, that `histogram(bins:range:)` takes: NumPy's `histogram_bin_edges`.
  public func histogramEdges(bins: Int = 10, range: ClosedRange<Scalar>? = nil) -> Tensor {
    Binning(self, bins, range, "histogramEdges").edges
  }
}

// Edges of integers are Double, and so are the integers as they are compared, which rounds those beyond 2⁵³.

extension Tensor where Scalar: IntegerScalar {
  /// How many elements are in each of `bins` bins of equal width, and the edges.
  ///
  /// - Complexity: O(count + bins).
  public func histogram(
    bins: Int = 10, range: ClosedRange<Double>? = nil
  ) -> (counts: Tensor<Int64>, edges: Tensor<Double>) {
    cast(to: Double.self).histogram(bins: bins, range: range)
  }

  /// The sum of the weights of the elements in each of `bins` bins of equal width, and the edges.
  ///
  /// - Complexity: O(count + bins).
  public func histogram<Weight: NumericScalar>(
    bins: Int = 10, range: ClosedRange<Double>? = nil, weights: Tensor<Weight>
  ) -> (sums: Tensor<Weight>, edges: Tensor<Double>) {
    cast(to: Double.self).histogram(bins: bins, range: range, weights: weights)
  }

  /// How many elements are in each of the bins between edges of shape `[bins + 1]`.
  ///
  /// - Complexity: O(count · log bins).
  public func histogram(edges: Tensor<Double>) -> Tensor<Int64> { cast(to: Double.self).histogram(edges: edges) }

  /// The sum of the weights of the elements in each of the bins between edges of shape `[bins + 1]`.
  ///
  /// - Complexity: O(count · log bins).
  public func histogram<Weight: NumericScalar>(edges: Tensor<Double>, weights: Tensor<Weight>) -> Tensor<Weight> {
    cast(to: Double.self).histogram(edges: edges, weights: weights)
  }

  /// The density in each of `bins` bins of equal width, and the edges.
  ///
  /// - Complexity: O(count + bins).
  public func histogramDensity(
    bins: Int = 10, range: ClosedRange<Double>? = nil
  ) -> (density: Tensor<Double>, edges: Tensor<Double>) {
    cast(to: Double.self).histogramDensity(bins: bins, range: range)
  }

  /// The density in each of the bins between edges of shape `[bins + 1]`.
  ///
  /// - Complexity: O(count · log bins).
  public func histogramDensity(edges: Tensor<Double>) -> Tensor<Double> {
    cast(to: Double.self).histogramDensity(edges: edges)
  }
}

/// How many points, given by their coordinates, are in each of the rectangles of a grid, `[bins.x, bins.y]`, and the
/// edges along both axes: NumPy's `histogram2d`.
///
/// The ranges are by default those of the coordinates. Traps when the coordinates' shapes differ, and as
/// `histogram(bins:range:)` does.
///
/// - Complexity: O(points + rectangles).
public func histogram2D<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, _ y: Tensor<Scalar>, bins: (x: Int, y: Int) = (10, 10), xRange: ClosedRange<Scalar>? = nil,
  yRange: ClosedRange<Scalar>? = nil
) -> (counts: Tensor<Int64>, xEdges: Tensor<Scalar>, yEdges: Tensor<Scalar>) {
  let grid = Grid(x, y, Binning(x, bins.x, xRange, "histogram2D"), Binning(y, bins.y, yRange, "histogram2D"))
  return (grid.counts, grid.x.edges, grid.y.edges)
}

/// The sum of the weights of the points in each of the rectangles of a grid, and the edges along both axes.
///
/// - Complexity: O(points + rectangles).
public func histogram2D<Scalar: FloatingScalar, Weight: NumericScalar>(
  _ x: Tensor<Scalar>, _ y: Tensor<Scalar>, bins: (x: Int, y: Int) = (10, 10), xRange: ClosedRange<Scalar>? = nil,
  yRange: ClosedRange<Scalar>? = nil, weights: Tensor<Weight>
) -> (sums: Tensor<Weight>, xEdges: Tensor<Scalar>, yEdges: Tensor<Scalar>) {
  let grid = Grid(x, y, Binning(x, bins.x, xRange, "histogram2D"), Binning(y, bins.y, yRange, "histogram2D"))
  return (grid.sums(weights), grid.x.edges, grid.y.edges)
}

/// How many points are in each of the rectangles between edges of shapes `[m + 1]` and `[n + 1]`, as `[m, n]`.
///
/// Traps when the coordinates' shapes differ, and when edges are not of rank 1, fewer than two, or do not ascend.
///
/// - Complexity: O(points · log m n + rectangles).
public func histogram2D<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, _ y: Tensor<Scalar>, xEdges: Tensor<Scalar>, yEdges: Tensor<Scalar>
) -> Tensor<Int64> {
  Grid(x, y, Binning(xEdges, "histogram2D"), Binning(yEdges, "histogram2D")).counts
}

/// Bins along an axis of numbers.
private struct Binning<Scalar: FloatingScalar> {
  let edges: Tensor<Scalar>
  let isEven: Bool

  var count: Int { edges.count - 1 }

  init(_ edges: Tensor<Scalar>, _ name: String) {
    if edges.rank != 1 || edges.count < 2 { trap(name, "expected two edges or more, of shape [n], got \(edges.shape)") }
    if !edges.isAscending { trap(name, "expected edges that ascend, got others, of \(edges.shape)") }
    self.edges = edges.detached()
    isEven = false
  }

  init(_ x: Tensor<Scalar>, _ bins: Int, _ range: ClosedRange<Scalar>?, _ name: String) {
    if bins < 1 { trap(name, "expected at least one bin, got \(bins)") }
    var (first, last): (Scalar, Scalar)
    if let range {
      (first, last) = (range.lowerBound, range.upperBound)
      if !(last - first).isFinite { trap(name, "expected a finite range, got \(first) ... \(last)") }
    } else if x.count == 0 {
      (first, last) = (0, 1)
    } else {
      (first, last) = (x.detached().min().item(), x.detached().max().item())
      if !(last - first).isFinite { trap(name, "expected finite elements, or a range, got \(first) ... \(last)") }
    }
    if first == last { (first, last) = (first - 0.5, last + 0.5) }
    // As NumPy does: in the scalar type if the ends are elements, in Double if they are given.
    edges =
      range == nil
      ? .linspace(first, last, count: bins + 1)
      : Tensor<Double>.linspace(Double(first), Double(last), count: bins + 1).cast(to: Scalar.self)
    isEven = true
  }

  func places(_ x: Tensor<Scalar>) -> Tensor<Int64> {
    Tensor<Int64>(unchecked: apply(Bins(isEven: isEven), [x.erased, edges.erased]))
  }

  func counts(_ x: Tensor<Scalar>) -> Tensor<Int64> {
    Tensor<Int64>(unchecked: apply(CountIndices(length: count), [places(x).erased]))
  }

  func sums<Weight: NumericScalar>(_ x: Tensor<Scalar>, _ weights: Tensor<Weight>, _ name: String) -> Tensor<Weight> {
    if weights.shape != x.shape { trap(name, "expected weights of shape \(x.shape), got \(weights.shape)") }
    return weights.summed(at: places(x), length: count)
  }

  func density<Weight: NumericScalar>(_ sums: Tensor<Weight>) -> Tensor<Double> {
    let (sums, wide) = (sums.cast(to: Double.self), edges.cast(to: Double.self))
    return sums / (wide[1...] - wide[..<(-1)]) / sums.sum()
  }
}

/// Points on a grid of rectangles.
private struct Grid<Scalar: FloatingScalar> {
  let x: Binning<Scalar>
  let y: Binning<Scalar>
  private let places: Tensor<Int64>

  private var rectangles: Int { x.count * y.count }

  init(_ xs: Tensor<Scalar>, _ ys: Tensor<Scalar>, _ x: Binning<Scalar>, _ y: Binning<Scalar>) {
    if xs.shape != ys.shape {
      trap("histogram2D", "expected coordinates of one shape, got \(xs.shape) and \(ys.shape)")
    }
    (self.x, self.y) = (x, y)
    let (column, row) = (x.places(xs), y.places(ys))
    let outside = (column .== Int64(x.count)) .| (row .== Int64(y.count))
    places = .where(outside, Tensor<Int64>(Int64(x.count * y.count)), column * Int64(y.count) + row)
  }

  var counts: Tensor<Int64> {
    let flat = Tensor<Int64>(unchecked: apply(CountIndices(length: rectangles), [places.erased]))
    return flat.reshaped(to: [x.count, y.count] as Shape)
  }

  func sums<Weight: NumericScalar>(_ weights: Tensor<Weight>) -> Tensor<Weight> {
    if weights.shape != places.shape {
      trap("histogram2D", "expected weights of shape \(places.shape), got \(weights.shape)")
    }
    return weights.summed(at: places, length: rectangles).reshaped(to: [x.count, y.count] as Shape)
  }
}
