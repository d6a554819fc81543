/// The text of SVG pictures.
///
/// The background is transparent, and lines and text have a medium brightness, so that a picture can be read on a white
/// page and on a dark one.
enum SVG {
  static let ink = "#808080"

  /// Ten colours that are told apart, also next to each other.
  static let colours = [
    "#3b82f6", "#f97316", "#22c55e", "#ef4444", "#a855f7", "#92400e", "#ec4899", "#64748b", "#b5b000", "#06b6d4",
  ]

  /// A whole picture: a title in the middle of the top, and what is drawn below it.
  static func picture(_ title: String, width: Double, height: Double, _ content: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(text(width))" height="\(text(height))" \
    viewBox="0 0 \(text(width)) \(text(height))" \
    font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="\(ink)">
    \(label(title, x: width / 2, y: 26, "text-anchor=\"middle\" font-size=\"17\" font-weight=\"600\""))\(content)</svg>

    """
  }

  /// Words at a place.
  static func label(_ words: String, x: Double, y: Double, _ attributes: String = "") -> String {
    "<text x=\"\(text(x))\" y=\"\(text(y))\" \(attributes)>\(escaped(words))</text>\n"
  }

  /// A coordinate to a hundredth of a pixel.
  static func text(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }

  private static func escaped(_ words: String) -> String {
    words.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
