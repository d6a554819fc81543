import CKernels
import Foundation
import LayerSamples
import Martlet
import MartletCore
import TestSupport
import Testing

@testable import MartletONNX

/// Models as ONNX files. That a runtime computes the same from them is checked by `Scripts/check-onnx`, which has these
/// tests write the files; what it has checked is kept as fingerprints, which these tests compare with.
@Suite struct ExportTests {
  /// Where the files go that a runtime reads, when the script asks for them.
  private static let folder = ProcessInfo.processInfo.environment["MARTLET_ONNX_FOLDER"]

  private static let checked: [String: String] = {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Fixtures/checked.json")
    let data = try! Data(contentsOf: path)
    return try! JSONDecoder().decode([String: String].self, from: data)
  }()

  @Test(arguments: ExportSample.all) func `a model is written as the runtime has checked it`(
    _ sample: ExportSample
  ) throws {
    let (model, cases) = try sample.make()
    if let folder = Self.folder {
      let file = sample.name.map { $0.isLetter || $0.isNumber ? "\($0)" : "-" }.joined()
      try model.write(to: "\(folder)/\(file).onnx")
      try Data(text(of: sample.name, model, cases).utf8).write(to: URL(fileURLWithPath: "\(folder)/\(file).json"))
    } else {
      #expect(
        Self.checked[sample.name] == fingerprint(of: model.graph),
        "another file than the runtime has checked: Scripts/check-onnx checks it anew")
    }
  }

  @Test func `every layer is exported, but those that are no function of a row alone`() {
    let left = LayerSample.all.filter { !ExportSample.isExported($0) }.map(\.testDescription)
    #expect(left == ["BatchNorm, trackless", "EmbeddingBag", "EmbeddingBag, max"])
    #expect(Set(ExportSample.all.map(\.name)).count == ExportSample.all.count)
    if Self.folder == nil { #expect(Set(Self.checked.keys) == Set(ExportSample.all.map(\.name))) }
  }

  // MARK: Writing for the runtime

  /// Operators, their settings and constants, with numbers to 4 digits: their last bits are the processor's.
  private func fingerprint(of graph: ONNXGraph) -> String {
    var rounded = graph
    rounded.initializers = []
    var text = ""
    for initializer in graph.initializers {
      text += "\(initializer.name) "
      switch initializer.content {
      case .texts(let texts): text += "\(texts)"
      case .tensor(let tensor):
        let numbers = Tensor<Double>(unchecked: tensor.converted(to: .float64)).scalars
        text += "\(tensor.scalarType)\(tensor.shape) \(numbers.map { String(format: "%.3e", $0) })"
      }
    }
    let bytes = Array(text.utf8) + rounded.bytes
    return String(mk_hash(bytes, bytes.count, 0), radix: 16)
  }

  private func text(of name: String, _ model: ONNXModel, _ cases: [ExportSample.Case]) -> String {
    func list(_ columns: [(name: String, column: ExportSample.Column)]) -> String {
      "{" + columns.map { "\(quoted($0.name)):\(text(of: $0.column))" }.joined(separator: ",") + "}"
    }
    let texts = cases.map { "{\"inputs\":\(list($0.inputs)),\"outputs\":\(list($0.outputs))}" }
    return "{\"name\":\(quoted(name)),\"fingerprint\":\"\(fingerprint(of: model.graph))\","
      + "\"cases\":[\(texts.joined(separator: ","))]}"
  }

  private func text(of column: ExportSample.Column) -> String {
    switch column {
    case .texts(let texts, let isColumn):
      let values = texts.map { $0.map(quoted) ?? "\"\"" }.joined(separator: ",")
      return "{\"type\":\"string\",\"shape\":[\(texts.count)\(isColumn ? ",1" : "")],\"values\":[\(values)]}"
    case .tensor(let tensor):
      let numbers = Tensor<Double>(unchecked: tensor.converted(to: .float64)).scalars
      let values = numbers.map { $0.isFinite ? "\($0)" : "\"\($0)\"" }.joined(separator: ",")
      return "{\"type\":\"\(tensor.scalarType)\",\"shape\":\(Array(tensor.shape)),\"values\":[\(values)]}"
    }
  }

  private func quoted(_ text: String) -> String {
    String(decoding: try! JSONEncoder().encode(text), as: UTF8.self)
  }
}
