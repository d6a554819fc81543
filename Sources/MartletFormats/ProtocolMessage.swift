/// The bytes of a protocol buffer's message (protobuf.dev, "Encoding"), which is written field by field.
package struct ProtocolMessage {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// Numbers that are 0 are left out, since that is what readers take a missing one for.
  package mutating func integer(_ field: Int, _ value: Int) {
    if value == 0 { return }
    varint(field << 3)
    varint(value)
  }

  /// A repeated field, packed; zeros are part of it.
  package mutating func integers(_ field: Int, _ values: [Int]) {
    var content = ProtocolMessage()
    for value in values { content.varint(value) }
    run(field, content.bytes)
  }

  package mutating func double(_ field: Int, _ value: Double) {
    if value == 0 { return }
    varint(field << 3 | 1)
    bytes += littleEndian(value.bitPattern)
  }

  /// One of several fields of which exactly one is present, so that 0 is not left out.
  package mutating func float(_ field: Int, _ value: Float) {
    varint(field << 3 | 5)
    bytes += littleEndian(value.bitPattern)
  }

  package mutating func doubles(_ field: Int, _ values: [Double]) {
    run(field, values.flatMap { littleEndian($0.bitPattern) })
  }

  package mutating func text(_ field: Int, _ value: String) { run(field, value.utf8) }

  package mutating func message(_ field: Int, _ value: ProtocolMessage) { run(field, value.bytes) }

  /// Bytes as they are, such as a tensor's elements.
  package mutating func data(_ field: Int, _ value: some Collection<UInt8>) { run(field, value) }

  private mutating func run(_ field: Int, _ content: some Collection<UInt8>) {
    varint(field << 3 | 2)
    varint(content.count)
    bytes += content
  }

  private mutating func varint(_ value: Int) {
    var rest = UInt64(bitPattern: Int64(value))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// A number's bytes, the lowest first.
package func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
