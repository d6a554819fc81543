import Martlet

// Charts take lists of numbers; these take tensors.

extension Chart {
  /// Draws a dot for each pair of numbers.
  public mutating func points<S: FloatingScalar>(_ x: Tensor<S>, _ y: Tensor<S>, label: String?, color: Int? = nil) {
    points(numbers(x), numbers(y), label: label, color: color)
  }

  /// Draws a line through the pairs of numbers, in their order.
  public mutating func line<S: FloatingScalar>(_ x: Tensor<S>, _ y: Tensor<S>, label: String?, color: Int) {
    line(numbers(x), numbers(y), label: label, color: color)
  }

  /// Fills the area between two lines over the same x.
  public mutating func band<S: FloatingScalar>(
    _ x: Tensor<S>, from lower: Tensor<S>, to upper: Tensor<S>, label: String?, color: Int
  ) {
    band(numbers(x), from: numbers(lower), to: numbers(upper), label: label, color: color)
  }
}

extension HeatMap {
  /// Matrices with what is written above each: see `HeatMap.init(_:_:of:axes:columns:)`.
  public init<S: FloatingScalar>(
    _ title: String, _ panels: [(label: String, matrix: Tensor<S>)], of quantity: String,
    axes: (down: String, right: String)? = nil, columns: Int = 4
  ) {
    self.init(
      title, panels.map { ($0.label, $0.matrix.cast(to: Double.self).scalars2D) }, of: quantity, axes: axes,
      columns: columns)
  }
}

private func numbers<S: FloatingScalar>(_ tensor: Tensor<S>) -> [Double] { tensor.cast(to: Double.self).scalars }
