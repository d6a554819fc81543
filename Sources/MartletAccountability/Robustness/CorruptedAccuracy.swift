import MartletCore
import MartletData
import MartletText

/// The accuracy of a model on data as it is and under corruptions.
///
/// It shows which of them a model stands: a column whose loss costs nothing is not needed, and one whose loss costs much
/// must be watched.
public struct CorruptedAccuracy: Sendable, Equatable, CustomStringConvertible {
  /// A corruption and what it leaves.
  public struct Row: Sendable, Equatable {
    /// The name of the corruption.
    public let name: String
    /// The mean accuracy over the repeats.
    public let accuracy: Double
    /// The standard deviation of the accuracy over the repeats, 0 for a single one.
    public let spread: Double
  }

  /// The accuracy on the data as it is.
  public let accuracy: Double
  /// What each corruption leaves, in the order given.
  public let rows: [Row]

  /// Measures the accuracy of predicted classes on data with labels `[rows]` under corruptions.
  ///
  /// Throws when there are no rows, when a prediction has others, when a corruption does not fit the data, when there is
  /// less than one repeat, and what `predict` throws.
  /// - Complexity: 1 + repeats · corruptions predictions of all rows.
  /// - Parameters:
  ///   - data: The features, or a table.
  ///   - labels: The classes.
  ///   - corruptions: What happens to the data.
  ///   - repeats: How often each corruption is drawn.
  ///   - seed: What the draws depend on.
  ///   - predict: The classes `[rows]` that a model predicts.
  public init<Data>(
    _ data: Data, labels: Tensor<Int32>, under corruptions: [Corruption<Data>], repeats: Int = 3, seed: UInt64 = 0,
    predict: (Data) throws -> Tensor<Int32>
  ) throws {
    if repeats < 1 { throw RobustnessError.invalid("expected at least one repeat, got \(repeats)") }
    if labels.rank != 1 || labels.count == 0 {
      throw RobustnessError.empty("expected labels of shape [rows], got \(labels.shape)")
    }
    let expected = labels.scalars
    func measure(_ data: Data) throws -> Double {
      let found = try predict(data)
      if found.shape != labels.shape {
        throw RobustnessError.shapes("expected predictions of shape \(labels.shape), got \(found.shape)")
      }
      return Double(zip(found.scalars, expected).count { $0 == $1 }) / Double(expected.count)
    }
    accuracy = try measure(data)
    rows = try corruptions.map { corruption in
      let found = try (0..<UInt64(repeats)).map { try measure(corruption(data, seed: seed &+ $0)) }
      let mean = found.reduce(0, +) / Double(repeats)
      let variance = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(repeats)
      return Row(name: corruption.name, accuracy: mean, spread: variance.squareRoot())
    }
  }

  private var cells: [[String]] {
    let body = rows.map { row in
      [row.name] + [row.accuracy, row.spread, row.accuracy - accuracy].map { NumberFormat.metric($0) }
    }
    return [["as it is", NumberFormat.metric(accuracy), "", ""]] + body
  }

  private static let heading = ["data", "accuracy", "spread", "change"]

  /// A line for each corruption, with the change of the accuracy.
  public var description: String {
    var table = TextTable(Self.heading, textColumns: 1)
    for row in cells { table.append(row) }
    return table.text
  }

  /// The same as a table in Markdown.
  public var markdown: String { markdownTable(Self.heading, cells, textColumns: 1) }
}
