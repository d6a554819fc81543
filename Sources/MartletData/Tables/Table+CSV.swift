import MartletFormats
import MartletText

extension Table {
  /// Makes a table of a CSV file's; throws when the file cannot be read as `CSV.read(from:_:)` says.
  ///
  /// Without options, columns with a field that is not a number are texts, and missing fields are missing values.
  public init(
    csv path: String, _ options: CSV.Options = CSV.Options(missing: .nan, labels: .automatic)
  ) throws(FormatError) {
    self.init(try CSV.read(from: path, options))
  }

  /// Makes a table of what was read from a CSV file: columns of labels are texts.
  public init(_ table: CSVTable) {
    self.init(rowCount: table.rowCount)
    for (index, name) in table.columns.enumerated() {
      let numbers = table.numbers(at: index)
      add(
        name,
        table.classNames(at: index).map { names in .texts(numbers.map { $0.isNaN ? nil : names[Int($0)] }) }
          ?? .numbers(numbers))
    }
  }

  /// Writes a CSV file, whole or not at all, from which `init(csv:)` makes the same table: the names of the columns, texts
  /// in quotes, numbers with the fewest digits that tell them apart, and nothing where a value is missing.
  ///
  /// Throws when the table has no column, and when the file cannot be written; an older one is then unchanged.
  public func save(csv path: String) throws(FormatError) {
    if columns.isEmpty { throw FormatError(.invalid, source: path, reason: "expected a table with columns, got none") }
    // A line without anything would be passed over when it is read.
    let missing = columns.count == 1 ? "NA" : ""
    let contents = columns.map { self[$0]! }
    func field(_ column: Column, _ row: Int) -> String {
      switch column {
      case .numbers(let numbers):
        numbers[row].isNaN ? missing : Int(exactly: numbers[row]).map(String.init) ?? "\(numbers[row])"
      case .texts(let texts): texts[row].map(csvQuoted) ?? missing
      }
    }
    try AtomicFile.write(to: path) { (file: borrowing AtomicFile.Writer) throws(FormatError) in
      try file.write(Array((columns.map(csvQuoted).joined(separator: ",") + "\n").utf8))
      for start in stride(from: 0, to: rowCount, by: 4096) {
        var text = ""
        for row in start..<min(rowCount, start + 4096) {
          text += contents.map { field($0, row) }.joined(separator: ",") + "\n"
        }
        try file.write(Array(text.utf8))
      }
    }
  }
}
