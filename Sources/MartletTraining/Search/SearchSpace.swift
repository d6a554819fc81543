import MartletCore
import MartletPlatform
import MartletText

/// A value of a hyperparameter in a search: a number, an integer, a text or a yes or no.
public enum SearchValue: Sendable, Hashable {
  /// A real number, such as a learning rate.
  case number(Double)
  /// A whole number, such as a width.
  case integer(Int)
  /// A name, such as that of an activation.
  case text(String)
  /// Whether something is done.
  case flag(Bool)
}

extension SearchValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral, CustomStringConvertible
{
  /// A real number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A yes or no.
  public init(booleanLiteral value: Bool) { self = .flag(value) }

  /// The value as Swift writes it, a text without quotation marks.
  public var description: String {
    switch self {
    case .number(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .text(let value): value
    case .flag(let value): "\(value)"
    }
  }
}

/// What a search tries for one hyperparameter.
public enum SearchRange: Sendable, Hashable {
  /// Real numbers, each part of the range as often as another of its length.
  case uniform(ClosedRange<Double>)
  /// Positive real numbers, each power of ten as often as another: for learning rates and penalties.
  case logUniform(ClosedRange<Double>)
  /// Whole numbers, each as often as another.
  case integers(ClosedRange<Int>)
  /// These values, each as often as another.
  case choice([SearchValue])

  /// `count` real numbers at equal distances, for a grid.
  public static func spaced(_ range: ClosedRange<Double>, count: Int) -> SearchRange {
    .choice(points(range.lowerBound, range.upperBound, count).map { .number($0) })
  }

  /// `count` real numbers with equal ratios, for a grid: `.logSpaced(1e-4...1e-1, count: 4)` is 1e-4, 1e-3, 1e-2, 1e-1.
  public static func logSpaced(_ range: ClosedRange<Double>, count: Int) -> SearchRange {
    let exponents = points(log10(range.lowerBound), log10(range.upperBound), count)
    return .choice(exponents.map { .number(pow(10, $0)) })
  }

  private static func points(_ low: Double, _ high: Double, _ count: Int) -> [Double] {
    (0..<max(0, count)).map { count == 1 ? low : low + (high - low) * Double($0) / Double(count - 1) }
  }

  /// What is wrong with the range; nil when it can be searched.
  var problem: String? {
    switch self {
    case .uniform(let range) where !(range.upperBound - range.lowerBound).isFinite:
      "expected finite bounds, got \(range)"
    case .logUniform(let range) where !(range.lowerBound > 0 && range.upperBound.isFinite):
      "expected positive, finite bounds, got \(range)"
    case .choice(let values) where values.isEmpty: "expected at least one value, got none"
    default: nil
    }
  }

  /// The values of a grid; nil for ranges of real numbers, which have no end of them.
  var grid: [SearchValue]? {
    switch self {
    case .uniform, .logUniform: nil
    case .integers(let range): range.map { .integer($0) }
    case .choice(let values): values
    }
  }

  /// A value drawn from `generator`.
  func draw(using generator: inout RandomGenerator) -> SearchValue {
    switch self {
    case .uniform(let range):
      return .number(Double.random(in: range, using: &generator))
    case .logUniform(let range):
      let exponent = Double.random(in: log10(range.lowerBound)...log10(range.upperBound), using: &generator)
      return .number(min(max(pow(10, exponent), range.lowerBound), range.upperBound))
    case .integers(let range):
      return .integer(Int.random(in: range, using: &generator))
    case .choice(let values):
      return values[Int.random(in: 0..<values.count, using: &generator)]
    }
  }
}

/// One set of hyperparameters that a search tries.
public struct Trial: Sendable {
  /// The number of the set, counted from 0.
  public let number: Int
  /// The hyperparameters, in the order of the search's space.
  public let values: [(name: String, value: SearchValue)]
  /// How many epochs to train for, where the search decides that.
  public let epochs: Int?
  /// A seed of this trial's own, for the model's parameters and the fit.
  public let seed: UInt64

  /// A hyperparameter; traps when there is none of that name.
  public subscript(name: String) -> SearchValue {
    guard let found = values.first(where: { $0.name == name }) else {
      fatalError("Trial: expected one of \(values.map(\.name)), got \"\(name)\"")
    }
    return found.value
  }

  /// A hyperparameter as a real number; traps when it is not a number.
  public func number(_ name: String) -> Double {
    switch self[name] {
    case .number(let value): return value
    case .integer(let value): return Double(value)
    default: wrong(name, "a number")
    }
  }

  /// A hyperparameter as a whole number; traps when it is not one.
  public func integer(_ name: String) -> Int {
    if case .integer(let value) = self[name] { return value }
    wrong(name, "a whole number")
  }

  /// A hyperparameter as a text; traps when it is not one.
  public func text(_ name: String) -> String {
    if case .text(let value) = self[name] { return value }
    wrong(name, "a text")
  }

  /// A hyperparameter as yes or no; traps when it is neither.
  public func flag(_ name: String) -> Bool {
    if case .flag(let value) = self[name] { return value }
    wrong(name, "true or false")
  }

  private func wrong(_ name: String, _ expected: String) -> Never {
    fatalError("Trial: expected \(expected) for \"\(name)\", got \(self[name])")
  }
}
