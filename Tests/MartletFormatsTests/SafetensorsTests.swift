import Foundation
import MartletCore
import MartletFormats
import MartletText
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  /// A file of every type, with an empty tensor, a scalar and metadata.
  static let sample: Safetensors.Tensors = [
    ("weight", AnyTensor(Tensor<Float>(shape: [2, 3], scalars: [1, -2, 3, 4, 5, .infinity]))),
    ("double", AnyTensor(Tensor<Double>([1.5, -0.1]))),
    ("scalar", AnyTensor(Tensor<Int64>(-9))),
    ("int", AnyTensor(Tensor([Int32.min, .max]))),
    ("byte", AnyTensor(Tensor<UInt8>([0, 255, 7]))),
    ("mask", AnyTensor(Tensor<Bool>([true, false, true]))),
    ("half", AnyTensor(Tensor<Float>([0.5, 2])).converted(to: .float16)),
    ("brain", AnyTensor(Tensor<Float>([-4])).converted(to: .bfloat16)),
    ("empty", AnyTensor(Tensor<Float>(shape: [0, 3], scalars: []))),
    ("a \"name\"\n\u{1}ü😀", AnyTensor(Tensor<Float>([1]))),
  ]

  static func bytes(header: String, data: [UInt8] = []) -> [UInt8] {
    let header = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
  }

  private func error(_ bytes: [UInt8]) -> FormatError? {
    do throws(FormatError) {
      _ = try Safetensors.read(bytes: bytes, source: "test")
      return nil
    } catch {
      #expect(error.source == "test")
      return error
    }
  }

  /// What an error says after the source.
  private func reason(_ bytes: [UInt8]) -> String? { error(bytes).map { String($0.description.dropFirst(6)) } }

  @Test func `round trips through a file`() throws {
    let directory = TemporaryDirectory()
    let metadata: Safetensors.Metadata = ["format": "pt", "ke\"y": "va\\lue\t"]
    try Safetensors.write(Self.sample, metadata: metadata, to: directory.file("a"))
    let read = try Safetensors.read(from: directory.file("a"))
    #expect(read.metadata == metadata)
    #expect(read.tensors.count == Self.sample.count)
    for (name, tensor) in Self.sample {
      let found = try #require(read.tensors.first { $0.name == name }?.tensor, "\(name)")
      #expect(found == tensor, "\(name)")
    }
    #expect(directory.contents == ["a"])
  }

  @Test func `reads and writes the same bytes in any order`() throws {
    let bytes = try Safetensors.bytes(of: Self.sample, metadata: ["b": "2", "a": "1"])
    #expect(try Safetensors.bytes(of: Self.sample.reversed(), metadata: ["a": "1", "b": "2"]) == bytes)
    let read = try Safetensors.read(bytes: bytes, source: "test")
    #expect(try Safetensors.bytes(of: read.tensors, metadata: read.metadata) == bytes)
    let directory = TemporaryDirectory()
    try Safetensors.write(Self.sample, metadata: ["b": "2", "a": "1"], to: directory.file("a"))
    #expect(Array(try Data(contentsOf: URL(fileURLWithPath: directory.file("a")))) == bytes)
  }

  @Test func `aligns the data and every tensor`() throws {
    let bytes = try Safetensors.bytes(of: Self.sample)
    let length = Int(bytes[0]) | Int(bytes[1]) << 8
    #expect(length % 8 == 0)
    var offset = 0
    for (_, tensor) in try Safetensors.read(bytes: bytes, source: "test").tensors {
      #expect(offset % tensor.scalarType.size == 0)
      offset += tensor.count * tensor.scalarType.size
    }
  }

  @Test func `writes strided tensors`() throws {
    let matrix = Tensor<Float>([[1, 2, 3], [4, 5, 6]])
    let bytes = try Safetensors.bytes(of: [("t", AnyTensor(matrix.transposed()))])
    let read = try Safetensors.read(bytes: bytes, source: "test").tensors[0].tensor
    #expect(try Tensor<Float>(read) == Tensor<Float>([[1, 4], [2, 5], [3, 6]]))
  }

  @Test func `reads what Python writes`() throws {
    let bytes = Array(try #require(Data(base64Encoded: pythonFile, options: .ignoreUnknownCharacters)))
    let (tensors, metadata) = try Safetensors.read(bytes: bytes, source: "python")
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
    #expect(metadata == ["by": "PyTorch"])
    #expect(byName.count == 9)
    #expect(try Tensor<Float>(byName["w"]!) == Tensor<Float>([[0, 1, 2], [3, 4, 5]]))
    #expect(try Tensor<Double>(byName["d"]!) == Tensor<Double>([1.5, -2.5]))
    #expect(try Tensor<Int32>(byName["i"]!) == Tensor<Int32>([-1, 7]))
    #expect(try Tensor<Int64>(byName["l"]!) == Tensor<Int64>(9))
    #expect(try Tensor<UInt8>(byName["u"]!) == Tensor<UInt8>([0, 255]))
    #expect(try Tensor<Bool>(byName["m"]!) == Tensor<Bool>([true, false, true]))
    #expect(byName["h"]!.scalarType == .float16)
    #expect(try Tensor<Float>(byName["h"]!.converted(to: .float32)) == Tensor<Float>([0.5]))
    #expect(byName["b"]!.scalarType == .bfloat16)
    #expect(try Tensor<Float>(byName["b"]!.converted(to: .float32)) == Tensor<Float>([-2]))
    #expect(byName["e"]!.shape == [0, 3])
  }

  @Test func `every truncation throws`() throws {
    let bytes = try Safetensors.bytes(of: Self.sample, metadata: ["k": "v"])
    for count in bytes.indices { #expect(reason(Array(bytes[..<count])) != nil, "\(count) bytes") }
    #expect(reason(bytes + [0]) != nil)
    #expect(reason(bytes) == nil)
  }

  @Test func `every bit flip loads or throws`() throws {
    let bytes = try Safetensors.bytes(of: Self.sample, metadata: ["k": "v"])
    var refused = 0
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      if reason(flipped) != nil { refused += 1 }
    }
    // What stays legible is data, names, and the letters of unknown keys.
    #expect(refused > bytes.count * 4)
  }

  @Test(
    arguments: [
      ("{}", nil),
      ("{}   \n", nil),
      (#"{"__metadata__":{}}"#, nil),
      (#"{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"later":[1,{"a":null,"b":-1.5e3},true]}}"#, nil),
      (#"{"A\ud83d\ude00":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, nil),
      (" {}", "does not begin with {"),
      ("[]", "does not begin with {"),
      ("", "does not begin with {"),
      ("{} {}", "more after the end"),
      ("{", "expected \""),
      (#"{"x":1}"#, "expected {"),
      (#"{"x":{"dtype":"U8","shape":[0]}}"#, "is missing"),
      (
        #"{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
        "\"x\": the name occurs twice"
      ),
      (#"{"x":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, "\"dtype\" occurs twice"),
      (#"{"__metadata__":{"a":"1","a":"2"}}"#, "\"a\" occurs twice"),
      (#"{"__metadata__":{},"__metadata__":{}}"#, "\"__metadata__\" occurs twice"),
      (#"{"__metadata__":{"a":1}}"#, "expected \""),
      (
        #"{"x":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]}}"#,
        "tensor \"x\": expected one of the types F32, F64, I32, I64, U8, BOOL, F16, BF16, got F8_E4M3"
      ),
      (#"{"x":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,0],"data_offsets":[0,0]}}"#, "at most 8 axes, got 9"),
      (#"{"x":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, "more elements than memory"),
      (#"{"x":{"dtype":"U8","shape":[0,9223372036854775807,9],"data_offsets":[0,0]}}"#, "more elements than memory"),
      (#"{"x":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,0]}}"#, "64 bits"),
      (#"{"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}"#, "non-negative integer"),
      (#"{"x":{"dtype":"U8","shape":[0.0],"data_offsets":[0,0]}}"#, "fraction"),
      (#"{"x":{"dtype":"U8","shape":[00],"data_offsets":[0,0]}}"#, "begins with 0"),
      (#"{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,2]}}"#, "expected 1 bytes for U8 of shape [1], got 2"),
      (#"{"x":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}}"#, "expected a start and an end"),
      (#"{"x":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#, "expected a start and an end"),
      (#"{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, "truncated"),
      (#"{"x":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}"#, "begins at byte 1"),
      ("{\"\u{1}\":{}}", "control character"),
      (#"{"\ud83d":{}}"#, "surrogate"),
      (#"{"\x":{}}"#, "unknown escape"),
      (
        #"{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"y":"# + String(repeating: "[", count: 100) + "}}",
        "nested too deeply"
      ),
    ] as [(String, String?)])
  func headers(_ header: String, _ problem: String?) {
    let found = reason(Self.bytes(header: header))
    if let problem {
      #expect(found?.contains(problem) == true, "\(found ?? "it loads")")
    } else {
      #expect(found == nil)
    }
  }

  @Test func `refuses holes, overlaps and rest`() {
    func entry(_ name: String, _ from: Int, _ to: Int) -> String {
      "\"\(name)\":{\"dtype\":\"U8\",\"shape\":[\(to - from)],\"data_offsets\":[\(from),\(to)]}"
    }
    let data = [UInt8](repeating: 0, count: 6)
    #expect(reason(Self.bytes(header: "{\(entry("b", 2, 6)),\(entry("a", 0, 2))}", data: data)) == nil)
    #expect(
      reason(Self.bytes(header: "{\(entry("a", 0, 2)),\(entry("b", 3, 6))}", data: data))?.contains("begins") == true)
    #expect(
      reason(Self.bytes(header: "{\(entry("a", 0, 4)),\(entry("b", 3, 6))}", data: data))?.contains("begins") == true)
    #expect(reason(Self.bytes(header: "{\(entry("a", 0, 5))}", data: data))?.contains("belong to no tensor") == true)
  }

  @Test func `refuses booleans that are neither`() {
    let header = #"{"x":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}"#
    #expect(reason(Self.bytes(header: header, data: [0, 1])) == nil)
    #expect(reason(Self.bytes(header: header, data: [0, 2]))?.contains("BOOL") == true)
  }

  @Test func `refuses huge headers before reading them`() {
    #expect(reason([UInt8](repeating: 0xFF, count: 16))?.contains("more than 100000000") == true)
    #expect(reason([100, 0, 0, 0, 0, 0, 0, 0, 0x7B])?.contains("truncated") == true)
    #expect(error([UInt8](repeating: 0xFF, count: 16))?.kind == .unrecognized)
    let text = error(Array("sepal_length,sepal_width\n5.1,3.5\n".utf8))
    #expect(text?.kind == .unrecognized && text?.description.contains("it begins with the text \"sepal_le\"") == true)
    #expect(error([100, 0, 0, 0, 0, 0, 0, 0, 0x7B])?.kind == .damaged)
  }

  @Test func `errors say where`() {
    let type = error(Self.bytes(header: #"{"a":{"dtype":"C64","shape":[0],"data_offsets":[0,0]}}"#))
    #expect(type?.kind == .unsupported && type?.location == .tensor("a"))
    let token = error(Self.bytes(header: #"{"a":1}"#))
    #expect(token?.kind == .damaged && token?.location == .byte(8 + 5))
  }

  @Test func `refuses names that cannot be written`() {
    let one = AnyTensor(Tensor<Float>(1))
    #expect(throws: FormatError(.invalid, source: "s", reason: "two tensors are called \"a\"")) {
      try Safetensors.bytes(of: [("a", one), ("a", one)], source: "s")
    }
    #expect(throws: FormatError.self) { try Safetensors.bytes(of: [("__metadata__", one)]) }
  }

  @Test func `reads names with escapes`() throws {
    let header = #"{"\u00fC\u20Ac-\ud83D\uDe00\/\b\u0001":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
    let read = try Safetensors.read(bytes: Self.bytes(header: header), source: "test")
    #expect(read.tensors.map(\.name) == ["ü€-😀/\u{8}\u{1}"])
  }

  @Test func `names that only look the same are two`() throws {
    let names = ["e\u{301}", "\u{E9}"]
    var metadata = Safetensors.Metadata()
    for name in names { metadata[name] = name }
    #expect(metadata.count == 2)
    let tensors = names.enumerated().map { (name: $1, tensor: AnyTensor(Tensor<Float>(Float($0)))) }
    let bytes = try Safetensors.bytes(of: tensors, metadata: metadata)
    let read = try Safetensors.read(bytes: bytes, source: "test")
    #expect(read.tensors.map { Array($0.name.utf8) } == names.map { Array($0.utf8) })
    #expect(read.tensors.map(\.tensor) == tensors.map(\.tensor))
    #expect(read.metadata.map { Array($0.key.utf8) } == names.map { Array($0.utf8) })
    #expect(names.map { read.metadata[$0].map { Array($0.utf8) } } == names.map { Array($0.utf8) })
    #expect(read.metadata == metadata)
    #expect(try Safetensors.bytes(of: tensors.reversed(), metadata: metadata) == bytes)
  }

  @Test func `metadata is kept by key`() {
    var metadata: Safetensors.Metadata = ["b": "1", "a": "2", "b": "3"]
    #expect(metadata.map(\.key) == ["a", "b"])
    #expect(metadata["b"] == "3" && metadata["c"] == nil)
    #expect(metadata == Safetensors.Metadata(["a": "2", "b": "3"]))
    metadata["a"] = nil
    metadata["b"] = nil
    #expect(metadata.isEmpty && metadata.count == 0 && metadata == [:])
  }
}

/// Made by Python's safetensors 0.8.0 and PyTorch 2.13:
///
/// ```python
/// import base64
/// import safetensors.torch
/// import torch
/// tensors = {
///     "w": torch.arange(6, dtype=torch.float32).reshape(2, 3),
///     "d": torch.tensor([1.5, -2.5], dtype=torch.float64),
///     "i": torch.tensor([-1, 7], dtype=torch.int32),
///     "l": torch.tensor(9, dtype=torch.int64),
///     "u": torch.tensor([0, 255], dtype=torch.uint8),
///     "m": torch.tensor([True, False, True]),
///     "h": torch.tensor([0.5], dtype=torch.float16),
///     "b": torch.tensor([-2.0], dtype=torch.bfloat16),
///     "e": torch.zeros(0, 3),
/// }
/// text = base64.b64encode(safetensors.torch.save(tensors, metadata={"by": "PyTorch"})).decode()
/// for start in range(0, len(text), 100):
///     print("  " + text[start:start + 100])
/// ```
private let pythonFile = """
  GAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJieSI6IlB5VG9yY2gifSwibCI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbXSwiZGF0
  YV9vZmZzZXRzIjpbMCw4XX0sImQiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls4LDI0XX0sImUi
  OnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzAsM10sImRhdGFfb2Zmc2V0cyI6WzI0LDI0XX0sInciOnsiZHR5cGUiOiJGMzIiLCJz
  aGFwZSI6WzIsM10sImRhdGFfb2Zmc2V0cyI6WzI0LDQ4XX0sImkiOnsiZHR5cGUiOiJJMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29m
  ZnNldHMiOls0OCw1Nl19LCJiIjp7ImR0eXBlIjoiQkYxNiIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzU2LDU4XX0sImgi
  OnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOls1OCw2MF19LCJ1Ijp7ImR0eXBlIjoiVTgiLCJzaGFw
  ZSI6WzJdLCJkYXRhX29mZnNldHMiOls2MCw2Ml19LCJtIjp7ImR0eXBlIjoiQk9PTCIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0
  cyI6WzYyLDY1XX19ICAgICAgIAkAAAAAAAAAAAAAAAAA+D8AAAAAAAAEwAAAAAAAAIA/AAAAQAAAQEAAAIBAAACgQP////8HAAAA
    AMAAOAD/AQAB
  """
