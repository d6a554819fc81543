import Foundation
import MartletCore
import MartletFormats
import MartletText
import TestSupport
import Testing

@Suite struct NPYTests {
  private static func fixture(_ name: String) -> String { Fixture.path("npy/\(name)", type: "npy") }

  /// A file's bytes with a header of our own.
  private static func bytes(_ header: String, data: Int = 0, version: UInt8 = 1) -> [UInt8] {
    let text = Array(header.utf8)
    let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + [UInt8](repeating: 0, count: data)
  }

  private func error(_ bytes: [UInt8]) -> FormatError? {
    do throws(FormatError) {
      _ = try NPY.read(bytes: bytes, source: "test")
      return nil
    } catch {
      #expect(error.source == "test")
      return error
    }
  }

  private func reason(_ bytes: [UInt8]) -> String? { error(bytes)?.reason }

  private func doubles(_ tensor: AnyTensor) throws -> [Double] {
    try Tensor<Double>(tensor.converted(to: .float64)).scalars
  }

  // MARK: What NumPy writes

  private static let signed: [Double] = [-4, -1, 2, 5, 8, 11]
  private static let unsigned: [Double] = [4, 1, 2, 5, 8, 11]

  static let numbers: [(name: String, type: ScalarType)] = [
    ("f2", .float16), ("f4", .float32), ("f8", .float64), ("i1", .int32), ("i2", .int32), ("i4", .int32),
    ("i8", .int64), ("big-f2", .float16), ("big-f4", .float32), ("big-f8", .float64), ("big-i2", .int32),
    ("big-i4", .int32), ("big-i8", .int64), ("fortran-i2", .int32),
  ]

  @Test(arguments: numbers) func `reads signed numbers`(name: String, type: ScalarType) throws {
    let tensor = try NPY.read(from: Self.fixture(name))
    #expect(tensor.scalarType == type)
    #expect(tensor.shape == Shape([2, 3]))
    #expect(try doubles(tensor) == Self.signed)
  }

  @Test(arguments: [("u1", ScalarType.uint8), ("u2", .int32), ("u4", .int64), ("big-u2", .int32), ("big-u4", .int64)])
  func `reads unsigned numbers`(name: String, type: ScalarType) throws {
    let tensor = try NPY.read(from: Self.fixture(name))
    #expect(tensor.scalarType == type)
    #expect(try doubles(tensor) == Self.unsigned)
  }

  @Test func `reads other forms`() throws {
    let mask = try Tensor<Bool>(NPY.read(from: Self.fixture("b1")))
    let expectedMask = [false, true, false, true, false, true]
    #expect(mask.scalars == expectedMask)
    let fortran = try Tensor<Float>(NPY.read(from: Self.fixture("fortran-f4")))
    #expect(fortran.shape == [2, 3, 4])
    #expect(fortran.isContiguous)
    let expected = (0..<24).map { Float($0 * 3 - 4) }
    #expect(fortran.scalars == expected)
    let scalar = try Tensor<Double>(NPY.read(from: Self.fixture("scalar-f8")))
    #expect(scalar.shape == [])
    #expect(scalar.item() == -4)
    let empty = try Tensor<Float>(NPY.read(from: Self.fixture("empty-f4")))
    #expect(empty.shape == [0, 3])
    for version in ["version2-f4", "version3-f4"] {
      #expect(try doubles(NPY.read(from: Self.fixture(version))) == Array(Self.signed.prefix(5)))
    }
  }

  @Test(arguments: ["refused-c8", "refused-text", "refused-struct", "refused-object"])
  func `refuses other types by name`(name: String) throws {
    let error = #expect(throws: FormatError.self) { try NPY.read(from: Self.fixture(name)) }
    #expect(error?.source == Self.fixture(name))
    #expect(error?.reason.contains("read") == true)
    // An array of records has another header, the others another type in it.
    #expect(error?.kind == (name == "refused-struct" ? .damaged : .unsupported))
  }

  @Test func `writes what NumPy writes`() throws {
    for name in ["f2", "f4", "f8", "i4", "i8", "u1", "b1", "scalar-f8", "empty-f4"] {
      let tensor = try NPY.read(from: Self.fixture(name))
      let file = try Data(contentsOf: URL(fileURLWithPath: Self.fixture(name)))
      #expect(try NPY.bytes(of: tensor) == Array(file), "\(name)")
    }
  }

  // MARK: Round trips

  @Test func `round trips through a file`() throws {
    let directory = TemporaryDirectory()
    for (index, (name, tensor)) in SafetensorsTests.sample.enumerated() where tensor.scalarType != .bfloat16 {
      let path = directory.file("\(index).npy")
      try NPY.write(tensor, to: path)
      let read = try NPY.read(from: path)
      #expect(read.scalarType == tensor.scalarType, "\(name)")
      #expect(read == tensor, "\(name)")
    }
  }

  @Test func `writes strided tensors in order`() throws {
    let tensor = Tensor<Float>(shape: [2, 3], scalars: [1, 2, 3, 4, 5, 6]).transposed()
    let read = try Tensor<Float>(NPY.read(bytes: NPY.bytes(of: AnyTensor(tensor)), source: "test"))
    #expect(read.shape == [3, 2])
    let expected: [Float] = [1, 4, 2, 5, 3, 6]
    #expect(read.scalars == expected)
  }

  @Test func `refuses to write BFloat16`() {
    let tensor = AnyTensor(Tensor<Float>([1])).converted(to: .bfloat16)
    #expect(throws: FormatError.self) { try NPY.bytes(of: tensor) }
  }

  // MARK: Files that are not what they should be

  @Test func `every truncation is an error`() throws {
    for name in ["f4", "big-i8", "fortran-i2", "version2-f4", "u2", "b1"] {
      let whole = Array(try Data(contentsOf: URL(fileURLWithPath: Self.fixture(name))))
      for count in whole.indices { #expect(reason(Array(whole[..<count])) != nil, "\(name) of \(count) bytes") }
      #expect(reason(whole + [0]) != nil)
    }
  }

  @Test func `any changed byte is read or refused`() throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: Self.fixture("f4"))))
    for index in 0..<128 {
      for value in [0, 0x20, 0x28, 0x30, 0x39, 0x80, 0xFF] as [UInt8] {
        var bytes = whole
        bytes[index] = value
        _ = reason(bytes)
      }
    }
  }

  static let hostile: [(header: String, wanted: String)] = [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "more elements than memory"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4, 0), }", "more elements than memory"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "expected a dictionary"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }", "cut short"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "expected a dictionary"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (02,), }", "expected a dictionary"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", "at most 8 axes, got 9"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2), }", "expected a dictionary"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }", "expected a dictionary"),
    ("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", "expected a dictionary"),
    ("{'descr': '<f4', 'shape': (2,), }", "expected a dictionary"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}", "expected a dictionary"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x", "expected a dictionary"),
    ("{'descr': '<f3', 'fortran_order': False, 'shape': (2,), }", "'float32'"),
    ("{'descr': '|f4', 'fortran_order': False, 'shape': (2,), }", "'float32'"),
    ("{'descr': '<u8', 'fortran_order': False, 'shape': (2,), }", "'float32'"),
    ("{'descr': '', 'fortran_order': False, 'shape': (2,), }", "'float32'"),
    ("{", "expected a dictionary"), ("", "expected a dictionary"),
  ]

  @Test(arguments: hostile) func `hostile headers are errors`(header: String, wanted: String) {
    #expect(reason(Self.bytes(header, data: 8))?.contains(wanted) == true)
  }

  @Test func `other files are errors`() {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
    #expect(reason(Self.bytes(header, data: 8)) == nil)
    #expect(reason(Self.bytes(header, data: 8, version: 4))?.contains("got version 4.0") == true)
    let short: [UInt8] = [1, 2, 3]
    #expect(reason(short)?.contains("not an npy file") == true)
    #expect(reason(Array("PK\u{3}\u{4}0123456789".utf8))?.contains("not an npy file") == true)
    #expect(error(short)?.kind == .unrecognized)
    #expect(error(Self.bytes(header, data: 7))?.kind == .damaged)
    #expect(error(Self.bytes(header, data: 8, version: 4))?.kind == .unsupported)
    // The header is read up to what comes instead of a number.
    let wrong = header.replacingOccurrences(of: "(2,)", with: "(x,)")
    #expect(
      error(Self.bytes(wrong, data: 8))?.location == .byte(10 + header.firstIndex(of: "(")!.utf16Offset(in: header) + 1)
    )
    let missing = #expect(throws: FormatError.self) { try NPY.read(from: "/no/such/file.npy") }
    #expect(missing?.kind == .missing)
    let endless: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 2, 0, 0xFF, 0xFF, 0xFF, 0x7F]
    #expect(reason(endless)?.contains("claims") == true)
  }
}
