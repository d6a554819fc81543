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
    guard testFraction > 0, testFraction < 1 else {
      throw .invalid("expected a testFraction between 0 and 1, got \(testFraction)")
    }
    // A little is subtracted so that rounding in binary does not add a row: 0.2 of 10 rows is 2.
    let testCount = Int((Double(count) * testFraction - 1e-9).rounded(.up))
    if testCount < 1 || testCount >= count {
      throw .invalid("of \(count) rows, \(testCount) would be for testing and \(count - testCount) for training")
    }
    let order: [Int64]
    if let seed {
      var generator = RandomGenerator(seed: seed)
      order = Tensor<Int64>.randomPermutation(count, using: &generator).scalars
    } else {
      order = Tensor<Int64>.randomPermutation(count).scalars
    }
    let isTest: [Bool]
    if stratified {
      let targets = y.tensors
      if targets.count != 1 || targets[0].rank != 1 {
        let shapes = targets.isEmpty ? "no targets" : targets.map { "\($0.shape)" }.joined(separator: ", ")
        throw .invalid("stratified: expected y of shape [count], a label per row, got \(shapes)")
      }
      isTest =
        if targets[0].scalarType.isFloatingPoint {
          stratifiedTest(
            order: order, labels: Tensor<Double>(unchecked: targets[0].converted(to: .float64)).scalars,
            testCount: testCount)
        } else {
          stratifiedTest(
            order: order, labels: Tensor<Int64>(unchecked: targets[0].converted(to: .int64)).scalars,
            testCount: testCount)
        }
    } else {
      isTest = order.indices.map { $0 >= count - testCount }
    }
    let parts = zip(order, isTest)
    return (
      rows(Tensor(parts.filter { !$0.1 }.map(\.0))),
      rows(Tensor(parts.filter { $0.1 }.map(\.0)))
    )
  }
}

/// Whether the row at each position of `order` is for testing.
private func stratifiedTest<Label: Hashable>(order: [Int64], labels: [Label], testCount: Int) -> [Bool] {
  var positions: [Label: [Int]] = [:]
  // In the order of appearance, since a dictionary's order changes from run to run.
  var classes: [Label] = []
  for (position, row) in order.enumerated() {
    let label = labels[Int(row)]
    if positions[label] == nil { classes.append(label) }
    positions[label, default: []].append(position)
  }
  // Each class gets its share rounded down; the test rows that are left go to the classes with the largest remainders.
  let shares = classes.map { Double(positions[$0]!.count) * Double(testCount) / Double(order.count) }
  var counts = shares.map { Int($0) }
  let byRemainder = classes.indices.sorted {
    let (a, b) = (shares[$0] - Double(counts[$0]), shares[$1] - Double(counts[$1]))
    return a != b ? a > b : $0 < $1
  }
  for index in byRemainder.prefix(testCount - counts.reduce(0, +)) { counts[index] += 1 }
  var isTest = [Bool](repeating: false, count: order.count)
  for (label, count) in zip(classes, counts) {
    for position in positions[label]!.prefix(count) { isTest[position] = true }
  }
  return isTest
}
