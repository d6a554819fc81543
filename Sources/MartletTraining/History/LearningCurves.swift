import MartletCore
import MartletText

/// Draws a history as an SVG image: a panel for each measure, one below the other, with training and validation in it.
///
/// The background is transparent, and lines and text have a medium brightness, so that the image can be read on a white
/// page and on a dark one.
struct LearningCurves {
  private let history: History
  private let title: String

  private static let width = 720.0
  private static let panelHeight = 260.0
  private static let top = 48.0
  private static let plot = (left: 76.0, right: 696.0, top: 34.0, bottom: 212.0)
  private static let ink = "#808080"
  private static let training = "#3b82f6"
  private static let validation = "#f97316"

  init(_ history: History, title: String) {
    self.history = history
    self.title = title
  }

  func svg() -> String {
    let measures = history.names.filter { !$0.hasPrefix("val_") || !history.names.contains(String($0.dropFirst(4))) }
    let height = Self.top + Double(max(1, measures.count)) * Self.panelHeight
    let (width, font) = (Self.text(Self.width), "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif")
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(Self.text(height))" \
      viewBox="0 0 \(width) \(Self.text(height))" font-family="\(font)" font-size="13" fill="\(Self.ink)">
      <title>\(Self.escaped(title))</title>
      <text x="\(Self.text(Self.width / 2))" y="28" text-anchor="middle" font-size="17" font-weight="600">\
      \(Self.escaped(title))</text>

      """
    for (index, measure) in measures.enumerated() {
      svg += "<g transform=\"translate(0 \(Self.text(Self.top + Double(index) * Self.panelHeight)))\">\n"
      svg += panel(measure)
      svg += "</g>\n"
    }
    return svg + "</svg>\n"
  }

  private func panel(_ measure: String) -> String {
    let plot = Self.plot
    let curves = [
      (label: "training", color: Self.training, values: history[measure]),
      (label: "validation", color: Self.validation, values: history["val_" + measure]),
    ].filter { !$0.values.isEmpty }
    let vertical = Axis.showing(curves.flatMap(\.values))
    let horizontal = Axis.epochs(history.epochs)
    func x(_ position: Double) -> String { Self.text(plot.left + position * (plot.right - plot.left)) }
    func y(_ position: Double) -> String { Self.text(plot.bottom - position * (plot.bottom - plot.top)) }

    var svg = "<text x=\"\(Self.text(plot.left))\" y=\"20\" font-weight=\"600\">\(Self.escaped(measure))</text>\n"
    // Grid and labels.
    for tick in vertical.ticks {
      let y = y(tick.position)
      svg += "<path d=\"M\(x(0)) \(y)H\(x(1))\" stroke=\"\(Self.ink)\" stroke-opacity=\"0.25\"/>\n"
      svg +=
        "<text x=\"\(Self.text(plot.left - 8))\" y=\"\(y)\" dy=\"0.35em\" text-anchor=\"end\">\(tick.label)</text>\n"
    }
    for tick in horizontal.ticks {
      let x = x(tick.position)
      svg += "<path d=\"M\(x) \(y(0))v5\" stroke=\"\(Self.ink)\"/>\n"
      svg += "<text x=\"\(x)\" y=\"\(Self.text(plot.bottom + 19))\" text-anchor=\"middle\">\(tick.label)</text>\n"
    }
    svg += "<path d=\"M\(x(0)) \(y(1))V\(y(0))H\(x(1))\" fill=\"none\" stroke=\"\(Self.ink)\"/>\n"
    svg += "<text x=\"\(x(0.5))\" y=\"\(Self.text(plot.bottom + 38))\" text-anchor=\"middle\">epoch</text>\n"
    // The legend is at the upper right, above the plot.
    var legend = plot.right
    for curve in curves.reversed() {
      legend -= Double(curve.label.count) * 7.2
      svg += "<text x=\"\(Self.text(legend))\" y=\"20\">\(curve.label)</text>\n"
      svg += "<path d=\"M\(Self.text(legend - 28)) 15.5h20\" stroke=\"\(curve.color)\" stroke-width=\"2.5\"/>\n"
      legend -= 48
    }
    for curve in curves {
      let points = curve.values.enumerated().map { epoch, value in
        vertical.position(value).map { level in
          (x: x(horizontal.position(Double(epoch + 1))!), y: y(level))
        }
      }
      var path = ""
      var isDown = false
      for point in points {
        // A value that cannot be shown leaves a gap in the curve.
        if let point { path += "\(isDown ? "L" : "M")\(point.x) \(point.y)" }
        isDown = point != nil
      }
      svg +=
        "<path d=\"\(path)\" fill=\"none\" stroke=\"\(curve.color)\" stroke-width=\"2\" stroke-linejoin=\"round\"/>\n"
      if points.count <= 30 {
        for case let point? in points {
          svg += "<circle cx=\"\(point.x)\" cy=\"\(point.y)\" r=\"2.5\" fill=\"\(curve.color)\"/>\n"
        }
      }
    }
    return svg
  }

  /// A coordinate with two decimals, or with none where both are zero.
  private static func text(_ value: Double) -> String {
    let text = NumberFormat.fixed(value, 2)
    return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
  }

  private static func escaped(_ text: String) -> String {
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
