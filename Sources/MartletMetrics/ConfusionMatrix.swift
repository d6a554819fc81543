import MartletCore
import MartletText

/// The number of predictions for each pair of classes: a row for each true class, a column for each predicted one.
///
/// ```swift
/// let predicted = try trainer.predictClasses(test.x)
/// let matrix = try ConfusionMatrix(labels: test.y, predictions: predicted)
/// print(matrix, matrix.f1(.macro), matrix.report())
/// ```
/// Scores are those of scikit-learn. One that would divide by 0, as the precision of a class that nothing was predicted
/// as, is `zeroDivision`: 0, or NaN, with which the class takes no part in averages. Averages are over the classes that
/// have rows or predictions.
public struct ConfusionMatrix: Sendable, Equatable {
  /// The number of examples of each pair, or the sum of their weights: `counts[true][predicted]`.
  public let counts: [[Double]]
  /// The names of the classes.
  public let names: [String]
  private let isWeighted: Bool

  /// Counts pairs of labels and predictions of any integer types, both `[n]`.
  ///
  /// - Parameters:
  ///   - labels: The class of each example.
  ///   - predictions: The class that was predicted for each example.
  ///   - weights: What each example counts for, `[n]`.
  ///   - classes: The number of classes; without it, one more than the largest label or prediction.
  ///   - names: The names of the classes; without it, their numbers.
  ///
  /// Throws when labels or predictions are not of rank 1, when the two differ in length, when there are none, and when
  /// one is not a class; when `classes` is less than 1 or not the number of `names`; and when neither of these is given
  /// and a label or prediction is 10,000 or more.
  public init(
    labels: Tensor<some IntegerScalar>, predictions: Tensor<some IntegerScalar>, weights: Tensor<Double>? = nil,
    classes: Int? = nil, names: [String]? = nil
  ) throws(MetricError) {
    if labels.rank != 1 || predictions.rank != 1 {
      throw .shapes(
        "a confusion matrix takes labels and predictions of shape [n], not \(labels.shape) and \(predictions.shape)")
    }
    if labels.count != predictions.count {
      throw .shapes("expected a prediction for each of \(labels.count) labels, got \(predictions.count)")
    }
    if labels.count == 0 { throw .empty("there are no labels to count") }
    if let weights { try checkWeights(weights, rows: labels.count) }
    try self.init(
      labels.scalars.map { Int($0) }, predictions.scalars.map { Int($0) }, weights?.scalars, classes, names)
  }

  /// Counts pairs of labels and predictions, both `[n]`: see `init(labels:predictions:weights:classes:names:)`.
  public init(
    labels: Tensor<Int32>, predictions: Tensor<Int32>, weights: Tensor<Double>? = nil, classes: Int? = nil,
    names: [String]? = nil
  ) throws(MetricError) {
    let (labels, predictions) = (labels.cast(to: Int64.self), predictions.cast(to: Int64.self))
    try self.init(labels: labels, predictions: predictions, weights: weights, classes: classes, names: names)
  }

  private init(
    _ labels: [Int], _ predictions: [Int], _ weights: [Double]?, _ classes: Int?, _ names: [String]?
  ) throws(MetricError) {
    let largest = max(labels.max()!, predictions.max()!, 0)
    // Without a number of classes, one wrong label of a million would make a matrix of a trillion elements.
    if classes == nil && names == nil && largest >= 10_000 {
      throw .invalid("labels go up to \(largest); state the number of classes if that is meant")
    }
    let count = classes ?? names?.count ?? largest + 1
    if count < 1 { throw .invalid("a confusion matrix has at least one class, not \(count)") }
    if let names, names.count != count { throw .invalid("there are \(names.count) names for \(count) classes") }
    var counts = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    for (row, (label, prediction)) in zip(labels, predictions).enumerated() {
      for value in [label, prediction] where value < 0 || value >= count {
        throw .labelOutOfRange(label: value, row: row, classes: count)
      }
      counts[label][prediction] += weights?[row] ?? 1
    }
    (self.counts, isWeighted) = (counts, weights != nil)
    self.names = names ?? (0..<count).map(String.init)
  }

  /// The number of examples counted, or the sum of their weights.
  public var total: Double { classCounts.total }

  // MARK: Scores

  /// The share of examples that were predicted correctly.
  public var accuracy: Double { classCounts.accuracy }

  /// The mean of the classes' recalls, of those that have examples.
  public var balancedAccuracy: Double { classCounts.balancedAccuracy }

  /// The correlation of labels and predictions, from −1 to 1; 0 where either are all of one class.
  ///
  /// Source: J. Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient (2004).
  public var matthewsCorrelation: Double { classCounts.matthewsCorrelation }

  /// How much oftener labels and predictions agree than by chance, from −1 to 1; NaN where chance would always agree.
  ///
  /// With `distance`, a pair of classes disagrees by it instead of by 1: `{ abs(Double($0 - $1)) }` and its square are
  /// scikit-learn's `"linear"` and `"quadratic"`. Source: J. Cohen, A coefficient of agreement for nominal scales (1960).
  public func cohenKappa(distance: (Int, Int) -> Double = { $0 == $1 ? 0 : 1 }) -> Double {
    let all = classCounts
    var (found, chance) = (0.0, 0.0)
    for (label, row) in counts.enumerated() {
      for (prediction, count) in row.enumerated() {
        let weight = distance(label, prediction)
        found += weight * count
        chance += weight * all.actual[label] * all.predicted[prediction] / all.total
      }
    }
    return 1 - found / chance
  }

  /// The share of the examples predicted as a class that are of it.
  public func precision(_ average: MetricAverage, zeroDivision: Double = 0) -> Double {
    classCounts.precision(average, zeroDivision)
  }

  /// The share of the examples of a class that were predicted as it.
  public func recall(_ average: MetricAverage, zeroDivision: Double = 0) -> Double {
    classCounts.recall(average, zeroDivision)
  }

  /// The harmonic mean of precision and recall.
  public func f1(_ average: MetricAverage, zeroDivision: Double = 0) -> Double {
    classCounts.fScore(beta: 1, average, zeroDivision)
  }

  /// The weighted harmonic mean of precision and recall, in which recall counts for `beta` squared.
  public func fScore(beta: Double, _ average: MetricAverage, zeroDivision: Double = 0) -> Double {
    classCounts.fScore(beta: beta, average, zeroDivision)
  }

  /// The share of the examples of other classes that were predicted as others.
  public func specificity(_ average: MetricAverage, zeroDivision: Double = 0) -> Double {
    classCounts.specificity(average, zeroDivision)
  }

  /// The share of the examples predicted as class `index` that are of it; NaN when none was predicted as it.
  public func precision(_ index: Int) -> Double { precision(.of(class: index), zeroDivision: .nan) }

  /// The share of the examples of class `index` that were predicted as it; NaN when it has no examples.
  public func recall(_ index: Int) -> Double { recall(.of(class: index), zeroDivision: .nan) }

  var classCounts: ClassCounts {
    let diagonal = counts.indices.map { counts[$0][$0] }
    let columns = counts.indices.map { column in counts.reduce(0) { $0 + $1[column] } }
    return ClassCounts(diagonal + columns + counts.map { $0.reduce(0, +) })
  }
}

// MARK: Text

extension ConfusionMatrix: CustomStringConvertible {
  /// A table of the counts, with recall at the end of each row, precision at the end of each column, and the accuracy
  /// below; a count of 0 is a dot.
  public var description: String {
    func share(_ value: Double) -> String { value.isNaN ? "–" : NumberFormat.fixed(value, 3) }
    var table = TextTable(["true \\ predicted"] + names + ["recall"], textColumns: 0)
    for index in counts.indices {
      table.append([names[index]] + counts[index].map { $0 == 0 ? "·" : text($0) } + [share(recall(index))])
    }
    table.append(["precision"] + counts.indices.map { share(precision($0)) } + [""])
    let rows = isWeighted ? "a weight of \(text(total))" : "\(text(total)) \(total == 1 ? "row" : "rows")"
    return table.text + "\naccuracy \(share(accuracy)) of \(rows)"
  }

  /// A count as a whole number, or a sum of weights with two decimals where it is none.
  func text(_ count: Double) -> String { NumberFormat.fixed(count, count == count.rounded() ? 0 : 2) }

  /// Precision, recall, F1 score and rows of each class and their averages, as scikit-learn's `classification_report`
  /// prints them.
  ///
  /// Classes without labels and predictions are left out.
  public func report(digits: Int = 2, zeroDivision: Double = 0) -> String {
    let all = classCounts
    let present = all.present
    let titles = ["macro avg", "weighted avg"]
    let width = max(present.map { names[$0].count }.max() ?? 0, "weighted avg".count, digits)
    func line(_ name: String, _ scores: [String], _ support: Double) -> String {
      let columns = scores.map { " " + $0.leftPadded(to: 9) }.joined()
      let count = isWeighted ? Report.shortest(support) : NumberFormat.fixed(support, 0)
      return name.leftPadded(to: width) + " " + columns + " " + count.leftPadded(to: 9) + "\n"
    }
    func scores(_ average: MetricAverage) -> [String] {
      [
        precision(average, zeroDivision: zeroDivision), recall(average, zeroDivision: zeroDivision),
        f1(average, zeroDivision: zeroDivision),
      ].map { Report.fixed($0, digits) }
    }
    let heads = ["precision", "recall", "f1-score", "support"].map { " " + $0.leftPadded(to: 9) }.joined()
    var text = "".leftPadded(to: width) + " " + heads + "\n\n"
    for index in present { text += line(names[index], scores(.of(class: index)), all.actual[index]) }
    text += "\n" + line("accuracy", ["", "", Report.fixed(accuracy, digits)], total)
    for (title, average) in zip(titles, [MetricAverage.macro, .weighted]) {
      text += line(title, scores(average), total)
    }
    return text
  }
}

/// Numbers as Python prints them.
private enum Report {
  /// With so many decimals, of halves the even one.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    if value.isNaN { return "nan" }
    // The decimal expansion of a binary number is finite: whether it is beyond a half is exact in `fma`.
    let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    let product = value * scale
    let error = (-product).addingProduct(value, scale)
    var rounded = product.rounded(.toNearestOrEven)
    if abs(product - product.rounded(.down) - 0.5) < 1e-9 {
      let beyond = product - product.rounded(.down) - 0.5 + error
      rounded = beyond > 0 ? product.rounded(.up) : beyond < 0 ? product.rounded(.down) : rounded
    }
    return NumberFormat.fixed(rounded / scale, digits)
  }

  /// As short as it can be read back: `3.5`, `12.0`.
  static func shortest(_ value: Double) -> String { "\(value)" }
}
