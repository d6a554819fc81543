import Foundation
import MartletCore
import MartletFormats
import MartletText
import TestSupport
import Testing

@Suite struct CSVWriterTests {
  private func text(
    _ tensor: Tensor<some TensorScalar>, columns: [String] = [], separator: Character = ","
  ) throws -> String {
    String(decoding: try CSV.bytes(of: AnyTensor(tensor), columns: columns, separator: separator), as: UTF8.self)
  }

  @Test func `matrices are rows, and vectors a column`() throws {
    #expect(try text(Tensor<Float>([[1, -2.5], [0.1, 1e20]])) == "1.0,-2.5\n0.1,1e+20\n")
    #expect(try text(Tensor<Int64>([.max, -1])) == "9223372036854775807\n-1\n")
    #expect(try text(Tensor<Bool>([[true, false]]), separator: "\t") == "1\t0\n")
    #expect(try text(Tensor<UInt8>([[7, 255]]), columns: ["a", "b"]) == "a,b\n7,255\n")
    #expect(try text(Tensor<Double>([[1, 2], [3, 4]]).transposed(), separator: " ") == "1.0 3.0\n2.0 4.0\n")
    #expect(try text(Tensor<Float>([-.nan, -.infinity])) == "nan\n-inf\n")
    #expect(try text(Tensor<Float>(shape: [0, 2], scalars: []), columns: ["a", "b"]) == "a,b\n")
    let halves = AnyTensor(Tensor<Float>([0.5])).converted(to: .bfloat16)
    #expect(try CSV.bytes(of: halves) == Array("0.5\n".utf8))
  }

  @Test func `names are in quotes where they have to be`() throws {
    let names = ["plain", "a,b", "say \"x\"", " edge", "new\nline", "", "größe"]
    let tensor = Tensor<Double>.arange(14).reshaped(to: [2, 7])
    for separator in [",", ";", "\t", " "] as [Character] {
      let bytes = try CSV.bytes(of: AnyTensor(tensor), columns: names, separator: separator)
      let table = try CSV.read(bytes: bytes, source: "test", separator: separator, header: .present)
      #expect(table.columns == names.map { $0.isEmpty ? "column 6" : $0 })
      #expect(table.values == tensor)
    }
  }

  @Test func `numbers are read back exactly`() throws {
    let directory = TemporaryDirectory()
    var generator = RandomGenerator(seed: 3)
    var bits: [UInt64] = []
    for _ in 0..<60_000 { bits.append(generator.next()) }
    let doubles = bits.map(Double.init(bitPattern:)).filter { !$0.isNaN }
    let floats = bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }.filter { !$0.isNaN }
    let count = doubles.count / 3 * 3
    let wide = Tensor<Double>(shape: [count / 3, 3], scalars: doubles.prefix(count))
    try CSV.write(AnyTensor(wide), columns: ["a", "b", "c"], to: directory.file("wide"))
    let table = try CSV.read(from: directory.file("wide"))
    #expect(table.values == wide)
    #expect(try table.tensor(["c", "a"], as: Double.self) == wide[.all, [2, 0]])
    let narrow = Tensor<Float>(floats)
    try CSV.write(AnyTensor(narrow), separator: ";", to: directory.file("narrow"))
    let read = try CSV.read(from: directory.file("narrow"), separator: ";", header: .absent)
    #expect(try read.tensor(["column 1"]).flattened() == narrow)
  }

  @Test func `columns come in any scalar type`() throws {
    let bytes = Array("a,b\n1.5,-2\n300,nan\n".utf8)
    let table = try CSV.read(bytes: bytes, source: "test", missing: .nan)
    #expect(try table.tensor(["b", "a"], as: Int32.self).scalars2D == [[-2, 1], [0, 300]])
    #expect(try table.tensor(["a"], as: UInt8.self).scalars == [1, 255])
    #expect(try table.tensor([], as: Float.self).shape == [2, 0])
    #expect(throws: FormatError.self) { try table.tensor(["c"], as: Float.self) }
  }

  @Test func `what is no table is refused`() throws {
    let matrix = AnyTensor(Tensor<Float>([[1, 2]]))
    for (tensor, names, separator) in [
      (AnyTensor(Tensor<Float>(1)), [], ","), (AnyTensor(Tensor<Float>.zeros([1, 1, 1])), [], ","),
      (AnyTensor(Tensor<Float>.zeros([2, 0])), [], ","), (matrix, ["a"], ","), (matrix, ["a", "a"], ","),
      (matrix, [], "."), (matrix, [], "ü"),
    ] as [(AnyTensor, [String], Character)] {
      let error = #expect(throws: FormatError.self) {
        try CSV.bytes(of: tensor, columns: names, separator: separator, source: "test")
      }
      #expect(error?.kind == .invalid && error?.source == "test")
    }
  }
}
