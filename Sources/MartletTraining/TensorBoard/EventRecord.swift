/// A record of a TensorBoard file: what was measured, when and at which step, as the bytes of a protocol buffer
/// (tensorflow/core/util/event.proto and framework/summary.proto).
struct EventRecord {
  private(set) var bytes: [UInt8]

  private init(time: Double, step: Int, _ field: Int, _ message: Message) {
    var event = Message()
    event.double(1, time)
    event.integer(2, step)
    event.message(field, message)
    bytes = event.bytes
  }

  /// The first record of a file.
  static func version(time: Double) -> EventRecord {
    var event = Message()
    event.double(1, time)
    event.text(3, "brain.Event:2")
    return EventRecord(event)
  }

  private init(_ event: Message) { bytes = event.bytes }

  /// Says that a program begins anew at a step: records of this and later steps in older files no longer count.
  static func start(time: Double, step: Int) -> EventRecord {
    var log = Message()
    log.integer(1, 1)
    return EventRecord(time: time, step: step, 7, log)
  }

  /// Several numbers of one step.
  static func scalars(_ values: [(name: String, value: Double)], time: Double, step: Int) -> EventRecord {
    summary(
      time, step,
      values.map { name, number in
        var value = Message()
        value.text(1, name)
        value.float(2, Float(number))
        return value
      })
  }

  /// How often numbers lie in each of 30 equal parts of their range, without those that are not finite.
  static func histogram(_ name: String, of numbers: [Double], time: Double, step: Int) -> EventRecord {
    let finite = numbers.filter(\.isFinite)
    let (least, most) = (finite.min() ?? 0, finite.max() ?? 0)
    let parts = most > least && (most - least).isFinite ? 30 : 1
    var counts = [Double](repeating: 0, count: parts)
    for number in finite {
      let place = parts == 1 ? 0 : Int((number - least) / (most - least) * Double(parts))
      counts[min(parts - 1, place)] += 1
    }
    let limits = (1...parts).map { $0 == parts ? most : least + (most - least) * Double($0) / Double(parts) }
    var histogram = Message()
    let squares = finite.reduce(0) { (sum: Double, number: Double) in sum + number * number }
    let moments: [Double] = [least, most, Double(finite.count), finite.reduce(0, +), squares]
    for (field, number) in moments.enumerated() { histogram.double(field + 1, number) }
    histogram.doubles(6, limits)
    histogram.doubles(7, counts)
    var value = Message()
    value.text(1, name)
    value.message(5, histogram)
    return summary(time, step, [value])
  }

  /// A text, in Markdown.
  static func text(_ name: String, _ text: String, time: Double, step: Int) -> EventRecord {
    var (size, shape, tensor) = (Message(), Message(), Message())
    size.integer(1, 1)
    shape.message(2, size)
    tensor.integer(1, 7)  // A tensor of strings.
    tensor.message(2, shape)
    tensor.text(8, text)
    var (plugin, metadata, value) = (Message(), Message(), Message())
    plugin.text(1, "text")
    metadata.message(1, plugin)
    value.text(1, name)
    value.message(8, tensor)
    value.message(9, metadata)
    return summary(time, step, [value])
  }

  /// A picture as the bytes of a PNG file.
  static func picture(
    _ name: String, _ file: [UInt8], width: Int, height: Int, channels: Int, time: Double, step: Int
  ) -> EventRecord {
    var (image, value) = (Message(), Message())
    for (field, number) in [height, width, channels].enumerated() { image.integer(field + 1, number) }
    image.content(4, file)
    value.text(1, name)
    value.message(4, image)
    return summary(time, step, [value])
  }

  private static func summary(_ time: Double, _ step: Int, _ values: [Message]) -> EventRecord {
    var summary = Message()
    for value in values { summary.message(1, value) }
    return EventRecord(time: time, step: step, 5, summary)
  }

  /// The record as it stands in a file of TFRecords: its length, a checksum of that, the bytes, and their checksum.
  var framed: [UInt8] {
    let length = Message.littleEndian(UInt64(bytes.count))
    return length + Message.littleEndian(Self.checksum(length)) + bytes + Message.littleEndian(Self.checksum(bytes))
  }

  /// The cyclic redundancy check CRC-32C (Castagnoli), rotated and shifted as TFRecords have it.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes { sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
    sum = ~sum
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0x82F6_3B78 }
  }

  /// The bytes of a protocol buffer's message. Numbers that are 0 are left out, as in its version 3.
  private struct Message {
    private(set) var bytes: [UInt8] = []

    mutating func integer(_ field: Int, _ value: Int) {
      if value == 0 { return }
      varint(field << 3)
      varint(value)
    }

    mutating func double(_ field: Int, _ value: Double) {
      if value == 0 { return }
      varint(field << 3 | 1)
      bytes += Self.littleEndian(value.bitPattern)
    }

    /// One of several fields of which exactly one is present, so that 0 is not left out.
    mutating func float(_ field: Int, _ value: Float) {
      varint(field << 3 | 5)
      bytes += Self.littleEndian(value.bitPattern)
    }

    mutating func doubles(_ field: Int, _ values: [Double]) {
      run(field, values.flatMap { Self.littleEndian($0.bitPattern) })
    }

    mutating func content(_ field: Int, _ value: [UInt8]) { run(field, value) }

    mutating func text(_ field: Int, _ value: String) { run(field, Array(value.utf8)) }

    mutating func message(_ field: Int, _ value: Message) { run(field, value.bytes) }

    private mutating func run(_ field: Int, _ content: [UInt8]) {
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

    static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
  }
}
