import MartletText

extension CSV {
  /// How a CSV file is read.
  ///
  /// ```swift
  /// let options = CSV.Options(missing: .nan, labels: .automatic, columns: .except(["name"]), malformed: .skipped)
  /// let table = try CSV.read(from: "titanic.csv", options)
  /// ```
  public struct Options: Sendable {
    /// What separates the fields: see `CSV.read(from:separator:…)`.
    public var separator: Character
    /// Whether the first row names the columns.
    public var header: Header
    /// How missing numbers are read.
    public var missing: MissingValues
    /// Which columns hold names of classes.
    public var labels: Labels
    /// Which columns are read.
    public var columns: Columns
    /// The number of lines before the header or the first row that are passed over, whatever they hold.
    public var skippedLines: Int
    /// What becomes of rows that are wrong.
    public var malformed: MalformedRows
    /// The most bytes of memory that reading may take; for a file that is read in blocks, for each of them.
    public var memoryLimit: Int?

    /// Makes options, by default those of `CSV.read(from:separator:…)`.
    public init(
      separator: Character = ",", header: Header = .automatic, missing: MissingValues = .refused,
      labels: Labels = .named([]), columns: Columns = .all, skippedLines: Int = 0, malformed: MalformedRows = .refused,
      memoryLimit: Int? = nil
    ) {
      self.separator = separator
      self.header = header
      self.missing = missing
      self.labels = labels
      self.columns = columns
      self.skippedLines = skippedLines
      self.malformed = malformed
      self.memoryLimit = memoryLimit
    }
  }

  /// Which columns hold names of classes instead of numbers.
  public enum Labels: Sendable {
    /// Those of these names. In them only an empty field is a missing label.
    case named([String])
    /// Those with a field that is neither a number nor missing. Whatever stands for a missing number stands for a
    /// missing label too.
    case automatic
  }

  /// Which columns are read.
  public enum Columns: Sendable {
    /// All.
    case all
    /// Those of these names, in the file's order.
    case only([String])
    /// All but those of these names.
    case except([String])
  }

  /// What becomes of a row with more or fewer fields than the first, with a field that is not a number, with quotes that
  /// do not match, or with a missing number where those are refused.
  public enum MalformedRows: Sendable {
    /// Reading throws.
    case refused
    /// It is left out. `CSVTable.problems` says which and why.
    case skipped
    /// Fields that are wrong or missing become NaN, fields too many are left out, and rows with quotes that do not match
    /// too. `CSVTable.problems` says which and why.
    case filled
  }
}

/// The rows of a CSV file that were wrong, where they are not refused.
public struct CSVProblems: Sendable {
  /// The number of rows that were left out.
  public internal(set) var skippedRowCount = 0
  /// The number of fields that were filled with NaN or left out.
  public internal(set) var filledFieldCount = 0
  /// The first hundred problems, with their lines and columns.
  public internal(set) var first: [FormatError] = []

  static let shownCount = 100
}
