import MartletFormats
import MartletText

// How fitted steps are written in a model's file: JSON, which any program can read and which runs nothing.
extension Preprocessor {
  /// The fitted steps as JSON, from which `init(json:)` makes the same preprocessor.
  public var json: String { "{\"columns\":[\(columns.map(\.json).joined(separator: ","))]}" }

  /// Reads what `json` wrote, also in an earlier version; throws when it is anything else.
  public init(json: String) throws(TableError) {
    var columns: [FittedColumn] = []
    do throws(JSONScanner.Failure) {
      var scanner = JSONScanner(Array(json.utf8))
      try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
        if key != "columns" { return try scanner.skipValue() }
        try scanner.array { (scanner) throws(JSONScanner.Failure) in columns.append(try FittedColumn(&scanner)) }
      }
      try scanner.end()
    } catch {
      throw .invalid("expected a preprocessor's JSON, got at byte \(error.offset): \(error.message)")
    }
    if columns.isEmpty { throw .invalid("expected a preprocessor's JSON, got one without columns") }
    self.init(columns)
    for column in columns { try column.check() }
  }
}

extension Table.Value {
  fileprivate var json: String {
    switch self {
    // JSON has no infinite numbers, which a range to clip to may end with.
    case .number(let number): number.isFinite ? "\(number)" : "\"\(number)\""
    case .text(let text): jsonString(text)
    case .missing: "null"
    }
  }
}

extension FittedStep {
  /// The name and the arguments, the same as in `init(_:_:)`.
  fileprivate var json: String {
    func text(_ name: String, _ numbers: [Double]) -> String {
      "{\"\(name)\":[\(numbers.map { Table.Value.number($0).json }.joined(separator: ","))]}"
    }
    return switch self {
    case .fill(let value): "{\"fill\":[\(value.json)]}"
    case .indicate: "{\"indicate\":[]}"
    case .clip(let low, let high): text("clip", [low, high])
    case .log1p: "{\"log1p\":[]}"
    case .affine(let center, let scale): text("affine", [center, scale])
    case .bucket(let edges): text("bucket", edges)
    case .encode(let categories, let unknown):
      "{\"\(unknown == .refused ? "encode" : "encodeKnown")\":[\(categories.map(\.json).joined(separator: ","))]}"
    case .expand(let count, let first): text("expand", [Double(count), Double(first)])
    }
  }

  /// Reads a step by its name; nil when there is none of that name with so many arguments.
  fileprivate init?(_ name: String, _ values: [Table.Value]) {
    let numbers = values.compactMap { value -> Double? in
      switch value {
      case .number(let number): number
      case .text("inf"): Double.infinity
      case .text("-inf"): -Double.infinity
      default: nil
      }
    }
    switch (name, numbers.count) {
    case ("fill", _) where values.count == 1: self = .fill(values[0])
    case ("indicate", 0) where values.isEmpty: self = .indicate
    case ("clip", 2) where numbers[0] <= numbers[1]: self = .clip(numbers[0], numbers[1])
    case ("log1p", 0) where values.isEmpty: self = .log1p
    case ("affine", 2) where numbers[0].isFinite && numbers[1].isFinite && numbers[1] != 0:
      self = .affine(center: numbers[0], scale: numbers[1])
    case ("bucket", values.count) where zip(numbers, numbers.dropFirst()).allSatisfy(<): self = .bucket(numbers)
    case ("encode", _) where !values.isEmpty: self = .encode(values, .refused)
    case ("encodeKnown", _) where !values.isEmpty: self = .encode(values, .ignored)
    case ("expand", 2):
      guard let count = Int(exactly: numbers[0]), let first = Int(exactly: numbers[1]), 0...1 ~= first, first <= count
      else { return nil }
      self = .expand(count: count, first: first)
    default: return nil
    }
  }
}

extension FittedColumn {
  fileprivate var json: String {
    "{\"name\":\(jsonString(name)),\"type\":\"\(isText ? "text" : "number")\","
      + "\"steps\":[\(steps.map(\.json).joined(separator: ","))]}"
  }

  fileprivate init(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
    var name: String?
    var type = ""
    var steps: [FittedStep] = []
    try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
      switch key {
      case "name": name = try scanner.string()
      case "type": type = try scanner.string()
      case "steps":
        try scanner.array { (scanner) throws(JSONScanner.Failure) in
          try scanner.object { (step, scanner) throws(JSONScanner.Failure) in
            var values: [Table.Value] = []
            try scanner.array { (scanner) throws(JSONScanner.Failure) in
              values.append(scanner.isAtString() ? .text(try scanner.string()) : .number(try scanner.number()))
            }
            guard let fitted = FittedStep(step, values) else {
              throw scanner.failure(
                "unknown step \(shown(step)) with \(values.count) values; a later version may know it")
            }
            steps.append(fitted)
          }
        }
      default: try scanner.skipValue()
      }
    }
    guard let name, type == "text" || type == "number" else {
      throw scanner.failure("a column has a name, and text or number as its type")
    }
    self.init(name: name, isText: type == "text", steps: steps)
  }

  /// Throws when the steps do not go together: when one wants numbers and gets texts, or features stand for what is not
  /// numbered.
  fileprivate func check() throws(TableError) {
    var isText = isText
    var codes: Int?
    for (index, step) in steps.enumerated() {
      var fits = true
      switch step {
      case .fill(.number): fits = !isText
      case .fill(.text): fits = isText
      case .fill(.missing): fits = false
      case .indicate: break
      case .encode(let categories, _):
        fits = categories.allSatisfy { if case .text = $0 { isText } else { !isText } }
        (isText, codes) = (false, categories.count)
      case .bucket(let edges): (fits, codes) = (!isText, edges.count + 1)
      case .expand(let count, _): fits = codes == count && index == steps.count - 1
      case .clip, .affine, .log1p: fits = !isText
      }
      if !fits {
        throw .invalid("column \(shown(name)): expected steps that go together, got \(step) as step \(index + 1)")
      }
    }
    if isText { throw .invalid("column \(shown(name)): expected steps that make numbers of texts, got none") }
  }
}
