import MartletEnergy
import MartletText

/// Two models' cards beside each other: measures, gaps, energy, privacy and options, and what cannot be compared, with
/// the reason.
///
/// ```swift
/// print(ModelCardComparison(try ModelCard(from: "small.safetensors"), try ModelCard(from: "large.safetensors")))
/// ```
/// Measures are compared where both were taken on the same rows, by the SHA-256 of the data.
public struct ModelCardComparison: Sendable {
  /// A number of both models.
  public struct Row: Sendable, Equatable {
    /// What it is of: `test`, or `energy`.
    public let subject: String
    /// The number's name.
    public let name: String
    /// The first model's; nil where its card does not have it.
    public let first: Double?
    /// The second model's.
    public let second: Double?
    /// Why they cannot be compared, or how sure the difference is; empty where there is nothing to say.
    public let note: String
    /// Whether they can be compared.
    public let isComparable: Bool

    /// The second's less the first's; nil where they cannot be compared.
    public var difference: Double? {
      guard isComparable, let first, let second else { return nil }
      return second - first
    }
  }

  /// A fact in which both differ.
  public struct Difference: Sendable, Equatable {
    /// What differs.
    public let name: String
    /// The first model's.
    public let first: String
    /// The second model's.
    public let second: String
  }

  /// The models' names.
  public let names: (first: String, second: String)
  /// The numbers of both.
  public let rows: [Row]
  /// The options and circumstances in which they differ.
  public let differences: [Difference]

  /// Compares two cards.
  public init(_ first: ModelCard, _ second: ModelCard) {
    names = (first.name, second.name)
    rows =
      Self.results(first, second) + Self.groups(first, second) + Self.gaps(first, second)
      + Self.energy(first, second) + Self.privacy(first, second)
    let (a, b) = (first.circumstances, second.circumstances)
    var order = a.map(\.name)
    for fact in b where !order.contains(fact.name) { order.append(fact.name) }
    differences = order.compactMap { name in
      let pair = (a.first { $0.name == name }?.value ?? "none", b.first { $0.name == name }?.value ?? "none")
      return pair.0 == pair.1 ? nil : Difference(name: name, first: pair.0, second: pair.1)
    }
  }

  // MARK: Measures

  private struct Number {
    let subject: String
    let part: String
    let name: String
    let value: Double
    let interval: ModelCard.Interval?
  }

  private static func results(_ first: ModelCard, _ second: ModelCard) -> [Row] {
    func numbers(_ card: ModelCard) -> [Number] {
      card.results.map {
        Number(subject: $0.part, part: $0.part, name: $0.name, value: $0.value, interval: $0.interval)
      }
    }
    return paired(numbers(first), numbers(second), first, second)
  }

  private static func groups(_ first: ModelCard, _ second: ModelCard) -> [Row] {
    func numbers(_ card: ModelCard) -> [Number] {
      card.groups.map { result in
        let group = zip(result.attributes, result.group).map { "\($0) \($1)" }.joined(separator: ", ")
        return Number(
          subject: "\(result.part), \(group)", part: result.part, name: result.name, value: result.value,
          interval: result.interval)
      }
    }
    return paired(numbers(first), numbers(second), first, second)
  }

  private static func gaps(_ first: ModelCard, _ second: ModelCard) -> [Row] {
    func numbers(_ card: ModelCard) -> [Number] {
      card.gaps.map { gap in
        Number(
          subject: "\(gap.part), by \(gap.attributes.joined(separator: ", "))", part: gap.part, name: gap.name,
          value: gap.value, interval: gap.interval)
      }
    }
    return paired(numbers(first), numbers(second), first, second)
  }

  private static func paired(
    _ first: [Number], _ second: [Number], _ firstCard: ModelCard, _ secondCard: ModelCard
  ) -> [Row] {
    var pairs: [(Number?, Number?)] = first.map { number in
      (number, second.first { $0.subject == number.subject && $0.name == number.name })
    }
    pairs += second.filter { number in !first.contains { $0.subject == number.subject && $0.name == number.name } }
      .map { (nil, $0) }
    return pairs.map { a, b in
      let known = (a ?? b)!
      var (note, isComparable) = ("", a != nil && b != nil)
      if let a, let b {
        let (one, other) = (firstCard.hash(of: a.part), secondCard.hash(of: b.part))
        if one == nil || other == nil {
          (note, isComparable) = ("not comparable: data without a hash", false)
        } else if one != other {
          (note, isComparable) = ("not comparable: other data", false)
        } else if let x = a.interval, let y = b.interval {
          note = x.lower > y.upper || y.lower > x.upper ? "intervals apart" : "intervals overlap"
        }
      } else {
        note = "only in the \(a == nil ? "second" : "first")"
      }
      return Row(
        subject: known.subject, name: known.name, first: a?.value, second: b?.value, note: note,
        isComparable: isComparable)
    }
  }

  // MARK: Costs and guarantees

  private static func energy(_ first: ModelCard, _ second: ModelCard) -> [Row] {
    let (a, b) = (first.energy, second.energy)
    if a == nil && b == nil { return [] }
    guard let a, let b else {
      return [
        Row(
          subject: "energy", name: "Wh", first: a?.wattHours, second: b?.wattHours,
          note: "only in the \(a == nil ? "second" : "first")", isComparable: false)
      ]
    }
    let isSameKind = a.provenance == b.provenance
    let provenance = "not comparable: \(a.provenance.rawValue) and \(b.provenance.rawValue)"
    let (x, y) = (a.wattHoursInterval, b.wattHoursInterval)
    let overlap = x.lower > y.upper || y.lower > x.upper ? "intervals apart" : "intervals overlap"
    let isSamePlace = a.intensity == b.intensity
    let place = isSamePlace ? "" : "not comparable: other electricity, \(a.place) and \(b.place)"
    return [
      Row(
        subject: "energy", name: "Wh", first: a.wattHours, second: b.wattHours, note: isSameKind ? overlap : provenance,
        isComparable: isSameKind),
      Row(
        subject: "energy", name: "gCO2e", first: a.grams, second: b.grams, note: isSameKind ? place : provenance,
        isComparable: isSameKind && isSamePlace),
    ]
  }

  private static func privacy(_ first: ModelCard, _ second: ModelCard) -> [Row] {
    let (a, b) = (first.privacy, second.privacy)
    if a == nil && b == nil { return [] }
    var note = ""
    if let a, let b {
      if a.delta != b.delta { note = "not comparable: other δ" }
      if a.adjacency != b.adjacency { note = "not comparable: other neighbouring data sets" }
    } else {
      note = "the \(a == nil ? "first" : "second") guarantees nothing"
    }
    return [
      Row(
        subject: "privacy", name: "ε", first: a?.epsilon, second: b?.epsilon, note: note,
        isComparable: a != nil && b != nil && note.isEmpty)
    ]
  }
}

extension ModelCard {
  fileprivate func hash(of part: String) -> String? { data.first { $0.part == part }?.sha256 }

  /// The facts in which two models may differ.
  fileprivate var circumstances: [Named] {
    var named: [Named] = []
    func add(_ name: String, _ value: String?) {
      if let value { named.append(Named(name, value)) }
    }
    add("model", architecture?.type)
    add("parameters", architecture.map { "\($0.parameterCount)" })
    for part in data { add("\(part.part) data", part.sha256.map { "\(part.rows ?? 0) rows, \($0.prefix(12))…" }) }
    if let training {
      add("optimiser", training.optimizer)
      add("learning rate at the end", significantDigits(training.learningRate))
      add("loss", training.loss)
      add("seed", training.seed.map(String.init) ?? "none")
      add("epochs", "\(training.epochsDone) of \(training.epochsWanted)")
      add("time", NumberFormat.duration(training.seconds))
      for option in training.options { add(option.name, option.value) }
    }
    add("processor", machine?.processor)
    add("threads", machine?.threads)
    add("Martlet", software?.martlet)
    return named
  }
}

extension ModelCardComparison: CustomStringConvertible {
  /// A table of the numbers, and one of the differences.
  public var description: String {
    var text = "\(names.first) and \(names.second)\n"
    func number(_ value: Double?) -> String { value.map(NumberFormat.metric) ?? "" }
    if !rows.isEmpty {
      var table = TextTable(["", "measure", "note", "first", "second", "difference"], textColumns: 3)
      for row in rows {
        table.append([
          row.subject, row.name, row.note, number(row.first), number(row.second), number(row.difference),
        ])
      }
      text += "\n" + table.text + "\n"
    }
    if !differences.isEmpty {
      var table = TextTable(["differs", "first", "second"], textColumns: 3)
      for difference in differences { table.append([difference.name, difference.first, difference.second]) }
      text += "\n" + table.text + "\n"
    }
    return text
  }
}
