import MartletText

/// Matrices as coloured cells beside each other, all by one scale of colours, as a picture in SVG or PNG.
///
/// ```swift
/// try HeatMap("Digits", [("first", rows)], of: "brightness").saveSVG(to: "digits.svg")
/// ```
public struct HeatMap: Picture, Sendable {
  private let title: String
  private let quantity: String
  private let axes: (down: String, right: String)?
  private let panels: [(label: String, rows: [[Double]])]
  private let columns: Int
  private let scale: Axis

  private static let (side, gap) = (200.0, 26.0)
  /// So many colours are told apart; elements of the same one are drawn together.
  private static let levels = 128

  /// Matrices, row by row, with what is written above each, and the quantity that they show, which is written beside the
  /// colours. Rows go down and columns to the right; `axes` names both. `columns` panels are in a row. Rows that differ
  /// in length trap.
  public init(
    _ title: String, _ panels: [(label: String, rows: [[Double]])], of quantity: String,
    axes: (down: String, right: String)? = nil, columns: Int = 4
  ) {
    for (_, rows) in panels {
      for row in rows where row.count != rows[0].count {
        fatalError("HeatMap: expected rows of \(rows[0].count) numbers, got one of \(row.count)")
      }
    }
    (self.title, self.quantity, self.axes, self.panels) = (title, quantity, axes, panels)
    self.columns = max(1, min(columns, panels.count))
    scale = Axis.linear(panels.flatMap { $0.rows.flatMap(\.self) }, ticks: 7, endsAtTicks: false)
  }

  /// Writes `svg()` to a file, whole or not at all; throws when it cannot be written.
  public func saveSVG(to path: String) throws(FormatError) { try AtomicFile.write(svg(), to: path) }

  /// The picture as SVG, which is text.
  public func svg() -> String { page.svg }

  /// The picture as the bytes of a PNG file, with `scale` pixels for each of its own; traps where that is not possible.
  public func png(scale: Double) -> [UInt8] { page.png(scale: scale) }

  private var page: Page {
    let (side, gap) = (Self.side, Self.gap)
    let left = axes.map { 20 + Drawing.width(of: $0.down) } ?? 28
    var drawing = Drawing()
    for (index, panel) in panels.enumerated() {
      let x = left + Double(index % columns) * (side + gap)
      let y = Double(index / columns) * (side + gap + 20) + 20
      drawing.text(panel.label, x: x + side / 2, y: y - 7, .middle)
      cells(panel.rows, x: x, y: y, into: &drawing)
      if let axes {
        drawing.text(axes.right, x: x + side / 2, y: y + side + 16, .middle)
        drawing.text(axes.down, x: x - 8, y: y + side / 2, .end)
      }
    }
    let right = left + Double(columns) * (side + gap)
    Self.colorBar(scale, quantity, x: right, y: 20, height: side, into: &drawing)
    let rows = (panels.count + columns - 1) / columns
    return drawing.page(title, width: right + 96, height: Double(rows) * (side + gap + 20) + 6)
  }

  /// One panel: for each colour a path of all its runs along the rows.
  private func cells(_ rows: [[Double]], x: Double, y: Double, into drawing: inout Drawing) {
    let (height, width) = (rows.count, rows.first?.count ?? 0)
    if width == 0 { return }
    var paths = [String](repeating: "", count: Self.levels)
    for (row, numbers) in rows.enumerated() {
      let levels = numbers.map { Int((scale.position($0) ?? 0) * Double(Self.levels - 1) + 0.5) }
      var start = 0
      for end in 1...width where end == width || levels[end] != levels[start] {
        paths[min(max(levels[start], 0), Self.levels - 1)] += "M\(start) \(row)h\(end - start)v1H\(start)z"
        start = end
      }
    }
    // Whole pixels for an element, where there is room, so that there are no seams between them.
    let room = Self.side / Double(max(height, width))
    let factor = room >= 1 ? room.rounded(.down) : room
    let (marginX, marginY) = ((Self.side - factor * Double(width)) / 2, (Self.side - factor * Double(height)) / 2)
    drawing.group(x: (x + marginX).rounded(), y: (y + marginY).rounded(), scale: factor, isCrisp: true) { drawing in
      for (level, path) in paths.enumerated() where !path.isEmpty {
        drawing.fill(path, Self.color(Double(level) / Double(Self.levels - 1)))
      }
    }
  }

  /// Draws the colours of a scale from below to above, with its ticks and what it measures.
  package static func colorBar(
    _ scale: Axis, _ quantity: String, x: Double, y: Double, height: Double, into drawing: inout Drawing
  ) {
    drawing.colorScale(x: x, y: y, width: 14, height: height)
    for tick in scale.ticks {
      let place = y + height - tick.position * height
      drawing.stroke("M\(Drawing.number(x + 14)) \(Drawing.number(place))h4")
      drawing.text(tick.label, x: x + 22, y: place, isCentred: true)
    }
    let labels = scale.ticks.map { Drawing.width(of: $0.label) }.max() ?? 0
    drawing.text(quantity, x: x + 40 + labels, y: y + height / 2, .middle, angle: -90)
  }

  /// A colour from dark violet by green to yellow, each brighter than the one before: matplotlib's viridis at nine
  /// places, by S. van der Walt and N. Smith, which is in the public domain (CC0).
  package static func color(_ position: Double) -> String {
    let stops: [(Double, Double, Double)] = [
      (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141), (39, 173, 129), (92, 200, 99),
      (170, 220, 50), (253, 231, 37),
    ]
    let place = min(max(position, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let (from, to, part) = (stops[index], stops[index + 1], place - Double(index))
    func mixed(_ a: Double, _ b: Double) -> Int { Int((a + part * (b - a)).rounded()) }
    let channels = [mixed(from.0, to.0), mixed(from.1, to.1), mixed(from.2, to.2)]
    return "#" + channels.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
