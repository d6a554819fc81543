import Foundation
import MartletCore
import MartletInspection
import MartletNN
import MartletText
import TestSupport
import Testing

/// Finding what makes NaN, and graphs as data.
@Suite struct InspectionTests {
  private typealias T = Tensor<Double>
  private let x: T = [0.5, 2, 1]

  // MARK: The hunt for NaN

  private func hunt(_ body: () -> Void) throws -> NonFiniteReport { try #require(findingNonFinite(body).report) }

  private func expect(
    _ report: NonFiniteReport, _ operation: String, derivativeOf: String? = nil, layer: String = "",
    outside: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(report.operation == operation, "\(report)", sourceLocation: sourceLocation)
    #expect(report.derivativeOf == derivativeOf, "\(report)", sourceLocation: sourceLocation)
    #expect(report.layerPath == layer, "\(report)", sourceLocation: sourceLocation)
    #expect(report.cameFromOutside == outside, "\(report)", sourceLocation: sourceLocation)
  }

  /// Operations that are finite around the one that is not.
  private func run(_ plant: (T) -> T) throws -> NonFiniteReport {
    try hunt { _ = (plant(x.exp().log()) + 1).tanh().sum() }
  }

  @Test func `the first operation that is not finite is named`() throws {
    expect(try run { ($0 - $0).log() }, "log")
    expect(try run { $0 / ($0 - $0) }, "divide")
    expect(try run { ($0 * 1000).exp() }, "exp")
    expect(try run { (-$0).sqrt() }, "sqrt")
    expect(try run { (-$0).power(0.5) }, "power")
    expect(try run { ($0 - $0).reciprocal() }, "reciprocal")
    expect(try run { ($0 * 1e200) * ($0 * 1e200) }, "multiply")
    expect(try run { ($0 + 1).asin() }, "asin")
    expect(try run { ($0 * 0).rsqrt() }, "rsqrt")
    expect(try run { ($0 * 8e307).cumulativeSum(axis: 0) }, "cumulativeSum")
    expect(try run { matmul($0 * 1e200, $0 * 1e200) }, "matmul")
    expect(try run { ($0 * 1e200).sumOfSquares() }, "sumOfSquares")
  }

  @Test func `a value that came from outside is said to`() throws {
    let given = T([1, .infinity, 2])
    expect(try hunt { _ = (given - given).sum() }, "subtract", outside: true)
    expect(try hunt { _ = (x * T([1, .nan, 1])).sum() }, "multiply", outside: true)
    #expect(findingNonFinite { (x * 2).sum() }.report == nil)
    let kept = findingNonFinite { (x * 2).sum() }.result
    #expect(kept == (x * 2).sum())
  }

  @Test func `backward passes are watched too`() throws {
    // The root of 0 is finite, its derivative is not.
    expect(try hunt { _ = gradient(at: T([0, 1])) { $0.sqrt().sum() } }, "divide", derivativeOf: "sqrt")
    // 0/0 in the derivative of a norm at 0.
    expect(
      try hunt { _ = gradient(at: T([0, 0])) { $0.sumOfSquares().sqrt() } }, "divide", derivativeOf: "sqrt")
    // 1/x² overflows where 1/x does not.
    expect(try hunt { _ = gradient(at: T(1e-200)) { $0.reciprocal() } }, "square", derivativeOf: "reciprocal")
    expect(try hunt { _ = gradient(at: T([0, 2])) { $0.power(0.5).sum() } }, "power", derivativeOf: "power")
    // In forward mode, and in a pullback that is called when its gradient has ended.
    expect(
      try hunt { _ = differential(at: T([0.0])) { $0.sqrt() }.differential([1]) }, "divide", derivativeOf: "sqrt")
    let later = pullback(at: T([0.0])) { $0.sqrt() }
    expect(try hunt { _ = later.pullback([1]) }, "divide", derivativeOf: "sqrt")
  }

  @Test func `the layer is named, forward and backward`() throws {
    final class Logarithm: Layer {
      func forward(_ x: Tensor<Float>) -> Tensor<Float> { x.log() }
    }
    final class Root: Layer {
      func forward(_ x: Tensor<Float>) -> Tensor<Float> { (x - x).sqrt() }
    }
    let zeros = Tensor<Float>.zeros([2, 3])
    let forward = Sequential {
      Activation(.tanh)
      Logarithm()
    }
    expect(try hunt { _ = forward(zeros) }, "log", layer: "1")
    let backward = Sequential {
      Dense(3, 4)
      Root()
    }
    expect(
      try hunt { _ = gradient(at: backward) { $0(zeros).sum() } }, "divide", derivativeOf: "sqrt", layer: "1")
    let nested = Sequential {
      Activation(.tanh)
      forward
    }
    expect(try hunt { _ = nested(zeros) }, "log", layer: "1.1")
  }

  @Test func `the report gives shapes and ranges`() throws {
    let report = try hunt { _ = ([[0.5, -2, 0], [4, 1, 1]] as T).log() }
    #expect(report.operands.map(\.shape) == [[2, 3]])
    #expect(report.operands[0].range == -2...4)
    #expect(report.operands[0].isFinite)
    #expect((report.result.nanCount, report.result.infinityCount) == (1, 1))
    #expect(
      "\(report)" == """
        log made a value that is not finite
          operand 0: Double [2, 3] in -2.0 ... 4.0
          result: Double [2, 3] in -0.6931471805599453 ... 1.3862943611198906, 1 NaN, 1 infinite
        """)
  }

  // MARK: Memory

  /// The pool's counters are the process's, hence a process of its own.
  @Test func `peaks are measured and written in words`() async {
    await #expect(processExitsWith: .success) {
      let (kept, memory) = measuringMemory { () -> Tensor<Float> in
        let large = Tensor<Float>.zeros([1 << 20])
        return (large + 1).sum()
      }
      #expect(memory.peakBytes >= 8 << 20 && memory.peakBytes < 9 << 20)
      #expect(memory.remainingBytes == 64, "the smallest block, of \(kept.count) element")
      #expect("\(memory)".hasPrefix("peak 8 MiB, remaining 64 B, "), "\(memory)")
    }
  }

  @Test func `what is still alive is counted`() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor<Float>.zeros([100_000])
      let (_, memory) = measuringMemory { x * 2 }
      #expect(memory.remainingBytes >= 400_000 && memory.peakBytes >= memory.remainingBytes)
    }
  }

  // MARK: Graphs

  /// One linear layer, a loss, and the gradients of both parameters.
  private func recorded() -> OperationGraph {
    let x = Tensor<Float>.ones([8, 3])
    let (weight, bias) = (Tensor<Float>.ones([5, 3]), Tensor<Float>.ones([5]))
    return graph {
      gradient(at: weight, bias) { weight, bias in linear(x, weight: weight, bias: bias).squared().sum() }
    }.graph
  }

  @Test func `counts, operations and bytes of a small case`() throws {
    let graph = recorded()
    let forward = graph.operations.filter { $0.derivativeOf == nil }.map(\.name)
    #expect(forward == ["linear", "square", "sum"])
    let linear = try #require(graph.operations.first)
    #expect(linear.flops == 8 * 5 * (2 * 3 + 2))
    #expect(linear.bytes == 4 * (8 * 3 + 5 * 3 + 8 * 5))
    let square = graph.operations[1]
    #expect(square.flops == 40 && square.bytes == 2 * 4 * 40)
    #expect(square.inputs == linear.outputs)
    #expect(graph.operations[2].flops == 40 && graph.operations[2].bytes == 4 * 41)
    // The derivative of the sum spreads, that of the square multiplies twice, and the layer's is one product (its x needs no
    // gradient) of the transpose, and one sum of columns.
    let derivatives = Dictionary(grouping: graph.operations.filter { $0.derivativeOf != nil }) { $0.derivativeOf! }
    #expect(derivatives["sum"]?.map(\.name) == ["reshape", "broadcast"])
    #expect(derivatives["square"]?.map(\.name) == ["multiply", "multiply"])
    #expect(derivatives["linear"]?.map(\.name) == ["permute", "matmul", "sum"])
    let product = try #require(derivatives["linear"]?[1])
    #expect(product.flops == 2 * 5 * 8 * 3)
    #expect(product.bytes == 4 * (5 * 8 + 8 * 3 + 5 * 3))
    #expect(
      graph.counts == [
        "linear": 1, "square": 1, "sum": 2, "reshape": 1, "broadcast": 1, "multiply": 2, "permute": 1, "matmul": 1,
      ])
    #expect(graph.flops == 320 + 40 + 40 + 2 * 40 + 240 + 40)
    #expect(graph.flops == graph.operations.reduce(0) { $0 + $1.flops })
    #expect(graph.bytes == graph.operations.reduce(0) { $0 + $1.bytes })
    #expect(graph.values[linear.outputs[0]].shape == [8, 5] && graph.values[linear.outputs[0]].scalarType == .float32)
    #expect("\(graph)".contains("total") && "\(graph)".contains("matmul"))
  }

  @Test func `what is not applied is not in the graph`() {
    let (result, graph) = graph { x.reshaped(to: [3, 1]).sum(axis: 0) }
    #expect(result == [3.5])
    #expect(graph.operations.map(\.name) == ["reshape", "sum"])
    #expect(graph.operations.allSatisfy { $0.derivativeOf == nil && $0.layerPath.isEmpty })
    #expect(InspectionTests.isWellFormed(graph.dot))
    let model = Sequential {
      Dense(3, 2, activation: .relu)
      Dense(2, 1)
    }
    let layers = MartletInspection.graph { model(Tensor<Float>.ones([4, 3])) }.graph
    #expect(layers.operations.map(\.layerPath) == ["0", "1"])
    #expect(layers.dot.contains("label=\"0\"") && layers.dot.contains("label=\"1\""))
  }

  @Test func `the picture shows names as they are`() {
    let graph = graph { withinLayer("a \"b\"\u{301} \\n") { Tensor<Double>([1, 2]) * 2 } }.graph
    #expect(graph.dot.contains(#"label="a \"b\"\#u{301} \\n";"#))
  }

  /// Every brace closed, every node of an edge declared, every declared once.
  private static func isWellFormed(_ dot: String) -> Bool {
    var (depth, declared, used): (Int, [String], Set<String>) = (0, [], [])
    for line in dot.split(separator: "\n") {
      let words = line.split { " ;".contains($0) }.map(String.init)
      depth += line.filter { $0 == "{" }.count - line.filter { $0 == "}" }.count
      if depth < 0 { return false }
      if words.contains("->") {
        used.formUnion([words[0], words[2]])
      } else if let first = words.first, first.wholeMatch(of: /[ov]\d+/) != nil {
        declared.append(first)
      }
    }
    return depth == 0 && dot.hasPrefix("digraph {") && Set(declared).count == declared.count
      && used.isSubset(of: declared)
      && !used.isEmpty
  }

  @Test func `the picture is well formed, and is written as Graphviz's language without Graphviz`() throws {
    let graph = recorded()
    #expect(InspectionTests.isWellFormed(graph.dot))
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let path = directory.file("graph.dot")
    try graph.write(to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == graph.dot)
    #expect(throws: FormatError.self) { try graph.write(to: path + ".txt") }
  }

  private static let hasGraphviz = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/dot")
  }

  @Test(.enabled(if: hasGraphviz, "Graphviz is not installed"))
  func `Graphviz makes a picture`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("graph.svg")
    try recorded().write(to: path)
    let picture = try String(contentsOfFile: path, encoding: .utf8)
    #expect(picture.contains("<svg") && picture.contains("linear") && picture.contains("matmul"))
    #expect(directory.contents == ["graph.svg"])
  }

  @Test func `a picture leaves the other files of its folder alone`() async {
    await #expect(processExitsWith: .success) {
      let (directory, programs) = (TemporaryDirectory(), TemporaryDirectory())
      defer { withExtendedLifetime((directory, programs)) {} }
      // Stands in for Graphviz: its picture is what it is given to draw.
      programs.write(Array("#!/bin/sh\ncat \"$4\" > \"$3\"\n".utf8), to: "dot")
      chmod(programs.file("dot"), 0o755)
      setenv("PATH", "\(programs.path):/usr/bin:/bin", 1)
      let graph = graph { Tensor<Double>([1, 2]) * 2 }.graph
      directory.write(Array("mine".utf8), to: "x.svg.dot")
      do {
        try graph.write(to: directory.file("x.svg"))
        #expect(try String(contentsOfFile: directory.file("x.svg"), encoding: .utf8) == graph.dot)
        #expect(try String(contentsOfFile: directory.file("x.svg.dot"), encoding: .utf8) == "mine")
      } catch {
        Issue.record(error)
      }
      #expect(directory.contents == ["x.svg", "x.svg.dot"])
    }
  }

  @Test func `without Graphviz the error says what to install`() async {
    await #expect(processExitsWith: .success) {
      setenv("PATH", "/nonexistent", 1)
      let graph = graph { Tensor<Double>([1, 2]) * 2 }.graph
      let directory = TemporaryDirectory()
      defer { withExtendedLifetime(directory) {} }
      do {
        try graph.write(to: directory.file("none.svg"))
        Issue.record("no error")
      } catch {
        #expect("\(error)".contains("install the package graphviz"))
      }
    }
  }
}
