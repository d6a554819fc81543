import MartletCore
import MartletText

/// How often each class was taken for each: a row for every true class, a column for every predicted one.
///
/// ```swift
/// let predicted = try trainer.predictClasses(test.x)
/// print(try ConfusionMatrix(labels: test.y, predictions: predicted))
/// ```
public struct ConfusionMatrix: Sendable, Equatable {
  /// How many rows have each pair: `counts[true][predicted]`.
  public let counts: [[Int]]
  /// What the classes are called.
  public let names: [String]

  /// Counts pairs of labels and predictions, both `[n]`.
  ///
  /// - Parameters:
  ///   - labels: What each row is.
  ///   - predictions: What each row was taken for.
  ///   - classes: The number of classes; without it, one more than the largest label or prediction.
  ///   - names: What the classes are called; without it, their numbers.
  ///
  /// Throws when the two differ in length, when there are none, and when one is not a class.
  public init(
    labels: Tensor<Int32>, predictions: Tensor<Int32>, classes: Int? = nil, names: [String]? = nil
  ) throws(TrainingError) {
    try self.init(counting: labels, predictions, classes, names)
  }

  /// The same with labels and predictions of any integer types.
  public init<Label: IntegerScalar, Prediction: IntegerScalar>(
    labels: Tensor<Label>, predictions: Tensor<Prediction>, classes: Int? = nil, names: [String]? = nil
  ) throws(TrainingError) {
    try self.init(counting: labels, predictions, classes, names)
  }

  private init<Label: IntegerScalar, Prediction: IntegerScalar>(
    counting labels: Tensor<Label>, _ predictions: Tensor<Prediction>, _ classes: Int?, _ names: [String]?
  ) throws(TrainingError) {
    if labels.rank != 1 || predictions.rank != 1 {
      throw .targets(
        "a confusion matrix takes labels and predictions of shape [n], not \(labels.shape) and \(predictions.shape)")
    }
    if labels.count != predictions.count { throw .rowCounts(x: predictions.count, y: labels.count) }
    if labels.count == 0 { throw .emptyData("there are no labels to count") }
    let (labels, predictions) = (labels.scalars.map { Int($0) }, predictions.scalars.map { Int($0) })
    let largest = max(labels.max()!, predictions.max()!, 0)
    // Without a number of classes, one stray label of a billion would make a matrix of a trillion entries.
    if classes == nil && names == nil && largest >= 10_000 {
      throw .invalidArgument("labels go up to \(largest); state the number of classes if that is meant")
    }
    let count = classes ?? names?.count ?? largest + 1
    if count < 1 { throw .invalidArgument("a confusion matrix has at least one class, not \(count)") }
    if let names, names.count != count {
      throw .invalidArgument("there are \(names.count) names for \(count) classes")
    }
    var counts = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    for (row, (label, prediction)) in zip(labels, predictions).enumerated() {
      for value in [label, prediction] where value < 0 || value >= count {
        throw .labelOutOfRange(label: value, row: row, classes: count)
      }
      counts[label][prediction] += 1
    }
    self.counts = counts
    self.names = names ?? (0..<count).map(String.init)
  }

  /// The number of rows counted.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The share of rows that were predicted rightly.
  public var accuracy: Double {
    Double(counts.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
  }

  /// Of the rows predicted as a class, the share that is of it; NaN when nothing was predicted as it.
  public func precision(_ index: Int) -> Double {
    Double(counts[index][index]) / Double(counts.reduce(0) { $0 + $1[index] })
  }

  /// Of the rows of a class, the share that was predicted as it; NaN when it has no rows.
  public func recall(_ index: Int) -> Double {
    Double(counts[index][index]) / Double(counts[index].reduce(0, +))
  }
}

extension ConfusionMatrix: CustomStringConvertible {
  /// A table with recall at each row's end and precision at each column's foot, and the accuracy below; zeros are dots.
  public var description: String {
    func share(_ value: Double) -> String { value.isNaN ? "–" : NumberFormat.fixed(value, 3) }
    var table = TextTable(["true \\ predicted"] + names + ["recall"], textColumns: 0)
    for index in counts.indices {
      table.append([names[index]] + counts[index].map { $0 == 0 ? "·" : "\($0)" } + [share(recall(index))])
    }
    table.append(["precision"] + counts.indices.map { share(precision($0)) } + [""])
    return table.text + "\naccuracy \(share(accuracy)) of \(total) \(total == 1 ? "row" : "rows")"
  }
}
