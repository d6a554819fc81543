import MartletCore
import MartletFormats
import MartletText
import TestSupport
import Testing

@Suite struct IDXTests {
  private func read<S: TensorScalar>(_ bytes: [UInt8], as: S.Type) throws -> Tensor<S> {
    try Tensor<S>(IDX.read(bytes: bytes, source: "test"))
  }

  private func error(_ bytes: [UInt8]) -> FormatError? {
    do throws(FormatError) {
      _ = try IDX.read(bytes: bytes, source: "test")
      return nil
    } catch {
      #expect([.unrecognized, .damaged, .unsupported].contains(error.kind))
      return error
    }
  }

  private func problem(_ bytes: [UInt8]) -> String? { error(bytes)?.reason }

  @Test func `reads every type`() throws {
    #expect(try read(idx([2, 3], [1, 2, 3, 4, 5, 255]), as: UInt8.self) == Tensor<UInt8>([[1, 2, 3], [4, 5, 255]]))
    #expect(try read(idx([2], [0xFF, 0x7F], type: 0x09), as: Int32.self) == Tensor<Int32>([-1, 127]))
    #expect(try read(idx([2], [0xFF, 0xFE, 1, 2], type: 0x0B), as: Int32.self) == Tensor<Int32>([-2, 258]))
    #expect(try read(idx([1], [0x80, 0, 0, 1], type: 0x0C), as: Int32.self) == Tensor<Int32>([.min + 1]))
    #expect(try read(idx([1], [0xC0, 0x20, 0, 0], type: 0x0D), as: Float.self) == Tensor<Float>([-2.5]))
    #expect(try read(idx([1], [0x3F, 0xF8, 0, 0, 0, 0, 0, 0], type: 0x0E), as: Double.self) == Tensor<Double>([1.5]))
    #expect(try read(idx([], [9]), as: UInt8.self) == Tensor<UInt8>(9))
    #expect(try read(idx([0, 4], []), as: UInt8.self).shape == [0, 4])
  }

  @Test func `every truncation throws`() {
    let bytes = idx([2, 3], [1, 2, 3, 4, 5, 6])
    for count in bytes.indices { #expect(problem(Array(bytes[..<count])) != nil, "\(count) bytes") }
    #expect(problem(bytes + [0])?.contains("bytes at the end that belong to no element") == true)
    #expect(error([1, 0, 8, 0])?.kind == .unrecognized)
    #expect(error(Array(bytes.dropLast()))?.kind == .damaged)
    #expect(error(idx([Int](repeating: 1, count: 9), [0]))?.kind == .unsupported)
  }

  @Test func `every bit flip loads or throws`() {
    let bytes = idx([2, 3], [1, 2, 3, 4, 5, 6])
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      if bit < 16 || (bit >= 32 && bit < 96) {
        #expect(problem(flipped) != nil, "bit \(bit)")
      } else {
        _ = problem(flipped)
      }
    }
  }

  @Test func `refuses shapes that overflow`() {
    let large = 0xFFFF_FFFF
    #expect(problem(idx([large, large, large], []))?.contains("more elements than memory") == true)
    #expect(problem(idx([0, large, large, large], []))?.contains("more elements than memory") == true)
    #expect(problem(idx([large, large], []))?.contains("memory") == true)
    #expect(problem(idx([Int](repeating: 1, count: 9), [0]))?.contains("got 9") == true)
  }

  @Test func `reads compressed files`() throws {
    let directory = TemporaryDirectory()
    directory.write(gzip(idx([2], [3, 4])), to: "a.gz")
    #expect(try Tensor<UInt8>(IDX.read(from: directory.file("a.gz"))) == Tensor<UInt8>([3, 4]))
  }
}
