import MartletCore
import MartletText

/// The header of a safetensors file, which says where each tensor's bytes are.
///
/// The file is `8 bytes: length of the header, little-endian · the header, JSON · the data`, and in the header each
/// tensor is `"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`, with offsets counted from the data's
/// start.
struct SafetensorsHeader {
  struct Entry {
    let name: String
    let scalarType: ScalarType
    let shape: Shape
    /// The tensor's bytes, counted from the start of the data.
    let range: Range<Int>
  }

  /// The tensors in the order of their bytes in the file, which fill the data without a gap.
  let entries: [Entry]
  let metadata: Safetensors.Metadata
  /// The number of bytes of all tensors.
  let dataByteCount: Int

  /// The most bytes a header may have, as in the reference implementation.
  static let byteLimit = 100_000_000

  /// The most bytes of memory that reading one byte of the header takes, as for a header that lists many empty tensors.
  private static let workingSize = 10

  /// The header's length from the file's first eight bytes.
  static func length(
    prefix: [UInt8], fileByteCount: Int, budget: inout MemoryBudget, source: String
  ) throws(FormatError) -> Int {
    if prefix.count < 8 {
      throw FormatError(
        .unrecognized, source: source,
        reason: "not a safetensors file: expected at least 8 bytes, got \(prefix.count)")
    }
    let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if prefix.allSatisfy({ (0x20...0x7E).contains($0) || (0x09...0x0D).contains($0) }) {
      let beginning = String(decoding: prefix, as: UTF8.self)
      throw FormatError(
        .unrecognized, source: source, reason: "not a safetensors file: it begins with the text \(shown(beginning))")
    }
    if length > UInt64(byteLimit) {
      throw FormatError(
        .unrecognized, source: source,
        reason: "not a safetensors file: the header would have \(length) bytes, more than \(byteLimit)")
    }
    if length > UInt64(fileByteCount - 8) {
      throw FormatError(
        .damaged, source: source,
        reason: "truncated: expected a header of \(length) bytes, got \(fileByteCount) in the whole file")
    }
    try budget.take(Self.workingSize * Int(length))
    return Int(length)
  }

  /// Reads and checks the header; `dataByteCount` is the number of bytes that the file holds after it.
  init(json: [UInt8], dataByteCount: Int, source: String) throws(FormatError) {
    if json.first != UInt8(ascii: "{") {
      throw FormatError(
        .unrecognized, source: source, reason: "not a safetensors file: its header does not begin with {")
    }
    var fields: [(name: String, fields: Fields)] = []
    var metadata: Safetensors.Metadata?
    do throws(JSONScanner.Failure) {
      var scanner = JSONScanner(json)
      try scanner.object { (name, scanner) throws(JSONScanner.Failure) in
        if name == "__metadata__" {
          if metadata != nil { throw scanner.duplicate(name) }
          metadata = try Self.metadata(&scanner)
        } else {
          fields.append((name, try Fields(&scanner)))
        }
      }
      try scanner.end()
    } catch {
      throw FormatError(
        .damaged, source: source, at: .byte(8 + error.offset),
        reason: "the safetensors header is broken: \(error.message)")
    }

    var names: Set<ExactName> = []
    var entries: [Entry] = []
    for (name, fields) in fields {
      func refuse(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
        FormatError(kind, source: source, at: .tensor(name), reason: reason)
      }
      if !names.insert(ExactName(name)).inserted { throw refuse(.damaged, "the name occurs twice") }
      entries.append(try fields.entry(name: name, refuse: refuse))
    }
    // An empty tensor begins where another does; ordered by the end too, it comes before the one that has bytes.
    entries.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var end = 0
    for entry in entries {
      if entry.range.lowerBound != end {
        throw FormatError(
          .damaged, source: source, at: .tensor(entry.name),
          reason:
            "it begins at byte \(entry.range.lowerBound) of the data; expected \(end), where the one before it ends")
      }
      end = entry.range.upperBound
    }
    if end != dataByteCount {
      throw FormatError(
        .damaged, source: source,
        reason: end > dataByteCount
          ? "truncated: expected \(end) bytes of tensors, got \(dataByteCount)"
          : "\(dataByteCount - end) bytes at the end belong to no tensor")
    }
    self.entries = entries
    self.metadata = metadata ?? [:]
    self.dataByteCount = dataByteCount
  }

  private static func metadata(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> Safetensors.Metadata {
    var result = Safetensors.Metadata()
    try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
      let value = try scanner.string()
      if result[key] != nil { throw scanner.duplicate(key) }
      result[key] = value
    }
    return result
  }
}

/// A tensor's description as the header has it, not yet checked.
private struct Fields {
  var type: String?
  var shape: [Int]?
  var offsets: [Int]?

  init(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
    var fields = (type: String?.none, shape: [Int]?.none, offsets: [Int]?.none)
    try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
      switch key {
      case "dtype":
        if fields.type != nil { throw scanner.duplicate(key) }
        fields.type = try scanner.string()
      case "shape":
        if fields.shape != nil { throw scanner.duplicate(key) }
        fields.shape = try scanner.naturals()
      case "data_offsets":
        if fields.offsets != nil { throw scanner.duplicate(key) }
        fields.offsets = try scanner.naturals()
      default:
        // Ignored as in the reference implementation: what a later version adds is not an error.
        try scanner.skipValue()
      }
    }
    (type, shape, offsets) = fields
  }

  func entry(
    name: String, refuse: (FormatError.Kind, String) -> FormatError
  ) throws(FormatError) -> SafetensorsHeader.Entry {
    guard let type, let shape, let offsets else {
      throw refuse(.damaged, "dtype, shape or data_offsets is missing")
    }
    guard let scalarType = ScalarType(safetensorsName: type) else {
      let supported = ScalarType.allCases.map(\.safetensorsName).joined(separator: ", ")
      throw refuse(.unsupported, "expected one of the types \(supported), got \(shortened(type))")
    }
    let stated = try StatedShape(shape, elementSize: scalarType.size, refuse: refuse)
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw refuse(.damaged, "expected a start and an end as data_offsets, got \(offsets)")
    }
    if offsets[1] - offsets[0] != stated.byteCount {
      throw refuse(
        .damaged,
        "expected \(stated.byteCount) bytes for \(type) of shape \(shape), got \(offsets[1] - offsets[0]) in its "
          + "data_offsets \(offsets)")
    }
    return SafetensorsHeader.Entry(
      name: name, scalarType: scalarType, shape: stated.shape, range: offsets[0]..<offsets[1])
  }
}

extension JSONScanner {
  /// The error for a key that was there before.
  func duplicate(_ key: String) -> Failure {
    Failure(offset: offset, message: "the key \(shown(key)) occurs twice")
  }

  /// An array of integers; throws if there are more than an error should list.
  fileprivate mutating func naturals() throws(Failure) -> [Int] {
    let limit = 64
    var values: [Int] = []
    try array { (scanner) throws(Failure) in
      if values.count == limit {
        throw Failure(offset: scanner.offset, message: "expected at most \(limit) integers, got more")
      }
      values.append(try scanner.natural())
    }
    return values
  }
}

extension ScalarType {
  /// The type's name in safetensors.
  var safetensorsName: String {
    switch self {
    case .float32: "F32"
    case .float64: "F64"
    case .int32: "I32"
    case .int64: "I64"
    case .uint8: "U8"
    case .bool: "BOOL"
    case .float16: "F16"
    case .bfloat16: "BF16"
    }
  }

  init?(safetensorsName name: String) {
    guard let type = ScalarType.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
    self = type
  }
}
