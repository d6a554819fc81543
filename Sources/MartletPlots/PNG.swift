import CZlib

/// Pictures in the format PNG (ISO/IEC 15948), eight bits for each channel.
package enum PNG {
  /// The file of a picture.
  ///
  /// - Parameters:
  ///   - bytes: The pixels, row by row.
  ///   - channels: How many bytes a pixel has: 1 for brightness, 3 for red, green and blue, 4 for these and opacity.
  package static func file(_ bytes: [UInt8], width: Int, height: Int, channels: Int) -> [UInt8] {
    let colorTypes: [Int: UInt8] = [1: 0, 3: 2, 4: 6]
    guard let type = colorTypes[channels], width > 0, height > 0, bytes.count == width * height * channels else {
      fatalError("PNG: expected \(width) × \(height) pixels of \(channels) bytes, got \(bytes.count) bytes")
    }
    var rows: [UInt8] = []
    rows.reserveCapacity(bytes.count + height)
    for row in 0..<height {
      rows.append(0)  // The row stands as it is, not as differences from its neighbours.
      rows += bytes[row * width * channels..<(row + 1) * width * channels]
    }
    let header = bigEndian(width) + bigEndian(height) + [8, type, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
      + chunk("IDAT", compressed(rows)) + chunk("IEND", [])
  }

  /// The width, the height and the number of channels that a file states; nil where it is none of this format.
  package static func header(of file: [UInt8]) -> (width: Int, height: Int, channels: Int)? {
    guard file.count >= 33, file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else { return nil }
    func number(_ place: Int) -> Int { file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    // The numbers of a palette stand for red, green and blue.
    let channels: [UInt8: Int] = [0: 1, 2: 3, 3: 3, 4: 2, 6: 4]
    return channels[file[25]].map { (number(16), number(20), $0) }
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    let sum = body.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
    return bigEndian(content.count) + body + bigEndian(Int(sum))
  }

  private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(uLong(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(count))
    let status = result.withUnsafeMutableBufferPointer { result in
      bytes.withUnsafeBufferPointer { bytes in
        compress2(result.baseAddress, &count, bytes.baseAddress, uLong(bytes.count), Z_DEFAULT_COMPRESSION)
      }
    }
    // There is room for the worst case, so only memory can be missing.
    if status != Z_OK { fatalError("PNG: zlib does not compress \(bytes.count) bytes (error \(status))") }
    return Array(result[..<Int(count)])
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}
