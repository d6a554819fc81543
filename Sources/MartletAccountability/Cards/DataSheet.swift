import MartletData
import MartletText

/// What is known of a data set: its columns, what is missing in them, its classes, its groups, and what nobody has said.
///
/// ```swift
/// var sheet = try DataSheet(of: table, name: "passengers", target: "survived", groups: ["sex", "class"])
/// print(sheet)
/// try sheet.save(to: "passengers.md")
/// ```
/// What a machine cannot know are questions, after T. Gebru et al., Datasheets for Datasets (2018), which stay until somebody
/// answers them (``answers``); a sheet that is written anew keeps the answers of the file.
public struct DataSheet: Equatable, QuestionedCard {
  /// A column, or a feature.
  public struct Column: Sendable, Equatable, Codable {
    /// The name.
    public var name: String
    /// `numbers`, `texts`, or the shape and type of a tensor that has no columns.
    public var type: String
    /// The number of rows without a value: NaN among numbers.
    public var missing: Int
    /// The number of different values; nil where they were not counted.
    public var distinct: Int?
    /// The smallest number; nil for texts and where there is none.
    public var minimum: Double?
    /// The largest number.
    public var maximum: Double?
    /// The mean of the numbers.
    public var mean: Double?
    /// Their standard deviation, by their number.
    public var standardDeviation: Double?
    /// The most frequent texts, at most ten, the most frequent first.
    public var frequent: [Share] = []
  }

  /// How many rows there are of something.
  public typealias Share = ModelCard.ClassCount

  /// A group of rows by some attributes.
  public struct Group: Sendable, Equatable, Codable {
    /// The attributes.
    public var attributes: [String]
    /// The group's level of each.
    public var levels: [String]
    /// The number of its rows.
    public var rows: Int
    /// The rows of each class; empty where there are no classes.
    public var classes: [Share] = []
  }

  /// The version of the sheet's form, 1.
  public private(set) var form = currentForm
  /// The name of the data set.
  public var name: String
  /// When the sheet was made, in UTC.
  public var created: String?
  /// The number of rows.
  public var rows: Int
  /// The SHA-256 of the rows: see `Table.sha256` and `Dataset.sha256`.
  public var sha256: String
  /// The columns.
  public var columns: [Column]
  /// The column that is to be predicted; nil where there is none.
  public var target: String?
  /// The rows of each class of the target.
  public var classes: [Share] = []
  /// The groups of each attribute, and of all attributes crossed.
  public var groups: [Group] = []
  /// What to look out for: few rows of a group or class, much that is missing, columns without variety.
  public var warnings: [String] = []
  /// The answers to questions, by the question's identifier.
  public var answers: [String: String] = [:]

  /// The number of rows below which a group, or a class, is small.
  public static let smallCount = 30

  /// The sheet of a table.
  ///
  /// - Parameters:
  ///   - table: The data.
  ///   - name: Their name.
  ///   - target: The column that is to be predicted. Its values are classes where they are texts, or at most 20 whole numbers.
  ///   - groups: Columns of texts or whole numbers whose levels, and their crossings, are counted.
  ///
  /// Throws when the table has no rows, when it does not have a column, and as `Groups` does.
  /// - Complexity: O(values), and sorting for the most frequent texts
  public init(
    of table: Table, name: String, target: String? = nil, groups: [String] = []
  ) throws {
    if table.rowCount == 0 { throw FairnessError.empty("DataSheet: expected rows, got a table without any") }
    self.name = name
    created = timestamp()
    rows = table.rowCount
    sha256 = table.sha256
    columns = table.columns.map { Column(name: $0, table[$0]!) }
    self.target = target
    var labels: [String]?
    if let target { labels = Self.labels(of: try table.column(target)) }
    if let labels { classes = Self.shares(labels, byCount: false) }
    if !groups.isEmpty {
      let each = try groups.map { try Groups(table, columns: [$0]) }
      addGroups(each + (groups.count > 1 ? [try Groups(table, columns: groups)] : []), labels)
    }
    addWarnings()
  }

  /// The sheet of a data set.
  ///
  /// - Parameters:
  ///   - data: The data. Features of shape `[rows, columns]`, up to 1,000 columns, are told column by column, others as a
  ///     whole.
  ///   - name: Their name.
  ///   - names: The names of the features' columns; `x0`, `x1` … where they are not given.
  ///   - classes: The names of the classes, class 0's first; their numbers where they are not given.
  ///   - groups: The groups of the rows, by attributes whose levels and crossings are counted.
  ///
  /// Throws when names are given for another number of columns, and when the groups have another number of rows.
  public init<Input: Batchable, Target: Batchable>(
    of data: Dataset<Input, Target>, name: String, columns names: [String] = [], classes: [String] = [],
    groups: Groups? = nil
  ) throws(FairnessError) {
    self.name = name
    created = timestamp()
    rows = data.count
    sha256 = data.sha256
    let (features, targets) = (data.x.tensors, data.y.tensors)
    columns = try Self.columns(features, "x", names) + Self.columns(targets, "y", [])
    target = targets.isEmpty ? nil : targets.count == 1 ? "y" : "y0"
    self.classes = data.classCounts
    var labels: [String]?
    if !self.classes.isEmpty {
      func named(_ label: String) -> String {
        guard let place = Int(label), classes.indices.contains(place) else { return label }
        return classes[place]
      }
      labels = targets[0].wholeNumbers.map { named("\($0)") }
      for place in self.classes.indices { self.classes[place].name = named(self.classes[place].name) }
    }
    if let groups {
      if groups.rowCount != rows {
        throw .shapes("DataSheet: expected groups of \(rows) rows, got \(groups.rowCount)")
      }
      addGroups(groups.marginals + (groups.levels.attributes.count > 1 ? [groups] : []), labels)
    }
    addWarnings()
  }

  // MARK: Counting

  private mutating func addGroups(_ each: [Groups], _ labels: [String]?) {
    for groups in each {
      var rows = [Int](repeating: 0, count: groups.levels.count)
      var counts = [[String: Int]](repeating: [:], count: groups.levels.count)
      for (row, index) in groups.indices.enumerated() {
        rows[Int(index)] += 1
        if let labels { counts[Int(index)][labels[row], default: 0] += 1 }
      }
      for index in rows.indices {
        let shares = classes.map { Share(name: $0.name, rows: counts[index][$0.name] ?? 0) }
        self.groups.append(
          Group(
            attributes: groups.levels.attributes, levels: groups.levels.group(at: index), rows: rows[index],
            classes: labels == nil ? [] : shares))
      }
    }
  }

  private mutating func addWarnings() {
    for column in columns {
      let share = Double(column.missing) / Double(rows)
      if share >= 0.05 {
        warnings.append(
          "column \(shown(column.name)): \(NumberFormat.fixed(100 * share, 1)) % of the values are missing")
      }
      if column.distinct == 1 && rows > 1 { warnings.append("column \(shown(column.name)): all values are the same") }
    }
    for share in classes where share.rows < Self.smallCount {
      warnings.append("class \(shown(share.name)): \(share.rows) \(share.rows == 1 ? "row" : "rows")")
    }
    if let most = classes.map(\.rows).max(), let least = classes.map(\.rows).min(), least > 0, most >= 10 * least {
      warnings.append("classes: the largest has \(most) rows, the smallest \(least)")
    }
    for group in groups {
      let name = zip(group.attributes, group.levels).map { "\($0) \($1)" }.joined(separator: ", ")
      if group.rows < Self.smallCount {
        warnings.append("group \(shown(name)): \(group.rows) \(group.rows == 1 ? "row" : "rows")")
      } else if let few = group.classes.min(by: { $0.rows < $1.rows }), few.rows < Self.smallCount {
        warnings.append("group \(shown(name)): \(few.rows) rows of class \(shown(few.name))")
      }
    }
  }

  /// The classes of a column's rows; nil where it is a column of numbers to be predicted.
  private static func labels(of column: Table.Column) -> [String]? {
    switch column {
    case .texts(let texts): return texts.map { $0 ?? "missing" }
    case .numbers(let numbers):
      let different = Set(numbers.filter { !$0.isNaN })
      guard different.count <= 20, different.allSatisfy({ Int(exactly: $0) != nil }) else { return nil }
      return numbers.map { Int(exactly: $0).map(String.init) ?? "missing" }
    }
  }

  /// How often each text occurs, by the text or by how often.
  static func shares(_ texts: [String], byCount: Bool) -> [Share] {
    var counts: [ExactName: Int] = [:]
    for text in texts { counts[ExactName(text), default: 0] += 1 }
    let ordered = counts.sorted { a, b in
      byCount && a.value != b.value ? a.value > b.value : precedes(a.key.text, b.key.text)
    }
    return ordered.map { Share(name: $0.key.text, rows: $0.value) }
  }

  /// Whether a text comes first: numbers by size, others by their characters.
  private static func precedes(_ a: String, _ b: String) -> Bool {
    if let x = Int(a), let y = Int(b) { return x < y }
    return ExactName(a) < ExactName(b)
  }
}
