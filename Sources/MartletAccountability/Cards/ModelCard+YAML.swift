import MartletFormats
import MartletText

extension ModelCard {
  /// What Hugging Face's programs read of a card: the licence, the task, the measures as a `model-index`, and the grams of
  /// CO₂ equivalents (`co2_eq_emissions`).
  ///
  /// Measures that are no numbers are left out, as are intervals' ends: the index has no place of its own for them, and
  /// they stand in the arguments of each measure.
  var frontMatter: JSONValue {
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue?) {
      if let value { members.append(JSONValue.Member(key, value)) }
    }
    if let license = answer(to: "license") {
      let isName = license.utf8.allSatisfy { Self.nameBytes.contains($0) } && license.utf8.count <= 40
      add("license", .text(isName ? license.lowercased() : "other"))
      if !isName { add("license_name", .text(license)) }
    }
    add("library_name", .text("martlet"))
    if let task, task.utf8.allSatisfy({ Self.nameBytes.contains($0) }) { add("pipeline_tag", .text(task)) }
    add("tags", .list([.text("martlet"), .text("swift")]))
    let names = indexed.map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    if !names.isEmpty { add("metrics", .list(names.map { .text($0) })) }
    if let energy { add("co2_eq_emissions", emissions(energy)) }
    if !indexed.isEmpty { add("model-index", .list([modelIndex])) }
    return .object(members)
  }

  /// The bytes of the names that Hugging Face has for licences and tasks.
  private static let nameBytes = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-".utf8)

  private var indexed: [Result] { results.filter { $0.value.isFinite } }

  /// The grams and what they rest on. Hugging Face wants grams, where CodeCarbon's file has kilograms.
  private func emissions(_ energy: EnergyAccount) -> JSONValue {
    let (low, high) = (significant(energy.gramsInterval.lower), significant(energy.gramsInterval.upper))
    let method = "Martlet \(software?.martlet ?? martletVersion), energy \(energy.provenance.rawValue)"
    let hardware = [machine?.processor, machine.map { "\($0.threads)" }].compactMap(\.self).joined(separator: ", ")
    return .object([
      "emissions": .number(energy.grams), "source": .text("\(method), \(low) g to \(high) g"),
      "training_type": .text(training?.isResumed == true ? "training, continued" : "training"),
      "geographical_location": .text(energy.place), "hardware_used": hardware.isEmpty ? nil : .text(hardware),
    ])
  }

  /// The measures by the data that they were taken on, as Hugging Face indexes them.
  private var modelIndex: JSONValue {
    let parts = indexed.map(\.part).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let entries = parts.map { part -> JSONValue in
      let described = data.first { $0.part == part }
      let measures = indexed.filter { $0.part == part }.map { result -> JSONValue in
        .object([
          "type": .text(result.name), "value": .number(result.value), "name": .text(result.name),
          "args": result.interval.map { JSONValue.encoding($0) },
        ])
      }
      let name = described?.description.map { "\($0), \(part)" } ?? part
      return .object([
        "task": .object(["type": .text(task ?? "other")]),
        "dataset": .object([
          "name": .text(name), "type": .text(described?.sha256.map { "sha256-\($0)" } ?? part), "split": .text(part),
        ]),
        "metrics": .list(measures),
      ])
    }
    return .object(["name": .text(name), "results": .list(entries)])
  }
}
