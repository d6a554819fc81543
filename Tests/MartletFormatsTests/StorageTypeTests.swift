import MartletCore
import MartletFormats
import MartletText
import TestSupport
import Testing

/// Floating-point tensors that are stored in another type.
@Suite struct StorageTypeTests {
  private static let tensors: Safetensors.Tensors = [
    ("w", AnyTensor(Tensor<Float>([2049, 2051, 65504, 1e9, -1e-8, 0.1]))), ("d", AnyTensor(Tensor<Double>([1.0 / 3]))),
    ("n", AnyTensor(Tensor<Int32>([7]))), ("m", AnyTensor(Tensor<Bool>([true]))),
  ]

  @Test(arguments: [ScalarType.float16, .bfloat16, .float32, .float64])
  func `are rounded once, and integers stay`(type: ScalarType) throws {
    let directory = TemporaryDirectory()
    try Safetensors.write(Self.tensors, storedAs: type, to: directory.file("a"))
    let bytes = try Safetensors.bytes(of: Self.tensors, storedAs: type)
    for read in [
      try Safetensors.read(from: directory.file("a")).tensors, try Safetensors.read(bytes: bytes, source: "t").tensors,
    ] {
      for (name, tensor) in Self.tensors {
        let found = try #require(read.first { $0.name == name }?.tensor)
        let isFloating = tensor.scalarType.isFloatingPoint
        #expect(found.scalarType == (isFloating ? type : tensor.scalarType))
        #expect(found == (isFloating ? tensor.converted(to: type) : tensor))
      }
    }
  }

  @Test func `npy and npz have half precision too, and not BFloat16`() throws {
    let halves = Self.tensors[0].tensor.converted(to: .float16)
    let expected: [Float] = [2048, 2052, 65504, .infinity, -0.0, 0.099975586]
    #expect(try Tensor<Float>(halves.converted(to: .float32)).scalars == expected)
    let directory = TemporaryDirectory()
    try NPY.write(Self.tensors[0].tensor, storedAs: .float16, to: directory.file("a"))
    #expect(try NPY.read(from: directory.file("a")) == halves)
    #expect(try NPY.bytes(of: Self.tensors[0].tensor, storedAs: .float16) == NPY.bytes(of: halves))
    try NPZ.write(Self.tensors, storedAs: .float16, to: directory.file("b"))
    let archive = try NPZ.Archive(path: directory.file("b"))
    #expect(try archive.tensor("w") == halves)
    #expect(try archive.tensor("n") == Self.tensors[2].tensor)
    #expect(throws: FormatError.self) { try NPY.bytes(of: halves, storedAs: .bfloat16) }
    #expect(throws: FormatError.self) { try NPZ.bytes(of: Self.tensors, storedAs: .bfloat16) }
  }

  @Test func `other types are refused`() {
    let error = #expect(throws: FormatError.self) { try Safetensors.bytes(of: Self.tensors, storedAs: .int32) }
    #expect(
      error?.description
        == "safetensors: expected storedAs to be one of Float16, BFloat16, Float, Double, got Int32")
    #expect(throws: FormatError.self) { try NPY.bytes(of: Self.tensors[2].tensor, storedAs: .uint8) }
    #expect(throws: FormatError.self) { try NPZ.bytes(of: [], storedAs: .bool) }
  }
}
