import MartletPlots
import MartletText

extension ConfusionMatrix: Picture {
  /// The matrix as a picture in SVG: a cell's colour is its share of the true class's examples, and its text the number.
  public func svg(title: String = "Confusion matrix") -> String { page(title).svg }

  /// The same picture as the bytes of a PNG file, with `scale` pixels for each of its own; traps where that is not
  /// possible.
  public func png(scale: Double) -> [UInt8] { page("Confusion matrix").png(scale: scale) }

  private func page(_ title: String) -> Page {
    let sums = counts.map { $0.reduce(0, +) }
    let shares = zip(counts, sums).map { row, sum in row.map { sum == 0 ? 0 : $0 / sum } }
    return CellGrid(
      axes: ("true", "predicted"), rowNames: names, columnNames: names, levels: shares,
      texts: counts.map { $0.map { $0 == 0 ? "" : text($0) } }
    ).page(title)
  }

  /// Writes `svg(title:)` to a file, whole or not at all; throws when it cannot be written.
  public func saveSVG(to path: String, title: String = "Confusion matrix") throws(FormatError) {
    try AtomicFile.write(svg(title: title), to: path)
  }
}
