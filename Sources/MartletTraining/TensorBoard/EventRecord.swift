import MartletFormats

/// A record of a TensorBoard file: what was measured, when and at which step, as the bytes of a protocol buffer
/// (tensorflow/core/util/event.proto and framework/summary.proto).
struct EventRecord {
  private(set) var bytes: [UInt8]

  private init(time: Double, step: Int, _ field: Int, _ message: ProtocolMessage) {
    var event = ProtocolMessage()
    event.double(1, time)
    event.integer(2, step)
    event.message(field, message)
    bytes = event.bytes
  }

  /// The first record of a file.
  static func version(time: Double) -> EventRecord {
    var event = ProtocolMessage()
    event.double(1, time)
    event.text(3, "brain.Event:2")
    return EventRecord(event)
  }

  private init(_ event: ProtocolMessage) { bytes = event.bytes }

  /// Says that a program begins anew at a step: records of this and later steps in older files no longer count.
  static func start(time: Double, step: Int) -> EventRecord {
    var log = ProtocolMessage()
    log.integer(1, 1)
    return EventRecord(time: time, step: step, 7, log)
  }

  /// Several numbers of one step.
  static func scalars(_ values: [(name: String, value: Double)], time: Double, step: Int) -> EventRecord {
    summary(
      time, step,
      values.map { name, number in
        var value = ProtocolMessage()
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
    var histogram = ProtocolMessage()
    let squares = finite.reduce(0) { (sum: Double, number: Double) in sum + number * number }
    let moments: [Double] = [least, most, Double(finite.count), finite.reduce(0, +), squares]
    for (field, number) in moments.enumerated() { histogram.double(field + 1, number) }
    histogram.doubles(6, limits)
    histogram.doubles(7, counts)
    var value = ProtocolMessage()
    value.text(1, name)
    value.message(5, histogram)
    return summary(time, step, [value])
  }

  /// A text, in Markdown.
  static func text(_ name: String, _ text: String, time: Double, step: Int) -> EventRecord {
    var (size, shape, tensor) = (ProtocolMessage(), ProtocolMessage(), ProtocolMessage())
    size.integer(1, 1)
    shape.message(2, size)
    tensor.integer(1, 7)  // A tensor of strings.
    tensor.message(2, shape)
    tensor.text(8, text)
    var (plugin, metadata, value) = (ProtocolMessage(), ProtocolMessage(), ProtocolMessage())
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
    var (image, value) = (ProtocolMessage(), ProtocolMessage())
    for (field, number) in [height, width, channels].enumerated() { image.integer(field + 1, number) }
    image.data(4, file)
    value.text(1, name)
    value.message(4, image)
    return summary(time, step, [value])
  }

  private static func summary(_ time: Double, _ step: Int, _ values: [ProtocolMessage]) -> EventRecord {
    var summary = ProtocolMessage()
    for value in values { summary.message(1, value) }
    return EventRecord(time: time, step: step, 5, summary)
  }

  /// The record as it stands in a file of TFRecords: its length, a checksum of that, the bytes, and their checksum.
  var framed: [UInt8] {
    let length = littleEndian(UInt64(bytes.count))
    return length + littleEndian(Self.checksum(length)) + bytes + littleEndian(Self.checksum(bytes))
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
}
