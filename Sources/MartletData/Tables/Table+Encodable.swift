import MartletText

extension Table {
  /// Makes a table of values with named properties: a column for each property, a row for each value.
  ///
  /// ```swift
  /// struct Passenger: Encodable { var age: Double?; var sex: String; var alone: Bool }
  /// let table = try Table(encoding: passengers)
  /// ```
  /// Numbers, `Bool`s (as 0 and 1), texts, what is encoded as one of them, and optionals of these become values; the
  /// properties of a struct within have names such as `home.city`. Throws on anything else, such as an array, and when a
  /// property is a number in one row and a text in another.
  public init(encoding rows: [some Encodable]) throws(TableError) {
    var columns: [String] = []
    var values: [ExactName: [Value]] = [:]
    for (index, row) in rows.enumerated() {
      let encoder = RowEncoder()
      do {
        try row.encode(to: encoder)
      } catch {
        throw error as? TableError ?? .invalid("row \(index): \(error)")
      }
      for (name, value) in encoder.row.values {
        let key = ExactName(name)
        if values[key] == nil {
          columns.append(name)
          values[key] = []
          values[key]!.reserveCapacity(rows.count)
        }
        values[key]! += Array(repeating: .missing, count: index - values[key]!.count) + [value]
      }
    }
    self.init(rowCount: rows.count)
    for name in columns {
      let known = values[ExactName(name)]!
      try append(name, Column(known + Array(repeating: .missing, count: rows.count - known.count), name: name))
    }
  }
}

/// The values of one row, by name.
private final class EncodedRow {
  var values: [(name: String, value: Table.Value)] = []
}

/// Records the values that an `Encodable` has under its keys.
private struct RowEncoder: Encoder {
  let row: EncodedRow
  let codingPath: [any CodingKey]
  let userInfo: [CodingUserInfoKey: Any] = [:]

  init() { self.init(EncodedRow(), []) }

  init(_ row: EncodedRow, _ path: [any CodingKey]) {
    self.row = row
    codingPath = path
  }

  func record(_ value: Table.Value) throws(TableError) {
    if codingPath.isEmpty { throw .invalid("expected rows with named values, such as a struct's, got \(value)") }
    row.values.append((codingPath.map(\.stringValue).joined(separator: "."), value))
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(Keys<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer { RefusedValues(encoder: self) }

  func singleValueContainer() -> any SingleValueEncodingContainer { One(encoder: self) }

  struct One: SingleValueEncodingContainer {
    let encoder: RowEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() throws { try encoder.record(.missing) }

    func encode<T: Encodable>(_ value: T) throws {
      switch value {
      case let text as String: try encoder.record(.text(text))
      case let truth as Bool: try encoder.record(.number(truth ? 1 : 0))
      case let number as any BinaryInteger: try encoder.record(.number(Double(number)))
      case let number as Float: try encoder.record(.number(Double(number)))
      case let number as Double: try encoder.record(.number(number))
      default: try value.encode(to: encoder)
      }
    }
  }

  struct Keys<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: RowEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func at(_ key: any CodingKey) -> RowEncoder { RowEncoder(encoder.row, encoder.codingPath + [key]) }

    func encodeNil(forKey key: Key) throws { try at(key).record(.missing) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try One(encoder: at(key)).encode(value) }

    private func optional(_ value: (some Encodable)?, _ key: Key) throws {
      if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }
    // Without these, an absent value would leave no trace of its column.
    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try optional(value, key) }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { at(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { at(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder { at(key) }
  }
}

/// A list within a row, which no column can hold.
private struct RefusedValues: UnkeyedEncodingContainer {
  let encoder: RowEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }
  let count = 0

  private func refuse() throws {
    let path = codingPath.map(\.stringValue).joined(separator: ".")
    throw TableError.invalid(
      "\(shown(path)): expected a number, a text or values with names, got a list; leave it out of the encoded values")
  }

  func encodeNil() throws { try refuse() }
  func encode<T: Encodable>(_ value: T) throws { try refuse() }
  func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    encoder.container(keyedBy: type)
  }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
  func superEncoder() -> any Encoder { encoder }
}
