import MartletCore
import MartletData
import MartletPlatform
import MartletText

extension ErrorTree {
  /// A tree of the rows at which labels `[rows]` and predicted labels `[rows]` differ.
  ///
  /// Throws as ``init(fittedTo:errors:columns:maximumDepth:maximumLeaves:minimumRows:minimumGain:)`` does.
  public init(
    fittedTo table: Table, labels: Tensor<Int32>, predicted: Tensor<Int32>, columns: [String]? = nil,
    maximumDepth: Int = 3, maximumLeaves: Int = 31, minimumRows: Int = 20, minimumGain: Double = 2
  ) throws(FairnessError) {
    if labels.shape != [table.rowCount] || predicted.shape != [table.rowCount] {
      throw .shapes(
        "expected labels and predicted labels of shape [\(table.rowCount)] as the table has rows, got \(labels.shape) and "
          + "\(predicted.shape)")
    }
    try self.init(
      fittedTo: table, errors: zip(labels.scalars, predicted.scalars).map { $0 != $1 }, columns: columns,
      maximumDepth: maximumDepth, maximumLeaves: maximumLeaves, minimumRows: minimumRows, minimumGain: minimumGain)
  }

  /// A tree of a table's rows, of each of which it is known whether the model is wrong.
  ///
  /// Throws when there are no rows, when there are not as many truths as rows, a column does not exist or is given twice,
  /// and when a limit is outside its range.
  /// - Parameters:
  ///   - table: The columns to look at, raw: numbers, texts and missing values.
  ///   - errors: Whether the model is wrong about each row.
  ///   - columns: The columns to look at; nil for all.
  ///   - maximumDepth: The most splits above a leaf.
  ///   - maximumLeaves: The most leaves.
  ///   - minimumRows: The fewest rows of a leaf. Rarer categories of a node are one category.
  ///   - minimumGain: By how much a split must make the log loss of its rows fall. At 2, splits that mean nothing are made
  ///     at about one in twenty thresholds that are looked at.
  /// - Complexity: O(depth · columns · n log n)
  public init(
    fittedTo table: Table, errors: [Bool], columns: [String]? = nil, maximumDepth: Int = 3, maximumLeaves: Int = 31,
    minimumRows: Int = 20, minimumGain: Double = 2
  ) throws(FairnessError) {
    if table.rowCount == 0 { throw .empty("expected rows, got none") }
    if errors.count != table.rowCount {
      throw .shapes("expected whether each of \(table.rowCount) rows is wrong, got \(errors.count)")
    }
    if maximumDepth < 0 { throw .invalid("expected a depth of at least 0, got \(maximumDepth)") }
    if maximumLeaves < 1 { throw .invalid("expected at least one leaf, got \(maximumLeaves)") }
    if minimumRows < 1 { throw .invalid("expected leaves of at least one row, got \(minimumRows)") }
    if !(minimumGain >= 0) { throw .invalid("expected a gain of at least 0, got \(minimumGain)") }
    let names = columns ?? table.columns
    var (values, seen) = ([(name: String, column: Table.Column)](), Set<ExactName>())
    for name in names {
      guard let column = table[name] else {
        throw .unknown(
          "expected some of the columns \(table.columns.map(shown).joined(separator: ", ")), got \(shown(name))")
      }
      if !seen.insert(ExactName(name)).inserted {
        throw .invalid("expected different columns, got \(shown(name)) twice")
      }
      values.append((name, column))
    }
    var growth = ErrorTreeGrowth(values, errors, minimumRows: minimumRows, minimumGain: minimumGain)
    growth.grow(maximumDepth: maximumDepth, maximumLeaves: maximumLeaves)
    self.init(columns: names, nodes: growth.nodes)
  }
}

/// A tree while it grows.
private struct ErrorTreeGrowth {
  private struct Split {
    let condition: ErrorTree.Condition
    let gain: Double
  }

  private struct Leaf {
    let node: Int
    let depth: Int
    let rows: [Int]
    let split: Split?
  }

  private let columns: [(name: String, column: Table.Column)]
  private let errors: [Bool]
  private let minimumRows: Int
  private let minimumGain: Double
  private(set) var nodes: [ErrorTree.Node] = []
  private var leaves: [Leaf] = []

  init(
    _ columns: [(name: String, column: Table.Column)], _ errors: [Bool], minimumRows: Int, minimumGain: Double
  ) {
    (self.columns, self.errors, self.minimumRows, self.minimumGain) = (columns, errors, minimumRows, minimumGain)
  }

  mutating func grow(maximumDepth: Int, maximumLeaves: Int) {
    add(Array(errors.indices), parent: nil, holds: true, depth: 0, maximumDepth)
    while leaves.count < maximumLeaves {
      let candidates = leaves.indices.filter { leaves[$0].split != nil }
      guard let chosen = candidates.max(by: { leaves[$0].split!.gain < leaves[$1].split!.gain }) else { return }
      let leaf = leaves.remove(at: chosen)
      let condition = leaf.split!.condition
      nodes[leaf.node].condition = condition
      nodes[leaf.node].firstPart = nodes.count
      let holds = predicate(condition)
      let parts = (leaf.rows.filter(holds), leaf.rows.filter { !holds($0) })
      add(parts.0, parent: leaf.node, holds: true, depth: leaf.depth + 1, maximumDepth)
      add(parts.1, parent: leaf.node, holds: false, depth: leaf.depth + 1, maximumDepth)
    }
  }

  private mutating func add(_ rows: [Int], parent: Int?, holds: Bool, depth: Int, _ maximumDepth: Int) {
    let wrong = rows.reduce(0) { errors[$1] ? $0 + 1 : $0 }
    let split = depth < maximumDepth ? bestSplit(of: rows) : nil
    leaves.append(Leaf(node: nodes.count, depth: depth, rows: rows, split: split))
    nodes.append(ErrorTree.Node(parent: parent, holds: holds, rowCount: rows.count, errorCount: wrong))
  }

  private func predicate(_ condition: ErrorTree.Condition) -> (Int) -> Bool {
    let column = columns.first { ExactName($0.name) == ExactName(condition.column) }!.column
    switch (condition, column) {
    case (.atMost(_, let threshold, let orMissing), .numbers(let numbers)):
      return { numbers[$0].isNaN ? orMissing == true : numbers[$0] <= threshold }
    case (.oneOf(_, let categories, _, let orMissing), .texts(let texts)):
      let names = Set(categories.map(ExactName.init))
      return { row in texts[row].map { names.contains(ExactName($0)) } ?? (orMissing == true) }
    case (_, .numbers(let numbers)): return { numbers[$0].isNaN }
    case (_, .texts(let texts)): return { texts[$0] == nil }
    }
  }

  // MARK: Splits

  /// Rows and those of them that are wrong.
  private struct Count {
    var rows = 0
    var errors = 0

    mutating func add(_ isError: Bool) {
      rows += 1
      if isError { errors += 1 }
    }

    static func + (a: Count, b: Count) -> Count { Count(rows: a.rows + b.rows, errors: a.errors + b.errors) }
    static func - (a: Count, b: Count) -> Count { Count(rows: a.rows - b.rows, errors: a.errors - b.errors) }

    /// The log loss of all rows at their own error rate.
    var loss: Double {
      func term(_ count: Int) -> Double { count > 0 ? -Double(count) * log(Double(count) / Double(rows)) : 0 }
      return term(errors) + term(rows - errors)
    }

    var rate: Double { Double(errors) / Double(rows) }
  }

  private func bestSplit(of rows: [Int]) -> Split? {
    if rows.count < 2 * minimumRows { return nil }
    var all = Count()
    for row in rows { all.add(errors[row]) }
    if all.errors == 0 || all.errors == all.rows { return nil }
    var best: Split?
    func offer(_ part: Count, _ condition: () -> ErrorTree.Condition) {
      let rest = all - part
      if part.rows < minimumRows || rest.rows < minimumRows { return }
      let gain = all.loss - part.loss - rest.loss
      if gain >= minimumGain && gain > best?.gain ?? 0 { best = Split(condition: condition(), gain: gain) }
    }
    for (name, column) in columns {
      switch column {
      case .numbers(let numbers): offerThresholds(name, numbers, rows, offer)
      case .texts(let texts): offerSets(name, texts, rows, offer)
      }
    }
    return best
  }

  private typealias Offer = (Count, () -> ErrorTree.Condition) -> Void

  private func offerThresholds(_ name: String, _ numbers: [Double], _ rows: [Int], _ offer: Offer) {
    var missing = Count()
    for row in rows where numbers[row].isNaN { missing.add(errors[row]) }
    if missing.rows > 0 { offer(missing) { .missing(column: name) } }
    let sorted = rows.filter { !numbers[$0].isNaN }.sorted { numbers[$0] < numbers[$1] }
    var below = Count()
    for (row, next) in zip(sorted, sorted.dropFirst()) {
      below.add(errors[row])
      let (low, high) = (numbers[row], numbers[next])
      // Halves, as the sum of large numbers is infinite; and never the higher number, which rounding may come to.
      let middle = low / 2 + high / 2
      let threshold = middle < high && middle.isFinite ? middle : low
      if low == high || !threshold.isFinite { continue }
      offer(below) {
        .atMost(column: name, threshold: threshold, orMissing: missing.rows > 0 ? false : nil)
      }
      if missing.rows > 0 {
        offer(below + missing) { .atMost(column: name, threshold: threshold, orMissing: true) }
      }
    }
  }

  /// In the order of their error rates, one of the splits of categories in two is the best of all.
  private func offerSets(_ name: String, _ texts: [String?], _ rows: [Int], _ offer: Offer) {
    var (missing, counts) = (Count(), [ExactName: Count]())
    for row in rows {
      if let text = texts[row] {
        counts[ExactName(text), default: Count()].add(errors[row])
      } else {
        missing.add(errors[row])
      }
    }
    if missing.rows > 0 { offer(missing) { .missing(column: name) } }
    let (usual, rare) = (counts.filter { $1.rows >= minimumRows }, counts.filter { $1.rows < minimumRows })
    var sets = usual.map { (names: [$0.key], count: $0.value) }
    if !rare.isEmpty {
      sets.append((names: Array(rare.keys), count: rare.values.reduce(Count()) { $0 + $1 }))
    }
    sets.sort { ($1.count.rate, $0.names.min()!) < ($0.count.rate, $1.names.min()!) }
    var taken = Count()
    for index in sets.indices.dropLast() {
      taken = taken + sets[index].count
      func names(_ sets: ArraySlice<(names: [ExactName], count: Count)>) -> [String] {
        sets.flatMap(\.names).sorted().map(\.text)
      }
      func condition(_ orMissing: Bool?) -> ErrorTree.Condition {
        .oneOf(
          column: name, categories: names(sets[...index]), others: names(sets[(index + 1)...]), orMissing: orMissing)
      }
      offer(taken) { condition(missing.rows > 0 ? false : nil) }
      if missing.rows > 0 { offer(taken + missing) { condition(true) } }
    }
  }
}
