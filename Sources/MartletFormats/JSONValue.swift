import MartletText

/// Any JSON: what values with properties are encoded as and decoded from (``encoding(_:)``, ``decode(_:source:)``).
///
/// Numbers stay as they are written, so that whole numbers of 64 bits are exact. The members of an object keep their order.
package indirect enum JSONValue: Sendable, Equatable {
  case null
  case truth(Bool)
  case number(String)
  case text(String)
  case list([JSONValue])
  case object([Member])

  /// A member of an object.
  package struct Member: Sendable, Equatable {
    package var key: String
    package var value: JSONValue

    package init(_ key: String, _ value: JSONValue) { (self.key, self.value) = (key, value) }
  }

  /// An object of members; those without a value are left out.
  package static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(members.compactMap { key, value in value.map { Member(key, $0) } })
  }

  /// A number, as a text where it is not finite: JSON has none such. With an exponent it has a point, which YAML wants.
  package static func number(_ value: Double) -> JSONValue {
    if let whole = Int(exactly: value), whole != 0 || value.sign == .plus { return .number(whole) }
    let text = "\(value)"
    if !value.isFinite { return .text(text) }
    return .number(text.contains(".") ? text : text.replacing("e", with: ".0e"))
  }

  /// A whole number.
  package static func number(_ value: Int) -> JSONValue { .number(String(value)) }

  /// The value of a member; nil where there is none, and of anything but an object.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { ExactName($0.key) == ExactName(key) }?.value
  }

  /// The text; nil of anything else.
  package var string: String? { if case .text(let text) = self { text } else { nil } }

  /// What it is, for errors: `an object`.
  package var kind: String {
    switch self {
    case .null: "null"
    case .truth: "a truth value"
    case .number: "a number"
    case .text: "a text"
    case .list: "a list"
    case .object: "an object"
    }
  }

  // MARK: Text

  /// Reads JSON strictly: no key twice, nothing after the end, no more than 32 levels; `source` names it in errors.
  package init(_ text: String, source: String) throws(FormatError) {
    do throws(JSONScanner.Failure) {
      var scanner = JSONScanner(Array(text.utf8))
      self = try scanner.value(depth: 0)
      try scanner.end()
    } catch {
      throw FormatError(.damaged, source: source, at: .byte(error.offset), reason: error.message)
    }
  }

  /// The JSON in lines, each level two spaces further in; lists of numbers are on one line.
  package var text: String { written(indent: "") + "\n" }

  /// The JSON on one line.
  package var line: String {
    switch self {
    case .list(let elements): "[\(elements.map(\.line).joined(separator: ","))]"
    case .object(let members): "{\(members.map { "\(jsonString($0.key)):\($0.value.line)" }.joined(separator: ","))}"
    default: written(indent: "")
    }
  }

  private var isScalar: Bool {
    switch self {
    case .list, .object: false
    default: true
    }
  }

  private func written(indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .null: return "null"
    case .truth(let truth): return truth ? "true" : "false"
    case .number(let number): return number
    case .text(let text): return jsonString(text)
    case .list(let elements):
      if elements.allSatisfy({ $0.isScalar && $0.string == nil }) {
        return "[\(elements.map { $0.written(indent: "") }.joined(separator: ", "))]"
      }
      return "[\n" + elements.map { inner + $0.written(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let lines = members.map { "\(inner)\(jsonString($0.key)): \($0.value.written(indent: inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    }
  }
}

extension JSONScanner {
  /// Reads any value.
  fileprivate mutating func value(depth: Int) throws(Failure) -> JSONValue {
    if depth > Self.depthLimit { throw failure("values are nested too deeply") }
    switch nextCharacter() {
    case "{":
      var members: [JSONValue.Member] = []
      var keys: Set<ExactName> = []
      try object { (key, scanner) throws(Failure) in
        if !keys.insert(ExactName(key)).inserted { throw scanner.duplicate(key) }
        members.append(JSONValue.Member(key, try scanner.value(depth: depth + 1)))
      }
      return .object(members)
    case "[":
      var elements: [JSONValue] = []
      try array { (scanner) throws(Failure) in elements.append(try scanner.value(depth: depth + 1)) }
      return .list(elements)
    case "\"": return .text(try string())
    case "t", "f": return .truth(try truth())
    case "n":
      try null()
      return .null
    default: return .number(try numberText())
    }
  }
}
