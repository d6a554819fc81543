/// Pictures as text that browsers draw.
enum SVG {
  /// An element, with a line's end.
  static func text(_ element: Drawing.Element) -> String {
    switch element {
    case .words(let words): text(words)
    case .line(let line): text(line)
    case .area(let area):
      "<path d=\"\(area.path)\" fill=\"\(area.color)\"\(number("fill-opacity", area.opacity, unless: 1))/>\n"
    case .colorScale(let x, let y, let width, let height): colorScale(x, y, width, height)
    case .group(let group): text(group)
    }
  }

  private static func text(_ words: Drawing.Words) -> String {
    var attributes = " x=\"\(Drawing.number(words.x))\" y=\"\(Drawing.number(words.y))\""
    if words.anchor != .start { attributes += " text-anchor=\"\(words.anchor.rawValue)\"" }
    if words.isCentred { attributes += " dy=\"0.35em\"" }
    if words.angle != 0 {
      let place = "\(Drawing.number(words.x)) \(Drawing.number(words.y))"
      attributes += " transform=\"rotate(\(Drawing.number(words.angle)) \(place))\""
    }
    if let size = words.size { attributes += " font-size=\"\(Drawing.number(size))\"" }
    if words.isBold { attributes += " font-weight=\"600\"" }
    if let fill = words.fill { attributes += " fill=\"\(fill)\"" }
    return "<text\(attributes)>\(escaped(words.text))</text>\n"
  }

  private static func text(_ line: Drawing.Line) -> String {
    var attributes = number("stroke-width", line.width, unless: 1) + number("stroke-opacity", line.opacity, unless: 1)
    if line.isDashed { attributes += " stroke-dasharray=\"6 5\"" }
    if line.hasRoundJoins { attributes += " stroke-linejoin=\"round\"" }
    if line.hasRoundEnds { attributes += " stroke-linecap=\"round\"" }
    return "<path d=\"\(line.path)\" fill=\"none\" stroke=\"\(line.color)\"\(attributes)/>\n"
  }

  private static func text(_ group: Drawing.Group) -> String {
    let move = "translate(\(Drawing.number(group.x)) \(Drawing.number(group.y)))"
    let scale = group.scale == 1 ? "" : " scale(\(group.scale))"
    let rendering = group.isCrisp ? " shape-rendering=\"crispEdges\"" : ""
    return "<g transform=\"\(move)\(scale)\"\(rendering)>\n\(group.elements.map { text($0) }.joined())</g>\n"
  }

  private static func colorScale(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> String {
    let stops = (0...16).map { part in
      "<stop offset=\"\(Double(part) / 16)\" stop-color=\"\(HeatMap.color(Double(part) / 16))\"/>"
    }
    let path = "M\(Drawing.number(x)) \(Drawing.number(y))h\(Drawing.number(width))v\(Drawing.number(height))"
    return "<linearGradient id=\"colors\" x1=\"0\" y1=\"1\" x2=\"0\" y2=\"0\">\(stops.joined())</linearGradient>\n"
      + "<path d=\"\(path)h-\(Drawing.number(width))z\" fill=\"url(#colors)\"/>\n"
  }

  private static func number(_ attribute: String, _ value: Double, unless usual: Double) -> String {
    value == usual ? "" : " \(attribute)=\"\(Drawing.number(value))\""
  }

  /// Text for the inside of an element or of an attribute in double quotes.
  static func escaped(_ text: String) -> String {
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

extension Page {
  /// The picture as SVG.
  package var svg: String {
    let (width, height) = (Drawing.number(width), Drawing.number(height))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="\(Drawing.ink)">
      <title>\(SVG.escaped(title))</title>
      \(elements.map { SVG.text($0) }.joined())</svg>

      """
  }
}
