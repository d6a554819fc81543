// Values with properties as JSON, without Foundation, which the library does not need otherwise.

extension JSONValue {
  /// The JSON of a value, its properties in their order; those that are nil are left out.
  package static func encoding(_ value: some Encodable) -> JSONValue {
    let node = Node()
    // Nothing that is written here throws; a value's own `encode(to:)` has nothing to refuse either.
    do { try node.write(value, []) } catch { fatalError("JSONValue.encoding: \(error)") }
    return node.value
  }
}

/// A place of the JSON that is being written.
private final class Node {
  private var scalar = JSONValue.null
  private var members: [(key: String, node: Node)]?
  private var elements: [Node]?

  var value: JSONValue {
    if let members { return .object(members.map { JSONValue.Member($0.key, $0.node.value) }) }
    if let elements { return .list(elements.map(\.value)) }
    return scalar
  }

  var count: Int { elements?.count ?? 0 }

  func becomeObject() { if members == nil { members = [] } }
  func becomeList() { if elements == nil { elements = [] } }

  func member(_ key: String) -> Node {
    let node = Node()
    members?.append((key, node))
    return node
  }

  func element() -> Node {
    let node = Node()
    elements?.append(node)
    return node
  }

  func write(_ value: some Encodable, _ path: [any CodingKey]) throws {
    switch value {
    case let text as String: scalar = .text(text)
    case let truth as Bool: scalar = .truth(truth)
    case let number as any BinaryInteger: scalar = .number("\(number)")
    case let number as Double: scalar = .number(number)
    case let number as Float: scalar = .number(Double(number))
    case let texts as [String: String]:
      // A dictionary's own order is another in every run.
      becomeObject()
      for (key, text) in texts.sorted(by: { $0.key < $1.key }) { member(key).scalar = .text(text) }
    default: try value.encode(to: NodeEncoder(node: self, codingPath: path))
    }
  }
}

private struct NodeEncoder: Encoder, SingleValueEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(Keyed<Key>(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeList()
    return Unkeyed(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }
  func encodeNil() {}
  func encode<T: Encodable>(_ value: T) throws { try node.write(value, codingPath) }

  struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: Node
    let codingPath: [any CodingKey]

    private func at(_ key: any CodingKey) -> NodeEncoder {
      NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
    }

    func encodeNil(forKey key: Key) { _ = at(key) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try at(key).encode(value) }
    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { at(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { at(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { NodeEncoder(node: node.member("super"), codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder { at(key) }
  }

  struct Unkeyed: UnkeyedEncodingContainer {
    let node: Node
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    private func next() -> NodeEncoder { NodeEncoder(node: node.element(), codingPath: codingPath) }

    func encodeNil() { _ = next() }
    func encode<T: Encodable>(_ value: T) throws { try next().encode(value) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      next().container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    func superEncoder() -> any Encoder { next() }
  }
}
