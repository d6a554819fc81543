import MartletCore
import MartletText

/// What a fit measured, epoch by epoch.
///
/// ```swift
/// let history = try trainer.fit(x, y, epochs: 20, validationSplit: 0.2)
/// print(history["val_loss"].last!)
/// try history.saveSVG(to: "curves.svg")
/// ```
public struct History: Sendable, Equatable {
  /// What was measured, in the order of the progress line: `loss`, the metrics, then each again as `val_…`.
  public private(set) var names: [String] = []
  /// How long each epoch took, its validation included.
  public private(set) var seconds: [Double] = []
  private var columns: [[Double]] = []

  /// A history without epochs.
  public init() {}

  /// The number of epochs that were finished.
  public var epochs: Int { seconds.count }

  /// How long all epochs took together.
  public var totalSeconds: Double { seconds.reduce(0, +) }

  /// One measure's value for every epoch; empty when nothing of that name was measured.
  public subscript(name: String) -> [Double] {
    names.firstIndex(of: name).map { columns[$0] } ?? []
  }

  /// Adds an epoch. A measure that others have and this one has not is NaN there.
  public mutating func append(_ values: [(name: String, value: Double)], seconds time: Double) {
    for (name, _) in values where !names.contains(name) {
      names.append(name)
      columns.append([Double](repeating: .nan, count: epochs))
    }
    for (index, name) in names.enumerated() {
      columns[index].append(values.first { $0.name == name }?.value ?? .nan)
    }
    seconds.append(time)
  }

  /// Equal when every measure of every epoch is, bit by bit but for the sign of 0; how long it took does not count.
  public static func == (a: History, b: History) -> Bool {
    a.names == b.names && a.epochs == b.epochs
      && zip(a.columns, b.columns).allSatisfy { zip($0, $1).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) } }
  }
}

// MARK: Export

extension History {
  /// Comma-separated values: a line of names (`epoch,seconds,loss,…`), then a line for every epoch.
  public func csv() -> String {
    var text = (["epoch", "seconds"] + names.map(Self.csvField)).joined(separator: ",") + "\n"
    for epoch in 0..<epochs {
      let values = columns.map { "\($0[epoch])" }
      text += (["\(epoch + 1)", "\(seconds[epoch])"] + values).joined(separator: ",") + "\n"
    }
    return text
  }

  /// A JSON object with an array for every measure and one of `seconds`; what is not finite is `null`.
  public func json() -> String {
    func array(_ values: [Double]) -> String {
      "[" + values.map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ",") + "]"
    }
    let members = zip(names + ["seconds"], columns + [seconds]).map { "\(jsonString($0)):\(array($1))" }
    return "{" + members.joined(separator: ",") + "}\n"
  }

  /// Writes `csv()` to a file, whole or not at all.
  public func saveCSV(to path: String) throws(FormatError) {
    try AtomicFile.write(csv(), to: path)
  }

  /// Writes `json()` to a file, whole or not at all.
  public func saveJSON(to path: String) throws(FormatError) {
    try AtomicFile.write(json(), to: path)
  }

  /// The learning curves as a picture: a panel for the loss and one for each metric, training and validation together.
  public func svg(title: String = "Learning curves") -> String {
    LearningCurves(self, title: title).svg()
  }

  /// Writes `svg(title:)` to a file, whole or not at all.
  public func saveSVG(to path: String, title: String = "Learning curves") throws(FormatError) {
    try AtomicFile.write(svg(title: title), to: path)
  }

  private static func csvField(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

extension History: CustomStringConvertible {
  /// A table with a line for every epoch; of more than twenty, the first and the last ten.
  public var description: String {
    if epochs == 0 { return "History of no epochs" }
    let head = ["epoch", "time"] + names
    func row(_ epoch: Int) -> [String] {
      ["\(epoch + 1)", NumberFormat.duration(seconds[epoch])] + columns.map { NumberFormat.metric($0[epoch]) }
    }
    var table = TextTable(head, textColumns: 0)
    if epochs <= 20 {
      for epoch in 0..<epochs { table.append(row(epoch)) }
    } else {
      for epoch in 0..<10 { table.append(row(epoch)) }
      table.append([String](repeating: "⋮", count: head.count))
      for epoch in epochs - 10..<epochs { table.append(row(epoch)) }
    }
    return table.text
  }
}
