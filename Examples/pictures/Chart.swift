import Martlet

/// A chart of points, lines and bands over two axes, written as an SVG picture.
///
/// ```swift
/// var chart = Chart("Growth", x: "day", y: "height in cm")
/// chart.points(days, heights, label: "measured")
/// chart.line(days, fitted, label: "fitted")
/// try chart.write(to: "growth.svg")
/// ```
/// Each mark has the next of ten colours, unless it is given one as `colour`, by number. Marks with a label are in the
/// legend.
public struct Chart {
  private enum Kind {
    case points(radius: Double)
    case line
    case band(upper: [Double])
  }

  private struct Mark {
    let kind: Kind
    let x: [Double]
    let y: [Double]
    let label: String?
    let colour: String

    /// The numbers of a band's upper line; empty for other marks.
    var upper: [Double] { if case .band(let upper) = kind { upper } else { [] } }
  }

  private let title: String
  private let labels: (x: String, y: String)
  private let hasEqualUnits: Bool
  private var marks: [Mark] = []

  private static let (left, top, plotWidth) = (84.0, 48.0, 620.0)

  /// An empty chart; with `equalUnits`, a unit is as long on one axis as on the other.
  public init(_ title: String, x: String, y: String, equalUnits: Bool = false) {
    self.title = title
    labels = (x, y)
    hasEqualUnits = equalUnits
  }

  /// Draws a dot for each pair of numbers.
  public mutating func points<S: FloatingScalar>(
    _ x: Tensor<S>, _ y: Tensor<S>, label: String? = nil, colour: Int? = nil, radius: Double = 2.5
  ) {
    add(.points(radius: radius), numbers(x), numbers(y), label, colour)
  }

  /// Draws a line through the pairs of numbers, in their order.
  public mutating func line<S: FloatingScalar>(
    _ x: Tensor<S>, _ y: Tensor<S>, label: String? = nil, colour: Int? = nil
  ) {
    add(.line, numbers(x), numbers(y), label, colour)
  }

  /// Fills the area between two lines over the same x.
  public mutating func band<S: FloatingScalar>(
    _ x: Tensor<S>, from lower: Tensor<S>, to upper: Tensor<S>, label: String? = nil, colour: Int? = nil
  ) {
    add(.band(upper: numbers(upper)), numbers(x), numbers(lower), label, colour)
  }

  /// Writes the chart to a file.
  public func write(to path: String) throws { try svg().write(toFile: path, atomically: true, encoding: .utf8) }

  private mutating func add(_ kind: Kind, _ x: [Double], _ y: [Double], _ label: String?, _ colour: Int?) {
    precondition(x.count == y.count, "Chart: expected as many numbers x as y, got \(x.count) and \(y.count)")
    let colour = SVG.colours[(colour ?? marks.count) % SVG.colours.count]
    marks.append(Mark(kind: kind, x: x, y: y, label: label, colour: colour))
  }

  private func svg() -> String {
    let horizontal = Scale(marks.flatMap(\.x), endsAtTicks: hasEqualUnits)
    let vertical = Scale(marks.flatMap { $0.y + $0.upper }, endsAtTicks: true)
    let (width, ratio) = (Self.plotWidth, (vertical.upper - vertical.lower) / (horizontal.upper - horizontal.lower))
    let height = hasEqualUnits ? width * min(max(ratio, 0.3), 1.5) : 380
    let (left, top, bottom) = (Self.left, Self.top, Self.top + height)
    func x(_ number: Double) -> Double { left + horizontal.position(number) * width }
    func y(_ number: Double) -> Double { bottom - vertical.position(number) * height }

    var content = ""
    for tick in vertical.ticks {
      content += rule("M\(SVG.text(left)) \(SVG.text(y(tick)))h\(SVG.text(width))", opacity: 0.25)
      content += SVG.label(vertical.label(tick), x: left - 8, y: y(tick), "dy=\"0.35em\" text-anchor=\"end\"")
    }
    for tick in horizontal.ticks {
      content += rule("M\(SVG.text(x(tick))) \(SVG.text(bottom))v5")
      content += SVG.label(horizontal.label(tick), x: x(tick), y: bottom + 20, "text-anchor=\"middle\"")
    }
    for mark in marks { content += drawn(mark, x, y) }
    content += rule("M\(SVG.text(left)) \(SVG.text(top))V\(SVG.text(bottom))h\(SVG.text(width))")
    content += SVG.label(labels.x, x: left + width / 2, y: bottom + 42, "text-anchor=\"middle\"")
    let middle = SVG.text(top + height / 2)
    content += SVG.label(
      labels.y, x: 22, y: top + height / 2, "transform=\"rotate(-90 22 \(middle))\" text-anchor=\"middle\"")

    let named = marks.filter { $0.label != nil }
    for (index, mark) in named.enumerated() {
      content += legend(mark, x: left + width + 20, y: top + 12 + 22 * Double(index))
    }
    let legendWidth = named.map { 30 + 7.5 * Double($0.label!.count) }.max() ?? 0
    return SVG.picture(title, width: left + width + 30 + legendWidth, height: bottom + 58, content)
  }

  private func rule(_ path: String, opacity: Double = 1) -> String {
    "<path d=\"\(path)\" fill=\"none\" stroke=\"\(SVG.ink)\" stroke-opacity=\"\(opacity)\"/>\n"
  }

  private func drawn(_ mark: Mark, _ x: (Double) -> Double, _ y: (Double) -> Double) -> String {
    func path(_ xs: some Sequence<Double>, _ ys: some Sequence<Double>) -> String {
      zip(xs, ys).map { "\(SVG.text(x($0))) \(SVG.text(y($1)))" }.joined(separator: "L")
    }
    switch mark.kind {
    case .points(let radius):
      // A dot is a line of no length with round ends.
      let dots = zip(mark.x, mark.y).map { "M\(SVG.text(x($0))) \(SVG.text(y($1)))h0" }.joined()
      return "<path d=\"\(dots)\" stroke=\"\(mark.colour)\" stroke-width=\"\(SVG.text(2 * radius))\" "
        + "stroke-linecap=\"round\" stroke-opacity=\"0.8\"/>\n"
    case .line:
      return "<path d=\"M\(path(mark.x, mark.y))\" fill=\"none\" stroke=\"\(mark.colour)\" stroke-width=\"2\" "
        + "stroke-linejoin=\"round\"/>\n"
    case .band(let upper):
      return "<path d=\"M\(path(mark.x, mark.y))L\(path(mark.x.reversed(), upper.reversed()))Z\" "
        + "fill=\"\(mark.colour)\" fill-opacity=\"0.3\"/>\n"
    }
  }

  private func legend(_ mark: Mark, x: Double, y: Double) -> String {
    let place = "\(SVG.text(x)) \(SVG.text(y - 4.5))"
    let sample =
      switch mark.kind {
      case .points:
        "<path d=\"M\(place)m8 0h0\" stroke=\"\(mark.colour)\" stroke-width=\"8\" stroke-linecap=\"round\"/>"
      case .line: "<path d=\"M\(place)h16\" stroke=\"\(mark.colour)\" stroke-width=\"2.5\"/>"
      case .band: "<path d=\"M\(place)h16\" stroke=\"\(mark.colour)\" stroke-width=\"12\" stroke-opacity=\"0.3\"/>"
      }
    return sample + "\n" + SVG.label(mark.label!, x: x + 24, y: y)
  }
}

/// A tensor's numbers, in row-major order.
func numbers<S: FloatingScalar>(_ tensor: Tensor<S>) -> [Double] { tensor.cast(to: Double.self).scalars }
