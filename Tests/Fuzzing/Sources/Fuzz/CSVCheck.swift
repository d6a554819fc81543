import Martlet

/// Under each of several arguments: a file gives what its bytes give, and the table written down gives itself.
func checkCSV(_ bytes: [UInt8]) {
  if bytes.starts(with: gzipMagic) { return checkCompressedCSV(bytes) }
  let path = memoryFile(bytes)
  for arguments in CSVArguments.all(for: bytes) {
    let read = Outcome { () throws(FormatError) in try arguments.read(bytes) }
    let fromFile = Outcome { () throws(FormatError) in try arguments.read(from: path) }
    promise(read.agrees(with: fromFile, isSame), "csv: a file gives something else than its bytes")
    guard let table = read.value, arguments.labels.isEmpty else { continue }
    let again = Outcome { () throws(FormatError) in
      let written = try CSV.bytes(of: AnyTensor(table.values), columns: table.columns)
      return try CSV.read(bytes: written, source: "again", header: .present, missing: .nan)
    }
    promise(again.value.map { isSame($0, table) } == true, "csv: written and read again it is something else")
  }
}

/// A compressed file is read or refused, and any bytes give the same compressed as they do plain.
func checkCompressedCSV(_ bytes: [UInt8]) {
  let path = memoryFile(bytes)
  _ = Outcome { () throws(FormatError) in try CSV.read(from: path) }
  let compressed = memoryFile(gzip(bytes))
  for arguments in CSVArguments.all(for: bytes) {
    let fromCompressed = Outcome { () throws(FormatError) in try arguments.read(from: compressed) }
    let plain = Outcome { () throws(FormatError) in try arguments.read(bytes) }
    promise(fromCompressed.agrees(withPlain: plain, isSame), "csv.gz: compressed it is something else")
  }
}

/// What a caller says of a file.
private struct CSVArguments {
  var separator: Character = ","
  var header = CSV.Header.automatic
  var missing = CSV.MissingValues.refused
  var labels: [String] = []

  static func all(for bytes: [UInt8]) -> [CSVArguments] {
    var all = [
      CSVArguments(), CSVArguments(missing: .nan),
      CSVArguments(separator: ";", header: .absent, missing: .nan),
      CSVArguments(separator: "\t", header: .present), CSVArguments(separator: " ", missing: .nan),
    ]
    // Of files of one column, whose name is the first line.
    if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
      all.append(CSVArguments(header: .present, labels: [String(decoding: bytes[..<end], as: UTF8.self)]))
    }
    all.append(CSVArguments(header: .absent, labels: ["column 1"]))
    return all
  }

  func read(_ bytes: [UInt8]) throws(FormatError) -> CSVTable {
    try CSV.read(
      bytes: bytes, source: "bytes", separator: separator, header: header, missing: missing, labels: labels)
  }

  func read(from path: String) throws(FormatError) -> CSVTable {
    try CSV.read(from: path, separator: separator, header: header, missing: missing, labels: labels)
  }
}

/// NaN is the same as itself: how it was written is not kept.
private func isSame(_ a: CSVTable, _ b: CSVTable) -> Bool {
  a.columns.elementsEqual(b.columns) { $0.utf8.elementsEqual($1.utf8) } && a.rowCount == b.rowCount
    && zip(a.values.scalars, b.values.scalars).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
    && a.columns.allSatisfy { classes(a, $0) == classes(b, $0) }
}

/// Nil for a column of numbers.
private func classes(_ table: CSVTable, _ column: String) -> [String]? {
  Outcome { () throws(FormatError) in try table.classes(of: column) }.value
}
