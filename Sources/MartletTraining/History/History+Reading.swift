import MartletCore
import MartletFormats
import MartletText

extension History {
  /// Reads what `saveJSON(to:)` wrote; a `null` becomes NaN.
  ///
  /// Throws when the file cannot be read, is not such an object, or has arrays of different lengths.
  public init(fromJSON path: String) throws(FormatError) {
    self.init()
    let bytes = try InputFile.read(path) { (file) throws(FormatError) in try file.bytes(file.byteCount, at: 0) }
    var scanner = JSONScanner(bytes)
    var measures: [(name: String, values: [Double])] = []
    var times: [Double]?
    do throws(JSONScanner.Failure) {
      try scanner.object { (name, scanner) throws(JSONScanner.Failure) in
        if name == "run" && scanner.isAtObject {
          try scanner.object { (key, scanner) throws(JSONScanner.Failure) in self.run[key] = try scanner.string() }
          return
        }
        var values: [Double] = []
        try scanner.array { (scanner) throws(JSONScanner.Failure) in values.append(try scanner.numberOrNull() ?? .nan) }
        if name == "seconds" { times = values } else { measures.append((name, values)) }
      }
      try scanner.end()
    } catch {
      throw FormatError(.damaged, source: path, at: .byte(error.offset), reason: error.message)
    }
    try fill(measures, seconds: times, source: path)
  }

  /// Reads what `saveCSV(to:)` wrote, which is without the `run`.
  ///
  /// Throws when the file cannot be read, or is not such a table.
  public init(fromCSV path: String) throws(FormatError) {
    self.init()
    let table = try CSV.read(from: path, header: .present, missing: .nan)
    let columns = table.columns.enumerated().map { index, name in
      (name: name, values: table.values[.all, index].scalars)
    }
    if columns.first?.name != "epoch" {
      throw FormatError(
        .mismatch, source: path, reason: "expected a history's column epoch first, got \(table.columns.map(shown))")
    }
    try fill(
      columns.dropFirst().filter { $0.name != "seconds" }, seconds: columns.first { $0.name == "seconds" }?.values,
      source: path)
  }

  private mutating func fill(
    _ measures: [(name: String, values: [Double])], seconds times: [Double]?, source: String
  ) throws(FormatError) {
    guard let times else {
      throw FormatError(.mismatch, source: source, reason: "expected a history with its seconds, got none")
    }
    for (name, values) in measures where values.count != times.count {
      throw FormatError(
        .mismatch, source: source,
        reason: "expected \(times.count) values of \(shown(name)), one for each of the seconds, got \(values.count)")
    }
    for epoch in times.indices { append(measures.map { ($0.name, $0.values[epoch]) }, seconds: times[epoch]) }
  }
}
