import MartletCore
import MartletFormats
import MartletNN
import MartletText
import MartletTraining
import TestSupport
import Testing

@testable import MartletAccountability

struct CardCheckTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.file("model.safetensors") }

  /// The whole card, of a model that is saved.
  private func saved(_ change: (inout ModelCard) -> Void = { _ in }) throws -> (model: Sequential, card: ModelCard) {
    let model = withRandomSeed(1) {
      Sequential(inputShape: [3]) {
        Dense(4, activation: .relu)
        BatchNorm()
        Dense(2)
      }
    }
    var card = CardSample.whole.card
    card.architecture = try ModelCard.Architecture(of: model)
    change(&card)
    try model.save(to: path, ModelContents(card: card.json))
    return (model, card)
  }

  @Test func `a card travels with the model's file, beside its other contents`() throws {
    let (model, card) = try saved()
    #expect(try ModelCard(from: path) == card)
    let contents = try model.load(from: path)
    #expect(try ModelCard(json: try #require(contents.card)) == card)
    #expect(contents.metadata == [:])
    try model.save(to: path)
    #expect(try model.load(from: path).card == nil)
    let error = #expect(throws: CardError.self) { try ModelCard(from: path) }
    #expect(error == .noCard(source: path))
  }

  @Test func `a sound card has nothing to say, and the exit code is 0`() throws {
    _ = try saved()
    let check = try CardCheck(of: path)
    #expect(check.isSound && check.missing == [] && check.contradictions == [] && check.unknown == [])
    let report = CardReport.check(of: path)
    #expect(report.exitCode == 0 && report.text.contains("nothing is missing"))
  }

  @Test func `a file of other parameters, or of more, contradicts its card`() throws {
    let (model, card) = try saved()
    let parameter = model.parameters()[0].variable
    parameter.value = Tensor<Float>.zeros(parameter.value.shape).erased
    try model.save(to: path, ModelContents(card: card.json))
    let changed = CardReport.check(of: path)
    #expect(changed.exitCode == 1 && changed.text.contains("contradiction: expected parameters of the hash"))
    let other = Sequential(inputShape: [3]) { Dense(2) }
    try other.save(to: path, ModelContents(card: card.json))
    let report = CardReport.check(of: path)
    // 12 + 4, four times 4 and a count of batches or none, 8 + 2.
    #expect(report.exitCode == 1)
    #expect(report.text.contains("values in the file, as the card says, got 8"))
  }

  @Test func `what is missing is named, and what is unknown`() throws {
    _ = try saved { card in
      card.answers["risks"] = " "
      card.energy = nil
      card.results = []
    }
    let check = try CardCheck(of: path)
    #expect(check.missing.map(\.id) == ["risks"] && check.contradictions == [] && !check.isSound)
    #expect(check.unknown == ["results on data not seen in training", "the energy of training"])
    let text = CardReport.check(of: path).text
    #expect(text.contains("not answered: risks: Which harms"))
    #expect(CardReport.check(of: path).exitCode == 1)
  }

  @Test(arguments: [
    "the data \"test\" and \"training\" are the same rows", "expected 1500 rows in the classes of training, got 1499",
    "accuracy is 0.5000, outside its interval", "the watt-hours are outside their interval",
    "the grams are outside their interval", "training and validation took", "epoch 13 was kept of 12",
    "there are results on \"elsewhere\"", "expected no more trained than all parameters",
  ])
  func `what cannot be true is named`(message: String) throws {
    var card = CardSample.whole.card
    #expect(CardCheck(card).contradictions == [])
    switch message.prefix(12) {
    case "the data \"te": card.data[1].sha256 = card.data[0].sha256
    case "expected 150": card.data[0].classes[0].rows -= 1
    case "accuracy is ": card.results[1].value = 0.5
    case "the watt-hou": card.energy!.wattHoursInterval.upper = 0.02
    case "the grams ar": card.energy!.gramsInterval.lower = 1
    case "training and": card.energy!.trainingWattHours = 0.01
    case "epoch 13 was": card.training!.keptEpoch = 13
    case "there are re": card.gaps[0].part = "elsewhere"
    default: card.architecture!.parameterCount = 1
    }
    let found = CardCheck(card).contradictions
    #expect(found.count == 1 && found[0].contains(message), "\(found)")
  }

  // MARK: The command's texts

  @Test func `a card is printed as Markdown and as JSON`() throws {
    let (_, card) = try saved()
    #expect(CardReport.card(of: path, as: .markdown) == CardReport(text: card.markdown, exitCode: 0))
    #expect(CardReport.card(of: path, as: .json) == CardReport(text: card.json, exitCode: 0))
  }

  @Test func `files that are missing, damaged or without a card are errors of exit code 2 with the reason`() throws {
    let (model, card) = try saved()
    func expect(_ report: CardReport, _ text: String) {
      #expect(report.exitCode == 2 && report.text.contains(text), "\(report.text)")
    }
    expect(CardReport.card(of: directory.file("absent.safetensors"), as: .json), "absent.safetensors")
    expect(CardReport.check(of: directory.path), "expected a regular file, got a directory")
    try model.save(to: path)
    expect(CardReport.check(of: path), "expected a model's file with a card, got one without")
    expect(CardReport.comparison(of: path, with: path), "got one without")
    try model.save(to: path, ModelContents(card: String(card.json.dropLast(20))))
    expect(CardReport.card(of: path, as: .markdown), "the card in \(path)")
    try model.save(to: path, ModelContents(card: card.json.replacing("\"form\": 1", with: "\"form\": 9")))
    expect(CardReport.card(of: path, as: .markdown), "got form 9")
    let bytes = try Safetensors.bytes(of: try model.namedTensors())
    directory.write(Array(bytes.dropLast(5)), to: "model.safetensors")
    expect(CardReport.card(of: path, as: .markdown), "truncated")
  }

  // MARK: Comparison

  private func row(_ comparison: ModelCardComparison, _ subject: String, _ name: String) throws
    -> ModelCardComparison.Row
  { try #require(comparison.rows.first { $0.subject == subject && $0.name == name }) }

  @Test func `two cards are compared where their data are the same`() throws {
    let first = CardSample.whole.card
    var second = first
    second.name = "larger"
    second.results[1].value = 0.99
    second.results[1].interval = ModelCard.Interval(lower: 0.98, upper: 1, confidence: 0.95, method: "Wilson")
    second.gaps[0].value = 0.02
    second.training!.options[0].value = "64"
    second.privacy!.epsilon = 4
    let comparison = ModelCardComparison(first, second)
    let accuracy = try row(comparison, "test", "accuracy")
    #expect(isClose([accuracy.difference!], [0.03], 1e-12) && accuracy.note == "intervals apart")
    #expect(try row(comparison, "test, by writer", "accuracy_difference").note == "intervals overlap")
    #expect(try row(comparison, "test, writer left", "accuracy").difference == 0)
    #expect(try row(comparison, "energy", "Wh").difference == 0 && row(comparison, "privacy", "ε").difference == 1.5)
    #expect(comparison.differences == [.init(name: "Batch size", first: "32", second: "64")])
    for part in ["digits and larger", "intervals apart", "Batch size"] {
      #expect(comparison.description.contains(part))
    }
  }

  @Test func `what cannot be compared has the reason and no difference`() throws {
    let first = CardSample.whole.card
    var second = first
    second.data[1].sha256 = String(repeating: "3", count: 64)
    second.energy!.provenance = .measured
    second.privacy!.delta = 1e-6
    second.results.append(ModelCard.Result(part: "test", name: "f1", value: 0.5))
    var comparison = ModelCardComparison(first, second)
    let accuracy = try row(comparison, "test", "accuracy")
    #expect(accuracy.difference == nil && accuracy.note == "not comparable: other data")
    #expect(try row(comparison, "energy", "gCO2e").note == "not comparable: modelled and measured")
    #expect(try row(comparison, "privacy", "ε").note == "not comparable: other δ")
    #expect(try row(comparison, "test", "f1").note == "only in the second")
    #expect(comparison.differences.map(\.name) == ["test data"])

    second = first
    second.data[1].sha256 = nil
    second.energy!.intensity = "475 g/kWh"
    second.privacy = nil
    comparison = ModelCardComparison(first, second)
    #expect(try row(comparison, "test", "accuracy").note == "not comparable: data without a hash")
    #expect(try row(comparison, "energy", "Wh").isComparable)
    #expect(try row(comparison, "energy", "gCO2e").note.hasPrefix("not comparable: other electricity"))
    #expect(try row(comparison, "privacy", "ε").note == "the second guarantees nothing")
    #expect(comparison.rows.allSatisfy { $0.isComparable || $0.difference == nil })
  }
}
