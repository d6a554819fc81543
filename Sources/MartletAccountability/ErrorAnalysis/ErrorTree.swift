import MartletCore
import MartletData
import MartletText

/// A decision tree over a table's columns that tells where a model errs most.
///
/// ```swift
/// let predicted = try trainer.predictClasses(x)
/// let tree = try ErrorTree(fittedTo: test, labels: labels, predicted: predicted, columns: ["age", "sex"])
/// print(tree)
/// ```
/// ```
/// all rows: 18.7 % of 16281 rows wrong [18.1, 19.3]
///   age > 27.5: 24.1 % of 11906 rows wrong [23.3, 24.9], 73.1 % of rows, 94.0 % of errors
/// ```
/// Leaves are split one after the other, the one first whose split tells most about errors (by the fall of the rows' log
/// loss), as long as there are fewer than the most leaves. Numbers are split at a threshold, texts into two sets of
/// categories; missing values go where they fit better, or are a part by themselves. The intervals are Wilson's. As splits
/// are chosen to differ they are somewhat too narrow, so count the leaves of rows that the tree has not seen, by
/// ``leaves(of:)``. Source: the error analysis of the Responsible AI Toolbox, which shows such a tree as a picture.
public struct ErrorTree: Sendable, Hashable, Codable {
  /// What a row must be to be in the first of a split's two parts.
  public enum Condition: Sendable, Hashable, Codable {
    /// A number that is at most a threshold. Whether missing ones are too; nil where none were.
    case atMost(column: String, threshold: Double, orMissing: Bool?)
    /// A text that is one of these categories and not of the others, which the second part has. Whether missing ones are
    /// too; nil where none were.
    case oneOf(column: String, categories: [String], others: [String], orMissing: Bool?)
    /// No value.
    case missing(column: String)

    var column: String {
      switch self {
      case .atMost(let column, _, _), .oneOf(let column, _, _, _), .missing(let column): column
      }
    }
  }

  /// A set of rows: all, or those of a branch.
  public struct Node: Sendable, Hashable, Codable {
    /// The node that it is a part of; nil for all rows.
    public let parent: Int?
    /// Whether it has the rows of its parent for which the parent's condition holds, or the others.
    public let holds: Bool
    /// The number of rows.
    public let rowCount: Int
    /// The number of rows that the model is wrong about.
    public let errorCount: Int
    /// What its rows are split by; nil for a leaf.
    public internal(set) var condition: Condition?
    /// The node of the rows for which the condition holds, and after it that of the others; nil for a leaf.
    public internal(set) var firstPart: Int?

    init(parent: Int?, holds: Bool, rowCount: Int, errorCount: Int) {
      (self.parent, self.holds, self.rowCount, self.errorCount) = (parent, holds, rowCount, errorCount)
    }

    /// The share of rows that the model is wrong about.
    public var errorRate: Double { Double(errorCount) / Double(rowCount) }
  }

  /// The columns that it was fitted to.
  public let columns: [String]
  /// The nodes; the first has all rows, and parents come before their parts.
  public let nodes: [Node]

  init(columns: [String], nodes: [Node]) { (self.columns, self.nodes) = (columns, nodes) }

  /// The indices of the leaves, those of the highest error rate first.
  public var leaves: [Int] {
    nodes.indices.filter { nodes[$0].firstPart == nil }.sorted { nodes[$0].errorRate > nodes[$1].errorRate }
  }

  /// The share of all rows that are in a node.
  public func coverage(of node: Int) -> Double { Double(nodes[node].rowCount) / Double(nodes[0].rowCount) }

  /// The share of all errors that are in a node; NaN when there are none.
  public func errorShare(of node: Int) -> Double {
    nodes[0].errorCount > 0 ? Double(nodes[node].errorCount) / Double(nodes[0].errorCount) : .nan
  }

  /// The Wilson interval of a node's error rate at a confidence, by default 95 %.
  ///
  /// Throws when the confidence is not between 0 and 1.
  public func interval(of node: Int, confidence: Double = 0.95) throws(FairnessError) -> ConfidenceInterval {
    try wilsonInterval(of: nodes[node].errorRate, rows: Double(nodes[node].rowCount), confidence: confidence)
  }

  /// What holds of a node's rows, from all rows down: `["age > 27.5", "sex is not Male"]`.
  public func path(to node: Int) -> [String] {
    var (texts, place) = ([String](), node)
    while let parent = nodes[place].parent {
      texts.append(nodes[parent].condition!.text(holds: nodes[place].holds))
      place = parent
    }
    return texts.reversed()
  }

  /// The leaf of each row of a table, by its index in ``nodes``.
  ///
  /// Categories that there were none of, and missing values where none were, go the way of most rows. Throws when a column
  /// is missing or of another type.
  /// - Complexity: O(rows · depth)
  public func leaves(of table: Table) throws(TableError) -> [Int] {
    var leaves = [Int](repeating: 0, count: table.rowCount)
    for (index, node) in nodes.enumerated() {
      guard let condition = node.condition, let first = node.firstPart else { continue }
      let isUsual = nodes[first].rowCount >= nodes[first + 1].rowCount
      let holds = try condition.holds(in: table)
      for row in leaves.indices where leaves[row] == index { leaves[row] = holds(row) ?? isUsual ? first : first + 1 }
    }
    return leaves
  }
}

extension ErrorTree.Condition {
  /// Whether it holds of a row; nil where it does not say.
  func holds(in table: Table) throws(TableError) -> (Int) -> Bool? {
    switch self {
    case .atMost(let column, let threshold, let orMissing):
      let numbers = try table.numbers(column)
      return { numbers[$0].isNaN ? orMissing : numbers[$0] <= threshold }
    case .oneOf(let column, let categories, let others, let orMissing):
      let texts = try table.texts(column)
      let (here, there) = (Set(categories.map(ExactName.init)), Set(others.map(ExactName.init)))
      return { row in
        guard let name = texts[row].map(ExactName.init) else { return orMissing }
        return here.contains(name) ? true : there.contains(name) ? false : nil
      }
    case .missing(let column):
      switch try table.column(column) {
      case .numbers(let numbers): return { numbers[$0].isNaN }
      case .texts(let texts): return { texts[$0] == nil }
      }
    }
  }

  /// The condition, or its opposite, in words.
  func text(holds: Bool) -> String {
    switch self {
    case .atMost(let column, let threshold, let orMissing):
      let missing = orMissing == holds ? " or missing" : ""
      return "\(column) \(holds ? "≤" : ">") \(Self.number(threshold))\(missing)"
    case .oneOf(let column, let categories, let others, let orMissing):
      let names = holds ? categories : others
      let missing = orMissing == holds ? " or missing" : ""
      return "\(column) is \(names.map(shown).joined(separator: " or "))\(missing)"
    case .missing(let column): return "\(column) is \(holds ? "missing" : "there")"
    }
  }

  /// A threshold, short where it is a whole number.
  private static func number(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}

extension ErrorTree: CustomStringConvertible {
  /// A line for each node, indented by its depth, with its error rate, interval, and shares of rows and of errors.
  public var description: String {
    lines { depth, condition, text in
      String(repeating: "  ", count: depth) + condition + ": " + text
    }
  }

  /// The lines as a nested list in Markdown.
  public var markdown: String {
    lines { depth, condition, text in
      String(repeating: "  ", count: depth) + "- **" + Self.escaped(condition) + "**: " + text
    } + "\n"
  }

  private func lines(_ line: (_ depth: Int, _ condition: String, _ text: String) -> String) -> String {
    var lines = [String]()
    func add(_ index: Int, _ depth: Int) {
      let node = nodes[index]
      let condition = node.parent.map { nodes[$0].condition!.text(holds: node.holds) } ?? "all rows"
      lines.append(line(depth, condition, text(of: index)))
      guard let first = node.firstPart else { return }
      // The worse part first.
      let isFirst = nodes[first].errorRate >= nodes[first + 1].errorRate
      for part in isFirst ? [first, first + 1] : [first + 1, first] { add(part, depth + 1) }
    }
    add(0, 0)
    return lines.joined(separator: "\n")
  }

  private func text(of index: Int) -> String {
    let node = nodes[index]
    func percent(_ share: Double) -> String { NumberFormat.fixed(100 * share, 1) }
    var text = "\(percent(node.errorRate)) % of \(node.rowCount) rows wrong"
    // 95 % is between 0 and 1.
    if let interval = try? self.interval(of: index) {
      text += " [\(percent(interval.lower)), \(percent(interval.upper))]"
    }
    if index > 0 {
      text += ", \(percent(coverage(of: index))) % of rows, \(percent(errorShare(of: index))) % of errors"
    }
    return text
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      if "\\`*_[]<>#|".contains(character) { escaped.append("\\") }
      escaped.append(character.isNewline ? " " : character)
    }
    return escaped
  }
}
