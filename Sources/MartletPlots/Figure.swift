import MartletText

/// Charts one below the other, under one title, as an SVG picture.
public struct Figure: Sendable {
  /// The title above all charts.
  public var title: String
  /// The charts, from above to below, each with its own title.
  public var charts: [Chart]

  /// Charts with a title above them.
  public init(_ title: String, _ charts: [Chart]) { (self.title, self.charts) = (title, charts) }

  /// The picture, as text.
  public func svg() -> String {
    var svg = SVG()
    var (width, height) = (0.0, 0.0)
    for chart in charts {
      var room = (width: 0.0, height: 0.0)
      svg.group(x: 0, y: height) { room = chart.draw(into: &$0) }
      width = max(width, room.width)
      height += room.height
    }
    return svg.document(title, width: max(width, 8 * SVG.width(of: title) / 7), height: height)
  }

  /// Writes `svg()` to a file, whole or not at all; throws when it cannot be written.
  public func saveSVG(to path: String) throws(FormatError) { try AtomicFile.write(svg(), to: path) }
}
