import MartletCore
import MartletText

/// Which rows of a data set or a table belong together when it is split or divided into folds.
public struct SplitRule: Sendable {
  enum Kind: Sendable {
    case random
    case ordered
    case stratified([Int]?)
    case groups([Int])
    case times([Double])
  }

  let kind: Kind

  /// Whether earlier rows come before later ones.
  package var keepsOrder: Bool {
    switch kind {
    case .ordered, .times: true
    case .random, .stratified, .groups: false
    }
  }

  /// Any row may go anywhere.
  public static let random = SplitRule(kind: .random)

  /// The last rows are for testing, in the order in which they are stored, as for a series. Where rows are sorted by
  /// class, splitting throws.
  public static let ordered = SplitRule(kind: .ordered)

  /// Each class, a value of `y` `[count]`, has its share of the rows in each part, as nearly as whole rows allow.
  public static let stratified = SplitRule(kind: .stratified(nil))

  /// Each of these values, one for each row, has its share of the rows in each part.
  public static func stratified(by values: [some Hashable]) -> SplitRule {
    SplitRule(kind: .stratified(codes(values)))
  }

  /// Rows with the same value, one for each row, go to the same part, as the measurements of one patient.
  public static func groups(_ values: [some Hashable]) -> SplitRule { SplitRule(kind: .groups(codes(values))) }

  /// The latest rows are for testing: no row for training is later than one for testing.
  public static func times(_ times: [some BinaryFloatingPoint]) -> SplitRule {
    SplitRule(kind: .times(times.map { Double($0) }))
  }

  /// Numbers for different values, in the order of appearance.
  static func codes(_ values: [some Hashable]) -> [Int] {
    var known: [AnyHashable: Int] = [:]
    return values.map { value in
      let code = known[value] ?? known.count
      known[value] = code
      return code
    }
  }
}

/// The rows of a whole, divided into two parts or into folds.
struct RowSplit {
  let count: Int
  let rule: SplitRule.Kind
  /// The classes of the rows, as codes; nil where there are none.
  let classes: [Int]?
  let order: [Int]

  /// `order` is the random order of the rows; the rule decides whether it counts.
  init(
    count: Int, _ rule: SplitRule, classes: [Int]?, shuffled: Bool = true, seed: UInt64?
  ) throws(DatasetError) {
    func check(_ values: [some Any]) throws(DatasetError) {
      if values.count != count {
        throw .invalid("expected a value of the split's rule for each of \(count) rows, got \(values.count)")
      }
    }
    var kind = rule.kind
    switch kind {
    case .groups(let groups): try check(groups)
    case .times(let times):
      try check(times)
      if let row = times.firstIndex(where: \.isNaN) {
        throw .invalid("expected a time for each row, got NaN in row \(row)")
      }
    case .stratified(let strata):
      guard let strata = strata ?? classes else {
        throw .invalid("stratified: expected y of shape [count], a label per row; or say .stratified(by: values)")
      }
      try check(strata)
      kind = .stratified(strata)
    case .random, .ordered: break
    }
    self.count = count
    self.rule = kind
    self.classes = classes
    order =
      switch kind {
      case .times(let times): (0..<count).sorted { times[$0] != times[$1] ? times[$0] < times[$1] : $0 < $1 }
      case .ordered: Array(0..<count)
      default:
        !shuffled
          ? Array(0..<count)
          : (seed.map { seed in
            var generator = RandomGenerator(seed: seed)
            return Tensor<Int64>.randomPermutation(count, using: &generator)
          } ?? Tensor<Int64>.randomPermutation(count)).scalars.map { Int($0) }
      }
  }

  /// The rows for training and for testing, of which there is the fraction, rounded up.
  func parts(testFraction: Double) throws(DatasetError) -> (train: [Int], test: [Int]) {
    guard testFraction > 0, testFraction < 1 else {
      throw .invalid("expected a testFraction between 0 and 1, got \(testFraction)")
    }
    // A little is subtracted so that rounding in binary does not add a row: 0.2 of 10 rows is 2.
    let testCount = Int((Double(count) * testFraction - 1e-9).rounded(.up))
    if testCount < 1 || testCount >= count {
      throw .invalid("of \(count) rows, \(testCount) would be for testing and \(count - testCount) for training")
    }
    switch rule {
    case .stratified(let strata?): return parts(stratifiedTest(order: order, labels: strata, testCount: testCount))
    case .groups(let groups):
      // Whole groups in random order, as long as they bring the number of rows nearer to the one that is wanted.
      var isTest = [Bool](repeating: false, count: count)
      var left = testCount
      for rows in grouped(groups) where 2 * left >= rows.count {
        for row in rows { isTest[row] = true }
        left -= rows.count
      }
      let (train, test) = (order.filter { !isTest[$0] }, order.filter { isTest[$0] })
      if train.isEmpty || test.isEmpty {
        throw .invalid(
          "expected groups of which some are for testing and some for training, got "
            + "\(Set(groups).count) of \(count) rows for a testFraction of \(testFraction)")
      }
      return (train, test)
    case .times, .ordered:
      let (train, test) = (Array(order.dropLast(testCount)), Array(order.suffix(testCount)))
      let learned = Set(train.map { classes?[$0] })
      if let classes, let missing = test.first(where: { !learned.contains(classes[$0]) }) {
        throw .invalid(
          "expected the rows before the last \(testCount) to hold the classes of those, got row \(missing) of a class that "
            + "only they hold: rows seem to be sorted; split by .random or .stratified")
      }
      return (train, test)
    case .random, .stratified(nil): return parts(order.indices.map { $0 >= count - testCount })
    }
  }

  private func parts(_ isTest: [Bool]) -> (train: [Int], test: [Int]) {
    (zip(order, isTest).filter { !$0.1 }.map(\.0), zip(order, isTest).filter { $0.1 }.map(\.0))
  }

  /// The rows of each group in the order of the rows; the groups in the order in which they first occur.
  private func grouped(_ groups: [Int]) -> [[Int]] {
    var places: [Int: Int] = [:]
    var result: [[Int]] = []
    for row in order {
      if let place = places[groups[row]] {
        result[place].append(row)
      } else {
        places[groups[row]] = result.count
        result.append([row])
      }
    }
    return result
  }

  /// The rows of each of `foldCount` folds, which together are all rows.
  func folds(_ foldCount: Int) throws(DatasetError) -> [[Int]] {
    if foldCount < 2 || foldCount > count {
      throw .invalid("expected a number of folds from 2 to \(count), the number of rows, got \(foldCount)")
    }
    var folds = [[Int]](repeating: [], count: foldCount)
    switch rule {
    case .stratified(let strata?):
      // The rows of one class after those of another, dealt out one by one: each class is spread evenly.
      let classes = grouped(strata)
      if let small = classes.first(where: { $0.count < foldCount }) {
        throw .invalid(
          "stratified: expected at least \(foldCount) rows of every class, one for each fold, got \(small.count) of the "
            + "class of row \(small[0])")
      }
      for (place, row) in classes.joined().enumerated() { folds[place % foldCount].append(row) }
    case .groups(let groups):
      // The largest group first, each to the fold that has the fewest rows.
      let groups = grouped(groups)
      if groups.count < foldCount {
        throw .invalid("expected at least \(foldCount) groups, one for each fold, got \(groups.count)")
      }
      let bySize = groups.indices.sorted {
        groups[$0].count != groups[$1].count ? groups[$0].count > groups[$1].count : $0 < $1
      }
      for index in bySize {
        let least = folds.indices.min { folds[$0].count < folds[$1].count }!
        folds[least] += groups[index]
      }
    default:
      var start = 0
      for index in 0..<foldCount {
        let size = count / foldCount + (index < count % foldCount ? 1 : 0)
        folds[index] = Array(order[start..<start + size])
        start += size
      }
    }
    return folds
  }

  /// For each fold, the rows of the others and its own.
  func crossValidation(_ foldCount: Int) throws(DatasetError) -> [(train: [Int], test: [Int])] {
    let folds = try folds(foldCount)
    // In a series, a fold is measured by what was learned from the folds before it.
    if case .times = rule {
      return (1..<foldCount).map { index in (folds[..<index].flatMap { $0 }, folds[index]) }
    }
    return folds.indices.map { index in
      (folds.indices.filter { $0 != index }.flatMap { folds[$0] }, folds[index])
    }
  }
}

/// Whether the row at each position of `order` is for testing.
private func stratifiedTest(order: [Int], labels: [Int], testCount: Int) -> [Bool] {
  var positions: [Int: [Int]] = [:]
  // In the order of appearance, since a dictionary's order changes from run to run.
  var classes: [Int] = []
  for (position, row) in order.enumerated() {
    let label = labels[row]
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
