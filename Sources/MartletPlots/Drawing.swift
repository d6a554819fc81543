import MartletText

/// The elements of a picture, in the order in which they are drawn.
///
/// The background is transparent, and lines and text have a medium brightness, so that a picture can be read on a white
/// page and on a dark one. Colours are `#rrggbb`, and paths are written as SVG has them: `M`, `L`, `H`, `V`, `Q`, `Z`.
package struct Drawing {
  /// The colour of text, axes and grids.
  package static let ink = "#808080"

  /// Ten colours that are told apart, also next to each other.
  package static let colors = [
    "#3b82f6", "#f97316", "#22c55e", "#ef4444", "#a855f7", "#92400e", "#ec4899", "#64748b", "#b5b000", "#06b6d4",
  ]

  /// Which part of a text is at its place.
  package enum Anchor: String {
    case start, middle, end
  }

  struct Words {
    var text: String
    var x: Double
    var y: Double
    var anchor: Anchor
    var isBold: Bool
    var size: Double?
    var isCentred: Bool
    var angle: Double
    var fill: String?
  }

  struct Line {
    var path: String
    var color: String
    var width: Double
    var opacity: Double
    var isDashed: Bool
    var hasRoundJoins: Bool
    var hasRoundEnds: Bool
  }

  struct Area {
    var path: String
    var color: String
    var opacity: Double
  }

  /// Elements that are moved to the right and down, and made larger.
  struct Group {
    var x: Double
    var y: Double
    var scale = 1.0
    /// Whether a pixel belongs to an area wholly or not at all, so that areas side by side have no seams.
    var isCrisp = false
    var elements: [Element]
  }

  enum Element {
    case words(Words)
    case line(Line)
    case area(Area)
    /// The scale of colours, from below to above.
    case colorScale(x: Double, y: Double, width: Double, height: Double)
    indirect case group(Group)
  }

  /// The elements so far.
  private(set) var elements: [Element] = []

  package init() {}

  /// Writes words at a place; `angle` turns them about it, and `isCentred` puts their middle at `y`.
  package mutating func text(
    _ words: String, x: Double, y: Double, _ anchor: Anchor = .start, isBold: Bool = false, size: Double? = nil,
    isCentred: Bool = false, angle: Double = 0, fill: String? = nil
  ) {
    elements.append(
      .words(
        Words(
          text: words, x: x, y: y, anchor: anchor, isBold: isBold, size: size, isCentred: isCentred, angle: angle,
          fill: fill)))
  }

  /// Draws the line along a path.
  package mutating func stroke(
    _ path: String, _ color: String = Drawing.ink, width: Double = 1, opacity: Double = 1, isDashed: Bool = false,
    hasRoundJoins: Bool = false, hasRoundEnds: Bool = false
  ) {
    elements.append(
      .line(
        Line(
          path: path, color: color, width: width, opacity: opacity, isDashed: isDashed, hasRoundJoins: hasRoundJoins,
          hasRoundEnds: hasRoundEnds)))
  }

  /// Fills the inside of a path.
  package mutating func fill(_ path: String, _ color: String, opacity: Double = 1) {
    elements.append(.area(Area(path: path, color: color, opacity: opacity)))
  }

  /// Draws dots, which are lines of no length with round ends.
  package mutating func dots(
    _ places: [(x: Double, y: Double)?], _ color: String, radius: Double, opacity: Double = 1
  ) {
    let path = places.compactMap { $0 }.map { "M\(Self.number($0.x)) \(Self.number($0.y))h0" }.joined()
    if !path.isEmpty { stroke(path, color, width: 2 * radius, opacity: opacity, hasRoundEnds: true) }
  }

  /// Fills a rectangle with the scale of colours, from below to above.
  package mutating func colorScale(x: Double, y: Double, width: Double, height: Double) {
    elements.append(.colorScale(x: x, y: y, width: width, height: height))
  }

  /// Draws what `draw` draws, made larger and then moved to the right and down.
  package mutating func group(
    x: Double, y: Double, scale: Double = 1, isCrisp: Bool = false, _ draw: (inout Drawing) -> Void
  ) {
    var inner = Drawing()
    draw(&inner)
    elements.append(.group(Group(x: x, y: y, scale: scale, isCrisp: isCrisp, elements: inner.elements)))
  }

  /// The whole picture, with a title in the middle of its top, above what was drawn.
  package func page(_ title: String, width: Double, height: Double) -> Page {
    let titleHeight = title.isEmpty ? 8.0 : 44
    var all = Drawing()
    if !title.isEmpty { all.text(title, x: width / 2, y: 28, .middle, isBold: true, size: 17) }
    all.elements.append(.group(Group(x: 0, y: titleHeight, elements: elements)))
    return Page(title: title, width: width, height: height + titleHeight, elements: all.elements)
  }

  /// A coordinate to a hundredth of a pixel.
  package static func number(_ value: Double) -> String {
    var text = NumberFormat.fixed(value, 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// A path through points; one that is nil, which cannot be shown, leaves a gap.
  package static func path(_ points: some Sequence<(x: Double, y: Double)?>) -> String {
    var path = ""
    var isDown = false
    for point in points {
      if let point { path += "\(isDown ? "L" : "M")\(number(point.x)) \(number(point.y))" }
      isDown = point != nil
    }
    return path
  }

  /// About how wide words are, in pixels: browsers know it, and a picture does not.
  package static func width(of words: String) -> Double { 7.3 * Double(words.count) }
}

/// A picture of a size in pixels, which is written as SVG or as PNG.
package struct Page {
  let title: String
  let width: Double
  let height: Double
  let elements: [Drawing.Element]
}
