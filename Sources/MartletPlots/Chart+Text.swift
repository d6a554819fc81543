import MartletText

extension Chart {
  /// The chart as text, for a terminal: lines and points in characters, one for each mark, `height` lines of plot and
  /// as many columns as `width` in all. Bands and bars are left out.
  public func text(width: Int = 72, height: Int = 14) -> String {
    let shown = marks.filter { mark in
      switch mark.kind {
      case .points, .line, .upright: true
      case .band, .bars: false
      }
    }
    let vertical = y.axis(showing: shown.flatMap(\.shownY), ticks: 4, endsAtTicks: true)
    let horizontal = x.axis(showing: shown.flatMap(\.shownX), ticks: 7, endsAtTicks: false)
    let margin = vertical.ticks.map(\.label.count).max() ?? 0
    let (columns, rows) = (max(8, width - margin - 2), max(3, height))
    var grid = [[Character]](repeating: [Character](repeating: " ", count: columns), count: rows)
    func column(_ number: Double) -> Double? { horizontal.position(number).map { $0 * Double(columns - 1) } }
    func row(_ number: Double) -> Double? { vertical.position(number).map { (1 - $0) * Double(rows - 1) } }
    func put(_ character: Character, _ column: Double, _ row: Double) {
      grid[min(rows - 1, max(0, Int(row.rounded())))][min(columns - 1, max(0, Int(column.rounded())))] = character
    }

    // Uprights first, so that they hide no curve.
    for mark in shown {
      guard case .upright = mark.kind, let column = column(mark.x[0]) else { continue }
      for row in 0..<rows { put("|", column, Double(row)) }
    }
    var legend: [String] = []
    var characters = "*o+x#@".makeIterator()
    for mark in shown {
      if case .upright = mark.kind {
        if let label = mark.label { legend.append("| \(label)") }
        continue
      }
      let character = characters.next() ?? "."
      if let label = mark.label { legend.append("\(character) \(label)") }
      var last: (column: Double, row: Double)?
      for (x, y) in zip(mark.x, mark.y) {
        guard let column = column(x), let row = row(y) else {
          last = nil
          continue
        }
        if case .line = mark.kind, let last {
          let steps = max(1, Int((column - last.column).magnitude.rounded()))
          for step in 1...steps {
            let share = Double(step) / Double(steps)
            put(character, last.column + (column - last.column) * share, last.row + (row - last.row) * share)
          }
        } else {
          put(character, column, row)
        }
        last = (column, row)
      }
    }

    var labels = [String](repeating: "", count: rows)
    for tick in vertical.ticks { labels[Int(((1 - tick.position) * Double(rows - 1)).rounded())] = tick.label }
    var lines =
      title.isEmpty && legend.isEmpty ? [] : [([title] + legend).filter { !$0.isEmpty }.joined(separator: "   ")]
    for (label, row) in zip(labels, grid) {
      lines.append(label.leftPadded(to: margin) + (label.isEmpty ? " |" : " +") + String(row))
    }
    var numbers = [Character](repeating: " ", count: columns)
    var end = -1
    for tick in horizontal.ticks {
      let start = min(
        columns - tick.label.count, max(0, Int(tick.position * Double(columns - 1)) - tick.label.count / 2))
      if start <= end || start < 0 { continue }
      numbers.replaceSubrange(start..<start + tick.label.count, with: tick.label)
      end = start + tick.label.count
    }
    lines.append(String(repeating: " ", count: margin + 1) + "+" + String(repeating: "-", count: columns))
    lines.append(String(repeating: " ", count: margin + 2) + String(numbers) + (x.label.isEmpty ? "" : "  \(x.label)"))
    return lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n") + "\n"
  }
}
