import CZlib

/// One gzip member that decompresses to these bytes.
package func gzip(_ bytes: [UInt8]) -> [UInt8] {
  let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  defer { stream.deallocate() }
  stream.initialize(to: z_stream())
  guard
    deflateInit2_(
      stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { fatalError("deflateInit2") }
  defer { deflateEnd(stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count + 1000)
  return input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.pointee.next_in = input.baseAddress
      stream.pointee.avail_in = UInt32(input.count)
      stream.pointee.next_out = output.baseAddress
      stream.pointee.avail_out = UInt32(output.count)
      guard deflate(stream, Z_FINISH) == Z_STREAM_END else { fatalError("deflate") }
      return Array(output[..<(output.count - Int(stream.pointee.avail_out))])
    }
  }
}

/// An IDX file of unsigned bytes.
package func idx(_ shape: [Int], _ elements: [UInt8], type: UInt8 = 0x08) -> [UInt8] {
  let lengths: [UInt8] = shape.flatMap { (length: Int) -> [UInt8] in
    (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
  }
  return [0, 0, type, UInt8(shape.count)] + lengths + elements
}
