/// A table as coloured cells with text in them, rows going down, as a picture.
package struct CellGrid {
  /// What the columns and the rows are, written beside their names.
  package var axes: (down: String, right: String)
  package var rowNames: [String]
  package var columnNames: [String]
  /// How bright each cell is, from 0 to 1.
  package var levels: [[Double]]
  /// What is written in each cell, where it is large enough.
  package var texts: [[String]]

  package init(
    axes: (down: String, right: String), rowNames: [String], columnNames: [String], levels: [[Double]],
    texts: [[String]]
  ) {
    (self.axes, self.rowNames, self.columnNames) = (axes, rowNames, columnNames)
    (self.levels, self.texts) = (levels, texts)
  }

  package func page(_ title: String) -> Page {
    let widest = texts.joined().map { Drawing.width(of: $0) }.max() ?? 0
    let room = (560 / Double(max(rowNames.count, columnNames.count, 1))).rounded(.down)
    let side = min(max(room, 4), max(48, widest + 12))
    let left = 46 + min(rowNames.map { Drawing.width(of: $0) }.max() ?? 0, 200)
    // Names that do not fit above each other are turned; those of columns too narrow for a line are left out.
    let isTurned = columnNames.contains { Drawing.width(of: $0) > side - 4 }
    let every = max(1, Int((15 / side).rounded(.up)))
    let (width, height) = (side * Double(columnNames.count), side * Double(rowNames.count))
    var drawing = Drawing()
    for (row, values) in levels.enumerated() {
      for (column, level) in values.enumerated() {
        let (x, y) = (left + side * Double(column), side * Double(row))
        let gap = side > 12 ? 1.0 : 0
        let (from, length) = ("M\(Drawing.number(x)) \(Drawing.number(y))", Drawing.number(side - gap))
        drawing.fill("\(from)h\(length)v\(length)h-\(length)z", HeatMap.color(level))
        if side >= widest + 6 && side >= 18 {
          let ink = level > 0.6 ? "#1f2937" : "#f9fafb"
          drawing.text(texts[row][column], x: x + side / 2, y: y + side / 2, .middle, isCentred: true, fill: ink)
        }
      }
    }
    for (row, name) in rowNames.enumerated() where row % every == 0 {
      drawing.text(name, x: left - 8, y: side * (Double(row) + 0.5), .end, isCentred: true)
    }
    for (column, name) in columnNames.enumerated() where column % every == 0 {
      let x = left + side * (Double(column) + 0.5)
      if isTurned {
        drawing.text(name, x: x + 4, y: height + 10, .end, angle: -90)
      } else {
        drawing.text(name, x: x, y: height + 18, .middle)
      }
    }
    let below = isTurned ? 10 + min(columnNames.map { Drawing.width(of: $0) }.max() ?? 0, 200) : 18
    drawing.text(axes.down, x: 20, y: height / 2, .middle, angle: -90)
    drawing.text(axes.right, x: left + width / 2, y: height + below + 26, .middle)
    return drawing.page(
      title, width: max(left + width + 20, 1.3 * Drawing.width(of: title)), height: height + below + 42)
  }
}
