import Foundation
import MartletCore
import MartletFormats
import MartletText
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  private func read(_ path: String) -> String? {
    try? String(contentsOfFile: path, encoding: .utf8)
  }

  @Test func `replaces a file and leaves nothing beside`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("f")
    try AtomicFile.write("one", to: path)
    try AtomicFile.write("two", to: path)
    #expect(read(path) == "two")
    #expect(directory.contents == ["f"])
  }

  @Test func `a failure leaves the old file`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("f")
    try AtomicFile.write("old", to: path)
    let failure = FormatError(.unwritable, source: "test", reason: "half way")
    #expect(throws: failure) {
      try AtomicFile.write(to: path) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
        try writer.write(Array("new".utf8))
        throw failure
      }
    }
    #expect(read(path) == "old")
    #expect(directory.contents == ["f"])
  }

  @Test func `names the path and the system's reason`() throws {
    let directory = TemporaryDirectory()
    do throws(FormatError) {
      try AtomicFile.write("x", to: directory.file("missing/f"))
      Issue.record("it was written")
    } catch {
      #expect(error.kind == .unwritable)
      #expect(error.source == directory.file("missing/f"))
      #expect(error.reason.contains("No such file or directory"))
    }
    do throws(FormatError) {
      try AtomicFile.write("x", to: directory.path)
      Issue.record("it was written")
    } catch {
      #expect(error.reason.contains("expected a file, got a directory"))
    }
    #expect(throws: FormatError.self) { try AtomicFile.write("x", to: "/dev/null") }
    #expect(throws: FormatError.self) { try AtomicFile.write("x", to: "") }
  }

  @Test func `follows links and keeps permissions`() throws {
    let directory = TemporaryDirectory()
    let (path, link) = (directory.file("f"), directory.file("link"))
    try AtomicFile.write("old", to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    try AtomicFile.write("new", to: link)
    #expect(read(path) == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
  }

  @Test func `reading says what is wrong`() throws {
    let directory = TemporaryDirectory()
    do throws(FormatError) {
      _ = try Safetensors.read(from: directory.file("none"))
      Issue.record("it was read")
    } catch {
      #expect(error.kind == .missing)
      #expect(error.description == "\(directory.file("none")): cannot open it: No such file or directory")
    }
    #expect(
      throws: FormatError(
        .unreadable, source: directory.path, reason: "cannot read it: expected a regular file, got a directory")
    ) {
      try Safetensors.read(from: directory.path)
    }
    #expect(throws: FormatError.self) { try Safetensors.read(from: "/dev/null") }
  }

  @Test func `every truncated file throws`() throws {
    let directory = TemporaryDirectory()
    let bytes = try Safetensors.bytes(of: SafetensorsTests.sample)
    for count in stride(from: 0, to: bytes.count, by: 7) {
      let path = directory.file("\(count)")
      try Data(bytes[..<count]).write(to: URL(fileURLWithPath: path))
      #expect(throws: FormatError.self) { try Safetensors.read(from: path) }
    }
  }
}
