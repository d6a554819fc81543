import MartletCore
import MartletText

/// The progress of an epoch as a line of text.
///
/// ```
/// Epoch  3/10  [=======>............] 18/47  ETA 00:01  3.2 ms/step  loss 0.1234  accuracy 0.9531
/// ```
package struct ProgressBar {
  /// The number of the epoch, counted from 1.
  package var epoch: Int
  package var epochs: Int
  /// The number of steps taken.
  package var step: Int
  package var steps: Int
  /// The time since the epoch began, without validation, in seconds.
  package var trainingSeconds: Double
  /// The time since the epoch began, in seconds.
  package var seconds: Double
  package var values: [(name: String, value: Double)]

  package init(
    epoch: Int, epochs: Int, step: Int, steps: Int, trainingSeconds: Double, seconds: Double,
    values: [(name: String, value: Double)]
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.step = step
    self.steps = steps
    self.trainingSeconds = trainingSeconds
    self.seconds = seconds
    self.values = values
  }

  /// A line with a bar, no longer than `width` characters: where there is too little room, the bar is shorter or left
  /// out, and then the end of the line is cut off.
  package func bar(width: Int) -> String {
    let line = parts(width: width).joined(separator: "  ")
    return line.count <= width ? line : String(line.prefix(max(0, width - 1))) + "…"
  }

  /// As `bar(width:)`, but with every value, where necessary on several lines, which are broken between values: for
  /// what will not be redrawn.
  package func wholeBar(width: Int) -> String {
    var lines = [""]
    for part in parts(width: width) {
      let longer = lines.last!.isEmpty ? part : "\(lines.last!)  \(part)"
      if longer.count <= width || lines.last!.isEmpty {
        lines[lines.count - 1] = longer
      } else {
        lines.append("  \(part)")
      }
    }
    return lines.joined(separator: "\n")
  }

  private func parts(width: Int) -> [String] {
    // The number of steps is 0 where it is not known.
    let progress = steps == 0 ? "\(step)" : "\(step)".leftPadded(to: "\(steps)".count) + "/\(steps)"
    let time = step < steps ? "ETA \(NumberFormat.clock(secondsLeft))" : NumberFormat.duration(seconds)
    let others = [time, pace] + measures
    let room = width - heading.count - ([progress] + others).joined(separator: "  ").count - 5
    let bar = room >= 5 && steps > 0 ? "[\(Self.bar(step, of: steps, width: min(room, 20)))] " : ""
    return [heading, bar + progress] + others
  }

  /// A line for a finished epoch, where output cannot be redrawn.
  package var line: String {
    let counted = steps == 1 ? "1 step" : "\(steps) steps"
    return ([heading, counted, NumberFormat.duration(seconds), pace] + measures).joined(separator: "  ")
  }

  private var heading: String { "Epoch " + "\(epoch)".leftPadded(to: "\(epochs)".count) + "/\(epochs)" }

  private var secondsLeft: Double {
    step == 0 ? .infinity : trainingSeconds / Double(step) * Double(steps - step)
  }

  private var pace: String { NumberFormat.duration(trainingSeconds / Double(max(1, step))) + "/step" }

  private var measures: [String] { values.map { "\($0.name) \(NumberFormat.metric($0.value))" } }

  private static func bar(_ done: Int, of total: Int, width: Int) -> String {
    let filled = total == 0 ? width : width * done / total
    if filled >= width { return String(repeating: "=", count: width) }
    return String(repeating: "=", count: filled) + ">" + String(repeating: ".", count: width - filled - 1)
  }
}
