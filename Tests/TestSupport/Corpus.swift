import CZlib
import Foundation

/// The small files of `Tests/Fixtures/corpus`, and what can happen to them.
package enum Corpus {
  /// What changed bytes are changed by: a bit that makes the next number or letter, ones that make another kind of
  /// character, and all. `make_corpus.py` has the same.
  package static let masks: [UInt8] = [0x01, 0x10, 0x20, 0x80, 0xFF]

  /// The files of a format, by name.
  package static func files(_ format: String) throws -> [(name: String, bytes: [UInt8])] {
    let folder = URL(fileURLWithPath: Fixture.path("corpus/verdicts", type: "json")).deletingLastPathComponent()
      .appendingPathComponent(format)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
      (name, Array(try Data(contentsOf: folder.appendingPathComponent(name))))
    }
  }

  /// Every beginning of the bytes that is shorter than they are, the shortest first.
  package static func cuts(_ bytes: [UInt8]) -> some Sequence<[UInt8]> {
    bytes.indices.lazy.map { Array(bytes[..<$0]) }
  }

  /// The bytes with one of them changed by `mask`, for each in turn.
  package static func flips(_ bytes: [UInt8], mask: UInt8) -> some Sequence<[UInt8]> {
    bytes.indices.lazy.map { index in
      var flipped = bytes
      flipped[index] ^= mask
      return flipped
    }
  }

  /// The bytes with one bit changed, for each in turn.
  package static func bitFlips(_ bytes: [UInt8]) -> some Sequence<[UInt8]> {
    (0..<8).lazy.flatMap { flips(bytes, mask: 1 << $0) }
  }

  /// Every cut and the bytes with one of them changed by each mask, and the bytes as they are.
  package static func variants(_ bytes: [UInt8]) -> [[UInt8]] {
    [bytes] + cuts(bytes) + masks.flatMap { flips(bytes, mask: $0) }
  }

  /// Two hexadecimal digits of the CRC-32 of the parts after one another.
  package static func digest(_ parts: [[UInt8]]) -> String {
    let sum = parts.reduce(0) { sum, part in crc32(sum, part, UInt32(part.count)) } & 0xFF
    return (sum < 16 ? "0" : "") + String(sum, radix: 16)
  }
}
