import Foundation
import MartletCore
import MartletFormats
import MartletText
import TestSupport
import Testing

/// Single tensors of a file, and tensors in several files.
@Suite struct SafetensorsShardTests {
  private let directory = TemporaryDirectory()
  private var index: String { directory.file("model.safetensors.index.json") }

  private func expect(_ tensors: Safetensors.Tensors, are expected: Safetensors.Tensors) throws {
    #expect(tensors.count == expected.count)
    for (name, tensor) in expected {
      #expect(try #require(tensors.first { $0.name == name }?.tensor, "\(name)") == tensor, "\(name)")
    }
  }

  private func error(_ text: String) -> FormatError? {
    directory.write(Array(text.utf8), to: "model.safetensors.index.json")
    return #expect(throws: FormatError.self) { try Safetensors.readShards(from: index) }
  }

  // MARK: Single tensors

  @Test func `single tensors are read by name`() throws {
    let path = directory.file("a")
    try Safetensors.write(SafetensorsTests.sample, metadata: ["k": "v"], to: path)
    let archive = try Safetensors.Archive(path: path)
    #expect(archive.metadata == ["k": "v"])
    #expect(Set(archive.names) == Set(SafetensorsTests.sample.map(\.name)))
    for (name, tensor) in SafetensorsTests.sample {
      #expect(try archive.spec(of: name) == TensorSpec(tensor.scalarType, tensor.shape))
      #expect(try archive.tensor(name) == tensor)
    }
    try expect(archive.tensors(), are: SafetensorsTests.sample)
    let missing = #expect(throws: FormatError.self) { try archive.tensor("weights") }
    #expect(missing?.kind == .mismatch && missing?.reason.contains(#"no tensor "weights""#) == true)
    #expect(throws: FormatError.self) { try archive.spec(of: "") }
  }

  @Test func `only what is read counts towards the memory`() throws {
    let large = AnyTensor(Tensor<Float>.zeros([100_000]))
    let bytes = try Safetensors.bytes(of: [("large", large), ("small", AnyTensor(Tensor<Float>([1])))])
    let archive = try Safetensors.Archive(bytes: bytes, source: "test", memoryLimit: 10_000)
    #expect(try archive.tensor("small").count == 1)
    for _ in 0..<3 { #expect(throws: FormatError.self) { try archive.tensor("large") } }
    #expect(throws: FormatError.self) { try archive.tensors() }
  }

  @Test func `a file that is cut short or written to while it is open is an error and no crash`() throws {
    let path = directory.file("a")
    let tensor = AnyTensor(Tensor<Float>.arange(100_000))
    try Safetensors.write([("w", tensor)], to: path)
    let archive = try Safetensors.Archive(path: path)
    try Safetensors.write([("v", tensor)], to: path)
    #expect(try archive.tensor("w") == tensor)
    let second = try Safetensors.Archive(path: path)
    try #require(FileHandle(forWritingAtPath: path)).truncate(atOffset: 5_000)
    #expect((#expect(throws: FormatError.self) { try second.tensor("v") })?.kind == .unreadable)
  }

  // MARK: Several files

  @Test func `reads what Hugging Face writes, and writes that index`() throws {
    let path = Fixture.path("shards/model.safetensors.index", type: "json")
    let (tensors, metadata) = try Safetensors.readShards(from: path)
    #expect(metadata == ["format": "pt"])
    #expect(tensors.map(\.name).sorted() == ["a", "b", "c"])
    let sorted = tensors.sorted { $0.name < $1.name }
    #expect(try Tensor<Float>(sorted[0].tensor) == Tensor<Float>([[0, 0.5, 1], [1.5, 2, 2.5]]))
    #expect(try Tensor<Int32>(sorted[2].tensor) == Tensor<Int32>([.min, .max]))
    try Safetensors.writeShards(sorted, metadata: metadata, maximalShardSize: 40, to: index)
    #expect(
      directory.contents == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
      ])
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: index)) == Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test(arguments: [1, 8, 30, 1_000_000]) func `round trips at any size`(size: Int) throws {
    let sample = SafetensorsTests.sample
    try Safetensors.writeShards(sample, metadata: ["k": "v"], maximalShardSize: size, to: index)
    let read = try Safetensors.readShards(from: index)
    #expect(read.metadata == ["k": "v"])
    try expect(read.tensors, are: sample)
    let files = directory.contents.filter { $0.hasSuffix(".safetensors") }
    #expect(size > 1_000 ? files.count == 1 : files.count > 1)
    for file in files {
      let tensors = try Safetensors.read(from: directory.file(file)).tensors
      let bytes = tensors.reduce(0) { $0 + $1.tensor.count * $1.tensor.scalarType.size }
      #expect(bytes <= size || tensors.filter { $0.tensor.count > 0 }.count == 1)
    }
    try Safetensors.writeShards(sample, maximalShardSize: size, storedAs: .bfloat16, to: index)
    #expect(try Safetensors.readShards(from: index).tensors.allSatisfy { $0.tensor.scalarType != .float32 })
    let large = #expect(throws: FormatError.self) { try Safetensors.readShards(from: index, memoryLimit: 900) }
    #expect(large?.kind == .tooLarge)
  }

  @Test func `nothing can be written`() throws {
    try Safetensors.writeShards([], to: index)
    #expect(try Safetensors.readShards(from: index).tensors.isEmpty)
  }

  @Test func `names and sizes that cannot be are refused before anything is written`() throws {
    let tensor = AnyTensor(Tensor<Float>([1]))
    for (tensors, size, path) in [
      ([("a", tensor)], 0, index), ([("a", tensor)], 10, directory.file("model.json")),
      ([("a", tensor), ("a", tensor)], 1, index), ([("__metadata__", tensor)], 1, index),
    ] as [(Safetensors.Tensors, Int, String)] {
      let error = #expect(throws: FormatError.self) {
        try Safetensors.writeShards(tensors, maximalShardSize: size, to: path)
      }
      #expect(error?.kind == .invalid)
    }
    #expect(directory.contents.isEmpty)
  }

  @Test func `an index that is wrong is refused`() throws {
    let tensor = AnyTensor(Tensor<Float>([1]))
    try Safetensors.write([("a", tensor), ("b", tensor)], metadata: ["k": "1"], to: directory.file("one"))
    try Safetensors.write([("c", tensor)], metadata: ["k": "2"], to: directory.file("two"))
    #expect(error("[]")?.kind == .damaged)
    #expect(error("{}")?.kind == .unrecognized)
    #expect(error(#"{"weight_map": {"a": 1}}"#)?.kind == .damaged)
    #expect(error(#"{"weight_map": {"a": "one"}"#)?.kind == .damaged)
    #expect(error(#"{"weight_map": {"a": "one", "a": "one"}}"#)?.reason.contains("occurs twice") == true)
    #expect(error(#"{"weight_map": {}, "weight_map": {}}"#)?.reason.contains("occurs twice") == true)
    for file in ["", ".", "..", "../one", "/etc/passwd", "x/one"] {
      #expect(error(#"{"weight_map": {"a": "\#(file)"}}"#)?.reason.contains("beside the index") == true, "\(file)")
    }
    #expect(error(#"{"weight_map": {"a": "none"}}"#)?.kind == .missing)
    let surplus = error(#"{"weight_map": {"a": "one"}}"#)
    #expect(surplus?.location == .tensor("b") && surplus?.kind == .mismatch)
    let lacking = error(#"{"weight_map": {"a": "one", "b": "one", "z": "one"}}"#)
    #expect(lacking?.location == .tensor("z") && lacking?.reason == #""one" does not hold it"#)
    let texts = error(#"{"weight_map": {"a": "one", "b": "one", "c": "two"}}"#)
    #expect(texts?.reason.contains(#"text under "k""#) == true)
    let long = String(repeating: "n", count: 100_000)
    #expect((error(#"{"weight_map": {"\#(long)": "../\#(long)"}}"#)?.description.utf8.count ?? .max) < 1000)
  }

  @Test func `every changed bit of an index gives the same tensors or throws`() throws {
    let tensor = AnyTensor(Tensor<Float>([1, 2]))
    try Safetensors.writeShards([("a", tensor), ("b", tensor)], maximalShardSize: 8, to: index)
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: index)))
    for variant in (0..<bytes.count * 8).map({ bit in
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      return flipped
    }) + bytes.indices.map({ Array(bytes[..<$0]) }) {
      directory.write(variant, to: "model.safetensors.index.json")
      guard let read = try? Safetensors.readShards(from: index).tensors else { continue }
      #expect(read.map(\.name) == ["a", "b"] && read.map(\.tensor) == [tensor, tensor])
    }
  }
}
