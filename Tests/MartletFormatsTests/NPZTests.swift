import Foundation
import MartletCore
import MartletText
import TestSupport
import Testing

@testable import MartletFormats

@Suite struct NPZTests {
  static func fixture(_ name: String) -> String { Fixture.path("npz/\(name)", type: "npz") }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
  }

  private func error(_ bytes: [UInt8], memoryLimit: Int? = nil) -> FormatError? {
    #expect(throws: FormatError.self) { try NPZ.read(bytes: bytes, source: "test", memoryLimit: memoryLimit) }
  }

  /// The arrays of `stored.npz`.
  private static let arrays: NPZ.Tensors = [
    ("w", AnyTensor(Tensor<Float>([[0, 0.5, 1], [1.5, 2, 2.5]]))),
    ("d", AnyTensor(Tensor<Double>([1.5, -0.1]))),
    ("h", AnyTensor(Tensor<Float>([0.5, 65504])).converted(to: .float16)),
    ("i", AnyTensor(Tensor([Int32.min, .max]))),
    ("l", AnyTensor(Tensor<Int64>(-9))),
    ("u", AnyTensor(Tensor<UInt8>([0, 255, 7]))),
    ("m", AnyTensor(Tensor<Bool>([true, false, true]))),
    ("e", AnyTensor(Tensor<Float>(shape: [0, 3], scalars: []))),
    ("größe", AnyTensor(Tensor<Float>([1]))),
  ]

  private func expect(_ tensors: NPZ.Tensors, are expected: NPZ.Tensors) {
    #expect(tensors.map(\.name) == expected.map(\.name))
    for (found, wanted) in zip(tensors, expected) { #expect(found.tensor == wanted.tensor, "\(wanted.name)") }
  }

  // MARK: What NumPy writes

  @Test func `reads what NumPy saves, in its order`() throws {
    expect(try NPZ.read(from: Self.fixture("stored")), are: Self.arrays)
    expect(try NPZ.read(bytes: Self.bytes("stored"), source: "test"), are: Self.arrays)
    #expect(try NPZ.read(from: Self.fixture("none")).isEmpty)
    let positional = try NPZ.read(from: Self.fixture("positional"))
    expect(
      positional,
      are: [
        ("arr_0", AnyTensor(Tensor<Int64>([1, 2]))), ("arr_1", AnyTensor(Tensor<Float>([[0, 1, 2], [3, 4, 5]]))),
      ])
  }

  @Test func `reads what is compressed, and sizes that follow the data or have 64 bits`() throws {
    let compressed = try NPZ.read(from: Self.fixture("compressed"))
    expect(
      compressed,
      are: [
        ("zeros", AnyTensor(Tensor<Float>.zeros([30, 40]))), ("ramp", AnyTensor(Tensor<Int32>.arange(1000))),
      ])
    expect(try NPZ.read(from: Self.fixture("streamed")), are: Array(Self.arrays.prefix(2)))
    expect(try NPZ.read(from: Self.fixture("wide")), are: Self.wide)
  }

  private static let wide: NPZ.Tensors = [
    ("big", AnyTensor(Tensor<Float>.arange(100))), ("small", AnyTensor(Tensor<Float>.arange(3))),
  ]

  @Test func `single arrays are read by name`() throws {
    let archive = try NPZ.Archive(path: Self.fixture("stored"))
    #expect(archive.names == Self.arrays.map(\.name))
    for (name, tensor) in Self.arrays.reversed() { #expect(try archive.tensor(name) == tensor) }
    let missing = #expect(throws: FormatError.self) { try archive.tensor("W") }
    #expect(missing?.kind == .mismatch)
    #expect(missing?.reason.contains(#"there is no tensor "W" (did you mean "w"?); it holds "w", "d""#) == true)
    // A broken neighbour does no harm.
    var bytes = try Self.bytes("stored")
    let data = try #require(bytes.firstRange(of: [0, 0, 0, 0x3F, 0, 0, 0x80, 0x3F]))
    bytes[data.lowerBound + 3] ^= 1
    let broken = try NPZ.Archive(bytes: bytes, source: "test")
    #expect(try broken.tensor("d") == Self.arrays[1].tensor)
    let error = #expect(throws: FormatError.self) { try broken.tensor("w") }
    #expect(error?.location == .tensor("w"))
    #expect(error?.reason.contains("its checksum is wrong") == true)
  }

  @Test func `an archive stays what it was when its file is replaced, and throws when it is written to`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("a.npz")
    try NPZ.write(Self.arrays, to: path)
    let archive = try NPZ.Archive(path: path)
    try NPZ.write([("other", Self.arrays[0].tensor)], to: path)
    #expect(try archive.tensor("d") == Self.arrays[1].tensor)
    let second = try NPZ.Archive(path: path)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 100)
    let error = #expect(throws: FormatError.self) { try second.tensor("other") }
    #expect(error?.kind == .unreadable)
  }

  // MARK: Writing

  @Test func `writes the bytes that NumPy writes`() throws {
    #expect(try NPZ.bytes(of: Self.arrays) == Self.bytes("stored"))
    #expect(try NPZ.bytes(of: []) == Self.bytes("none"))
    let directory = TemporaryDirectory()
    try NPZ.write(Self.arrays, to: directory.file("a.npz"))
    #expect(Array(try Data(contentsOf: URL(fileURLWithPath: directory.file("a.npz")))) == (try Self.bytes("stored")))
  }

  @Test func `writes 64-bit sizes and places as Python does`() throws {
    var bytes: [UInt8] = []
    var writer = ZipWriter(source: "test", limits: .init(bytes: 300))
    for (name, tensor) in Self.wide {
      let content = try NPY.bytes(of: tensor)
      try content.withUnsafeBytes {
        try writer.add(name + ".npy", [$0], isDeflated: false) { bytes.append(contentsOf: $0) }
      }
    }
    try writer.finish { bytes.append(contentsOf: $0) }
    #expect(try bytes == Self.bytes("wide"))
  }

  @Test(arguments: [false, true]) func `round trips`(isCompressed: Bool) throws {
    let sample = SafetensorsTests.sample.filter { $0.tensor.scalarType != .bfloat16 }
    let large: NPZ.Tensors = [
      ("large", AnyTensor(Tensor<Int32>.arange(300_000) & 1023)),
      ("strided", AnyTensor(Tensor<Float>.arange(12).reshaped(to: [3, 4]).transposed())),
    ]
    let directory = TemporaryDirectory()
    try NPZ.write(sample + large, isCompressed: isCompressed, to: directory.file("a"))
    expect(try NPZ.read(from: directory.file("a")), are: sample + large)
    let bytes = try NPZ.bytes(of: large, isCompressed: isCompressed)
    #expect(isCompressed ? bytes.count < 600_000 : bytes.count > 1_200_000)
  }

  @Test(arguments: ["", "a.npy", "x/y", "é", "e\u{301}", "\u{600}", ".", "NPY"])
  func `any name is read as it was written`(name: String) throws {
    let bytes = try NPZ.bytes(of: [(name, Self.arrays[0].tensor)])
    let names = try NPZ.Archive(bytes: bytes, source: "test").names
    #expect(names.map { Array($0.utf8) } == [Array(name.utf8)])
    expect(try NPZ.read(bytes: bytes, source: "test"), are: [(name, Self.arrays[0].tensor)])
  }

  @Test func `many entries need a wider end record`() throws {
    // Of which the first says 65535, and the wider one how many there are.
    let (count, tensor) = (65_540, AnyTensor(Tensor<UInt8>(1)))
    let content = try NPY.bytes(of: tensor)
    var bytes: [UInt8] = []
    var writer = ZipWriter(source: "test")
    for index in 0..<count {
      let isLast = index == count - 1
      try content.withUnsafeBytes {
        try writer.add("\(index).npy", isLast ? [$0] : [], isDeflated: false) { bytes.append(contentsOf: $0) }
      }
    }
    try writer.finish { bytes.append(contentsOf: $0) }
    let archive = try NPZ.Archive(bytes: bytes, source: "test")
    #expect(archive.names.count == count && archive.names.last == "65539")
    #expect(try archive.tensor("65539") == tensor)
  }

  @Test func `refuses names that are there twice, and types that NumPy does not have`() throws {
    let tensor = AnyTensor(Tensor<Float>([1]))
    let twice = #expect(throws: FormatError.self) { try NPZ.bytes(of: [("a", tensor), ("a", tensor)]) }
    #expect(twice?.description == #"npz: two tensors are called "a""#)
    #expect(throws: FormatError.self) { try NPZ.bytes(of: [("a", tensor.converted(to: .bfloat16))]) }
    let long = String(repeating: "n", count: 70_000)
    let error = #expect(throws: FormatError.self) { try NPZ.bytes(of: [(long, tensor)]) }
    #expect((error?.description.utf8.count ?? .max) < 1000)
  }

  // MARK: What is refused

  @Test(arguments: [
    ("refused-object", "NumPy's type \"|O\"", FormatError.Kind.unsupported),
    ("refused-bzip2", "by method 12; expected 0, stored, or 8, deflated", .unsupported),
    ("refused-lzma", "by method 14", .unsupported),
  ])
  func `refuses pickles and unusual compression`(name: String, wanted: String, kind: FormatError.Kind) throws {
    let error = #expect(throws: FormatError.self) { try NPZ.read(from: Self.fixture(name)) }
    #expect(error?.reason.contains(wanted) == true, "\(error?.reason ?? "")")
    #expect(error?.kind == kind)
  }

  /// `stored.npz` with some bytes set: at a place in the end record (from the file's end), in the first entry of the
  /// table of contents, or in the first entry's own header.
  private enum Place: Sendable { case end, table, own }

  private static func changed(_ place: Place, _ offset: Int, _ values: [UInt8]) throws -> [UInt8] {
    var bytes = try Self.bytes("stored")
    let start =
      switch place {
      case .end: bytes.count - 22
      case .table: bytes.firstRange(of: [0x50, 0x4B, 1, 2])!.lowerBound
      case .own: 0
      }
    bytes.replaceSubrange(start + offset..<start + offset + values.count, with: values)
    return bytes
  }

  private static let hostile: [(Place, Int, [UInt8], String)] = [
    (.end, 4, [1], "in one file"), (.end, 6, [1], "in one file"), (.end, 8, [1], "in one file"),
    (.end, 8, [0xFF, 0xFF, 0xFF, 0xFF], "got fewer"), (.end, 8, [8, 0, 8, 0], "more than 8 entries"),
    (.end, 8, [10, 0, 10, 0], "cut short"), (.end, 12, [0], "does not end at byte"),
    (.end, 16, [0xFF, 0xFF, 0xFF, 0x7F], "does not end at byte"), (.end, 20, [1], "no end record"),
    (.table, 0, [0x51], "entry 1 of its table of contents is broken"), (.table, 6, [46], "needs version 46 of ZIP"),
    (.table, 8, [1], "is encrypted"), (.table, 8, [0x20], "a patch"), (.table, 9, [0x20], "is encrypted"),
    (.table, 10, [9], "by method 9"), (.table, 10, [8], "own header"), (.table, 16, [0], "own header"),
    (.table, 20, [1, 0, 0, 0, 1, 0, 0, 0], "own header"), (.table, 20, [1], "cannot hold"),
    (.table, 20, [0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F], "more than the file has"),
    (.table, 20, [0xFF, 0xFF, 0xFF, 0xFF], "missing or too short"), (.table, 24, [0], "cannot hold"),
    (.table, 28, [0xFF, 0xFF], "is broken"), (.table, 34, [1], "on disk 2"), (.table, 42, [1], "no header of its own"),
    (.table, 42, [0xFF, 0xFF, 0xFF, 0x7F], "not in the file"), (.table, 46, [0xFF], "in UTF-8"),
    (.table, 46, [0x78], "another name"), (.own, 0, [0x51], "no header of its own"), (.own, 6, [1], "own header"),
    (.own, 8, [8], "own header"), (.own, 14, [0], "own header"), (.own, 26, [6], "overlaps"),
    (.own, 28, [0xFF, 0xFF], "overlaps"),
  ]

  @Test func `what cannot be is refused`() throws {
    for (place, offset, values, wanted) in Self.hostile {
      let bytes = try Self.changed(place, offset, values)
      let reason = error(bytes)?.reason
      #expect(reason?.contains(wanted) == true, "\(place) \(offset): \(reason ?? "")")
    }
    #expect(error(Array("no archive at all, but text".utf8))?.kind == .unrecognized)
    #expect(error([])?.kind == .unrecognized)
    #expect(error(Array(try Self.bytes("stored").dropLast()))?.kind == .damaged)
  }

  @Test func `two entries do not share bytes, nor names`() throws {
    // The second entry of the table is made to be the first again.
    let whole = try NPZ.bytes(of: [("a", Self.arrays[0].tensor), ("b", Self.arrays[0].tensor)])
    let start = try #require(whole.firstRange(of: [0x50, 0x4B, 1, 2])).lowerBound
    let length = 46 + 5
    var bytes = whole
    bytes.replaceSubrange(start + length..<start + 2 * length, with: whole[start..<start + length])
    #expect(error(bytes)?.reason.contains("overlaps") == true)
    bytes = whole
    bytes[start + length + 46] = UInt8(ascii: "a")
    #expect(error(bytes)?.reason == #"two arrays are called "a""#)
  }

  @Test func `sizes that lie are refused before memory is taken`() throws {
    // 30 × 40 zeros are said to be a million times as many.
    var bytes = try Self.bytes("compressed")
    let table = try #require(bytes.firstRange(of: [0x50, 0x4B, 1, 2])).lowerBound
    bytes.replaceSubrange(table + 24..<table + 28, with: [0, 0, 0, 0x70])
    #expect(error(bytes, memoryLimit: .max)?.reason.contains("cannot hold") == true)
  }

  @Test func `zeros that are compressed too well are read when the caller says so`() throws {
    let zeros = AnyTensor(Tensor<UInt8>.zeros([17_000_000]))
    let bytes = try NPZ.bytes(of: [("z", zeros)], isCompressed: true)
    #expect(bytes.count < 30_000)
    let bomb = error(bytes)
    #expect(bomb?.kind == .tooLarge)
    #expect(bomb?.reason.contains("read it with a memoryLimit") == true)
    #expect(try NPZ.read(bytes: bytes, source: "test", memoryLimit: 20_000_000)[0].tensor == zeros)
    #expect(error(bytes, memoryLimit: 10_000_000)?.kind == .tooLarge)
    #expect(throws: FormatError.self) { try NPZ.Archive(bytes: bytes, source: "test").tensor("z") }
  }

  @Test(arguments: ["two", "deflated", "streamed", "wide"])
  func `every flipped bit and every truncation gives the same tensors or throws`(name: String) throws {
    let (_, bytes) = try #require(try Corpus.files("npz").first { $0.name == name + ".npz" })
    let whole = try NPZ.read(bytes: bytes, source: "test")
    var same = 0
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      guard let read = try? NPZ.read(bytes: flipped, source: "test") else { continue }
      same += 1
      #expect(read.map(\.name) == whole.map(\.name) && read.map(\.tensor) == whole.map(\.tensor), "bit \(bit)")
    }
    // Times, permissions and the like.
    #expect(same < bytes.count * 3)
    for count in bytes.indices { #expect((try? NPZ.read(bytes: Array(bytes[..<count]), source: "t")) == nil) }
  }
}
