import MartletCore
import MartletMetrics
import MartletPlots
import MartletText

/// The measures of a fit in each epoch: the loss, the metrics, and the time.
///
/// ```swift
/// let history = try trainer.fit(x, y, epochs: 20, validationSplit: 0.2)
/// print(history["val_loss"].last!)
/// try history.saveSVG(to: "curves.svg")
/// ```
public struct History: Sendable, Equatable {
  /// The names of the measures, in the order of the progress line: `loss`, its parts, the metrics, each again as
  /// `val_…` where there was validation data, and what callbacks have recorded.
  public private(set) var names: [String] = []
  /// The time that each epoch took, with its validation, in seconds.
  public private(set) var seconds: [Double] = []
  private var columns: [[Double]] = []
  /// How the fit came about, by name: `version`, `machine`, `threads`, `seed`, `batchSize`, `data` (a hash) and others.
  public internal(set) var run: [String: String] = [:]

  /// A history without epochs.
  public init() {}

  /// The number of epochs that have ended.
  public var epochs: Int { seconds.count }

  /// The time that all epochs took together, in seconds.
  public var totalSeconds: Double { seconds.reduce(0, +) }

  /// The values of a measure, one for each epoch, NaN where an epoch lacks it; empty when there is no measure of that
  /// name.
  public subscript(name: String) -> [Double] {
    names.firstIndex(of: name).map { columns[$0] } ?? []
  }

  /// The epoch, counted from 1, in which a measure was best, the first of equal ones; nil when there is no measure of
  /// that name, or only NaN.
  public func bestEpoch(of name: String, goal: MetricGoal = .minimum) -> Int? {
    var best: Int?
    for (index, value) in self[name].enumerated() where !value.isNaN {
      if let best, goal == .minimum ? value >= self[name][best] : value <= self[name][best] { continue }
      best = index
    }
    return best.map { $0 + 1 }
  }

  /// Adds an epoch that took `time` seconds. A measure that only some epochs have is NaN in the others.
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

  /// Whether all measures of all epochs are equal, where NaN equals NaN; the times and the run are not compared.
  public static func == (a: History, b: History) -> Bool {
    a.names == b.names && a.epochs == b.epochs
      && zip(a.columns, b.columns).allSatisfy { zip($0, $1).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) } }
  }
}

// MARK: In checkpoints

extension History {
  /// The history as a part of a checkpoint.
  var state: SavedState {
    var state = SavedState(numbers: ["columns": Double(names.count)])
    state.tensors["seconds"] = Tensor<Double>(seconds).erased
    for (index, name) in names.enumerated() {
      state.texts["name\(index)"] = name
      state.tensors["column\(index)"] = Tensor<Double>(columns[index]).erased
    }
    state.add(SavedState(texts: run), under: "run")
    return state
  }

  init(_ state: SavedState) throws(CheckpointError) {
    func column(_ name: String) throws(CheckpointError) -> [Double] {
      let tensor = try state.tensor(name)
      if tensor.scalarType == .float64 && tensor.rank == 1 { return Tensor<Double>(unchecked: tensor).scalars }
      throw .state("expected numbers of type Double as \(name), got \(tensor.scalarType) of shape \(tensor.shape)")
    }
    seconds = try column("seconds")
    for index in 0..<max(0, try state.integer("columns")) {
      names.append(try state.text("name\(index)"))
      columns.append(try column("column\(index)"))
      if columns[index].count != seconds.count {
        throw .state("expected \(seconds.count) values of \(names[index]), got \(columns[index].count)")
      }
    }
    run = state.under("run").texts
  }
}

// MARK: Export

extension History {
  /// The history as comma-separated values: a line of names (`epoch,seconds,loss,…`), then a line for each epoch.
  public func csv() -> String {
    var text = (["epoch", "seconds"] + names.map(csvField)).joined(separator: ",") + "\n"
    for epoch in 0..<epochs {
      let values = columns.map { "\($0[epoch])" }
      text += (["\(epoch + 1)", "\(seconds[epoch])"] + values).joined(separator: ",") + "\n"
    }
    return text
  }

  /// The history as a JSON object with an array for each measure and one of `seconds`, where numbers that are not finite
  /// are `null`, and with the `run` as an object of texts.
  public func json() -> String {
    func array(_ values: [Double]) -> String {
      "[" + values.map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ",") + "]"
    }
    var members = zip(names + ["seconds"], columns + [seconds]).map { "\(jsonString($0)):\(array($1))" }
    if !run.isEmpty && !names.contains("run") {
      let texts = run.sorted { $0.key < $1.key }.map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      members.append("\"run\":{\(texts.joined(separator: ","))}")
    }
    return "{" + members.joined(separator: ",") + "}\n"
  }

  /// Writes `csv()` to a file, whole or not at all; throws when it cannot be written.
  public func saveCSV(to path: String) throws(FormatError) {
    try AtomicFile.write(csv(), to: path)
  }

  /// Writes `json()` to a file, whole or not at all; throws when it cannot be written.
  public func saveJSON(to path: String) throws(FormatError) {
    try AtomicFile.write(json(), to: path)
  }

  /// The learning curves as text for a terminal: a chart of the loss and one of each other measure, in `width` columns.
  public func plot(width: Int = 72) -> String { LearningCurves(self, title: "").text(width: width) }

  /// The learning curves as an SVG image: a panel for the loss and one for each other measure, training and validation
  /// together, with the epoch marked in which the validation's loss, or else the training's, was lowest.
  public func svg(title: String = "Learning curves") -> String { figure(title: title).svg() }

  /// The learning curves as charts, as `svg(title:)` draws them, such as for `savePNG(to:scale:)`.
  public func figure(title: String = "Learning curves") -> Figure { LearningCurves(self, title: title).figure }

  /// Writes `svg(title:)` to a file, whole or not at all; throws when it cannot be written.
  public func saveSVG(to path: String, title: String = "Learning curves") throws(FormatError) {
    try AtomicFile.write(svg(title: title), to: path)
  }
}

extension History: CustomStringConvertible {
  /// A table with a line for each epoch; of more than 20 epochs, only the first and the last 10.
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
