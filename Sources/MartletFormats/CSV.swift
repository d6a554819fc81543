import MartletText

/// Reads and writes CSV (RFC 4180): rows of numbers as text; reads columns of class labels; plain or compressed with gzip.
///
/// ```swift
/// let table = try CSV.read(from: "houses.csv")
/// let (train, test) = try table.dataset(targets: ["price"]).split(testFraction: 0.2, seed: 1)
/// ```
/// The text is UTF-8, with or without a byte order mark; rows end with LF or CRLF, and blank lines are skipped. Spaces
/// around a field do not count. A field may be in quotes, within which separators and line ends are text and a quote is
/// written twice. Every row has as many fields as the first.
///
/// Files whose fields are separated by blanks, as NumPy's `savetxt` writes them, are read with `separator: " "`.
///
/// A number is written as `Double` prints it, such as `-1.5`, `.5`, `2e-3` or `inf`, and is rounded to the nearest
/// `Double`.
public enum CSV {
  /// Whether the first row names the columns.
  public enum Header: Sendable {
    /// It does unless each of its fields is a number or missing.
    case automatic
    /// It does.
    case present
    /// It does not: it is data, and the columns are called `column 1`, `column 2` and so on.
    case absent
  }

  /// How a missing number is read: an empty field, or `NA`, `N/A`, `NaN`, `null`, `none` or `?`, in upper or lower
  /// case.
  public enum MissingValues: Sendable {
    /// Reading throws.
    case refused
    /// It is read as NaN.
    case nan
  }

  /// Reads a CSV file.
  ///
  /// - Parameters:
  ///   - path: The file, which may be compressed with gzip.
  ///   - separator: What separates the fields: a tab or any visible ASCII character except letters, digits, `"`, `+`,
  ///     `-` and `.`; or a space, for one or more spaces and tabs, between which no field is empty.
  ///   - header: Whether the first row names the columns. A column without a name is called by its number, `column 1`.
  ///   - missing: How missing numbers are read.
  ///   - labels: The columns whose fields are not numbers but names of classes. Their values are the indices of the
  ///     names in `CSVTable.classes(of:)`.
  ///   - memoryLimit: The most bytes of memory that reading may take, the table included. Without it, the limit is
  ///     three quarters of what the machine has or the control group allows, and a compressed file may decompress to a
  ///     hundred times its size.
  ///
  /// Names are the same only if they are written with the same Unicode scalars. Throws when the file cannot be read,
  /// changes meanwhile or has no row of data, when a row has more or fewer fields than the first, when a field is not a
  /// number, its quotes do not match or a name is not UTF-8, when two columns have the same name or a column of labels
  /// does not exist, and when reading would take more memory. The error names the line and the column.
  public static func read(
    from path: String, separator: Character = ",", header: Header = .automatic, missing: MissingValues = .refused,
    labels: [String] = [], memoryLimit: Int? = nil
  ) throws(FormatError) -> CSVTable {
    try read(
      from: path,
      Options(
        separator: separator, header: header, missing: missing, labels: .named(labels), memoryLimit: memoryLimit))
  }

  /// Reads what `read(from:)` would read from an uncompressed file with these bytes; `source` names them in errors.
  public static func read(
    bytes: [UInt8], source: String, separator: Character = ",", header: Header = .automatic,
    missing: MissingValues = .refused, labels: [String] = [], memoryLimit: Int? = nil
  ) throws(FormatError) -> CSVTable {
    try read(
      bytes: bytes, source: source,
      Options(
        separator: separator, header: header, missing: missing, labels: .named(labels), memoryLimit: memoryLimit))
  }

  /// Reads a CSV file with options that are a value; throws as `read(from:separator:…)` does.
  public static func read(from path: String, _ options: Options) throws(FormatError) -> CSVTable {
    try InputFile.read(path) { (file) throws(FormatError) in
      try CSVReader.reading(options) { () throws(FormatError) in
        try Gzip.source(file, memoryLimit: options.memoryLimit)
      } _: { (reader) throws(FormatError) in
        try reader.table()
      }
    }
  }

  /// Reads what `read(from:_:)` would read from an uncompressed file with these bytes.
  public static func read(
    bytes: [UInt8], source: String, _ options: Options
  ) throws(FormatError) -> CSVTable {
    try CSVReader.reading(options) {
      ArraySource(bytes, name: source)
    } _: { (reader) throws(FormatError) in
      try reader.table()
    }
  }

  /// The byte of a separator; throws when a field might hold it.
  static func byte(of separator: Character, source: String) throws(FormatError) -> UInt8 {
    if let byte = separator.asciiValue, isSeparator(byte) { return byte }
    throw FormatError(
      .invalid, source: source,
      reason: "expected a space, a tab or a visible ASCII character other than letters, digits, \", +, - and . as "
        + "the separator, got \(shown(String(separator)))")
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\t"), UInt8(ascii: " "): true
    case 0x21..<0x7F:
      !"\"+-.".utf8.contains(byte) && !(0x30...0x39).contains(byte) && !(0x41...0x5A).contains(byte & 0xDF)
    default: false
    }
  }
}
