import CKernels
import Foundation
import Testing

@testable import MartletCore

/// Nothing may be left out of the catalogue, and Swift's tables must be in step with the kernels'.
@Suite struct CatalogueTests {
  private static var repository: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }

  private static func sources() throws -> [URL] {
    let root = repository.appendingPathComponent("Sources/MartletCore").resolvingSymlinksInPath()
    let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
  }

  @Test func `every primitive in the sources is in the catalogue and has samples`() throws {
    let catalogue = PrimitiveCatalogue.all.map { "\($0)" }
    let pattern = /(?:struct|class|enum|extension)\s+(\w+)\s*:\s*([^{]*)\{/
    var found: Set<String> = []
    for file in try CatalogueTests.sources() {
      for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
        let conformances = match.output.2.split(separator: ",").map {
          $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if conformances.contains("Primitive") { found.insert(String(match.output.1)) }
      }
    }
    #expect(found.count >= 25, "the scan of the sources finds only \(found.sorted())")
    // A checkpoint is replayed by the passes and never applied.
    found.remove("Checkpoint")
    #expect(found.subtracting(catalogue).isEmpty, "not in PrimitiveCatalogue")
    #expect(Set(catalogue).subtracting(found).isEmpty, "in PrimitiveCatalogue and not found in the sources")
    #expect(catalogue.count == Set(catalogue).count, "listed twice")
    for primitive in PrimitiveCatalogue.all { #expect(!primitive.samples.isEmpty, "\(primitive) has no samples") }
  }

  @Test func `labels of samples tell them apart`() {
    for primitive in PrimitiveCatalogue.all {
      let labels = primitive.samples.map(\.label)
      #expect(labels.count == Set(labels).count, "\(primitive): \(labels)")
    }
  }

  @Test func `the tables have as many rows as the kernels'`() {
    #expect(UnaryOperation.allCases.count == Int(MK_UNARY_COUNT.rawValue))
    #expect(BinaryOperation.allCases.count == Int(MK_BINARY_COUNT.rawValue))
    #expect(Comparison.allCases.count == Int(MK_COMPARE_COUNT.rawValue))
    #expect(ReductionKind.allCases.count == Int(MK_REDUCE_COUNT.rawValue))
    #expect(ElementTest.allCases.count == Int(MK_NOT.rawValue) + 1)
    #expect(FusedActivation.allCases.count == Int(MK_EPILOGUE_SIGMOID.rawValue) + 1)
    #expect(ScalarType.allCases.count == Int(MK_BFLOAT16.rawValue) + 1)
  }

  /// The names, in order, of a C enumeration in the kernels' headers, in Swift's spelling: `MK_LOG_SIGMOID` is
  /// `logSigmoid`.
  private static func names(of enumeration: String, in header: String, prefix: String = "MK_") throws -> [String] {
    let file = repository.appendingPathComponent("Sources/CKernels/include/\(header)").resolvingSymlinksInPath()
    let text = try String(contentsOf: file, encoding: .utf8).replacing(/\/\/[^\n]*/, with: "")
    let start = try #require(text.range(of: "typedef enum \(enumeration) "))
    let open = try #require(text[start.upperBound...].firstIndex(of: "{"))
    let close = try #require(text[open...].firstIndex(of: "}"))
    return text[text.index(after: open)..<close].split(separator: ",").compactMap { entry in
      let name = entry.split(separator: "=")[0].trimmingCharacters(in: .whitespacesAndNewlines)
      if name.isEmpty || name.hasSuffix("_COUNT") { return nil }
      let words = name.dropFirst(prefix.count).lowercased().split(separator: "_")
      return words.enumerated().map { $0.offset == 0 ? String($0.element) : $0.element.capitalized }.joined()
    }
  }

  @Test func `the tables have the kernels' order`() throws {
    func same(_ ours: [String], _ enumeration: String, _ header: String, prefix: String = "MK_") throws {
      let theirs = try CatalogueTests.names(of: enumeration, in: header, prefix: prefix)
      #expect(ours.map { $0.lowercased() } == theirs.map { $0.lowercased() }, "\(enumeration)")
    }
    try same(UnaryOperation.allCases.map { "\($0)" }, "mk_unary_op", "elementwise.h")
    try same(BinaryOperation.allCases.map { "\($0)" }, "mk_binary_op", "elementwise.h")
    try same(Comparison.allCases.map { "\($0)" }, "mk_compare_op", "elementwise.h")
    try same(ElementTest.allCases.map { "\($0)" }, "mk_test_op", "elementwise.h")
    try same(ReductionKind.allCases.map { "\($0)" }, "mk_reduce_op", "reduce.h")
    let activations = FusedActivation.allCases.map { $0 == .identity ? "none" : "\($0)" }
    try same(activations, "mk_epilogue", "elementwise.h", prefix: "MK_EPILOGUE_")
    #expect(
      ScalarType.allCases.map(\.kernelType) == [
        MK_FLOAT32, MK_FLOAT64, MK_INT32, MK_INT64, MK_UINT8, MK_BOOL, MK_FLOAT16, MK_BFLOAT16,
      ])
  }

  @Test func `rows of the tables have their own names`() {
    for operation in UnaryOperation.allCases { #expect(operation.facts.name == "\(operation)") }
    for operation in BinaryOperation.allCases { #expect(operation.facts.name == "\(operation)") }
  }

  @Test func `costs count operations and bytes`() throws {
    let operands = Operands(
      AnyTensor(zeros: [3, 4], scalarType: .float32), AnyTensor(zeros: [4, 5], scalarType: .float32))
    let spec = try MatMul().result(of: operands)
    #expect(MatMul().cost(operands, spec) == Cost(flops: 2 * 3 * 4 * 5, bytes: 4 * (12 + 20 + 15)))
    let one = Operands(AnyTensor(zeros: [3, 4], scalarType: .float64))
    #expect(Unary(.negate).cost(one, TensorSpec(.float64, [3, 4])) == Cost(flops: 12, bytes: 8 * 24))
  }
}
