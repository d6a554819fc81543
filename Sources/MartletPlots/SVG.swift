import MartletText

/// The elements of an SVG picture, as they are written one after the other.
///
/// The background is transparent, and lines and text have a medium brightness, so that a picture can be read on a white
/// page and on a dark one.
package struct SVG {
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

  /// The elements so far.
  package private(set) var content = ""

  package init() {}

  /// Writes words at a place; `angle` turns them about it, and `isCentred` puts their middle at `y`.
  package mutating func text(
    _ words: String, x: Double, y: Double, _ anchor: Anchor = .start, isBold: Bool = false, size: Double? = nil,
    isCentred: Bool = false, angle: Double = 0, fill: String? = nil
  ) {
    content += "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
    if anchor != .start { content += " text-anchor=\"\(anchor.rawValue)\"" }
    if isCentred { content += " dy=\"0.35em\"" }
    if angle != 0 {
      content += " transform=\"rotate(\(Self.number(angle)) \(Self.number(x)) \(Self.number(y)))\""
    }
    if let size { content += " font-size=\"\(Self.number(size))\"" }
    if isBold { content += " font-weight=\"600\"" }
    if let fill { content += " fill=\"\(fill)\"" }
    content += ">\(Self.escaped(words))</text>\n"
  }

  /// Draws the line along a path; `attributes` are any others of the element.
  package mutating func stroke(
    _ path: String, _ color: String = SVG.ink, width: Double = 1, opacity: Double = 1, isDashed: Bool = false,
    _ attributes: String = ""
  ) {
    content += "<path d=\"\(path)\" fill=\"none\" stroke=\"\(color)\""
    if width != 1 { content += " stroke-width=\"\(Self.number(width))\"" }
    if opacity != 1 { content += " stroke-opacity=\"\(Self.number(opacity))\"" }
    if isDashed { content += " stroke-dasharray=\"6 5\"" }
    content += attributes.isEmpty ? "/>\n" : " \(attributes)/>\n"
  }

  /// Fills the inside of a path.
  package mutating func fill(_ path: String, _ color: String, opacity: Double = 1) {
    content += "<path d=\"\(path)\" fill=\"\(color)\""
    if opacity != 1 { content += " fill-opacity=\"\(Self.number(opacity))\"" }
    content += "/>\n"
  }

  /// Draws dots, which are lines of no length with round ends.
  package mutating func dots(
    _ places: [(x: Double, y: Double)?], _ color: String, radius: Double, opacity: Double = 1
  ) {
    let path = places.compactMap { $0 }.map { "M\(Self.number($0.x)) \(Self.number($0.y))h0" }.joined()
    if !path.isEmpty { stroke(path, color, width: 2 * radius, opacity: opacity, "stroke-linecap=\"round\"") }
  }

  /// Writes elements as they are.
  package mutating func append(_ elements: String) { content += elements }

  /// Writes what `draw` writes, moved to the right and down.
  package mutating func group(x: Double, y: Double, _ draw: (inout SVG) -> Void) {
    content += "<g transform=\"translate(\(Self.number(x)) \(Self.number(y)))\">\n"
    draw(&self)
    content += "</g>\n"
  }

  /// The whole picture, with a title in the middle of its top, `titleHeight` above what was written.
  package func document(_ title: String, width: Double, height: Double) -> String {
    var all = SVG()
    if !title.isEmpty { all.text(title, x: width / 2, y: 28, .middle, isBold: true, size: 17) }
    all.group(x: 0, y: Self.titleHeight(title)) { $0.append(content) }
    let (width, height) = (Self.number(width), Self.number(height + Self.titleHeight(title)))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="\(Self.ink)">
      <title>\(Self.escaped(title))</title>
      \(all.content)</svg>

      """
  }

  /// The room that a title takes.
  private static func titleHeight(_ title: String) -> Double { title.isEmpty ? 8 : 44 }

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

  /// Text for the inside of an element or of an attribute in double quotes.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // XML cannot hold the other control characters in any form.
      case "\u{0}"..<"\u{9}", "\u{B}"..<"\u{D}", "\u{E}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
