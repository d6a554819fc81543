import Foundation
import MartletCore
import MartletData
import MartletFormats
import MartletNN
import MartletText
import MartletTraining
import TestSupport
import Testing

@Suite struct TablePredictorTests {
  private func table() throws -> Table {
    try Table([
      "age": (0..<60).map { $0 % 7 == 0 ? .missing : .number(Double($0)) },
      "sex": (0..<60).map { $0 % 3 == 0 ? "male" : "female" },
      "unused": (0..<60).map { .text("\($0)") },
      "kind": (0..<60).map { $0 % 3 == 0 ? "a" : "b" },
    ])
  }

  private func network() -> Sequential {
    withRandomSeed(1) {
      Sequential(inputShape: [4]) {
        Dense(8, activation: .relu)
        Dense(2)
      }
    }
  }

  private func saved(to path: String) throws -> (Sequential, ModelContents) {
    let table = try table()
    let preprocessor = try Preprocessor(
      fittedTo: table, [Columns("age").imputed(.mean, indicator: true).standardized(), Columns("sex").oneHot()])
    let labels = try LabelEncoder(fittedTo: table, "kind")
    let model = network()
    let trainer = Trainer(model, optimizer: Adam(learningRate: 0.02), loss: .crossEntropy)
    try trainer.fit(preprocessor.dataset(of: table, labels), epochs: 30, seed: 1, progress: .none)
    let contents = ModelContents(
      preprocessor: preprocessor, classes: labels.classes, metadata: ["by": "a \"test\"\n", "é": "ü"])
    try model.save(to: path, contents)
    return (model, contents)
  }

  @Test func `a file holds all that a second process needs`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("m.safetensors")
    let (model, contents) = try saved(to: path)

    let other = withRandomSeed(9) {
      Sequential(inputShape: [4]) {
        Dense(8, activation: .relu)
        Dense(2)
      }
    }
    let read = try other.load(from: path)
    #expect(read.preprocessor == contents.preprocessor && read.classes == ["a", "b"])
    #expect(read.metadata == contents.metadata && read.version?.isEmpty == false)
    #expect(try ModelContents(from: path) == read)
    #expect(throws: FormatError.self) { try ModelContents(from: directory.file("none")) }

    let predictor = try TablePredictor(other, read)
    let table = try table()
    let x = try contents.preprocessor!.transform(table)
    #expect(try predictor.predict(table) == withMode(.inference) { model(x) })
    #expect(try predictor.predictClasses(table) == (0..<60).map { $0 % 3 == 0 ? "a" : "b" })
    #expect(try predictor.predictClasses(Table(rows: [["sex": "male", "age": nil, "more": 3]])) == ["a"])
    let last = try table.selecting(["sex", "age"])
    #expect(try predictor.predict(last) == predictor.predict(table))
  }

  @Test func `what does not fit throws`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("m.safetensors")
    let (model, contents) = try saved(to: path)
    let predictor = try TablePredictor(model, contents)
    func columns(_ rows: [[String: Table.Value]]) -> String {
      let error = #expect(throws: TrainingError.self) { try predictor.predictClasses(Table(rows: rows)) }
      guard case .columns(let inner) = error else { return "\(String(describing: error))" }
      return inner.description
    }
    #expect(columns([["sex": "mal", "age": 3]]).contains(#"got "mal" in row 0 (did you mean "male"?)"#))
    #expect(columns([["Sex": "male", "age": 3]]).contains(#"did you mean "Sex"?"#))
    #expect(columns([["sex": 1, "age": 3]]).contains("expected texts, got number 1"))
    #expect(throws: TrainingError.self) { try predictor.predict(Table(rows: [])) }
    #expect(throws: TrainingError.self) { try TablePredictor(model, ModelContents()) }
    let narrow = Sequential(inputShape: [3]) { Dense(2) }
    #expect(throws: TrainingError.self) { try TablePredictor(narrow, contents) }
    let three = try TablePredictor(model, ModelContents(preprocessor: contents.preprocessor, classes: ["a", "b", "c"]))
    #expect(throws: TrainingError.self) { try three.predictClasses(table()) }
    let unnamed = try TablePredictor(model, ModelContents(preprocessor: contents.preprocessor))
    #expect(try unnamed.predictClasses(table()).prefix(2) == ["0", "1"])
  }

  @Test func `keys of the library's own are refused, and damaged texts throw`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("m.safetensors")
    let model = network()
    for key in ["martlet.version", "martlet.x", "format"] {
      #expect(throws: ModuleError.self) { try model.save(to: path, ModelContents(metadata: [key: "x"])) }
    }
    for (key, text) in [("preprocessor", "{}"), ("preprocessor", "x"), ("classes", "{"), ("classes", "[1]")] {
      try Safetensors.write(model.namedTensors(), metadata: ["martlet.\(key)": text], to: path)
      let error = #expect(throws: ModuleError.self) { try model.load(from: path) }
      #expect(error?.description.contains(key) == true)
    }
    // A file of another program, and one of a later version.
    try Safetensors.write(model.namedTensors(), metadata: ["martlet.future": "?", "own": "text"], to: path)
    #expect(try model.load(from: path) == ModelContents(metadata: ["own": "text"]))
  }

  /// Written by this test in version 0.1.0, where `MARTLET_WRITE_MODEL_SAMPLE` names the file; never to be replaced.
  @Test func `a file of version 0.1.0 loads and predicts what it did`() throws {
    if let path = ProcessInfo.processInfo.environment["MARTLET_WRITE_MODEL_SAMPLE"] { _ = try saved(to: path) }
    let model = network()
    let contents = try model.load(from: Fixture.path("models/0.1.0"))
    #expect(contents.version == "0.1.0" && contents.classes == ["a", "b"] && contents.metadata["é"] == "ü")
    let predictor = try TablePredictor(model, contents)
    #expect(try predictor.predictClasses(table()) == (0..<60).map { $0 % 3 == 0 ? "a" : "b" })
    #expect(predictor.preprocessor.featureNames == ["age", "age_missing", "sex_female", "sex_male"])
  }
}
