import MartletText

/// Some columns of a table and the steps that make features of each of them.
///
/// ```swift
/// Columns("age", "fare").imputed(.median, indicator: true).standardized()
/// Columns("sex", "port").imputed(.mostFrequent).oneHot()
/// ```
/// The steps apply in the order in which they are written; each is fitted to what the one before makes of the training
/// rows. A column without steps is a feature as it is. What comes out must be numbers without a missing one.
public struct Columns: Sendable {
  /// The names of the columns.
  public let names: [String]
  var steps: [PreparationStep] = []

  /// The columns of these names.
  public init(_ names: String...) { self.init(names) }

  /// The columns of these names.
  public init(_ names: [String]) { self.names = names }

  /// All columns of numbers that a table has, but for some.
  public static func numbers(of table: Table, except names: [String] = []) -> Columns {
    of(table, except: names) { if case .numbers = $0 { true } else { false } }
  }

  /// All columns of texts that a table has, but for some.
  public static func texts(of table: Table, except names: [String] = []) -> Columns {
    of(table, except: names) { if case .texts = $0 { true } else { false } }
  }

  private static func of(_ table: Table, except names: [String], _ isWanted: (Table.Column) -> Bool) -> Columns {
    let left = Set(names.map(ExactName.init))
    return Columns(table.columns.filter { !left.contains(ExactName($0)) && isWanted(table[$0]!) })
  }

  /// The same steps for other columns.
  public func applied(to names: [String]) -> Columns {
    var result = Columns(names)
    result.steps = steps
    return result
  }

  private func then(_ step: PreparationStep) -> Columns {
    var result = self
    result.steps.append(step)
    return result
  }

  /// Replaces missing values, as scikit-learn's `SimpleImputer`; with `indicator`, each column has a second feature that
  /// says where one was missing.
  public func imputed(_ imputation: Imputation, indicator: Bool = false) -> Columns {
    then(.impute(imputation, indicator: indicator))
  }

  /// Moves numbers outside a range to its ends.
  public func clipped(to range: ClosedRange<Double>) -> Columns { then(.clip(range)) }

  /// Moves numbers outside the range between two quantiles of the training rows to its ends.
  public func clipped(quantiles: ClosedRange<Double>) -> Columns { then(.clipQuantiles(quantiles)) }

  /// Takes log(1 + x), for numbers from 0 that spread over powers of ten; throws where a number is −1 or less.
  public func log1p() -> Columns { then(.log1p) }

  /// Subtracts the mean and divides by the standard deviation (of the population), as scikit-learn's `StandardScaler`. A
  /// constant column becomes 0.
  public func standardized() -> Columns { then(.standardize) }

  /// Maps the least and the greatest number to the ends of a range, as scikit-learn's `MinMaxScaler`. A constant column
  /// becomes the lower end.
  public func scaled(to range: ClosedRange<Double> = 0...1) -> Columns { then(.scale(range)) }

  /// Subtracts the median and divides by the distance of two quantiles, as scikit-learn's `RobustScaler`, which outliers
  /// hardly move.
  public func robustlyScaled(quantiles: ClosedRange<Double> = 0.25...0.75) -> Columns {
    then(.scaleRobustly(quantiles))
  }

  /// Replaces a number by the number of its bucket, from 0, or with `oneHot` by a feature for each bucket that is 1 for
  /// its own, as scikit-learn's `KBinsDiscretizer`. Numbers beyond the buckets count to the first or the last.
  public func bucketed(_ count: Int, _ rule: BucketRule = .quantile, oneHot: Bool = false) -> Columns {
    then(.bucket(count, rule, oneHot: oneHot))
  }

  /// Replaces a number by the number of its bucket: 0 below the first edge, `edges.count` from the last on.
  public func bucketed(edges: [Double], oneHot: Bool = false) -> Columns { then(.bucketEdges(edges, oneHot: oneHot)) }

  /// Makes a feature of each category, which is 1 for rows of it, as scikit-learn's `OneHotEncoder`.
  ///
  /// - Parameters:
  ///   - categories: The categories in their order; without them, those of the training rows, sorted.
  ///   - unknown: What becomes of other values.
  ///   - dropFirst: Whether the first category has no feature, as linear models without a penalty need it.
  public func oneHot(
    categories: [Table.Value]? = nil, unknown: UnknownCategory = .refused, dropFirst: Bool = false
  ) -> Columns { then(.encode(categories, unknown, oneHot: true, dropFirst: dropFirst)) }

  /// Replaces a category by its number, from 0, as scikit-learn's `OrdinalEncoder`; for what has an order, or for
  /// embeddings. Ignored unknown values become −1.
  public func ordinal(categories: [Table.Value]? = nil, unknown: UnknownCategory = .refused) -> Columns {
    then(.encode(categories, unknown, oneHot: false, dropFirst: false))
  }
}

/// What replaces missing values.
public enum Imputation: Sendable, Equatable {
  /// The mean of the numbers.
  case mean
  /// Their median.
  case median
  /// The most frequent number or text; of several, the least.
  case mostFrequent
  /// A number or a text.
  case constant(Table.Value)
}

/// Where buckets of numbers end.
public enum BucketRule: Sendable, Equatable {
  /// So that each has about as many training rows; buckets of less than 10⁻⁸ are joined.
  case quantile
  /// All are of the same width.
  case uniform
}

/// What becomes of a category that was not among the training rows.
public enum UnknownCategory: String, Sendable, Equatable {
  /// Transforming throws.
  case refused
  /// It belongs to no category: all its features are 0, or its number is −1.
  case ignored
}

/// A step before it is fitted.
enum PreparationStep: Sendable {
  case impute(Imputation, indicator: Bool)
  case clip(ClosedRange<Double>)
  case clipQuantiles(ClosedRange<Double>)
  case log1p
  case standardize
  case scale(ClosedRange<Double>)
  case scaleRobustly(ClosedRange<Double>)
  case bucket(Int, BucketRule, oneHot: Bool)
  case bucketEdges([Double], oneHot: Bool)
  case encode([Table.Value]?, UnknownCategory, oneHot: Bool, dropFirst: Bool)
}
