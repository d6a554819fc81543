import MartletText

extension CSV {
  /// The rows of a CSV file, some thousands at a time, for files that are larger than memory.
  ///
  /// ```swift
  /// let blocks = try CSV.Blocks(path: "clicks.csv.gz", CSV.Options(labels: .named(["device"])))
  /// while let table = try blocks.next() { print(table.rowCount) }
  /// ```
  /// With `labels: .automatic`, the first block decides which columns hold labels. The labels of a block are numbered for
  /// that block alone.
  public final class Blocks {
    /// The names of the columns that are read, in the file's order.
    public var columns: [String] { reader.columns }
    private let file: InputFile
    private var reader: CSVReader
    /// The first block, which has been read to find the columns of labels.
    private var first: CSVTable?

    /// Opens a file, which may be compressed with gzip, and reads its first rows; throws as `CSV.read(from:_:)` does.
    public init(path: String, _ options: Options = Options()) throws(FormatError) {
      let file = try InputFile(path: path)
      // As large as the text may be, where a block says how much of it is in memory.
      let limit = options.memoryLimit ?? .max
      (reader, first) = try file.reading { () throws(FormatError) in
        try CSVReader.reading(options) { () throws(FormatError) in
          try Gzip.source(file, memoryLimit: limit)
        } _: { (reader) throws(FormatError) in
          guard let block = try reader.block() else { throw reader.noRows() }
          return (reader, block)
        }
      }
      self.file = file
    }

    /// The next rows; nil when there are none.
    ///
    /// Throws when a row is wrong and such rows are refused, and when the file cannot be read or has changed since it was
    /// opened.
    public func next() throws(FormatError) -> CSVTable? {
      if let block = first {
        first = nil
        return block
      }
      return try file.reading { () throws(FormatError) in try reader.block() }
    }
  }
}
