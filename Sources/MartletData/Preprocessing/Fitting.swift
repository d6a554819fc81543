import MartletPlatform
import MartletText

extension FittedColumn {
  /// Fits steps to a column of the training rows.
  init(name: String, _ steps: [PreparationStep], fittedTo table: Table) throws(TableError) {
    let column = try table.column(name)
    self.name = name
    if case .texts = column { isText = true } else { isText = false }
    self.steps = []
    if case .numbers(let numbers) = column, let row = numbers.firstIndex(where: \.isInfinite) {
      throw .invalid("column \(shown(name)): expected finite numbers, got \(numbers[row]) in row \(row)")
    }
    var features = Features(values: column)
    for step in steps {
      if features.expanded != nil {
        throw .invalid(
          "column \(shown(name)): expected one-hot encoding as the last of its steps, got another after it")
      }
      for fitted in try fit(step, to: features.values) {
        try apply(fitted, to: &features)
        self.steps.append(fitted)
      }
    }
    // What is wrong with the training rows is wrong now and not at the first prediction.
    _ = try self.features(of: table)
  }

  private func fit(_ step: PreparationStep, to values: Table.Column) throws(TableError) -> [FittedStep] {
    switch step {
    case .impute(let imputation, let indicator):
      return (indicator ? [.indicate] : []) + [.fill(try replacement(imputation, values))]
    case .clip(let range): return [.clip(range.lowerBound, range.upperBound)]
    case .log1p: return [.log1p]
    case .bucketEdges(let edges, let oneHot):
      if edges.contains(where: \.isNaN) || !zip(edges, edges.dropFirst()).allSatisfy(<) {
        throw .invalid("column \(shown(name)): expected edges of buckets in ascending order, got \(edges)")
      }
      return bucket(edges, oneHot)
    case .encode(let categories, let unknown, let oneHot, let dropFirst):
      let categories = if let categories { try check(categories, values) } else { try distinct(values) }
      let expand = FittedStep.expand(count: categories.count, first: dropFirst ? 1 : 0)
      return [.encode(categories, unknown)] + (oneHot ? [expand] : [])
    default:
      return try fitNumbers(step, sorted(values))
    }
  }

  /// Fits a step that depends on the order or the moments of numbers.
  private func fitNumbers(_ step: PreparationStep, _ numbers: [Double]) throws(TableError) -> [FittedStep] {
    let (least, greatest) = (numbers[0], numbers[numbers.count - 1])
    switch step {
    case .clipQuantiles(let range), .scaleRobustly(let range):
      if range.lowerBound < 0 || range.upperBound > 1 {
        throw .invalid("column \(shown(name)): expected quantiles within 0...1, got \(range)")
      }
    default: break
    }
    switch step {
    case .clipQuantiles(let range):
      return [.clip(linearQuantile(range.lowerBound, of: numbers), linearQuantile(range.upperBound, of: numbers))]
    case .standardize:
      let count = Double(numbers.count)
      let rough = numbers.reduce(0, +) / count
      // In two passes, with what rounding left in the mean taken off again.
      let deviations = numbers.reduce(into: (sum: 0.0, squares: 0.0)) { sums, number in
        sums.sum += number - rough
        sums.squares += (number - rough) * (number - rough)
      }
      let mean = rough + deviations.sum / count
      let variance = (deviations.squares - deviations.sum * deviations.sum / count) / count
      // Below this, the variance is what rounding makes of a constant column, as scikit-learn holds it.
      let noise = count * variance * .ulpOfOne + count * count * mean * mean * .ulpOfOne * .ulpOfOne
      return [.affine(center: mean, scale: variance <= noise ? 1 : variance.squareRoot())]
    case .scale(let range):
      let width = range.upperBound - range.lowerBound
      if !(width > 0 && width.isFinite) {
        throw .invalid("column \(shown(name)): expected a range to scale to, got \(range)")
      }
      let scale = nonZero(greatest - least) / width
      return [.affine(center: least - range.lowerBound * scale, scale: scale)]
    case .scaleRobustly(let range):
      let spread = linearQuantile(range.upperBound, of: numbers) - linearQuantile(range.lowerBound, of: numbers)
      return [.affine(center: linearQuantile(0.5, of: numbers), scale: nonZero(spread))]
    case .bucket(let count, let rule, let oneHot):
      if count < 2 { throw .invalid("column \(shown(name)): expected at least 2 buckets, got \(count)") }
      if least == greatest {
        throw .invalid(
          "column \(shown(name)): expected different numbers to put into buckets, got \(BadNumber.text(least)) alone")
      }
      var edges = (0...count).map { place -> Double in
        let share = Double(place) / Double(count)
        return rule == .uniform ? least + (greatest - least) * share : averagedQuantile(place, of: count, numbers)
      }
      if rule == .quantile {
        edges = edges.reduce(into: []) { kept, edge in if kept.isEmpty || edge - kept.last! > 1e-8 { kept.append(edge) }
        }
      }
      return bucket(Array(edges.dropFirst().dropLast()), oneHot)
    default:
      return []
    }
  }

  private func bucket(_ edges: [Double], _ oneHot: Bool) -> [FittedStep] {
    [.bucket(edges)] + (oneHot ? [.expand(count: edges.count + 1, first: 0)] : [])
  }

  /// A scale that may be divided by: 1 where all numbers are the same.
  private func nonZero(_ scale: Double) -> Double { scale < 10 * .ulpOfOne ? 1 : scale }

  /// The numbers that are not missing, in ascending order; throws when there are none.
  private func sorted(_ values: Table.Column) throws(TableError) -> [Double] {
    guard case .numbers(let numbers) = values else {
      throw .wrongType(
        column: name, expected: "numbers",
        found: "texts, for a step that computes; encode them by oneHot() or ordinal()",
        row: 0)
    }
    let present = numbers.filter { !$0.isNaN }.sorted()
    if present.isEmpty { throw noValues() }
    return present
  }

  private func noValues() -> TableError {
    .invalid("column \(shown(name)): expected a value to fit to, got none in all rows; leave the column out")
  }

  private func replacement(_ imputation: Imputation, _ values: Table.Column) throws(TableError) -> Table.Value {
    switch imputation {
    case .constant(let value): return value
    case .mean:
      let numbers = try sorted(values)
      return .number(numbers.reduce(0, +) / Double(numbers.count))
    case .median: return .number(linearQuantile(0.5, of: try sorted(values)))
    case .mostFrequent:
      switch values {
      case .numbers:
        return .number(mostFrequent(try sorted(values)))
      case .texts(let texts):
        let present = texts.compactMap { $0.map(ExactName.init) }.sorted()
        if present.isEmpty { throw noValues() }
        return .text(mostFrequent(present).text)
      }
    }
  }

  /// Categories that were given; throws when there are none, two are the same, or they are not of the column's type.
  private func check(
    _ categories: [Table.Value], _ values: Table.Column
  ) throws(TableError) -> [Table.Value] {
    let isText = if case .texts = values { true } else { false }
    let areOfType = categories.allSatisfy {
      switch $0 {
      case .text: isText
      case .number(let number): !isText && !number.isNaN
      case .missing: false
      }
    }
    if categories.isEmpty || !areOfType || Set(categories).count < categories.count {
      throw .invalid(
        "column \(shown(name)): expected different \(isText ? "texts" : "numbers") as its categories, got "
          + "\(categories.prefix(20))")
    }
    return categories
  }

  /// The different values in ascending order.
  private func distinct(_ values: Table.Column) throws(TableError) -> [Table.Value] {
    let found: [Table.Value] =
      switch values {
      case .numbers(let numbers): Set(numbers.filter { !$0.isNaN }).sorted().map { .number($0) }
      case .texts(let texts): Set(texts.compactMap { $0.map(ExactName.init) }).sorted().map { .text($0.text) }
      }
    if found.isEmpty { throw noValues() }
    return found
  }
}

/// The value that occurs most often among sorted ones; of several, the first.
private func mostFrequent<Value: Equatable>(_ sorted: [Value]) -> Value {
  var best = (value: sorted[0], count: 0)
  var start = 0
  for index in 1...sorted.count where index == sorted.count || sorted[index] != sorted[start] {
    if index - start > best.count { best = (sorted[start], index - start) }
    start = index
  }
  return best.value
}

/// The quantile `place / count`: the number there, or the mean of two where the place is between them (NumPy's
/// `averaged_inverted_cdf`, with which `KBinsDiscretizer` divides).
private func averagedQuantile(_ place: Int, of count: Int, _ sorted: [Double]) -> Double {
  let (index, rest) = (place * sorted.count).quotientAndRemainder(dividingBy: count)
  if rest != 0 { return sorted[index] }
  return (sorted[max(0, index - 1)] + sorted[min(index, sorted.count - 1)]) / 2
}
