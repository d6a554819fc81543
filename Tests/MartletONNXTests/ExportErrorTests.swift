import Foundation
import Martlet
import MartletCore
import TestSupport
import Testing

@testable import MartletONNX

/// What a file holds beside its operators, and what cannot be exported.
@Suite struct ExportErrorTests {
  private func names(_ values: [ONNXGraph.Initializer]) -> [String] { values.map(\.name) }

  private func graph(of layer: some FloatLayer, _ shape: Shape) throws(ONNXError) -> ONNXGraph {
    try ONNXModel(layer, .zeros(Shape([1] + shape)), nil, nil, [:]).graph
  }

  /// The error of exporting a function of `[rows, 4]` within a layer.
  private func error(of function: @escaping (Tensor<Float>) -> Tensor<Float>) -> ONNXError? {
    #expect(throws: ONNXError.self) {
      _ = try graph(of: Sequential { Residual { Lambda(function) } }, [4])
    }
  }

  private func untranslatable(_ operation: String, _ reason: String, in error: ONNXError?) -> Bool {
    if case .untranslatable(operation, "0.0", let why)? = error { return why.contains(reason) }
    Issue.record("\(String(describing: error))")
    return false
  }

  // MARK: Contents

  @Test func `a dense network has a product with its parameters for each layer`() throws {
    let graph = try graph(
      of: Sequential(inputShape: [6]) {
        Dense(5, activation: .relu)
        Dropout(0.5)
        Dense(3)
      }, [6])
    #expect(graph.nodes.map(\.operation) == ["Gemm", "Relu", "Gemm"])
    #expect(names(graph.initializers) == ["0.weight", "0.bias", "2.weight", "2.bias"])
    #expect(graph.inputs.map(\.dims) == [[.rows(1), .fixed(6)]])
    #expect(graph.outputs.map(\.dims) == [[.rows(1), .fixed(3)]])
  }

  @Test func `what follows from parameters alone is computed at once`() throws {
    let graph = try graph(
      of: Sequential(inputShape: [6]) {
        Dense(5)
        BatchNorm()
      }, [6])
    #expect(graph.nodes.map(\.operation) == ["Gemm", "Mul", "Add"])
  }

  @Test func `a file is the same for the same model, and holds its metadata`() throws {
    let model = withRandomSeed(4) { Sequential(inputShape: [3]) { Dense(2, activation: .tanh) } }
    let directory = TemporaryDirectory()
    for name in ["a.onnx", "b.onnx"] {
      try model.exportONNX(to: directory.file(name), inputShape: [3], metadata: ["b": "2", "author": "me", "a": "1"])
    }
    let (a, b) = (
      FileManager.default.contents(atPath: directory.file("a.onnx")),
      FileManager.default.contents(atPath: directory.file("b.onnx"))
    )
    let bytes = try #require(a)
    #expect(a == b)
    for text in ["Martlet", martletVersion, "author", "batch", "0.weight", "Gemm"] {
      #expect(bytes.range(of: Data(text.utf8)) != nil, "\(text)")
    }
  }

  @Test func `inputs and outputs have the names that are given`() throws {
    final class Two: Layer {
      let inner = Dense(3, 2)
      func forward(_ x: Pair<Tensor<Float>, Tensor<Int32>>) -> Pair<Tensor<Float>, Tensor<Float>> {
        let y = inner(x.first)
        return Pair(y, y * x.second.cast(to: Float.self))
      }
    }
    let example = Pair(Tensor<Float>.zeros([1, 3]), Tensor<Int32>.zeros([1, 1]))
    let graph = try ONNXModel(Two(), example, ["features", "count"], ["rate", "total"], [:]).graph
    #expect(graph.inputs.map(\.name) == ["features", "count"])
    #expect(graph.inputs.map(\.type) == [.float, .int32])
    #expect(graph.outputs.map(\.name) == ["rate", "total"])
    #expect(graph.nodes.contains { $0.outputs == ["rate"] || $0.inputs == ["rate"] })
    let standard = try ONNXModel(Two(), example, nil, nil, [:]).graph
    #expect(standard.outputs.map(\.name) == ["output_0", "output_1"])

    for (inputs, outputs, part) in [
      (["a"], nil, "2 different input names, got [\"a\"]"), (["a", "a"], nil, "different input names"),
      (["a", "b"], ["a", "c"], "no other value has, got \"a\""), (nil, ["", "c"], "different output names"),
    ] as [([String]?, [String]?, String)] {
      let error = #expect(throws: ONNXError.self) { _ = try ONNXModel(Two(), example, inputs, outputs, [:]) }
      #expect("\(error!)".contains(part), "\(error!)")
    }
  }

  @Test func `an output may be an input or the same as another`() throws {
    final class Same: Layer {
      func forward(_ x: Tensor<Float>) -> Pair<Tensor<Float>, Pair<Tensor<Float>, Tensor<Float>>> {
        let y = x.tanh()
        return Pair(x, Pair(y, y))
      }
    }
    let graph = try ONNXModel(Same(), .zeros([1, 2]), nil, nil, [:]).graph
    let made = Set(graph.nodes.flatMap(\.outputs))
    #expect(made.isSuperset(of: ["output_0", "output_1", "output_2"]))
    #expect(made.count == graph.nodes.flatMap(\.outputs).count)
  }

  // MARK: What cannot be exported

  @Test func `an operation without a counterpart is named with its layer`() {
    #expect(untranslatable("lgamma", "no such operator", in: error { $0.lgamma() }))
  }

  @Test func `a model that looks at elements is refused`() {
    let error = error { $0.sum().item() > 0 ? $0 * 2 : $0 }
    #expect(untranslatable("item", "looks at elements", in: error))
  }

  @Test func `what depends on the number of rows in another way is refused`() {
    let mean = error { $0 - $0.mean(axis: 0) }
    #expect(untranslatable("divide", "depends on the number of rows", in: mean))
    let numbered = error { $0 + Tensor<Float>.arange(Float($0.shape[0])).expandedDimension(at: 1) }
    #expect(untranslatable("reshape", "depends on the number of rows", in: numbered))
    let branch = error { $0.shape[0] > 2 ? $0.tanh() : $0.sin() }
    #expect(untranslatable("sin", "depends on the number of rows", in: branch))
    let longer = error { $0.shape[0] > 2 ? $0.tanh().exp() : $0.tanh() }
    #expect("\(String(describing: longer))".contains("depends on the number of rows"))
  }

  @Test func `random numbers of a prediction are refused`() {
    let error = error { $0 + Tensor<Float>.randomNormal([4]) }
    #expect(untranslatable("add", "another one at every call", in: error))
  }

  @Test func `a part of the rows is refused`() {
    let halves = error { x in
      let half = x.shape[0] - 1
      return .concatenate([x[0..<half], x[half...]], axis: 0)
    }
    #expect(halves != nil)
  }

  @Test func `an assignment to a part is refused`() {
    let error = error { x in
      var y = x
      y[.all, 0] = Tensor<Float>.zeros([x.shape[0]])
      return y
    }
    #expect(error != nil)
  }

  @Test func `an example, a path and contents that do not fit are refused`() throws {
    let model = Sequential(inputShape: [6]) { Dense(2) }
    func error(_ body: () throws -> Void) -> String {
      let error = #expect(throws: ONNXError.self) { try body() }
      return error.map { "\($0)" } ?? ""
    }
    let directory = TemporaryDirectory()
    let path = directory.file("m.onnx")
    #expect(error { try model.exportONNX(to: path, inputShape: [5]) }.contains("6"))
    #expect(error { try Dense(2).exportONNX(to: path, inputShape: [5]) }.contains("expected a model whose parameters"))
    let missing = directory.file("missing/m.onnx")
    #expect(error { try model.exportONNX(to: missing, inputShape: [6]) }.contains("missing"))
    #expect(error { try model.exportONNX(to: path, ModelContents()) }.contains("expected contents with a preprocessor"))
    let table = try Table(columns: [("a", .numbers([1, 2])), ("b", .numbers([3, 4]))])
    let two = try Preprocessor(fittedTo: table, [Columns("a", "b")])
    #expect(error { try model.exportONNX(to: path, ModelContents(preprocessor: two)) }.contains("6"))
    let classes = ModelContents(preprocessor: two, classes: ["x", "y", "z"])
    let fitting = Sequential(inputShape: [2]) { Dense(2) }
    let text = error { try fitting.exportONNX(to: path, classes) }
    let calibrator = try Calibrator(
      .temperature, outputs: Tensor<Float>([-1, 2, 1, -3]), labels: [0, 1, 0, 1] as Tensor<Int32>)
    let calibrated = ModelContents(preprocessor: two, calibrator: calibrator)
    #expect(error { try fitting.exportONNX(to: path, calibrated) }.contains("expected contents without a calibrator"))
    #expect(text.contains("expected an output for each of 3 classes"), "\(text)")
    #expect(directory.contents == [])
  }
}
