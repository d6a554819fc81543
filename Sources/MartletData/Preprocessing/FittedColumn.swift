import MartletPlatform
import MartletText

/// A step that has been fitted: what it does to a column depends on nothing else.
package enum FittedStep: Sendable, Equatable {
  /// Replaces missing values.
  case fill(Table.Value)
  /// Adds a feature that says where a value is missing.
  case indicate
  case clip(Double, Double)
  case log1p
  /// (x − center) / scale.
  case affine(center: Double, scale: Double)
  /// The number of edges that are not above a number.
  case bucket([Double])
  /// The position of a category; −1 for an unknown one where these are ignored.
  case encode([Table.Value], UnknownCategory)
  /// A feature for each of the numbers from `first` to below `count`.
  case expand(count: Int, first: Int)
}

/// A column with its fitted steps.
package struct FittedColumn: Sendable, Equatable {
  package let name: String
  /// Whether the column holds texts.
  package let isText: Bool
  package var steps: [FittedStep]

  /// What the steps make of a column: a feature, or several where the last step is `expand`.
  struct Features {
    var values: Table.Column
    /// The features that say where a value was missing.
    var indicators: [[Double]] = []
    /// The numbers of categories or buckets that have a feature each; nil where the values are the feature.
    var expanded: Range<Int>?
  }

  /// Takes the column out of a table; throws when it is not there or of another type.
  func features(of table: Table) throws(TableError) -> Features {
    var features = Features(
      values: isText ? .texts(try table.texts(name)) : .numbers(try table.numbers(name)))
    for step in steps { try apply(step, to: &features) }
    guard case .numbers(let numbers) = features.values else {
      throw .wrongType(
        column: name, expected: "numbers as features", found: "texts; end its steps with oneHot() or ordinal()", row: 0)
    }
    if let row = numbers.firstIndex(where: { !$0.isFinite }) {
      if numbers[row].isNaN {
        throw .missingValue(
          column: name, row: row,
          remedy: "fit its Columns with .imputed(…) among their steps, or leave the row out")
      }
      throw .invalid("column \(shown(name)): expected finite numbers, got \(numbers[row]) in row \(row)")
    }
    return features
  }

  /// The names of the features, in order.
  package var featureNames: [String] {
    var names = [name]
    var categories: [String] = []
    for step in steps {
      switch step {
      case .encode(let values, _): categories = values.map(\.description)
      case .bucket(let edges): categories = (0...edges.count).map { "\($0)" }
      case .expand(let count, let first):
        names = (first..<count).map { "\(name)_\(categories[$0])" } + names.dropFirst()
      case .indicate: names.append("\(name)_missing")
      default: break
      }
    }
    return names
  }

  func apply(_ step: FittedStep, to features: inout Features) throws(TableError) {
    switch step {
    case .expand(let count, let first):
      features.expanded = first..<count
    case .indicate:
      features.indicators.append(features.values.isMissing.map { $0 ? 1 : 0 })
    case .fill(let value):
      switch (features.values, value) {
      case (.numbers(let numbers), .number(let new)): features.values = .numbers(numbers.map { $0.isNaN ? new : $0 })
      case (.texts(let texts), .text(let new)): features.values = .texts(texts.map { $0 ?? new })
      default:
        throw .wrongType(
          column: name, expected: isText ? "a text to fill in" : "a number to fill in", found: "\(value)", row: 0)
      }
    case .encode(let categories, let unknown):
      features.values = .numbers(try codes(of: features.values, categories, unknown))
    case .clip(let low, let high):
      try mapNumbers(&features) { $0.isNaN ? $0 : min(max($0, low), high) }
    case .affine(let center, let scale):
      try mapNumbers(&features) { ($0 - center) / scale }
    case .bucket(let edges):
      try mapNumbers(&features) { $0.isNaN ? $0 : Double(countNotAbove($0, in: edges)) }
    case .log1p:
      if case .numbers(let numbers) = features.values, let row = numbers.firstIndex(where: { $0 <= -1 }) {
        throw .invalid(
          "column \(shown(name)): expected numbers above -1 for log1p, got \(BadNumber.text(numbers[row])) in row \(row)"
        )
      }
      try mapNumbers(&features) { MartletPlatform.log1p($0) }
    }
  }

  private func mapNumbers(_ features: inout Features, _ transform: (Double) -> Double) throws(TableError) {
    guard case .numbers(let numbers) = features.values else {
      throw .wrongType(
        column: name, expected: "numbers",
        found: "texts, for a step that computes; encode them by oneHot() or ordinal()",
        row: 0)
    }
    features.values = .numbers(numbers.map(transform))
  }

  private func codes(
    of column: Table.Column, _ categories: [Table.Value], _ unknown: UnknownCategory
  ) throws(TableError) -> [Double] {
    func codes<Value: Hashable>(
      _ values: [Value?], _ known: [Value?], _ text: (Value) -> String
    ) throws(TableError) -> [Double] {
      var places: [Value: Double] = [:]
      for (place, value) in known.enumerated() { if let value { places[value] = Double(place) } }
      var result: [Double] = []
      result.reserveCapacity(values.count)
      for (row, value) in values.enumerated() {
        guard let value else {
          throw .missingValue(
            column: name, row: row,
            remedy: "put .imputed(.mostFrequent) or .imputed(.constant(\"missing\")) before the encoding")
        }
        if let place = places[value] {
          result.append(place)
        } else if unknown == .ignored {
          result.append(-1)
        } else {
          throw .unknownCategory(
            text(value), column: name, row: row, nearest: nearest(to: text(value), among: categories.map(\.description))
          )
        }
      }
      return result
    }
    switch column {
    case .numbers(let numbers):
      return try codes(
        numbers.map { $0.isNaN ? nil : $0 },
        categories.map { if case .number(let number) = $0 { number } else { nil } },
        BadNumber.text)
    case .texts(let texts):
      return try codes(
        texts.map { $0.map(ExactName.init) },
        categories.map { if case .text(let text) = $0 { ExactName(text) } else { nil } }, \.text)
    }
  }
}

extension Table.Column {
  /// Whether each value is missing.
  var isMissing: [Bool] {
    switch self {
    case .numbers(let numbers): numbers.map(\.isNaN)
    case .texts(let texts): texts.map { $0 == nil }
    }
  }
}

/// How many of some numbers in ascending order are not above a number.
private func countNotAbove(_ number: Double, in sorted: [Double]) -> Int {
  var (low, high) = (0, sorted.count)
  while low < high {
    let middle = (low + high) / 2
    if sorted[middle] <= number { low = middle + 1 } else { high = middle }
  }
  return low
}
