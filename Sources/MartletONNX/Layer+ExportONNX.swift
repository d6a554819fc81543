import MartletCore
import MartletData
import MartletNN
import MartletText
import MartletTraining

extension Layer where Input: Batchable, Output: Batchable {
  /// Writes the model as an ONNX file, which other runtimes load, such as ONNX Runtime.
  ///
  /// ```swift
  /// import Martlet
  /// import MartletONNX
  ///
  /// try model.exportONNX(to: "digits.onnx", example: images)
  /// ```
  /// The file computes what `predict` does, for any number of rows: the first axis of inputs and outputs is `batch`.
  /// Parameters and buffers have their paths as names; what follows from them alone is computed at once. The model is
  /// run on two and on three rows of the example, and what it does is written down, so that models, layers and functions
  /// of your own are exported as the library's are. They must do the same for every input. The file is written whole or
  /// not at all, and is the same for the same model.
  ///
  /// Throws when the model does not take the example, when an operation has no counterpart in ONNX, when the model looks
  /// at elements of its input or depends on the number of rows in another way than operations do, when the parameters
  /// take 2 GiB and more, and when the file cannot be written.
  ///
  /// - Parameters:
  ///   - path: The file to write.
  ///   - example: An input that the model takes, with one row or more.
  ///   - inputNames: Names of the input's tensors; without them `input`, or `input_0`, `input_1` and so on.
  ///   - outputNames: Names of the output's tensors; without them `output`, or `output_0`, `output_1` and so on.
  ///   - metadata: Texts by key that the file holds.
  public func exportONNX(
    to path: String, example: Input, inputNames: [String]? = nil, outputNames: [String]? = nil,
    metadata: [String: String] = [:]
  ) throws(ONNXError) {
    try ONNXModel(self, example, inputNames, outputNames, metadata).write(to: path)
  }
}

extension Layer where Input == Tensor<Float>, Output: Batchable {
  /// Writes the model as an ONNX file: as `exportONNX(to:example:)`, with a row of zeros as the example. `inputShape` is the
  /// shape of one row, without the batch axis: `[784]`.
  public func exportONNX(
    to path: String, inputShape: Shape, inputNames: [String]? = nil, outputNames: [String]? = nil,
    metadata: [String: String] = [:]
  ) throws(ONNXError) {
    try exportONNX(
      to: path, example: .zeros(Shape([1] + inputShape)), inputNames: inputNames, outputNames: outputNames,
      metadata: metadata)
  }
}

extension Layer where Input == Tensor<Float>, Output == Tensor<Float> {
  /// Writes the model with its preprocessing as an ONNX file that takes a table's columns: what `TablePredictor` computes.
  ///
  /// ```swift
  /// try model.exportONNX(to: "titanic.onnx", ModelContents(preprocessor: preprocessor, classes: labels.classes))
  /// ```
  /// Each column that the preprocessor needs is an input of its name, `[batch, 1]`: of `Double` for numbers, where NaN
  /// is a missing one, and of texts, where the empty one is missing. The model's output is `output`; with class names
  /// there is `class` too, `[batch]`, the name of the class with the largest output. An unknown category that is refused,
  /// and a missing one that nothing replaces, make the runtime fail with an index that is out of bounds; a missing number
  /// that nothing replaces gives NaN, where `TablePredictor` throws.
  ///
  /// Throws as `exportONNX(to:example:)` does, and when there is no preprocessor, it makes another number of features than
  /// the model takes, there are other class names than outputs, or there is a calibrator, which is not translated.
  public func exportONNX(to path: String, _ contents: ModelContents) throws(ONNXError) {
    try ONNXModel(self, contents).write(to: path)
  }
}

/// A model as an ONNX file's contents.
struct ONNXModel {
  let graph: ONNXGraph
  private static let mostBytes = Int(Int32.max) - 1 << 20

  init<M: Layer>(
    _ model: M, _ example: M.Input, _ inputNames: [String]?, _ outputNames: [String]?, _ metadata: [String: String]
  ) throws(ONNXError) where M.Input: Batchable, M.Output: Batchable {
    try Self.requireThatTakes(model, example)
    let write = GraphWriter()
    let tensors = example.tensors
    let inputs = try Self.names(inputNames, tensors.count, "input")
    for (name, tensor) in zip(inputs, tensors) {
      _ = write.unique(name)
      let dims: [RowDim] = [.rows(1)] + tensor.shape.dropFirst().map { .fixed($0) }
      write.graph.inputs.append(.init(name: name, type: .init(tensor.scalarType), dims: dims))
    }
    let outputs = try ModelTranslation.write(model, example, inputs: inputs, into: write)
    let names = try Self.names(outputNames, outputs.count, "output")
    for name in names where write.unique(name) != name {
      throw .invalidArgument("expected an output name that no other value has, got \(shown(name))")
    }
    write.finish(zip(outputs, names).map { ($0.name, .init(name: $1, type: .init($0.type), dims: $0.dims)) })
    write.graph.metadata = metadata
    write.graph.removeUnused()
    graph = write.graph
  }

  init(_ model: some FloatLayer, _ contents: ModelContents) throws(ONNXError) {
    guard let preprocessor = contents.preprocessor else {
      throw .invalidArgument(
        "expected contents with a preprocessor, got none; for a model of numbers alone: "
          + "exportONNX(to: path, inputShape: …)")
    }
    if let calibrator = contents.calibrator {
      throw .invalidArgument(
        "expected contents without a calibrator, which would be lost, got \(calibrator); export without it, and calibrate "
          + "what the runtime returns")
    }
    let example = Tensor<Float>.zeros([1, preprocessor.featureNames.count])
    try Self.requireThatTakes(model, example)
    let write = GraphWriter()
    let features = preprocessor.write(into: write)
    let outputs = try ModelTranslation.write(model, example, inputs: [features], into: write)
    let output = outputs[0]
    var ports: [(String, ONNXGraph.Port)] = []
    ports.append((output.name, .init(name: write.unique("output"), type: .float, dims: output.dims)))
    if !contents.classes.isEmpty {
      if output.dims.count != 2 || output.dims[1] != .fixed(contents.classes.count) {
        throw .invalidArgument(
          "expected an output for each of \(contents.classes.count) classes, got \(output.dims.map(\.text))")
      }
      write.prefix = "class"
      let place = write("ArgMax", output.name, with: [.init("axis", .integer(1)), .init("keepdims", .integer(0))])
      let names = write.initializer(.texts(contents.classes), named: "class.names")
      let name = write("Gather", names, place)
      ports.append((name, .init(name: write.unique("class_name"), type: .string, dims: [.rows(1)])))
    }
    write.finish(ports)
    write.graph.metadata = contents.metadata
    write.graph.removeUnused()
    graph = write.graph
  }

  private static func requireThatTakes<M: Layer>(
    _ model: M, _ example: M.Input
  ) throws(ONNXError) where M.Input: Batchable, M.Output: Batchable {
    do throws(TrainingError) {
      _ = try model.predictor(example: example).predict(example)
    } catch {
      throw .invalidArgument("\(error)")
    }
  }

  private static func names(_ given: [String]?, _ count: Int, _ kind: String) throws(ONNXError) -> [String] {
    guard let given else { return count == 1 ? [kind] : (0..<count).map { "\(kind)_\($0)" } }
    if given.count != count || Set(given).count != count || given.contains("") {
      throw .invalidArgument("expected \(count) different \(kind) names, got \(given)")
    }
    return given
  }

  /// Writes the file.
  func write(to path: String) throws(ONNXError) {
    if graph.parameterBytes > Self.mostBytes {
      throw .invalidArgument(
        "expected parameters of at most \(Self.mostBytes) bytes, which an ONNX file can hold, got \(graph.parameterBytes)"
      )
    }
    let bytes = graph.bytes
    do throws(FormatError) {
      try AtomicFile.write(to: path) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
        try writer.write(bytes)
      }
    } catch {
      throw .file(error)
    }
  }
}
