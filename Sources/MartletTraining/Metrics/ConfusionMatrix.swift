import MartletCore
import MartletText

/// The number of predictions for each pair of classes: a row for each true class, a column for each predicted one.
///
/// ```swift
/// let predicted = try trainer.predictClasses(test.x)
/// print(try ConfusionMatrix(labels: test.y, predictions: predicted))
/// ```
public struct ConfusionMatrix: Sendable, Equatable {
  /// The number of examples of each pair: `counts[true][predicted]`.
  public let counts: [[Int]]
  /// The names of the classes.
  public let names: [String]

  /// Counts pairs of labels and predictions, both `[n]`.
  ///
  /// - Parameters:
  ///   - labels: The class of each example.
  ///   - predictions: The class that was predicted for each example.
  ///   - classes: The number of classes; without it, one more than the largest label or prediction.
  ///   - names: The names of the classes; without it, their numbers.
  ///
  /// Throws when labels or predictions are not of rank 1, when the two differ in length, when there are none, and when
  /// one is not a class; when `classes` is less than 1 or not the number of `names`; and when neither of these is given
  /// and a label or prediction is 10,000 or more.
  public init(
    labels: Tensor<Int32>, predictions: Tensor<Int32>, classes: Int? = nil, names: [String]? = nil
  ) throws(TrainingError) {
    try self.init(counting: labels, predictions, classes, names)
  }

  /// Counts pairs of labels and predictions of any integer types, both `[n]`.
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
    // Without a number of classes, one wrong label of a million would make a matrix of a trillion elements.
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

  /// The number of examples counted.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The share of examples that were predicted correctly.
  public var accuracy: Double {
    Double(counts.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
  }

  /// The share of the examples predicted as class `index` that are of it; NaN when none was predicted as it.
  public func precision(_ index: Int) -> Double {
    Double(counts[index][index]) / Double(counts.reduce(0) { $0 + $1[index] })
  }

  /// The share of the examples of class `index` that were predicted as it; NaN when it has no examples.
  public func recall(_ index: Int) -> Double {
    Double(counts[index][index]) / Double(counts[index].reduce(0, +))
  }
}

extension ConfusionMatrix: CustomStringConvertible {
  /// A table of the counts, with recall at the end of each row, precision at the end of each column, and the accuracy
  /// below; a count of 0 is a dot.
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
