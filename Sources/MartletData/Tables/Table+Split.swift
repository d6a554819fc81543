extension Table {
  /// Splits the rows into two tables.
  ///
  /// ```swift
  /// let (train, test) = try table.split(testFraction: 0.2, stratifiedBy: "survived", seed: 1)
  /// ```
  /// - Parameters:
  ///   - testFraction: The share of the rows that are for testing, rounded up to whole rows.
  ///   - column: A column of which each value has that share of its rows in the test part.
  ///   - seed: Decides which rows go where; without it, the random numbers in scope do (`withRandomSeed`).
  ///
  /// Throws when the column does not exist, when the fraction is not between 0 and 1, and when a part would be empty.
  public func split(
    testFraction: Double = 0.2, stratifiedBy column: String, seed: UInt64? = nil
  ) throws -> (train: Table, test: Table) {
    let values = try self.column(column)
    return try split(testFraction: testFraction, by: .stratified(by: (0..<rowCount).map { values[$0] }), seed: seed)
  }

  /// Splits the rows into two tables by a rule: see `Dataset.split(testFraction:by:seed:)`.
  public func split(
    testFraction: Double = 0.2, by rule: SplitRule = .random, seed: UInt64? = nil
  ) throws(DatasetError) -> (train: Table, test: Table) {
    let (train, test) = try RowSplit(count: rowCount, rule, classes: nil, seed: seed).parts(testFraction: testFraction)
    return (rows(train), rows(test))
  }

  /// The table in folds for cross-validation: see `Dataset.folds(_:by:seed:)`.
  public func folds(
    _ count: Int, by rule: SplitRule = .random, seed: UInt64? = nil
  ) throws(DatasetError) -> [(train: Table, validation: Table)] {
    try RowSplit(count: rowCount, rule, classes: nil, seed: seed).crossValidation(count).map {
      (rows($0.train), rows($0.test))
    }
  }
}
