import Foundation
import MartletCore
import MartletFormats
import MartletPlatform
import MartletText
import TestSupport
import Testing

@Suite struct MemoryLimitTests {
  private let directory = TemporaryDirectory()

  private func error(_ body: () throws -> Void) -> FormatError? {
    #expect(throws: FormatError.self) { try body() }
  }

  /// A file that claims to be long, and takes a few kilobytes of the disk.
  private func sparse(_ head: [UInt8], byteCount: Int) -> String {
    directory.write(head, to: "sparse")
    try! FileHandle(forWritingAtPath: directory.file("sparse"))!.truncate(atOffset: UInt64(byteCount))
    return directory.file("sparse")
  }

  @Test(arguments: ReadableFormat.allCases) func `every reader keeps to the caller's limit`(
    format: ReadableFormat
  ) throws {
    directory.write(try format.sample(rows: 1000), to: "f")
    let path = directory.file("f")
    try format.read(from: path)
    try format.read(from: path, memoryLimit: 50_000_000)
    for limit in [0, 2000] {
      let error = error { try format.read(from: path, memoryLimit: limit) }
      #expect(error?.kind == .tooLarge)
      #expect(error?.reason.contains("at most \(limit) bytes of memory") == true, "\(error?.reason ?? "")")
      #expect(error?.reason.contains("larger memoryLimit") == true)
    }
    #expect(error { try format.read(from: path, memoryLimit: -1) }?.kind == .invalid)
  }

  @Test func `the whole of what is read counts`() throws {
    directory.write(try ReadableFormat.csv.sample(rows: 400_000), to: "f")
    let path = directory.file("f")
    try ReadableFormat.csv.read(from: path, memoryLimit: 40_000_000)
    #expect(error { try ReadableFormat.csv.read(from: path, memoryLimit: 18_000_000) }?.kind == .tooLarge)
  }

  @Test func `sparse files are refused before their bytes are read`() throws {
    let count = 1 << 40
    let header = Array(#"{"x":{"dtype":"U8","shape":[\#(count)],"data_offsets":[0,\#(count)]}}"#.utf8)
    let safetensors = [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header
    let large = error { _ = try Safetensors.read(from: sparse(safetensors, byteCount: safetensors.count + count)) }
    #expect(large?.kind == .tooLarge)

    let text = Array("{'descr': '|u1', 'fortran_order': False, 'shape': (\(count),), }\n".utf8)
    let npy = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count), 0] + text
    #expect(error { _ = try NPY.read(from: sparse(npy, byteCount: npy.count + count)) }?.kind == .tooLarge)

    let head = idx([1 << 20, 1 << 20], [])
    #expect(error { _ = try IDX.read(from: sparse(head, byteCount: head.count + count)) }?.kind == .tooLarge)

    let csv = error { _ = try CSV.read(from: sparse(Array("a,b\n1,2\n".utf8), byteCount: count)) }
    #expect(csv?.kind == .unrecognized)
    #expect(csv?.description.hasSuffix("byte 8: expected text, got a byte 0") == true)
  }

  @Test func `what decompresses to more than a hundred times its size is read when the caller says so`() throws {
    let count = 17_000_000
    let zeros = [UInt8](repeating: 0, count: count)
    directory.write(gzip([0x61, 0x0A] + [UInt8](repeating: 0x0A, count: count) + [0x31]), to: "csv")
    directory.write(gzip(idx([count], zeros)), to: "idx")
    for read in [{ _ = try CSV.read(from: directory.file("csv")) }, { _ = try IDX.read(from: directory.file("idx")) }] {
      let error = error(read)
      #expect(error?.kind == .tooLarge)
      #expect(error?.reason.contains("read it with a memoryLimit") == true)
    }
    #expect(try IDX.read(from: directory.file("idx"), memoryLimit: 20_000_000).count == count)
  }

  // Elsewhere the limit is called otherwise, or not kept to.
  #if canImport(Glibc)
    @Test(arguments: [false, true]) func `what the system refuses is an error`(isTransposed: Bool) async {
      let count = 1 << 33
      let text =
        "{'descr': '|b1', 'fortran_order': \(isTransposed ? "True" : "False"), 'shape': (2, \(count / 2)), }\n"
      let npy = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
      let path = sparse(npy, byteCount: npy.count + count)
      await #expect(processExitsWith: .success) { [path = path as String] in
        var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        let error = #expect(throws: FormatError.self) { try NPY.read(from: path, memoryLimit: 1 << 50) }
        #expect(error?.kind == .tooLarge)
        #expect(error?.reason.contains("expected the system to give") == true)
      }
    }

    @Test func `what the system says it gives, it gives`() async {
      await #expect(processExitsWith: .success) {
        var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        var given = 0
        // Just above a size of the pool's blocks and elsewhere; nothing is written there.
        for byteCount in stride(from: (1 << 30) + 1, through: 4 << 30, by: 1 << 26) {
          if !BufferPool.isAvailable(byteCount) { continue }
          given += 1
          #expect(AnyTensor(scalarType: .uint8, shape: [byteCount]).count == byteCount)
        }
        #expect((1..<48).contains(given))
      }
    }
  #endif

  @Test func `errors cut long names`() throws {
    let long = String(repeating: "n", count: 100_000)
    // One character, as Swift counts them.
    let accents = "e" + String(repeating: "\u{301}", count: 50_000)
    for name in [long, accents] {
      for header in [
        #"{"\#(name)":{"dtype":"F33","shape":[],"data_offsets":[0,0]}}"#,
        #"{"x":{"dtype":"\#(name)","shape":[],"data_offsets":[0,0]}}"#,
        #"{"__metadata__":{"\#(name)":"","\#(name)":""}}"#,
        #"{"x":{"dtype":"F32","shape":[\#(String(repeating: "1,", count: 100_000))1],"data_offsets":[0,0]}}"#,
        #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,0\#(String(repeating: ",0", count: 100_000))]}}"#,
      ] {
        let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
        let error = error { _ = try Safetensors.read(bytes: bytes, source: "test") }
        #expect((error?.description.utf8.count ?? .max) < 1000)
      }
      for text in ["a,b\n1,\(name)\n", "\(name),\(name)\n1,2\n", "\(name),b\n1,x\n"] {
        let error = error { _ = try CSV.read(bytes: Array(text.utf8), source: "test") }
        #expect((error?.description.utf8.count ?? .max) < 1000)
      }
      let table = try CSV.read(bytes: Array("\(name)\n1\n".utf8), source: "test")
      #expect((error { _ = try table.tensor(["b"]) }?.description.utf8.count ?? .max) < 1000)
      #expect((error { _ = try table.classes(of: name) }?.description.utf8.count ?? .max) < 1000)
    }
  }
}
