import MartletCore
import MartletPlatform
import MartletText

extension Preprocessor {
  /// The columns that features stand for: what `transform(_:)` does, undone, as scikit-learn's `inverse_transform`.
  ///
  /// ```swift
  /// let scale = try Preprocessor(fittedTo: train, [Columns("price").standardized()])
  /// let prices = try scale.inverseTransform(trainer.predict(x)).numbers("price")
  /// ```
  /// Scaling of any kind, `log1p`, one-hot and ordinal encoding have an inverse. Of one-hot features the greatest counts;
  /// where none is above 0, the value is the category that has no feature, or missing where unknown ones are ignored.
  /// Filled-in values become missing again where an indicator says so.
  ///
  /// Throws when `features` is not `[rows, featureNames.count]`, when a step has no inverse (clipping, buckets, filling in
  /// without an indicator), and when a number stands for no category.
  public func inverseTransform<Scalar: FloatingScalar>(_ features: Tensor<Scalar>) throws(TableError) -> Table {
    let width = featureNames.count
    guard features.shape.count == 2, features.shape[1] == width else {
      throw .invalid("expected features [rows, \(width)], got \(features.shape)")
    }
    let (rows, numbers) = (features.shape[0], features.cast(to: Double.self).scalars)
    var table = Table(rowCount: rows)
    var place = 0
    for column in columns {
      let count = column.featureNames.count
      let own = (place..<place + count).map { feature in (0..<rows).map { numbers[$0 * width + feature] } }
      table.add(column.name, try column.values(behind: own, rows: rows))
      place += count
    }
    return table
  }
}

extension FittedColumn {
  /// The column that features came from: the steps undone, the last one first.
  func values(behind features: [[Double]], rows: Int) throws(TableError) -> Table.Column {
    var indicators = features.suffix(steps.count { $0 == .indicate })
    let others = features.dropLast(indicators.count)
    var values = Table.Column.numbers(others.first ?? Array(repeating: 0, count: rows))
    for (place, step) in steps.enumerated().reversed() {
      switch step {
      case .affine(let center, let scale): values = try undone(values, "scaling") { $0 * scale + center }
      case .log1p: values = try undone(values, "log1p") { MartletPlatform.expm1($0) }
      case .expand(_, let first):
        values = .numbers((0..<rows).map { row in greatest(others.map { $0[row] }, first: first) })
      case .encode(let categories, let unknown): values = try decoded(values, categories, unknown)
      case .fill:
        if place == 0 || steps[place - 1] != .indicate {
          throw .noInverse(column: name, step: "filling in missing values without an indicator")
        }
      case .indicate:
        let isMissing = indicators.popLast() ?? []
        switch values {
        case .numbers(let numbers): values = .numbers(zip(numbers, isMissing).map { $1 > 0.5 ? .nan : $0 })
        case .texts(let texts): values = .texts(zip(texts, isMissing).map { $1 > 0.5 ? nil : $0 })
        }
      case .clip: throw .noInverse(column: name, step: "clipping")
      case .bucket: throw .noInverse(column: name, step: "putting into buckets")
      }
    }
    return values
  }

  private func undone(
    _ values: Table.Column, _ step: String, _ transform: (Double) -> Double
  ) throws(TableError) -> Table.Column {
    guard case .numbers(let numbers) = values else { throw .noInverse(column: name, step: "\(step) of texts") }
    return .numbers(numbers.map(transform))
  }

  /// The number of the category whose feature is greatest; where none is above 0, the one before the first that has a
  /// feature.
  private func greatest(_ features: [Double], first: Int) -> Double {
    var best = (place: -1, value: 0.0)
    for (place, value) in features.enumerated() where value > best.value { best = (place, value) }
    return Double(best.place + first)
  }

  private func decoded(
    _ values: Table.Column, _ categories: [Table.Value], _ unknown: UnknownCategory
  ) throws(TableError) -> Table.Column {
    guard case .numbers(let numbers) = values else { throw .noInverse(column: name, step: "encoding of texts") }
    var found: [Table.Value] = []
    for (row, number) in numbers.enumerated() {
      if let place = Int(exactly: number), categories.indices.contains(place) {
        found.append(categories[place])
      } else if number == -1 && unknown == .ignored {
        found.append(.missing)
      } else {
        throw .invalid(
          "column \(shown(name)): expected the number of one of \(categories.count) categories, got "
            + "\(BadNumber.text(number)) in row \(row)")
      }
    }
    return isText
      ? .texts(found.map { if case .text(let text) = $0 { text } else { nil } })
      : .numbers(found.map { if case .number(let number) = $0 { number } else { .nan } })
  }
}
