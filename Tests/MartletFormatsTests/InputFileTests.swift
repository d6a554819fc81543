import Foundation
import MartletFormats
import MartletText
import TestSupport
import Testing

@Suite struct InputFileTests {
  private let directory = TemporaryDirectory()

  /// Reads a file of the bytes 0 ..< 100 whole, and lets `change` happen to it before or after that.
  private func read(before: (String) -> Void = { _ in }, after: (String) -> Void = { _ in }) throws -> [UInt8] {
    directory.write(Array(0..<100), to: "f")
    let path = directory.file("f")
    return try InputFile.read(path) { (file) throws(FormatError) in
      before(path)
      let bytes = try file.bytes(file.byteCount, at: 0)
      after(path)
      return bytes
    }
  }

  private func append(_ path: String) {
    let file = FileHandle(forWritingAtPath: path)!
    file.seekToEndOfFile()
    file.write(Data([1, 2, 3]))
  }

  private func shorten(_ path: String) {
    try! FileHandle(forWritingAtPath: path)!.truncate(atOffset: 60)
  }

  /// As if the same bytes were written in another second.
  private func rewrite(_ path: String) {
    try! FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
  }

  @Test func `a file that stays the same is read`() throws {
    #expect(try read() == Array(0..<100))
  }

  @Test func `a file that changes while it is read throws`() throws {
    for change in [append, shorten, rewrite] {
      for reading in [{ try read(before: change) }, { try read(after: change) }] {
        let error = #expect(throws: FormatError.self) { _ = try reading() }
        #expect(error?.kind == .unreadable)
        #expect(error?.description.contains("while it was being read") == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test func `what a change has damaged is told as a change`() {
    directory.write(Array(0..<100), to: "f")
    let path = directory.file("f")
    let error = #expect(throws: FormatError.self) {
      try InputFile.read(path) { (file) throws(FormatError) in
        shorten(path)
        throw FormatError(.damaged, source: path, reason: "cut short")
      }
    }
    #expect(error?.reason.hasPrefix("expected the 100 bytes of its size, got 60") == true)
  }

  #if os(Linux)
    @Test(arguments: ReadableFormat.allCases)
    func `files whose size the system does not tell are refused`(format: ReadableFormat) {
      let error = #expect(throws: FormatError.self) { try format.read(from: "/proc/self/cmdline") }
      #expect(error?.kind == .unreadable)
      #expect(error?.reason.contains("expected the 0 bytes of its size, got more") == true)
    }
  #endif
}
