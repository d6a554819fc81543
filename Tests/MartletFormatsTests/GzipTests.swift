import MartletFormats
import MartletText
import TestSupport
import Testing

@Suite struct GzipTests {
  private let text = Array("the quick brown fox jumps over the lazy dog, the quick brown fox".utf8)

  private func problem(_ bytes: [UInt8], limit: Int = 1 << 20) -> FormatError? {
    do throws(FormatError) {
      _ = try Gzip.decompress(bytes, source: "test", limit: limit)
      return nil
    } catch {
      #expect(error.source == "test")
      return error
    }
  }

  @Test func decompresses() throws {
    #expect(try Gzip.decompress(gzip(text), source: "test") == text)
    #expect(try Gzip.decompress(gzip([]), source: "test") == [])
    let long = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    #expect(try Gzip.decompress(gzip(long), source: "test") == long)
  }

  @Test func `decompresses several members and padding`() throws {
    #expect(try Gzip.decompress(gzip(text) + gzip([1]) + gzip([]) + gzip(text), source: "test") == text + [1] + text)
    #expect(try Gzip.decompress(gzip(text) + [0, 0, 0], source: "test") == text)
    #expect(problem(gzip(text) + [0, 1])?.kind == .damaged)
    #expect(problem(gzip(text) + [1])?.kind == .damaged)
  }

  @Test func `every truncation throws`() {
    let compressed = gzip(text)
    for count in compressed.indices {
      #expect(problem(Array(compressed[..<count]))?.kind == .damaged, "\(count) bytes")
      if count > 0 { #expect(problem(compressed + compressed[..<count])?.kind == .damaged, "\(count) bytes more") }
    }
  }

  @Test func `every bit flip gives the same or throws`() throws {
    let compressed = gzip(text)
    for bit in 0..<compressed.count * 8 {
      var flipped = compressed
      flipped[bit / 8] ^= 1 << (bit % 8)
      // Time stamp, system and compression level in the head are not checked by anything.
      if let bytes = try? Gzip.decompress(flipped, source: "test") { #expect(bytes == text, "bit \(bit)") }
    }
  }

  @Test func `growth is bounded`() throws {
    let bomb = gzip([UInt8](repeating: 0, count: 3_000_000))
    #expect(bomb.count < 4000)
    #expect(problem(bomb)?.kind == .tooLarge)
    #expect(problem(bomb)?.reason.hasPrefix("expected it to decompress to at most 1048576 bytes, got more") == true)
    #expect(problem(bomb, limit: 3_000_000) == nil)
    #expect(problem(bomb, limit: 2_999_999) != nil)
  }
}
