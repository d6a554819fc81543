/// What a gzip file begins with.
let gzipMagic: [UInt8] = [0x1F, 0x8B]

/// The bytes in one gzip member, stored: of the format, compression is no part, and the fuzzer sees through it.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var file: [UInt8] = gzipMagic + [8, 0, 0, 0, 0, 0, 0, 255]
  let most = 0xFFFF
  for start in stride(from: 0, through: bytes.count, by: most) {
    let block = bytes[start..<min(start + most, bytes.count)]
    let count = UInt16(block.count)
    file.append(start + most > bytes.count ? 1 : 0)
    file += littleEndian(count) + littleEndian(~count) + block
  }
  return file + littleEndian(checksum(bytes)) + littleEndian(UInt32(truncatingIfNeeded: bytes.count))
}

private func littleEndian<I: FixedWidthInteger>(_ number: I) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// CRC-32.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1) * 0xEDB8_8320 } }
}
