import MartletCore
import MartletEnergy
import MartletFormats
import MartletText

/// What is missing in a card, and what contradicts itself or the model's file.
///
/// ```swift
/// let check = try CardCheck(of: "digits.safetensors")
/// print(check)
/// ```
public struct CardCheck: Sendable, Equatable {
  /// The questions that nobody has answered.
  public let missing: [CardQuestion]
  /// What a machine could have known and the card does not have.
  public let unknown: [String]
  /// What cannot be true.
  public let contradictions: [String]

  /// Whether nothing is missing and nothing contradicts itself; what is unknown is allowed.
  public var isSound: Bool { missing.isEmpty && contradictions.isEmpty }

  /// Checks a card by itself.
  public init(_ card: ModelCard) {
    missing = card.missing
    unknown = card.unknownFacts
    contradictions = card.contradictions
  }

  /// Checks the card in a model's file, and whether it is of this file's parameters; or a card in Markdown or JSON by itself.
  ///
  /// Throws as `ModelCard.init(from:)` does.
  public init(of path: String) throws {
    let card = try ModelCard(from: path)
    var contradictions = card.contradictions
    if path.hasSuffix(".safetensors") {
      contradictions += card.differences(from: try Safetensors.read(from: path).tensors)
    }
    (missing, unknown, self.contradictions) = (card.missing, card.unknownFacts, contradictions)
  }
}

extension CardCheck: CustomStringConvertible {
  /// A line for each thing: contradictions first, then questions, then what is unknown.
  public var description: String {
    var lines = contradictions.map { "contradiction: \($0)" }
    lines += missing.map { "not answered: \($0.id): \($0.text)" }
    lines += unknown.map { "not known: \($0)" }
    return lines.isEmpty ? "nothing is missing, and nothing contradicts itself" : lines.joined(separator: "\n")
  }
}

extension ModelCard {
  /// What a machine could have known and the card does not have.
  fileprivate var unknownFacts: [String] {
    let facts: [(isKnown: Bool, text: String)] = [
      (architecture != nil, "what the model is made of"), (training != nil, "how it was trained"),
      (!data.isEmpty && data.allSatisfy { $0.sha256 != nil }, "the hash of all data"),
      (data.allSatisfy { $0.description != nil }, "what the data are"),
      (results.contains { !["training", "validation"].contains($0.part) }, "results on data not seen in training"),
      (!groups.isEmpty, "results by group"), (energy != nil, "the energy of training"),
      (training?.seed != nil, "the seed of training"), (software?.commit != nil, "the commit of the program"),
    ]
    return facts.filter { !$0.isKnown }.map(\.text)
  }

  /// What of the card cannot be true by itself.
  fileprivate var contradictions: [String] {
    var found: [String] = []
    func require(_ holds: Bool, _ text: @autoclosure () -> String) {
      if !holds { found.append(text()) }
    }
    if let architecture {
      let counts = (architecture.trainableCount, architecture.parameterCount, architecture.storedValueCount)
      require(
        0 <= counts.0 && counts.0 <= counts.1 && counts.1 <= counts.2,
        "expected no more trained than all parameters, and no more than the file has, got \(counts.0), \(counts.1) and "
          + "\(counts.2)")
    }
    for part in data where !part.classes.isEmpty {
      let sum = part.classes.reduce(0) { $0 + $1.rows }
      require(
        part.rows == nil || part.rows == sum,
        "expected \(part.rows ?? 0) rows in the classes of \(part.part), got \(sum)")
    }
    for (index, part) in data.enumerated() {
      guard let hash = part.sha256, let same = data[..<index].first(where: { $0.sha256 == hash }) else { continue }
      found.append("the data \(shown(part.part)) and \(shown(same.part)) are the same rows")
    }
    let parts = Set(data.map { ExactName($0.part) })
    let measured = results.map(\.part) + groups.map(\.part) + gaps.map(\.part)
    for part in Set(measured.map(ExactName.init)).sorted() where !parts.contains(part) && part.text != "validation" {
      found.append("there are results on \(shown(part.text)), which is not among the data")
    }
    if let training {
      let isOrdered = (training.keptEpoch ?? 1) <= max(1, training.epochsDone) && training.epochsDone >= 0
      require(
        isOrdered, "epoch \(training.keptEpoch ?? 0) was kept of \(training.epochsDone) that were done")
    }
    let wilson =
      results.map { ($0.name, $0.value, $0.interval) } + groups.map { ($0.name, $0.value, $0.interval) }
    for case (let name, let value, let interval?) in wilson where interval.method == "Wilson" {
      require(
        interval.lower <= value && value <= interval.upper,
        "\(name) is \(NumberFormat.metric(value)), outside its interval from \(NumberFormat.metric(interval.lower)) to "
          + NumberFormat.metric(interval.upper))
    }
    if let energy {
      let (hours, grams) = (energy.wattHoursInterval, energy.gramsInterval)
      require(
        hours.lower <= energy.wattHours && energy.wattHours <= hours.upper, "the watt-hours are outside their interval")
      require(grams.lower <= energy.grams && energy.grams <= grams.upper, "the grams are outside their interval")
      let sum = energy.trainingWattHours + energy.validationWattHours
      require(
        abs(sum - energy.wattHours) <= 1e-6 * max(energy.wattHours, 1e-9),
        "training and validation took \(significant(sum)) Wh, both together \(significant(energy.wattHours)) Wh")
    }
    return found
  }

  /// How tensors differ from those that the card is of.
  func differences(from tensors: [(name: String, tensor: AnyTensor)]) -> [String] {
    guard let architecture else { return [] }
    let count = tensors.reduce(0) { $0 + $1.tensor.count }
    if count != architecture.storedValueCount {
      return ["expected \(architecture.storedValueCount) values in the file, as the card says, got \(count)"]
    }
    let hash = ModelCard.weightsSHA256(of: tensors)
    if hash == architecture.weightsSHA256 { return [] }
    return [
      "expected parameters of the hash \(architecture.weightsSHA256), as the card says, got \(hash): the file was saved "
        + "after more training, or has another model's card"
    ]
  }
}
