import MartletText

/// Charts one below the other, under one title, as a picture in SVG or PNG.
public struct Figure: Picture, Sendable {
  /// The title above all charts.
  public var title: String
  /// The charts, from above to below, each with its own title.
  public var charts: [Chart]

  /// Charts with a title above them.
  public init(_ title: String, _ charts: [Chart]) { (self.title, self.charts) = (title, charts) }

  /// The picture as SVG, which is text.
  public func svg() -> String { page.svg }

  /// The picture as the bytes of a PNG file, with `scale` pixels for each of its own; traps where that is not possible.
  public func png(scale: Double) -> [UInt8] { page.png(scale: scale) }

  private var page: Page {
    var drawing = Drawing()
    var (width, height) = (0.0, 0.0)
    for chart in charts {
      var room = (width: 0.0, height: 0.0)
      drawing.group(x: 0, y: height) { room = chart.draw(into: &$0) }
      width = max(width, room.width)
      height += room.height
    }
    return drawing.page(title, width: max(width, 8 * Drawing.width(of: title) / 7), height: height)
  }

  /// Writes `svg()` to a file, whole or not at all; throws when it cannot be written.
  public func saveSVG(to path: String) throws(FormatError) { try AtomicFile.write(svg(), to: path) }
}
