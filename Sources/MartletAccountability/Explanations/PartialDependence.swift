import MartletCore
import MartletData
import MartletPlots
import MartletText

/// What is explained as one feature is set to some values, in all rows.
public struct PartialDependence: Sendable {
  /// The feature's name.
  public let feature: String
  /// What is explained, in words.
  public let target: String
  /// The values that the feature is set to.
  public let values: [Table.Value]
  /// The answer of each row at each value, `[rows][values]`: individual conditional expectations.
  public let individual: [[Double]]

  /// The mean over the rows at each value: the partial dependence.
  public var means: [Double] {
    values.indices.map { place in individual.reduce(0) { $0 + $1[place] } / Double(individual.count) }
  }

  /// The answers less each row's at the first value, so that rows can be compared.
  public var centred: [[Double]] { individual.map { row in row.map { $0 - row[0] } } }
}

extension PartialDependence {
  /// The mean as a line, in the band that holds 80 % of the rows' answers, with those of some rows; nil for categories,
  /// which `bars` shows.
  ///
  /// - Parameters:
  ///   - rows: How many single rows are drawn, evenly among all.
  ///   - isCentred: Whether each row's answer at the first value is subtracted, so that rows can be compared.
  public func chart(rows: Int = 10, centred isCentred: Bool = false) -> Chart? {
    let numbers = values.compactMap { if case .number(let number) = $0 { number } else { nil } }
    if numbers.count < values.count { return nil }
    var chart = Chart(
      "Partial dependence", x: ChartAxis(feature), y: ChartAxis(isCentred ? "change of \(target)" : target))
    let answers = isCentred ? centred : individual
    let columns = values.indices.map { place in answers.map { $0[place] }.sorted() }
    chart.band(
      numbers, from: columns.map { linearQuantile(0.1, of: $0) }, to: columns.map { linearQuantile(0.9, of: $0) },
      label: "80 % of rows",
      color: 0)
    let shown = max(0, min(rows, answers.count))
    for index in 0..<shown {
      chart.line(numbers, answers[index * answers.count / shown], label: index == 0 ? "single rows" : nil, color: 7)
    }
    chart.line(
      numbers, columns.map { $0.reduce(0, +) / Double($0.count) }, label: "mean of \(answers.count) rows", color: 1,
      hasDots: true)
    return chart
  }

  /// The mean at each value as bars.
  public var bars: BarList {
    BarList(
      "Partial dependence on \(feature)",
      zip(values, means).map { value, mean in
        (value == .missing ? "missing" : value.description, mean, nil)
      }, of: "mean of \(target), \(individual.count) rows")
  }
}

extension Explainer {
  /// The partial dependence of what is explained on a feature, with the answers for each row.
  ///
  /// All rows have the feature set to a value, and the answers' mean is taken; then to the next. Where features depend on
  /// each other, this asks about rows that do not occur, and a mean near 0 may hide rows that go opposite ways. Sources:
  /// J. Friedman, Greedy function approximation (2001); for single rows A. Goldstein et al., Peeking inside the black box
  /// (2015), arXiv:1309.6392.
  ///
  /// - Parameters:
  ///   - x: The rows, `[n, …]`.
  ///   - feature: The feature's name, or its number where features have no names.
  ///   - values: The values; by default those that occur if these are no more than `count`, else `count` from the 5 % to
  ///     the 95 % quantile in equal steps.
  ///   - count: How many values are taken at most.
  /// - Complexity: One evaluation of each row for each value.
  public func partialDependence(
    _ x: Tensor<Scalar>, feature: String, values: [Double]? = nil, count: Int = 20
  ) throws(ExplanationError) -> PartialDependence {
    try check(x)
    return try dependence(
      featureModel(Shape(x.shape.dropFirst())), numbers(x.contiguous()), feature, values?.map { .number($0) }, count)
  }
}

extension TableExplainer {
  /// The partial dependence of what is explained on a column, of numbers or of categories, each of which it is set to: see
  /// ``Explainer/partialDependence(_:feature:values:count:)``.
  public func partialDependence(
    of table: Table, column: String, values: [Table.Value]? = nil, count: Int = 20
  ) throws(ExplanationError) -> PartialDependence {
    let (model, features) = try featureModel([table])
    return try dependence(model, features[0], column, values, count)
  }
}

private func dependence(
  _ model: FeatureModel, _ features: [Double], _ name: String, _ values: [Table.Value]?, _ count: Int
) throws(ExplanationError) -> PartialDependence {
  let place = try model.place(of: name)
  if count < 2 { throw .invalid("expected at least 2 values, got \(count)") }
  let (width, rows) = (model.width, features.count / model.width)
  var numbers: [Double] = []
  for value in values ?? [] {
    switch (model.kinds[place], value) {
    case (.category(let levels), _):
      guard let level = levels.firstIndex(of: value) else {
        throw .invalid("\(shown(name)): expected one of its categories, got \(shown(value.description))")
      }
      numbers.append(Double(level))
    case (.number, .number(let number)) where number.isFinite: numbers.append(number)
    case (.number, _): throw .invalid("\(shown(name)): expected finite numbers, got \(shown(value.description))")
    }
  }
  if values == nil {
    let held = (0..<rows).map { features[$0 * width + place] }.filter { !$0.isNaN }.sorted()
    // Categories that occur, whatever their number.
    numbers = grid(held, model.kinds[place] == .number ? count : held.count)
  }
  if numbers.isEmpty { throw .empty("\(shown(name)): expected values to set it to, got none") }
  let answers = try model.values(count: rows * numbers.count) { index, point in
    let (row, value) = index.quotientAndRemainder(dividingBy: numbers.count)
    point += features[row * width..<(row + 1) * width]
    point[point.count - width + place] = numbers[value]
    return row
  }
  return PartialDependence(
    feature: name, target: model.target, values: numbers.map { model.value($0, of: place) },
    individual: (0..<rows).map { Array(answers[$0 * numbers.count..<($0 + 1) * numbers.count]) })
}

/// The numbers that occur, or so many from the 5 % to the 95 % quantile.
private func grid(_ sorted: [Double], _ count: Int) -> [Double] {
  var different: [Double] = []
  for number in sorted where different.last != number { different.append(number) }
  if different.count <= count { return different }
  let (low, high) = (linearQuantile(0.05, of: sorted), linearQuantile(0.95, of: sorted))
  return (0..<count).map { low + (high - low) * Double($0) / Double(count - 1) }
}
