import MartletCore
import MartletText

extension CSV {
  /// Writes a matrix as rows of numbers, or a vector as one column, as NumPy's `savetxt` does.
  ///
  /// - Parameters:
  ///   - tensor: `[rows, columns]` or `[rows]`, of any scalar type.
  ///   - columns: The columns' names for the first row; without them there is no such row.
  ///   - separator: What separates the fields, as for reading; `"\t"` and `" "` are common.
  ///   - path: The file, which is written whole or not at all.
  ///
  /// Each number has the fewest digits that tell it from the others of its scalar type, so that reading gives the same
  /// number; for fewer, round first: `prices.round(decimals: 2)`. NaN is `nan`, which is read with `missing: .nan`; a
  /// `Bool` is 1 or 0. Names are in quotes where they have to be. Throws for other ranks, for a matrix without columns,
  /// when the number of names is not that of columns or two are the same, for other separators, and when the file
  /// cannot be written; an older file is then unchanged.
  public static func write(
    _ tensor: AnyTensor, columns: [String] = [], separator: Character = ",", to path: String
  ) throws(FormatError) {
    let writer = try CSVWriter(tensor, columns, separator, source: path)
    try AtomicFile.write(to: path) { (file: borrowing AtomicFile.Writer) throws(FormatError) in
      try writer.write { (bytes) throws(FormatError) in try file.write(bytes) }
    }
  }

  /// The bytes that `write` would write; `source` names them in errors.
  public static func bytes(
    of tensor: AnyTensor, columns: [String] = [], separator: Character = ",", source: String = "csv"
  ) throws(FormatError) -> [UInt8] {
    var result: [UInt8] = []
    try CSVWriter(tensor, columns, separator, source: source).write { result += $0 }
    return result
  }
}

/// Writes rows of numbers as text, many rows at a time.
private struct CSVWriter {
  private let tensor: AnyTensor
  private let header: [UInt8]
  private let rowCount: Int
  private let columnCount: Int
  private let separator: UInt8

  /// The number of elements whose text a thread makes at a time, and that of such pieces between two writings.
  private static let (pieceCount, pieces) = (1 << 14, 16)

  init(_ tensor: AnyTensor, _ columns: [String], _ separator: Character, source: String) throws(FormatError) {
    func refuse(_ reason: String) -> FormatError { FormatError(.invalid, source: source, reason: reason) }
    let byte = try CSV.byte(of: separator, source: source)
    self.separator = byte
    guard (1...2).contains(tensor.rank) else {
      throw refuse("expected a tensor of rank 1 or 2 to be written as rows, got \(tensor.shape)")
    }
    rowCount = tensor.shape[0]
    columnCount = tensor.rank == 1 ? 1 : tensor.shape[1]
    if columnCount == 0 { throw refuse("expected at least one column, got \(tensor.shape)") }
    if !columns.isEmpty && columns.count != columnCount {
      throw refuse("expected names of \(columnCount) columns, got \(columns.count)")
    }
    var names: Set<ExactName> = []
    for name in columns where !names.insert(ExactName(name)).inserted {
      throw refuse("two columns are called \(shown(name))")
    }
    let fields = columns.map { Self.field($0, separator: byte) }
    header = columns.isEmpty ? [] : Array(fields.joined(separator: [byte])) + [CSVScanner.newLine]
    // Numbers of 16 bits have the texts of the Float that they are.
    let isHalf = tensor.scalarType == .float16 || tensor.scalarType == .bfloat16
    self.tensor = isHalf ? tensor.detached().converted(to: .float32) : tensor
  }

  /// A name as a field: in quotes where a reader would else read something different.
  private static func field(_ name: String, separator: UInt8) -> [UInt8] {
    let bytes = Array(name.utf8)
    let special: [UInt8] = [separator, UInt8(ascii: "\""), 0x0A, 0x0D, UInt8(ascii: " "), 0x09]
    return !bytes.isEmpty && !bytes.contains(where: special.contains) ? bytes : Array(csvQuoted(name).utf8)
  }

  func write(_ sink: ([UInt8]) throws(FormatError) -> Void) throws(FormatError) {
    try sink(header)
    switch tensor.scalarType {
    // Swift writes the sign of a NaN and its bits as well.
    case .float32: try write(Float.self, sink) { $0.isNaN ? "nan" : $0.description }
    case .float64: try write(Double.self, sink) { $0.isNaN ? "nan" : $0.description }
    case .int32: try write(Int32.self, sink) { $0.description }
    case .int64: try write(Int64.self, sink) { $0.description }
    // A Bool is a byte that is 0 or 1.
    default: try write(UInt8.self, sink) { $0.description }
    }
  }

  private func write<Number: Sendable>(
    _ type: Number.Type, _ sink: ([UInt8]) throws(FormatError) -> Void,
    _ describe: @escaping @Sendable (Number) -> String
  ) throws(FormatError) {
    try tensor.withUnsafeBytes { (bytes) throws(FormatError) in
      let numbers = bytes.assumingMemoryBound(to: type)
      let rows = max(1, Self.pieceCount / columnCount)
      for start in stride(from: 0, to: rowCount, by: rows * Self.pieces) {
        var texts = [[UInt8]](repeating: [], count: min(Self.pieces, (rowCount - start + rows - 1) / rows))
        texts.withUnsafeMutableBufferPointer { texts in
          WorkerPool.parallelFor(texts.count, grain: 1) { range in
            for piece in range {
              let first = start + piece * rows
              texts[piece] = text(numbers, first..<min(rowCount, first + rows), describe)
            }
          }
        }
        for text in texts { try sink(text) }
      }
    }
  }

  private func text<Number>(
    _ numbers: UnsafeBufferPointer<Number>, _ rows: Range<Int>, _ describe: (Number) -> String
  ) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(rows.count * columnCount * 12)
    for row in rows {
      for column in 0..<columnCount {
        if column > 0 { text.append(separator) }
        text.append(contentsOf: describe(numbers[row * columnCount + column]).utf8)
      }
      text.append(CSVScanner.newLine)
    }
    return text
  }
}
