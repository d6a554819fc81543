import CKernels
import Foundation
import MartletSamples
import MartletTesting
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

  @Test func `every primitive in the sources is in the catalogue`() throws {
    let catalogue = PrimitiveCatalogue.all.map { "\($0)" }
    let kinds: Set = ["Primitive", "LinearMap", "ViewMap", "BilinearMap"]
    let pattern = /(?:struct|class|enum|extension)\s+(\w+)\s*:\s*([^{]*)\{/
    var found: Set<String> = []
    for file in try CatalogueTests.sources() {
      for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
        let conformances = match.output.2.split(separator: ",").map {
          $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if !kinds.isDisjoint(with: conformances) { found.insert(String(match.output.1)) }
      }
    }
    #expect(found.count >= 37, "the scan of the sources finds only \(found.sorted())")
    #expect(found.subtracting(catalogue).isEmpty, "not in PrimitiveCatalogue")
    #expect(Set(catalogue).subtracting(found).isEmpty, "in PrimitiveCatalogue and not found in the sources")
    #expect(catalogue.count == Set(catalogue).count, "listed twice")
  }

  @Test func `the tables have as many rows as the kernels'`() {
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
    try same(Comparison.allCases.map { "\($0)" }, "mk_compare_op", "elementwise.h")
    try same(ElementTest.allCases.map { "\($0)" }, "mk_test_op", "elementwise.h")
    try same(ScatterReduction.allCases.map { "\($0)" }, "mk_scatter_op", "index.h", prefix: "MK_SCATTER_")
    try same(ReductionKind.allCases.map { "\($0)" }, "mk_reduce_op", "reduce.h")
    let activations = FusedActivation.allCases.map { $0 == .identity ? "none" : "\($0)" }
    try same(activations, "mk_epilogue", "elementwise.h", prefix: "MK_EPILOGUE_")
    #expect(
      ScalarType.allCases.map(\.kernelType) == [
        MK_FLOAT32, MK_FLOAT64, MK_INT32, MK_INT64, MK_UINT8, MK_BOOL, MK_FLOAT16, MK_BFLOAT16,
      ])
  }

  /// Of an enumeration whose rows name their kernels: each has that of its own name, and none is left over.
  private func expectKernels(
    _ rows: [(name: String, kernel: Int)], _ enumeration: String, except others: [String: String] = [:]
  ) throws {
    let kernels = try CatalogueTests.names(of: enumeration, in: "elementwise.h")
    for row in rows {
      let kernel = others[row.name] ?? row.name
      #expect(row.kernel < kernels.count && kernels[row.kernel].lowercased() == kernel.lowercased(), "\(row)")
    }
    #expect(Set(rows.map(\.kernel)) == Set(kernels.indices), "\(enumeration)")
    #expect(Set(rows.map(\.name)).count == rows.count)
  }

  @Test func `every row has the kernel of its name, and every kernel a row`() throws {
    try expectKernels(UnaryOperation.allCases.map { ("\($0)", Int($0.facts.kernel.rawValue)) }, "mk_unary_op")
    // Clamping is a maximum or a minimum whose derivative takes the other side where both are equal.
    try expectKernels(
      BinaryOperation.allCases.map { ("\($0)", Int($0.facts.kernel.rawValue)) }, "mk_binary_op",
      except: ["clampBelow": "maximum", "clampAbove": "minimum"])
  }

  @Test func `rows of the tables have their own names and traits`() {
    for operation in UnaryOperation.allCases {
      #expect(operation.facts.name == "\(operation)")
      #expect(operation.traits.kernel == operation.facts.kernel.rawValue)
    }
    for operation in BinaryOperation.allCases {
      #expect(operation.facts.name == "\(operation)")
      #expect(operation.traits.kernel == operation.facts.kernel.rawValue)
    }
  }

  @Test func `equal arguments make equal primitives`() {
    var (equal, unequal) = (0, 0)
    for primitive in PrimitiveCatalogue.all {
      let (once, again) = (primitive.samples, primitive.samples)
      for (first, second) in zip(once, again) {
        // A closure is equal to itself alone.
        let isClosure = first.primitive is CustomDerivative
        #expect(first.primitive.isEqual(to: isClosure ? first.primitive : second.primitive), "\(first.label)")
        #expect(!isClosure || !first.primitive.isEqual(to: second.primitive), "\(first.label)")
        equal += 1
      }
    }
    let different: [any Primitive] = [
      Permute(AxisList([1, 0])), Permute(AxisList([0, 1])), Cumulative(isProduct: true, axis: 0),
      Cumulative(isProduct: true, axis: 1), Cumulative(isProduct: true, axis: 1, fromBack: true), Unary(.exp),
      Unary(.log), Binary(.add), Reduction(.sum, axes: [0]), Reduction(.sum, axes: [0, 1]), Reduction(.max, axes: [0]),
    ]
    for (index, first) in different.enumerated() {
      for second in different[(index + 1)...] {
        #expect(!first.isEqual(to: second), "\(first) and \(second)")
        unequal += 1
      }
    }
    #expect(equal >= 250 && unequal == 55)
  }

  @Test func `costs count operations and bytes`() throws {
    func cost(_ primitive: some Primitive, _ specs: TensorSpec...) throws -> Cost {
      primitive.cost(OperandSpecs(specs), try primitive.specs(of: OperandSpecs(specs)))
    }
    let product = try cost(MatMul(), TensorSpec(.float32, [3, 4]), TensorSpec(.float32, [4, 5]))
    #expect(product == Cost(flops: 2 * 3 * 4 * 5, bytes: 4 * (12 + 20 + 15)))
    #expect(try cost(Unary(.negate), TensorSpec(.float64, [3, 4])) == Cost(flops: 12, bytes: 8 * 24))
    #expect(try cost(Permute(AxisList([1, 0])), TensorSpec(.float64, [3, 4])) == .nothing)
  }
}

extension Primitive {
  /// Whether another primitive is the same operation with the same arguments.
  fileprivate func isEqual(to other: any Primitive) -> Bool { other as? Self == self }
}
