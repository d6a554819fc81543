import MartletText
import Testing

@testable import MartletAccountability

/// Cards that say always the same, which Hugging Face's reader has read: see `Scripts/check-model-card`.
struct CardSample: CustomTestStringConvertible, Sendable {
  let name: String
  let card: ModelCard
  var testDescription: String { name }

  static let all = [minimal, whole, awkward, unmeasured, manyNumbers]

  static let minimal = CardSample(name: "minimal", card: ModelCard(name: "nothing known"))

  static let whole = CardSample(name: "whole", card: wholeCard())

  /// Texts that YAML or Markdown would take for something else.
  static let awkward = CardSample(name: "awkward", card: awkwardCard())

  static let unmeasured = CardSample(
    name: "unmeasured",
    card: {
      var card = ModelCard(name: "all NaN")
      card.results = [ModelCard.Result(part: "test", name: "auc", value: .nan)]
      card.task = "tabular-regression"
      return card
    }())

  static let manyNumbers = CardSample(
    name: "many numbers",
    card: {
      var card = ModelCard(name: "1e5")
      let numbers: [Double] = [
        0, 1, -1, 1e-300, 1e300, .leastNonzeroMagnitude, 0.1, 1e16, 123_456_789, 1e-7, -2.5e-5, 1e22,
      ]
      card.results = numbers.enumerated().map { ModelCard.Result(part: "test", name: "m\($0)", value: $1) }
      card.results.append(ModelCard.Result(part: "other", name: "m", value: .infinity))
      return card
    }())

  static let awkwardTexts = [
    "yes", "No", "null", "~", "1e3", "0x10", "1_000", "12:30:45", "2026-11-28", ".inf", "-", "- a", "a: b", "a #b",
    "#a",
    " leading", "trailing ", "two  spaces", "quote\"d", "apostrophe's", "back\\slash", "line\nbreak",
    "carriage\r\nreturn",
    "tab\tbed", "é", "e\u{301}", "\u{301}first", "日本語", "😀", "\u{0}", "\u{7}", "\u{85}", "\u{2028}", "\u{FEFF}",
    "\u{7F}",
    "\u{A0}", "---", "...", "[a]", "{a}", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "", "true.", "On", "y", "=",
    "<<",
    "a|b", "<script>", "{{ x }}", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u{10FFFF}", "\u{FFFE}", "\u{200B}", "مرحبا", "? a", ": a", "a:", "0o7", "+1",
    "NaN",
  ]

  private static func awkwardCard() -> ModelCard {
    var card = ModelCard(name: "yes: \"no\" | # é\n---\n<b>")
    card.task = "not a task: really"
    for (index, text) in awkwardTexts.enumerated() {
      card.results.append(ModelCard.Result(part: "test", name: text, value: Double(index)))
    }
    card.data = [ModelCard.DataPart(part: "test", description: "a: b\n---\n- c", rows: 3)]
    card.answers = ["license": "my own: nobody's", "risks": "<!-- end of answer -->\n---\n# not a heading"]
    card.limits = ["a\nb <c>"]
    return card
  }

  private static func wholeCard() -> ModelCard {
    var card = ModelCard(name: "digits")
    card.task = "image-classification"
    card.created = "2026-11-28T01:15:00Z"
    card.architecture = ModelCard.Architecture(
      type: "Sequential", outline: "Sequential [64]\n  0: Dense<Float> ```", parameterCount: 2410, trainableCount: 2410,
      storedValueCount: 2410, weightsSHA256: String(repeating: "ab", count: 32))
    card.data = [
      ModelCard.DataPart(
        part: "training", description: "Optical digits, UCI", rows: 1500, sha256: String(repeating: "1", count: 64),
        features: ["[64] of Float"], targets: ["[] of Int32"],
        classes: [ModelCard.ClassCount(name: "zero", rows: 700), ModelCard.ClassCount(name: "one", rows: 800)]),
      ModelCard.DataPart(
        part: "test", description: "Optical digits, UCI", rows: 297, sha256: String(repeating: "2", count: 64)),
    ]
    card.training = ModelCard.Training(
      optimizer: "Adam(learningRate: 0.001)", learningRate: 0.001, loss: "crossEntropy", seed: .max,
      options: [ModelCard.Named("Batch size", "32")], callbacks: ["EnergyMeter", "EarlyStopping"], epochsWanted: 20,
      epochsDone: 12, steps: 564, keptEpoch: 7, ended: "val_loss was no longer better for 5 epochs", isResumed: false,
      seconds: 3.25, lastEpoch: [ModelCard.Measure("loss", 0.031)])
    card.software = ModelCard.Software(
      martlet: "0.1.0", swift: "6.3", blas: "OpenBLAS 0.3.21", program: "digits",
      commit: String(repeating: "c", count: 40))
    card.machine = ModelCard.Machine(
      system: "Linux 6.1 x86_64", processor: "AMD EPYC 7763", threads: "2 of 2 processors", memoryBytes: 1 << 33)
    let wilson = ModelCard.Interval(lower: 0.93, upper: 0.975, confidence: 0.95, method: "Wilson")
    card.results = [
      ModelCard.Result(part: "test", name: "loss", value: 0.12, goal: .minimum),
      ModelCard.Result(part: "test", name: "accuracy", value: 0.96, interval: wilson, goal: .maximum),
    ]
    card.groups = [
      ModelCard.GroupResult(
        part: "test", attributes: ["writer"], group: ["left"], rows: 40, name: "accuracy", value: 0.9, interval: nil)
    ]
    card.gaps = [
      ModelCard.Gap(
        part: "test", attributes: ["writer"], name: "accuracy_difference", value: 0.07,
        interval: ModelCard.Interval(lower: 0.01, upper: 0.13, confidence: 0.95, method: "bootstrap"))
    ]
    card.smallGroups = ["test: left: rates rest on 4 positive and 36 negative rows"]
    card.energy = ModelCard.EnergyAccount(
      wattHours: 0.021, wattHoursInterval: ModelCard.Interval(lower: 0.01, upper: 0.04, method: "modelled"),
      provenance: .modelled, trainingWattHours: 0.02, validationWattHours: 0.001, grams: 0.0012,
      gramsInterval: ModelCard.Interval(lower: 0.0005, upper: 0.003, method: "declared"), place: "FRA",
      intensity: "56.039 g/kWh, FRA, life cycle, 2023", powerUsageEffectiveness: 1.2, seconds: 3.25)
    card.privacy = try! ModelCard.Privacy(
      epsilon: 2.5, delta: 1e-5, adjacency: "add or remove one row", sampling: "Poisson", accountant: "RDP",
      noiseMultiplier: 1.1, clippingNorm: 1)
    card.explanations = [
      ModelCard.Explanation(
        "permutation importance", of: "accuracy on test",
        values: [ModelCard.Measure("pixel 20", 0.12), ModelCard.Measure("pixel 0", 0)])
    ]
    card.limits = ["Digits of 43 people alone."]
    for question in ModelCard.questions { card.answers[question.id] = "An answer to \(question.id)." }
    card.answers["license"] = "Apache-2.0"
    return card
  }
}
