import MartletData

/// What the number that is explained should become.
public enum CounterfactualGoal: Sendable, Equatable {
  /// At least this.
  case atLeast(Double)
  /// At most this.
  case atMost(Double)

  /// How far a number is from the goal; 0 where it is met, and infinite for one that is no number.
  func distance(_ number: Double) -> Double {
    if number.isNaN { return .infinity }
    switch self {
    case .atLeast(let least): return max(0, least - number)
    case .atMost(let most): return max(0, number - most)
    }
  }
}

/// Which changes a counterfactual may make.
public struct CounterfactualRules: Sendable, Equatable {
  /// Features that stay as they are, such as a person's sex.
  public var immutable: [String] = []
  /// Ranges that features of numbers stay in.
  public var ranges: [String: ClosedRange<Double>] = [:]
  /// Features of numbers that may only rise, such as an age.
  public var onlyRising: [String] = []
  /// Features of numbers that may only fall.
  public var onlyFalling: [String] = []
  /// The most features that are changed.
  public var maximumChanges = 3
  /// How many values of a feature of numbers are tried: quantiles of those of the reference rows.
  public var valuesPerFeature = 16
  /// How many partly changed rows are followed when one more feature is to be changed.
  public var beamWidth = 16
  /// The most counterfactuals of a row, each of which changes other features.
  public var maximumAnswers = 1

  /// Rules by which all features may change.
  public init() {}
}

/// The nearest row found that is answered as wanted.
public struct Counterfactual: Sendable {
  /// One changed feature.
  public struct Change: Sendable, Equatable {
    /// The feature's name.
    public let feature: String
    /// Its value in the row.
    public let from: Table.Value
    /// The value that it has to have.
    public let to: Table.Value
  }

  /// The place of the row among those that were asked about.
  public let row: Int
  /// What was changed.
  public let changes: [Change]
  /// What is explained, at the row as it is.
  public let before: Double
  /// What is explained, with the changes.
  public let after: Double
  /// How far the row was moved: for each changed number by its distance over the spread of the reference rows, and 1 for
  /// each changed category.
  public let distance: Double
}

extension Counterfactual: CustomStringConvertible {
  /// The changes and what comes of them: `row 3: income 20000 → 31000 (0.31 → 0.52)`.
  public var description: String {
    let made = changes.map { "\($0.feature) \(text($0.from)) → \(text($0.to))" }.joined(separator: ", ")
    return "row \(row): \(made.isEmpty ? "no change" : made) (\(before) → \(after))"
  }

  private func text(_ value: Table.Value) -> String { value == .missing ? "missing" : value.description }
}
