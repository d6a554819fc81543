import MartletCore

extension Explainer {
  /// Occlusion: how much what is explained falls when a window of the row is replaced by a baseline.
  ///
  /// The window moves over the axes of a row; the last one along an axis is cut off at its end, so that every element is
  /// covered if the strides are not longer than the window. An element that several windows cover has the mean of their
  /// differences; one that none covers has 0. For a table's row `[features]` the default is each feature by itself. Source:
  /// M. Zeiler and R. Fergus, Visualizing and understanding convolutional networks (2014), arXiv:1311.2901.
  ///
  /// - Parameters:
  ///   - x: The rows, `[n, …]`.
  ///   - window: The window's length along each axis of a row; by default one element.
  ///   - strides: How far the window moves along each axis; by default its length.
  ///   - baseline: What replaces the window: one number, one row or a row for each; zeros by default.
  /// - Complexity: One evaluation of each row for each window.
  public func occlusion(
    _ x: Tensor<Scalar>, window: [Int]? = nil, strides: [Int]? = nil, baseline: Tensor<Scalar>? = nil
  ) throws(ExplanationError) -> Attribution<Scalar> {
    try check(x)
    let base = try self.baseline(baseline, for: x)
    let shape = Array(x.shape.dropFirst())
    let windows = try Self.windows(shape, window, strides)
    let (rowCount, width) = (x.shape[0], x.count / x.shape[0])
    let (elements, replacements) = (x.contiguous().scalars, base.scalars)
    let outputs = try allValues(x)
    var (sums, counts) = ([Double](repeating: 0, count: x.count), [Double](repeating: 0, count: width))
    for window in windows { for place in window { counts[place] += 1 } }
    try passes(rowCount * windows.count) { range throws(ExplanationError) in
      var points: [Scalar] = []
      points.reserveCapacity(range.count * width)
      for index in range {
        let (row, window) = index.quotientAndRemainder(dividingBy: windows.count)
        let start = points.count
        points += elements[row * width..<(row + 1) * width]
        for place in windows[window] { points[start + place] = replacements[row * width + place] }
      }
      let rows = range.map { $0 / windows.count }
      let found = try values(Tensor(shape: Shape([range.count] + shape), scalars: points), rows)
      for (index, value) in zip(range, found) {
        let (row, window) = index.quotientAndRemainder(dividingBy: windows.count)
        for place in windows[window] { sums[row * width + place] += outputs[row] - value }
      }
    }
    let means = sums.enumerated().map { Scalar($1 / max(1, counts[$0 % width])) }
    return Attribution(
      "occlusion by \(windows.count) windows", target.name, Tensor(shape: x.shape, scalars: means), names(width),
      .multiplied(by: x.detached() - base))
  }

  /// The places of each window's elements in a row.
  static func windows(_ shape: [Int], _ window: [Int]?, _ strides: [Int]?) throws(ExplanationError) -> [[Int]] {
    let window = window ?? shape.map { _ in 1 }
    let strides = strides ?? window
    if window.count != shape.count || strides.count != shape.count {
      throw .shapes(
        "expected a window and strides for each axis of a row \(Shape(shape)), got \(window) and \(strides)")
    }
    if (window + strides).contains(where: { $0 < 1 }) {
      throw .invalid("expected a window and strides of at least 1, got \(window) and \(strides)")
    }
    var result: [[Int]] = [[0]]
    for (axis, length) in shape.enumerated() {
      let beyond = max(0, length - window[axis])
      let starts = (0...(beyond + strides[axis] - 1) / strides[axis]).map { $0 * strides[axis] }.filter { $0 < length }
      result = result.flatMap { places in
        starts.map { start in
          places.flatMap { place in (start..<min(length, start + window[axis])).map { place * length + $0 } }
        }
      }
    }
    return result
  }
}
