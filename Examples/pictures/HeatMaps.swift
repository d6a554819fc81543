import Foundation
import Martlet

/// Matrices as coloured squares beside each other, all by one scale of colours, written as an SVG picture.
///
/// ```swift
/// try HeatMaps("Digits", [("first", x[0].reshaped(to: [8, 8]))], of: "brightness").write(to: "digits.svg")
/// ```
public struct HeatMaps {
  private let title: String
  private let quantity: String
  private let axes: (down: String, right: String)?
  private let panels: [(label: String, rows: [[Double]])]
  private let columns: Int
  private let scale: Scale

  private static let (side, gap, left, top) = (200.0, 26.0, 28.0, 44.0)
  /// So many colours are told apart; elements of the same one are drawn together.
  private static let levels = 128

  /// Matrices with what is written above each, and the quantity that they show, which is written beside the colours. Rows
  /// go down and columns to the right; `axes` names both. `columns` panels are in a row.
  public init<S: FloatingScalar>(
    _ title: String, _ panels: [(label: String, matrix: Tensor<S>)], of quantity: String,
    axes: (down: String, right: String)? = nil, columns: Int = 4
  ) {
    (self.title, self.quantity, self.axes) = (title, quantity, axes)
    self.columns = min(columns, max(panels.count, 1))
    self.panels = panels.map { label, matrix in
      precondition(matrix.rank == 2, "HeatMaps: expected matrices, got a tensor of shape \(matrix.shape)")
      return (label, matrix.cast(to: Double.self).scalars2D)
    }
    scale = Scale(panels.flatMap { numbers($0.matrix) })
  }

  /// Writes the picture to a file.
  public func write(to path: String) throws { try svg().write(toFile: path, atomically: true, encoding: .utf8) }

  private func svg() -> String {
    let (side, gap) = (Self.side, Self.gap)
    var content = ""
    for (index, panel) in panels.enumerated() {
      let x = Self.left + Double(index % columns) * (side + gap)
      let y = Self.top + Double(index / columns) * (side + gap + 20) + 20
      content += SVG.label(panel.label, x: x + side / 2, y: y - 7, "text-anchor=\"middle\"")
      content += squares(panel.rows, x: x, y: y)
      if let axes {
        content += SVG.label(axes.right, x: x + side / 2, y: y + side + 16, "text-anchor=\"middle\"")
        content += SVG.label(axes.down, x: x - 8, y: y + side / 2, "text-anchor=\"end\"")
      }
    }
    let right = Self.left + Double(columns) * (side + gap)
    content += colourBar(x: right, y: Self.top + 20, height: side)
    let rows = (panels.count + columns - 1) / columns
    let height = Self.top + Double(rows) * (side + gap + 20) + 6
    return SVG.picture(title, width: right + 96, height: height, content)
  }

  /// One panel: for each colour a path of all its runs along the rows.
  private func squares(_ rows: [[Double]], x: Double, y: Double) -> String {
    let (height, width) = (rows.count, rows.first?.count ?? 0)
    var paths = [String](repeating: "", count: Self.levels)
    for (row, numbers) in rows.enumerated() {
      let levels = numbers.map { level(scale.position($0)) }
      var start = 0
      for end in 1...max(width, 1) where end == width || levels[end] != levels[start] {
        paths[levels[start]] += "M\(start) \(row)h\(end - start)v1H\(start)z"
        start = end
      }
    }
    // Whole pixels for an element, where there is room, so that there are no seams between them.
    let room = Self.side / Double(max(height, width, 1))
    let factor = room >= 1 ? room.rounded(.down) : room
    let (marginX, marginY) = ((Self.side - factor * Double(width)) / 2, (Self.side - factor * Double(height)) / 2)
    var group = "<g transform=\"translate(\(SVG.text((x + marginX).rounded())) \(SVG.text((y + marginY).rounded()))) "
    group += "scale(\(factor))\" shape-rendering=\"crispEdges\">\n"
    for (level, path) in paths.enumerated() where !path.isEmpty {
      group += "<path d=\"\(path)\" fill=\"\(Self.colour(Double(level) / Double(Self.levels - 1)))\"/>\n"
    }
    return group + "</g>\n"
  }

  private func colourBar(x: Double, y: Double, height: Double) -> String {
    let stops = (0...16).map { part in
      "<stop offset=\"\(Double(part) / 16)\" stop-color=\"\(Self.colour(Double(part) / 16))\"/>"
    }
    var bar = "<linearGradient id=\"colours\" x1=\"0\" y1=\"1\" x2=\"0\" y2=\"0\">\(stops.joined())</linearGradient>\n"
    bar += "<path d=\"M\(SVG.text(x)) \(SVG.text(y))h14v\(SVG.text(height))h-14z\" fill=\"url(#colours)\"/>\n"
    for tick in scale.ticks {
      let place = y + height - scale.position(tick) * height
      bar += "<path d=\"M\(SVG.text(x + 14)) \(SVG.text(place))h4\" stroke=\"\(SVG.ink)\"/>\n"
      bar += SVG.label(scale.label(tick), x: x + 22, y: place, "dy=\"0.35em\"")
    }
    let (right, middle) = (x + 64, y + height / 2)
    let turn = "transform=\"rotate(-90 \(SVG.text(right)) \(SVG.text(middle)))\" text-anchor=\"middle\""
    return bar + SVG.label(quantity, x: right, y: middle, turn)
  }

  private func level(_ position: Double) -> Int {
    position.isNaN ? 0 : Int((min(max(position, 0), 1) * Double(Self.levels - 1)).rounded())
  }

  /// A colour from dark violet by green to yellow, each brighter than the one before: matplotlib's viridis at nine
  /// places, by S. van der Walt and N. Smith, which is in the public domain (CC0).
  private static func colour(_ position: Double) -> String {
    let stops: [(Double, Double, Double)] = [
      (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141), (39, 173, 129), (92, 200, 99),
      (170, 220, 50), (253, 231, 37),
    ]
    let place = position * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let (from, to, part) = (stops[index], stops[index + 1], place - Double(index))
    func mixed(_ a: Double, _ b: Double) -> Int { Int((a + part * (b - a)).rounded()) }
    return String(format: "#%02x%02x%02x", mixed(from.0, to.0), mixed(from.1, to.1), mixed(from.2, to.2))
  }
}
