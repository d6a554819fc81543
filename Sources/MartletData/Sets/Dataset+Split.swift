import MartletCore

extension Dataset {
  /// Splits the rows at random into two data sets, both in random order.
  ///
  /// - Parameters:
  ///   - testFraction: The share of the rows that are for testing, rounded up to whole rows.
  ///   - stratified: Whether each class, a value of `y` `[count]`, has that share of its rows in the test part, as
  ///     nearly as whole rows allow.
  ///   - seed: Decides which rows go where; without it, the random numbers in scope do (`withRandomSeed`).
  ///
  /// Throws when the fraction is not between 0 and 1, when a part would be empty, and when `y` is not `[count]` though
  /// `stratified`.
  public func split(
    testFraction: Double = 0.2, stratified: Bool = false, seed: UInt64? = nil
  ) throws(DatasetError) -> (train: Dataset, test: Dataset) {
    try split(testFraction: testFraction, by: stratified ? .stratified : .random, seed: seed)
  }

  /// Splits the rows into two data sets by a rule: stratified, by groups, by time or in order.
  ///
  /// ```swift
  /// let (train, test) = try data.split(testFraction: 0.2, by: .groups(patients), seed: 1)
  /// ```
  /// Throws as `split(testFraction:stratified:seed:)` does, when the rule does not have a value for each row, and when
  /// rows are split in order and the last have a class that those before them lack.
  public func split(
    testFraction: Double = 0.2, by rule: SplitRule, seed: UInt64? = nil
  ) throws(DatasetError) -> (train: Dataset, test: Dataset) {
    let split = try RowSplit(count: count, rule, classes: try classCodes(for: rule), seed: seed)
    let (train, test) = try split.parts(testFraction: testFraction)
    return (rows(at: train), rows(at: test))
  }

  /// The data set in `count` folds for cross-validation: for each, all other rows to train with, and its own to validate
  /// with. By `.times`, a fold is validated with what came before it, and there are `count - 1` pairs.
  ///
  /// ```swift
  /// for (train, validation) in try data.folds(5, by: .stratified, seed: 1) { … }
  /// ```
  /// - Parameters:
  ///   - count: The number of folds, which differ by at most one row for each class, and by groups as the groups do.
  ///   - rule: Which rows belong together; `.ordered` makes folds of consecutive rows.
  ///   - seed: Decides which rows go where; without it, the random numbers in scope do.
  ///
  /// Throws when there are fewer than 2 folds, or fewer rows, rows of a class, or groups than folds.
  public func folds(
    _ count: Int, by rule: SplitRule = .random, seed: UInt64? = nil
  ) throws(DatasetError) -> [(train: Dataset, validation: Dataset)] {
    let split = try RowSplit(count: self.count, rule, classes: try classCodes(for: rule), seed: seed)
    return try split.crossValidation(count).map { (rows(at: $0.train), rows(at: $0.test)) }
  }

  private func rows(at indices: [Int]) -> Dataset { rows(Tensor(indices.map { Int64($0) })) }

  /// Codes of the rows' classes where the rule looks at them; nil when `y` is not one value for each row, and for an
  /// order when it is not whole numbers.
  private func classCodes(for rule: SplitRule) throws(DatasetError) -> [Int]? {
    let targets = y.tensors
    guard targets.count == 1, targets[0].rank == 1 else {
      guard case .stratified(nil) = rule.kind else { return nil }
      let shapes = targets.isEmpty ? "no targets" : targets.map { "\($0.shape)" }.joined(separator: ", ")
      throw .invalid(
        "stratified: expected y of shape [count], a label per row, or .stratified(by: values), got \(shapes)")
    }
    let isFloating = targets[0].scalarType.isFloatingPoint
    switch rule.kind {
    case .stratified(nil): break
    case .ordered, .times: if isFloating { return nil }
    default: return nil
    }
    if isFloating { return SplitRule.codes(Tensor<Double>(unchecked: targets[0].converted(to: .float64)).scalars) }
    return SplitRule.codes(Tensor<Int64>(unchecked: targets[0].converted(to: .int64)).scalars)
  }
}
