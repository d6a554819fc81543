import MartletCore
import MartletData
import MartletFormats
import MartletNN
import MartletText
import MartletTraining
import TestSupport
import Testing

@Suite struct CalibratedFileTests {
  private func network(seed: UInt64 = 3) -> Sequential {
    withRandomSeed(seed) { Sequential(inputShape: [2]) { Dense(3) } }
  }

  private let directory = TemporaryDirectory()
  private let x = withRandomSeed(5) { Tensor<Float>.randomNormal([60, 2]) }
  private let labels = Tensor<Int32>((0..<60).map { Int32($0 % 3) })

  @Test(
    "A model's file holds its calibrator, and predictors of what was read apply it",
    arguments: Calibrator.Method.allCases)
  func saved(method: Calibrator.Method) throws {
    let path = directory.file("m.safetensors")
    let model = network()
    let outputs = try model.predictor().predict(x)
    let calibrator = try Calibrator(method, outputs: outputs, labels: labels)
    let contents = ModelContents(classes: ["a", "b", "c"], calibrator: calibrator, metadata: ["by": "a test"])
    try model.save(to: path, contents)
    #expect(try ModelContents(from: path).calibrator == calibrator)
    let other = network(seed: 8)
    let read = try other.load(from: path)
    #expect(read.calibrator == calibrator && read.classes == ["a", "b", "c"] && read.metadata == ["by": "a test"])
    let predictor = try other.predictor(calibrator: read.calibrator)
    let probabilities = try predictor.predict(x, batchSize: 7)
    #expect(try probabilities == calibrator.probabilities(of: outputs) && probabilities != outputs)
    if method == .temperature {
      #expect(try predictor.predictClasses(x) == outputs.argMax(axis: 1).cast(to: Int32.self))
    }
    // Without one, the outputs are as they are.
    #expect(try other.predictor(calibrator: nil).predict(x) == outputs)
  }

  @Test("A table's predictor calibrates too") func table() throws {
    let table = try Table(columns: [
      ("p", .numbers((0..<60).map { Double($0 % 7) })), ("q", .numbers((0..<60).map(Double.init))),
    ])
    let preprocessor = try Preprocessor(fittedTo: table, [Columns("p", "q").standardized()])
    let model = network()
    let plain = try TablePredictor(model, ModelContents(preprocessor: preprocessor))
    let outputs = try plain.predict(table)
    let calibrator = try Calibrator(.platt, outputs: outputs, labels: labels)
    let predictor = try TablePredictor(model, ModelContents(preprocessor: preprocessor, calibrator: calibrator))
    #expect(predictor.calibrator == calibrator && plain.calibrator == nil)
    #expect(try predictor.predict(table) == calibrator.probabilities(of: outputs))
    let binary = try Calibrator(.platt, outputs: outputs[.all, 0], labels: (labels .== 1).cast(to: Int32.self))
    #expect(throws: TrainingError.self) {
      try TablePredictor(model, ModelContents(preprocessor: preprocessor, calibrator: binary))
    }
  }

  @Test("Outputs of other classes, and a damaged calibrator in a file, throw") func badInput() throws {
    let model = network()
    let outputs = try model.predictor().predict(x)
    let binary = try Calibrator(.temperature, outputs: outputs[.all, 0], labels: (labels .== 1).cast(to: Int32.self))
    #expect(
      throws: TrainingError.outputs(
        "the calibrator: expected outputs of 2 classes, as the calibrator was fitted to, got rows of [3]")
    ) { try model.predictor(example: x[0..<1], calibrator: binary) }
    #expect(throws: TrainingError.self) { try model.predictor(calibrator: binary).predict(x) }
    let path = directory.file("m.safetensors")
    try model.save(to: path, ModelContents(calibrator: binary))
    var file = try Safetensors.read(from: path)
    file.metadata["martlet.calibrator"] = "{\"method\":\"temperature\"}"
    try Safetensors.write(file.tensors, metadata: file.metadata, to: path)
    #expect(throws: FormatError.self) { try ModelContents(from: path) }
  }
}
