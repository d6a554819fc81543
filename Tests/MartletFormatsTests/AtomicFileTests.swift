import Foundation
import MartletCore
import MartletFormats
import MartletPlatform
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

  @Test func `a link to nothing is followed`() throws {
    let directory = TemporaryDirectory()
    let manager = FileManager.default
    try manager.createDirectory(atPath: directory.file("sub"), withIntermediateDirectories: false)
    try manager.createSymbolicLink(atPath: directory.file("sub/second"), withDestinationPath: "../f")
    try manager.createSymbolicLink(atPath: directory.file("first"), withDestinationPath: "sub/second")
    try AtomicFile.write("new", to: directory.file("first"))
    #expect(read(directory.file("f")) == "new")
    #expect(directory.contents == ["f", "first", "sub"])
    #expect(try manager.destinationOfSymbolicLink(atPath: directory.file("first")) == "sub/second")
  }

  @Test func `links that lead in a circle are refused`() throws {
    let directory = TemporaryDirectory()
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: directory.file("a"), withDestinationPath: "b")
    try manager.createSymbolicLink(atPath: directory.file("b"), withDestinationPath: directory.file("a"))
    let error = #expect(throws: FormatError.self) { try AtomicFile.write("x", to: directory.file("a")) }
    #expect(error?.kind == .unwritable)
    #expect(error?.reason.contains("links that lead in a circle") == true)
    #expect(try manager.destinationOfSymbolicLink(atPath: directory.file("a")) == "b")
  }

  @Test func `a file that may not be written to is not replaced`() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("f")
    try AtomicFile.write("old", to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
    await #expect(processExitsWith: .success) { [path = path as String] in
      // The system's administrator may write to every file.
      if geteuid() == 0 && setuid(65534) != 0 { return }
      let error = #expect(throws: FormatError.self) { try AtomicFile.write("new", to: path) }
      #expect(error?.kind == .unwritable)
      #expect(error?.reason.contains("the file that is there may not be written to") == true)
    }
    #expect(read(path) == "old")
    #expect(directory.contents == ["f"])
  }

  // MARK: What killed programs leave

  @Test func `leftovers are removed and files that are being written are not`() throws {
    let directory = TemporaryDirectory()
    for name in [".martlet-abc.tmp", ".martlet-locked.tmp", ".martlet-note", "martlet.tmp"] {
      directory.write([1], to: name)
    }
    try FileManager.default.createSymbolicLink(atPath: directory.file(".martlet-link.tmp"), withDestinationPath: "f")
    let file = open(directory.file(".martlet-locked.tmp"), O_RDWR | O_CLOEXEC)
    #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
    try AtomicFile.write("x", to: directory.file("f"))
    #expect(directory.contents == [".martlet-link.tmp", ".martlet-locked.tmp", ".martlet-note", "f", "martlet.tmp"])
    close(file)
    try AtomicFile.write("x", to: directory.file("f"))
    #expect(directory.contents == [".martlet-link.tmp", ".martlet-note", "f", "martlet.tmp"])
  }

  @Test func `a save within a save leaves it alone`() throws {
    for isNamedFirst in [false, true] {
      let directory = TemporaryDirectory()
      try AtomicFile.write(
        to: directory.file("outer"), isNamedFirst: isNamedFirst
      ) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
        try AtomicFile.write("inner", to: directory.file("inner"))
        #expect(directory.contents.count == (isNamedFirst ? 2 : 1))
        try writer.write(Array("outer".utf8))
      }
      #expect(directory.contents == ["inner", "outer"])
    }
  }

  @Test(arguments: [false, true]) func `a killed save leaves a whole file`(isNamedFirst: Bool) async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("f")
    let byteCount = 1 << 20
    try AtomicFile.write(String(repeating: "0", count: byteCount), to: path)
    for _ in 0..<6 {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, isNamedFirst = isNamedFirst as Bool, byteCount = byteCount as Int] in
        let instant = UInt32.random(in: 1000...50_000)
        Thread.detachNewThread {
          usleep(instant)
          kill(getpid(), SIGKILL)
        }
        for digit in sequence(first: 0, next: { ($0 + 1) % 10 }) {
          let piece = [UInt8](repeating: UInt8(ascii: "0") + UInt8(digit), count: byteCount / 16)
          try AtomicFile.write(to: path, isNamedFirst: isNamedFirst) { (writer) throws(FormatError) in
            for _ in 0..<16 { try writer.write(piece) }
          }
        }
      }
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(bytes.count == byteCount)
      #expect(bytes.allSatisfy { $0 == bytes[0] })
    }
    try AtomicFile.write("new", to: path)
    #expect(directory.contents == ["f"])
  }

  // MARK: Reading

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

  @Test func `a path that looks like that of a file is told apart`() throws {
    let directory = TemporaryDirectory()
    directory.write([1], to: "e\u{301}.csv")
    let error = #expect(throws: FormatError.self) { try CSV.read(from: directory.file("\u{E9}.csv")) }
    #expect(error?.kind == .missing)
    #expect(error?.reason.contains(#"e\u{0301}.csv" differs only in Unicode normalisation"#) == true)
    let other = #expect(throws: FormatError.self) { try CSV.read(from: directory.file("e.csv")) }
    #expect(other?.reason.contains("normalisation") == false)
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
