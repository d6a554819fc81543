import Martlet

/// A file gives what its bytes give, and the tensor written down as the format says gives the file's own bytes.
func checkIDX(_ bytes: [UInt8]) {
  let read = Outcome { () throws(FormatError) in try IDX.read(bytes: bytes, source: "bytes") }
  if bytes.starts(with: gzipMagic) { return checkCompressedIDX(bytes) }
  let path = memoryFile(bytes)
  let fromFile = Outcome { () throws(FormatError) in try IDX.read(from: path) }
  promise(read.agrees(with: fromFile) { $0.hasSameBits(as: $1) }, "idx: a file gives something else than its bytes")
  if let tensor = read.value {
    promise(encode(tensor, type: bytes[2]) == bytes, "idx: the tensor is not what the file says")
  }
}

/// A compressed file is read or refused, and any bytes give the same compressed as they do plain.
func checkCompressedIDX(_ bytes: [UInt8]) {
  let path = memoryFile(bytes)
  _ = Outcome { () throws(FormatError) in try IDX.read(from: path) }
  let compressed = memoryFile(gzip(bytes))
  let fromCompressed = Outcome { () throws(FormatError) in try IDX.read(from: compressed) }
  let plain = Outcome { () throws(FormatError) in try IDX.read(bytes: bytes, source: "bytes") }
  promise(fromCompressed.agrees(withPlain: plain) { $0.hasSameBits(as: $1) }, "idx.gz: compressed it is something else")
}

/// Numbers in the format's order of bytes, as the type whose code this is.
private func encode(_ tensor: AnyTensor, type: UInt8) -> [UInt8] {
  let wide = tensor.scalarType.size
  // Signed bytes and 16-bit integers have come as Int32, whose last bytes they are.
  let size =
    switch type {
    case 0x09: 1
    case 0x0B: 2
    default: wide
    }
  let elements = tensor.withUnsafeBytes { buffer in
    stride(from: 0, to: buffer.count, by: wide).flatMap { start in buffer[start..<start + size].reversed() }
  }
  let lengths = tensor.shape.flatMap { length in (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } }
  return [0, 0, type, UInt8(tensor.shape.count)] + lengths + elements
}
