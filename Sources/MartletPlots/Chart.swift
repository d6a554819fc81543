import MartletText

/// A chart of points, lines, bands and bars over two axes, a picture in SVG or PNG.
///
/// ```swift
/// var chart = Chart("Growth", x: "day", y: "height in cm")
/// chart.points(days, heights, label: "measured")
/// chart.line(days, fitted, label: "fitted")
/// try chart.saveSVG(to: "growth.svg")
/// try chart.savePNG(to: "growth.png")
/// ```
/// Each mark has the next of ten colours, unless it is given one as `color`, by number. Marks with a label are in the
/// legend. A number that an axis cannot show, such as NaN, leaves a gap. Lists that differ in length trap.
public struct Chart: Picture, Sendable {
  enum Kind {
    case points(radius: Double)
    case line(hasDots: Bool, isDashed: Bool)
    case band(upper: [Double])
    case bars(ends: [Double])
    case upright
  }

  struct Mark {
    let kind: Kind
    let x: [Double]
    let y: [Double]
    let label: String?
    let color: String
    /// What the mark adds to the numbers that the axes show.
    var shownX: [Double] { if case .bars(let ends) = kind { x + ends } else { x } }
    var shownY: [Double] {
      switch kind {
      case .band(let upper): y + upper
      case .bars: y + [0]
      case .points, .line, .upright: y
      }
    }
  }

  /// The title above the chart.
  public var title: String
  /// The axis from left to right.
  public var x: ChartAxis
  /// The axis from below to above.
  public var y: ChartAxis
  private let hasEqualUnits: Bool
  private let height: Double
  private(set) var marks: [Mark] = []

  /// An empty chart; with `equalUnits`, a unit is as long on one axis as on the other.
  public init(_ title: String = "", x: ChartAxis, y: ChartAxis, equalUnits: Bool = false) {
    self.init(title, x: x, y: y, equalUnits: equalUnits, height: 380)
  }

  /// An empty chart whose axis from below to above has a length in pixels.
  package init(_ title: String = "", x: ChartAxis, y: ChartAxis, equalUnits: Bool = false, height: Double) {
    (self.title, self.x, self.y, hasEqualUnits, self.height) = (title, x, y, equalUnits, height)
  }

  // MARK: Marks

  /// Draws a dot for each pair of numbers.
  public mutating func points(
    _ x: [Double], _ y: [Double], label: String? = nil, color: Int? = nil, radius: Double = 2.5
  ) {
    add(.points(radius: radius), x, y, label, color)
  }

  /// Draws a line through the pairs of numbers, in their order, with a dot at each of them if wanted.
  public mutating func line(
    _ x: [Double], _ y: [Double], label: String? = nil, color: Int? = nil, hasDots: Bool = false, isDashed: Bool = false
  ) {
    add(.line(hasDots: hasDots, isDashed: isDashed), x, y, label, color)
  }

  /// Fills the area between two lines over the same x.
  public mutating func band(
    _ x: [Double], from lower: [Double], to upper: [Double], label: String? = nil, color: Int? = nil
  ) {
    checkCounts(x, upper)
    add(.band(upper: upper), x, lower, label, color)
  }

  /// Draws a bar from 0 to each of `y`, as wide as its range of `x`.
  public mutating func bars(_ x: [ClosedRange<Double>], _ y: [Double], label: String? = nil, color: Int? = nil) {
    add(.bars(ends: x.map(\.upperBound)), x.map(\.lowerBound), y, label, color)
  }

  /// Draws a dashed line from below to above at a number of the axis `x`, as to point out an epoch.
  public mutating func upright(at x: Double, label: String? = nil, color: Int? = nil) {
    add(.upright, [x], [], label, color)
  }

  /// Draws a dashed grey line from one pair of numbers to another, to compare with, which takes no colour.
  public mutating func reference(from: (x: Double, y: Double), to: (x: Double, y: Double), label: String? = nil) {
    let kind = Kind.line(hasDots: false, isDashed: true)
    marks.append(Mark(kind: kind, x: [from.x, to.x], y: [from.y, to.y], label: label, color: Drawing.ink))
  }

  private mutating func add(_ kind: Kind, _ x: [Double], _ y: [Double], _ label: String?, _ color: Int?) {
    if case .upright = kind {} else { checkCounts(x, y) }
    let next = color ?? marks.count { $0.color != Drawing.ink }
    marks.append(Mark(kind: kind, x: x, y: y, label: label, color: Drawing.colors[next % Drawing.colors.count]))
  }

  private func checkCounts(_ x: [Double], _ y: [Double]) {
    if x.count != y.count { fatalError("Chart: expected as many numbers x as y, got \(x.count) and \(y.count)") }
  }

  // MARK: The picture

  /// The picture as SVG, which is text.
  public func svg() -> String { Figure(title, [untitled]).svg() }

  /// The picture as the bytes of a PNG file, with `scale` pixels for each of its own; traps where that is not possible.
  public func png(scale: Double) -> [UInt8] { Figure(title, [untitled]).png(scale: scale) }

  /// Writes `svg()` to a file, whole or not at all; throws when it cannot be written.
  public func saveSVG(to path: String) throws(FormatError) { try AtomicFile.write(svg(), to: path) }

  private var untitled: Chart {
    var chart = self
    chart.title = ""
    return chart
  }

  /// Draws the chart with its title at the left, and gives the room that it takes.
  package func draw(into drawing: inout Drawing) -> (width: Double, height: Double) {
    let horizontal = x.axis(showing: marks.flatMap(\.shownX), ticks: 7, endsAtTicks: hasEqualUnits)
    let vertical = y.axis(showing: marks.flatMap(\.shownY), ticks: max(4, Int(height / 60)), endsAtTicks: true)
    let named = marks.filter { $0.label != nil }
    let legendWidths = named.map { 46 + Drawing.width(of: $0.label!) }
    // A legend that is short enough is in the line of the title; a longer one is beside the plot.
    let isBeside = legendWidths.reduce(Drawing.width(of: title), +) > Plot.width
    let ratio = (vertical.upper - vertical.lower) / (horizontal.upper - horizontal.lower)
    let plot = Plot(
      horizontal: horizontal, vertical: vertical, top: title.isEmpty && (isBeside || named.isEmpty) ? 10 : 34,
      height: hasEqualUnits ? Plot.width * min(max(ratio, 0.3), 1.5) : height)

    if !title.isEmpty { drawing.text(title, x: Plot.left, y: 20, isBold: true) }
    plot.drawGrid(x.label, y.label, into: &drawing)
    for mark in marks { draw(mark, in: plot, into: &drawing) }
    plot.drawFrame(into: &drawing)
    var x = Plot.right - legendWidths.reduce(-22, +)
    for (index, (mark, width)) in zip(named, legendWidths).enumerated() {
      if isBeside {
        drawLegend(mark, x: Plot.right + 20, y: plot.top + 12 + 22 * Double(index), into: &drawing)
      } else {
        drawLegend(mark, x: x, y: 20, into: &drawing)
        x += width
      }
    }
    return (Plot.right + (isBeside ? 8 + legendWidths.max()! : 24), plot.bottom + 56)
  }

  private func draw(_ mark: Mark, in plot: Plot, into drawing: inout Drawing) {
    func places(_ y: [Double]) -> [(x: Double, y: Double)?] { zip(mark.x, y).map { plot.place($0, $1) } }
    switch mark.kind {
    case .points(let radius):
      drawing.dots(places(mark.y), mark.color, radius: radius, opacity: 0.8)
    case .line(let hasDots, let isDashed):
      let points = places(mark.y)
      drawing.stroke(Drawing.path(points), mark.color, width: 2, isDashed: isDashed, hasRoundJoins: true)
      if hasDots { drawing.dots(points, mark.color, radius: 2.5) }
    case .band(let upper):
      drawing.fill(
        Drawing.path((places(mark.y) + places(upper).reversed()).filter { $0 != nil }) + "Z", mark.color, opacity: 0.3)
    case .bars(let ends):
      for (top, end) in zip(places(mark.y), ends) {
        guard let top, let base = plot.place(end, 0), base.x > top.x else { continue }
        // A gap of a pixel at each side, where there is room.
        let gap = base.x - top.x > 4 ? 1.0 : 0
        let (from, to, bottom) = (Drawing.number(top.x + gap), Drawing.number(base.x - gap), Drawing.number(base.y))
        drawing.fill("M\(from) \(bottom)V\(Drawing.number(top.y))H\(to)V\(bottom)Z", mark.color, opacity: 0.7)
      }
    case .upright:
      guard let x = plot.x(mark.x[0]) else { return }
      let path = "M\(Drawing.number(x)) \(Drawing.number(plot.top))V\(Drawing.number(plot.bottom))"
      drawing.stroke(path, mark.color, width: 1.5, isDashed: true)
    }
  }

  private func drawLegend(_ mark: Mark, x: Double, y: Double, into drawing: inout Drawing) {
    let place = "M\(Drawing.number(x)) \(Drawing.number(y - 4.5))"
    switch mark.kind {
    case .points: drawing.dots([(x + 9, y - 4.5)], mark.color, radius: 4)
    case .line(_, let isDashed): drawing.stroke(place + "h18", mark.color, width: 2.5, isDashed: isDashed)
    case .band: drawing.stroke(place + "h18", mark.color, width: 12, opacity: 0.3)
    case .bars: drawing.stroke(place + "h18", mark.color, width: 12, opacity: 0.7)
    case .upright: drawing.stroke(place + "h18", mark.color, width: 1.5, isDashed: true)
    }
    drawing.text(mark.label!, x: x + 24, y: y)
  }
}

/// The area between the axes of a chart, in pixels.
private struct Plot {
  static let (left, width, right) = (84.0, 600.0, 684.0)
  let horizontal: Axis
  let vertical: Axis
  let top: Double
  let height: Double
  var bottom: Double { top + height }

  func x(_ number: Double) -> Double? { horizontal.position(number).map { Self.left + $0 * Self.width } }
  func y(_ number: Double) -> Double? { vertical.position(number).map { bottom - $0 * height } }
  func place(_ x: Double, _ y: Double) -> (x: Double, y: Double)? {
    guard let x = self.x(x), let y = self.y(y) else { return nil }
    return (x, y)
  }

  func drawGrid(_ xLabel: String, _ yLabel: String, into drawing: inout Drawing) {
    for tick in vertical.ticks {
      let y = bottom - tick.position * height
      drawing.stroke("M\(Drawing.number(Self.left)) \(Drawing.number(y))H\(Drawing.number(Self.right))", opacity: 0.25)
      drawing.text(tick.label, x: Self.left - 8, y: y, .end, isCentred: true)
    }
    for tick in horizontal.ticks {
      let x = Self.left + tick.position * Self.width
      drawing.stroke("M\(Drawing.number(x)) \(Drawing.number(bottom))v5")
      drawing.text(tick.label, x: x, y: bottom + 19, .middle)
    }
    drawing.text(xLabel, x: Self.left + Self.width / 2, y: bottom + 40, .middle)
    if !yLabel.isEmpty { drawing.text(yLabel, x: 20, y: top + height / 2, .middle, angle: -90) }
  }

  func drawFrame(into drawing: inout Drawing) {
    drawing.stroke(
      "M\(Drawing.number(Self.left)) \(Drawing.number(top))V\(Drawing.number(bottom))H\(Drawing.number(Self.right))")
  }
}
