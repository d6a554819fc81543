import MartletCore
import MartletFormats
import MartletText

/// Data sets to learn and test with.
public enum Datasets {
  /// 1,797 real handwritten digits: `x` `[1797, 64]`, images of 8×8 in row-major order scaled to 0…1, and labels 0…9.
  ///
  /// They are part of the library and need no file. The order is that of scikit-learn's `load_digits`, whose pixels are
  /// 16 times these. Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
  /// Learning Repository, <https://doi.org/10.24432/C50P49>, licence CC BY 4.0.
  ///
  /// ```swift
  /// let (train, test) = try Datasets.digits().split(testFraction: 0.2, seed: 1)
  /// ```
  public static func digits() throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Int32>> {
    let source = "the bundled digits"
    let archive = DigitsArchive.base64.withUTF8Buffer { base64Decoded($0) }
    let text = try Gzip.decompress(archive, source: source)
    let (pixels, labels) = try parse(text, source: source)
    return Dataset(
      paired: Tensor(shape: [labels.count, 64], scalars: pixels), Tensor(labels), count: labels.count)
  }

  /// Reads lines of 64 pixels (0…16) and a label (0…9), separated by commas.
  static func parse(_ text: [UInt8], source: String) throws(FormatError) -> (pixels: [Float], labels: [Int32]) {
    var pixels: [Float] = []
    var labels: [Int32] = []
    var line: [Int32] = []
    var value: Int32?
    for (offset, byte) in text.enumerated() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9") where (value ?? 0) < 100:
        value = (value ?? 0) * 10 + Int32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: ","), UInt8(ascii: "\n"):
        if let number = value { line.append(number) }
        value = nil
        if byte == UInt8(ascii: ",") { continue }
        guard line.count == 65, line.dropLast().allSatisfy({ $0 <= 16 }), line[64] <= 9 else {
          throw FormatError(
            .damaged, source: source, at: .line(labels.count + 1),
            reason: "expected 64 pixels of 0…16 and a label of 0…9")
        }
        pixels += line.dropLast().map { Float($0) / 16 }
        labels.append(line[64])
        line.removeAll(keepingCapacity: true)
      default:
        throw FormatError(
          .damaged, source: source, at: .byte(offset), reason: "it is no part of a number below 1000")
      }
    }
    if value != nil || !line.isEmpty {
      throw FormatError(.damaged, source: source, at: .line(labels.count + 1), reason: "it is cut short")
    }
    return (pixels, labels)
  }
}

/// The bytes of a base64 text (RFC 4648); white space and padding are skipped.
func base64Decoded(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.count / 4 * 3)
  var bits: UInt32 = 0
  var bitCount = 0
  for character in text {
    let value: UInt8
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    default: continue
    }
    bits = bits << 6 | UInt32(value)
    bitCount += 6
    if bitCount >= 8 {
      bitCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
    }
  }
  return bytes
}
