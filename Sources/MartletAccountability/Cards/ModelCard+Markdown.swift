import MartletEnergy
import MartletFormats
import MartletText

extension ModelCard {
  /// The card in Markdown, after YAML that Hugging Face's programs read, in the order of their template.
  ///
  /// Each question stands under its heading, with a place for its answer that the next card of this file keeps.
  public var markdown: String {
    var text = "---\n\(frontMatter.yaml)---\n\n# Model Card for \(markdownLine(name))\n\n"
    text += "<!-- Written by Martlet \(martletVersion). Answers go between the marks; all else is written anew. -->\n"
    for section in Self.sections {
      text += "\n\(section.level) \(section.title)\n"
      let facts = section.facts.map { self[keyPath: $0] } ?? ""
      if !facts.isEmpty { text += "\n" + facts }
      for question in Self.questions where question.heading == section.title {
        text += "\n**\(question.text)**\n\n"
        text += AnswerMarks.written(answer(to: question.id) ?? moreInformationNeeded, for: question.id)
      }
    }
    return text
  }

  private struct Section {
    let level: String
    let title: String
    let facts: KeyPath<ModelCard, String>?

    init(_ depth: Int, _ title: String, _ facts: KeyPath<ModelCard, String>? = nil) {
      (level, self.title, self.facts) = (String(repeating: "#", count: depth), title, facts)
    }
  }

  /// The headings of Hugging Face's template, with what the machine knows under each.
  private static var sections: [Section] {
    let details = [
      Section(2, "Model Details"), Section(3, "Model Description", \.identity), Section(2, "Uses"),
      Section(3, "Direct Use"), Section(3, "Downstream Use"), Section(3, "Out-of-Scope Use"),
      Section(2, "Bias, Risks, and Limitations", \.limitList), Section(3, "Recommendations"),
      Section(2, "How to Get Started with the Model", \.start),
    ]
    let training = [
      Section(2, "Training Details"), Section(3, "Training Data", \.dataTable),
      Section(3, "Training Procedure", \.procedure), Section(4, "Training Hyperparameters", \.hyperparameters),
      Section(4, "Speeds, Sizes, Times", \.sizes), Section(4, "Privacy", \.privacyText),
    ]
    let evaluation = [
      Section(2, "Evaluation"), Section(3, "Testing Data, Factors & Metrics"), Section(4, "Factors", \.factors),
      Section(4, "Metrics"), Section(3, "Results", \.resultTables),
      Section(2, "Model Examination", \.explanationTables),
    ]
    let circumstances = [
      Section(2, "Environmental Impact", \.impact), Section(2, "Technical Specifications"),
      Section(3, "Model Architecture and Objective", \.architectureText), Section(3, "Compute Infrastructure"),
      Section(4, "Hardware", \.hardware), Section(4, "Software", \.softwareText), Section(2, "Model Card Contact"),
    ]
    return details + training + evaluation + circumstances
  }

  // MARK: What the machine knows

  private var limitList: String { (limits + unmeasured).map { "- \(markdownLine($0))\n" }.joined() }

  /// What a card of a fit does not tell, since it was not measured, until it is added.
  private var unmeasured: [String] {
    if training == nil { return [] }
    var missing: [String] = []
    if results.allSatisfy({ ["training", "validation"].contains($0.part) }) {
      missing.append("Nothing was measured on data that training and its choices have not seen.")
    }
    if groups.isEmpty { missing.append("Nothing was measured by group: whom the model fails is not known.") }
    return missing
  }

  private var identity: String {
    facts([("Name", name), ("Task", task), ("Card made", created), ("Type", architecture?.type)])
  }

  private var start: String {
    let sha = architecture.map { "The file's parameters and buffers have the SHA-256 `\($0.weightsSHA256)`.\n" } ?? ""
    return
      "Load it by `model.load(from:)` into a model of the architecture below; `martlet card MODEL` prints this card.\n"
      + sha
  }

  private var dataTable: String {
    if data.isEmpty { return "" }
    let rows = data.map { part in
      [
        part.part, part.description ?? "not described", part.features.joined(separator: "; "),
        part.targets.joined(separator: "; "), part.sha256 ?? "a stream, not hashed",
        part.rows.map(String.init) ?? "unknown",
      ]
    }
    var text = markdownTable(["data", "what", "features", "targets", "SHA-256", "rows"], rows, textColumns: 5)
    for part in data where !part.classes.isEmpty {
      let total = max(1, part.classes.reduce(0) { $0 + $1.rows })
      let shares = part.classes.prefix(50).map { count in
        "\(markdownLine(count.name)) \(count.rows) (\(NumberFormat.fixed(100 * Double(count.rows) / Double(total), 1)) %)"
      }
      let rest = part.classes.count > 50 ? ", and \(part.classes.count - 50) more" : ""
      text += "\nClasses of the \(markdownLine(part.part)) data: \(shares.joined(separator: ", "))\(rest).\n"
    }
    return text
  }

  private var procedure: String {
    guard let training else { return "" }
    let kept = training.keptEpoch.map { "; the model has the parameters of epoch \($0)" } ?? ""
    let resumed = training.isResumed ? " It went on from a checkpoint." : ""
    var text = "\(training.epochsDone) of \(training.epochsWanted) epochs were done, in \(training.steps) steps"
    text += kept + ". Training ended because \(markdownLine(training.ended)).\(resumed)\n"
    let last = training.lastEpoch.map { [$0.name, NumberFormat.metric($0.value)] }
    if !last.isEmpty { text += "\n" + markdownTable(["measure of the last epoch", "value"], last, textColumns: 1) }
    return text
  }

  private var hyperparameters: String {
    guard let training else { return "" }
    var named: [(String, String?)] = [
      ("Optimiser", training.optimizer), ("Learning rate at the end", significantDigits(training.learningRate)),
      ("Loss", training.loss), ("Seed", training.seed.map(String.init) ?? "none"),
    ]
    named += training.options.map { ($0.name, $0.value) }
    if !training.callbacks.isEmpty { named.append(("Callbacks", training.callbacks.joined(separator: ", "))) }
    return facts(named)
  }

  private var sizes: String {
    facts([
      ("Time of all epochs", training.map { NumberFormat.duration($0.seconds) }),
      ("Parameters", architecture.map { "\($0.parameterCount), of which \($0.trainableCount) are trained" }),
      ("Values in the file", architecture.map { "\($0.storedValueCount)" }),
    ])
  }

  private var privacyText: String {
    guard let privacy else { return "Training was not differentially private: nothing is guaranteed.\n" }
    return facts([
      ("ε", significantDigits(privacy.epsilon)), ("δ", significantDigits(privacy.delta)),
      ("Neighbouring data sets", privacy.adjacency), ("Sampling", privacy.sampling), ("Accountant", privacy.accountant),
      ("Noise multiplier", significantDigits(privacy.noiseMultiplier)),
      ("Clipping norm", significantDigits(privacy.clippingNorm)),
    ])
  }

  private var factors: String {
    let attributes = groups.map { $0.attributes.joined(separator: " × ") }
    let unique = attributes.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return unique.isEmpty
      ? "Nothing was measured by group.\n" : "Measured by \(markdownLine(unique.joined(separator: ", "))).\n"
  }

  private var resultTables: String {
    var tables: [String] = []
    if !results.isEmpty {
      let rows = results.map { [$0.part, $0.name] + Self.cells($0.value, $0.interval) }
      tables.append(markdownTable(["data", "measure", "value", "interval", "by"], rows, textColumns: 2))
    }
    if !groups.isEmpty {
      let rows = groups.map { result in
        [result.part, result.group.joined(separator: " / "), result.name] + Self.cells(result.value, result.interval)
          + ["\(result.rows)"]
      }
      tables.append(
        markdownTable(["data", "group", "measure", "value", "interval", "by", "rows"], rows, textColumns: 3))
    }
    if !gaps.isEmpty {
      let rows = gaps.map { gap in
        [gap.part, gap.attributes.joined(separator: " × "), gap.name] + Self.cells(gap.value, gap.interval)
      }
      tables.append(markdownTable(["data", "between", "gap", "value", "interval", "by"], rows, textColumns: 3))
    }
    if !smallGroups.isEmpty { tables.append(smallGroups.map { "- Small group, \(markdownLine($0))\n" }.joined()) }
    return tables.joined(separator: "\n")
  }

  private static func cells(_ value: Double, _ interval: Interval?) -> [String] {
    guard let interval else { return [NumberFormat.metric(value), "", ""] }
    let confidence = interval.confidence.map { "\(NumberFormat.fixed(100 * $0, 0)) %, " } ?? ""
    let ends = "\(NumberFormat.metric(interval.lower)) … \(NumberFormat.metric(interval.upper))"
    return [NumberFormat.metric(value), ends, confidence + interval.method]
  }

  private var explanationTables: String {
    explanations.map { explanation in
      let subject = explanation.subject.map { ", of \(markdownLine($0))" } ?? ""
      let rows = explanation.values.map { [$0.name, NumberFormat.metric($0.value)] }
      return "\(markdownLine(explanation.name))\(subject):\n\n"
        + markdownTable(["feature", "value"], rows, textColumns: 1)
    }.joined(separator: "\n")
  }

  private var impact: String {
    guard let energy else { return "The energy was not accounted for.\n" }
    let (hours, grams) = (energy.wattHoursInterval, energy.gramsInterval)
    func range(_ interval: Interval, _ unit: String) -> String {
      "\(significant(interval.lower)) \(unit) to \(significant(interval.upper)) \(unit)"
    }
    return facts([
      ("Hardware Type", machine?.processor ?? "unknown"), ("Hours used", significant(energy.seconds / 3600)),
      ("Cloud Provider", "not known"), ("Compute Region", energy.place),
      ("Carbon Emitted", "\(significant(energy.grams)) g CO2e, \(range(grams, "g"))"),
      ("Energy", "\(significant(energy.wattHours)) Wh, \(range(hours, "Wh")), \(energy.provenance.rawValue)"),
      ("Of which validation", "\(significant(energy.validationWattHours)) Wh"), ("Electricity", energy.intensity),
      ("Power usage effectiveness", significantDigits(energy.powerUsageEffectiveness)),
    ])
  }

  private var architectureText: String {
    guard let architecture else { return "" }
    return fenced(architecture.outline)
  }

  private var hardware: String {
    guard let machine else { return "" }
    return facts([
      ("System", machine.system), ("Processor", machine.processor ?? "unknown"), ("Threads", machine.threads),
      ("Memory", machine.memoryBytes.map(NumberFormat.bytes) ?? "unknown"),
    ])
  }

  private var softwareText: String {
    guard let software else { return "" }
    return facts([
      ("Martlet", software.martlet), ("Swift", software.swift), ("OpenBLAS", software.blas),
      ("Program", software.program), ("Commit", software.commit),
    ])
  }
}

private func facts(_ named: [(name: String, value: String?)]) -> String {
  named.compactMap { name, value in value.map { "- **\(markdownLine(name)):** \(markdownLine($0))\n" } }.joined()
}

/// A text as it stands, in a fence that is longer than any in it.
private func fenced(_ text: String) -> String {
  let longest = text.split(whereSeparator: { $0 != "`" }).map(\.count).max() ?? 0
  let fence = String(repeating: "`", count: max(3, longest + 1))
  return "\(fence)text\n\(text)\n\(fence)\n"
}

/// A number with all its digits, without `.0`.
func significantDigits(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
