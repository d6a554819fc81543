import MartletText

// Values with properties from JSON, without Foundation.

extension JSONValue {
  /// Reads a value that `encoding(_:)` wrote. Keys that it does not know are passed over: a later version may have added
  /// them. Throws, with the place, where a property is missing or of another kind; `source` names the JSON in errors.
  package func decode<T: Decodable>(_ type: T.Type, source: String) throws(FormatError) -> T {
    do {
      return try ValueDecoder(value: self, codingPath: []).decode(type)
    } catch let error as Mismatch {
      throw FormatError(.damaged, source: source, reason: error.description)
    } catch let error as FormatError {
      throw error
    } catch DecodingError.dataCorrupted(let context) {
      throw FormatError(.damaged, source: source, reason: place(of: context.codingPath) + context.debugDescription)
    } catch {
      throw FormatError(.damaged, source: source, reason: "\(error)")
    }
  }
}

/// What JSON is not, and where.
private struct Mismatch: Error, CustomStringConvertible {
  let path: [any CodingKey]
  let expected: String
  let found: String

  var description: String { place(of: path) + "expected \(expected), got \(found)" }
}

/// The keys to a value before what is said of it; nothing for the whole.
private func place(of path: [any CodingKey]) -> String {
  var place = ""
  for key in path {
    place += key.intValue.map { "[\($0)]" } ?? (place.isEmpty ? key.stringValue : "." + key.stringValue)
  }
  return place.isEmpty ? "" : "\(shortened(place)): "
}

private struct Index: CodingKey {
  let place: Int
  var intValue: Int? { place }
  var stringValue: String { "\(place)" }
  init(_ place: Int) { self.place = place }
  init?(intValue: Int) { place = intValue }
  init?(stringValue: String) { return nil }
}

private struct ValueDecoder: Decoder, SingleValueDecodingContainer {
  let value: JSONValue
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func mismatch(_ expected: String) -> Mismatch { Mismatch(path: codingPath, expected: expected, found: value.kind) }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw mismatch("an object") }
    return KeyedDecodingContainer(Keyed<Key>(members: members, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let elements) = value else { throw mismatch("a list") }
    return Unkeyed(elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }
  func decodeNil() -> Bool { value == .null }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    func cast(_ found: Any?, _ expected: String) throws -> T {
      guard let found = found as? T else { throw mismatch(expected) }
      return found
    }
    switch type {
    case is String.Type: return try cast(value.string, "a text")
    case is Bool.Type:
      if case .truth(let truth) = value { return try cast(truth, "a truth value") }
      throw mismatch("a truth value")
    case is Double.Type: return try cast(double, "a number")
    case is Float.Type: return try cast(double.map { Float($0) }, "a number")
    case let integer as any FixedWidthInteger.Type: return try cast(whole(integer), "a whole number")
    default: return try T(from: self)
    }
  }

  private var double: Double? {
    switch value {
    case .number(let text): Double(text)
    case .text("nan"): .nan
    case .text("inf"): .infinity
    case .text("-inf"): -.infinity
    default: nil
    }
  }

  private func whole<N: FixedWidthInteger>(_ type: N.Type) -> N? {
    if case .number(let text) = value { N(text) } else { nil }
  }

  struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [JSONValue.Member]
    let codingPath: [any CodingKey]
    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

    private func found(_ key: any CodingKey) -> JSONValue? {
      members.first { ExactName($0.key) == ExactName(key.stringValue) }?.value
    }

    private func at(_ key: any CodingKey) throws -> ValueDecoder {
      guard let value = found(key) else {
        throw Mismatch(path: codingPath, expected: "a member \(shown(key.stringValue))", found: "none")
      }
      return ValueDecoder(value: value, codingPath: codingPath + [key])
    }

    func contains(_ key: Key) -> Bool { found(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try at(key).decodeNil() }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try at(key).decode(type) }
    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try at(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      try at(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { ValueDecoder(value: .object(members), codingPath: codingPath) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try at(key) }
  }

  struct Unkeyed: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let codingPath: [any CodingKey]
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }
    private(set) var currentIndex = 0

    init(elements: [JSONValue], codingPath: [any CodingKey]) {
      (self.elements, self.codingPath) = (elements, codingPath)
    }

    private mutating func next() throws -> ValueDecoder {
      if isAtEnd {
        throw Mismatch(path: codingPath, expected: "more than \(elements.count) elements", found: "no more")
      }
      defer { currentIndex += 1 }
      return ValueDecoder(value: elements[currentIndex], codingPath: codingPath + [Index(currentIndex)])
    }

    mutating func decodeNil() throws -> Bool {
      if isAtEnd || elements[currentIndex] != .null { return false }
      currentIndex += 1
      return true
    }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }
    mutating func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
  }
}
