import MartletCore
import MartletData
import MartletText

/// Something that happens to data between training and use: noise, values that are missing, a column in another unit.
///
/// ```swift
/// let table = try CorruptedAccuracy(
///   test.x, labels: test.y,
///   under: [.gaussianNoise(0.1), .saltAndPepper(0.05), .missing(0.2)],
///   predict: { try trainer.predictClasses($0) })
/// print(table)
/// ```
/// `Data` is the features `[rows, …]`, or a `Table` of raw columns, where a missing value is what it is and the
/// preprocessor's imputation is tested too.
public struct Corruption<Data>: Sendable {
  /// The name in tables.
  public let name: String
  private let change: @Sendable (Data, inout RandomGenerator) throws -> Data

  /// Makes a corruption of your own, of data and a generator for what is random in it.
  public init(_ name: String, _ change: @escaping @Sendable (Data, inout RandomGenerator) throws -> Data) {
    (self.name, self.change) = (name, change)
  }

  /// The data after it; the same seed gives the same.
  public func callAsFunction(_ data: Data, seed: UInt64 = 0) throws -> Data {
    var generator = RandomGenerator(seed: seed)
    return try change(data, &generator)
  }
}

extension Corruption where Data == Tensor<Float> {
  /// Adds normal noise of a standard deviation, or of as many as `scales` `[features]` has for each column; the sum is
  /// kept within a range, where there is one.
  ///
  /// Throws when used if the scales do not fit the features, and if the deviation is negative.
  public static func gaussianNoise(
    _ deviation: Double, scales: Tensor<Float>? = nil, range: ClosedRange<Float>? = nil
  ) -> Corruption {
    Corruption("gaussian noise of \(deviation)\(scales == nil ? "" : " by column")") { x, generator in
      if !(deviation >= 0 && deviation.isFinite) {
        throw RobustnessError.invalid("expected a deviation that is finite and not negative, got \(deviation)")
      }
      var noise = Tensor<Float>.randomNormal(x.shape, using: &generator) * Float(deviation)
      if let scales {
        try checkFeatures(x, scales, "scales")
        noise = noise * scales
      }
      let sum = x + noise
      return range.map { sum.clamped(to: $0) } ?? sum
    }
  }

  /// Sets a share of the elements to one of the ends of a range, either as often as the other.
  ///
  /// Throws when used if the share is not within 0…1.
  public static func saltAndPepper(_ share: Double, range: ClosedRange<Float> = 0...1) -> Corruption {
    Corruption("salt and pepper on \(percent(share))") { x, generator in
      try checkShare(share)
      let chances = Tensor<Float>.randomUniform(x.shape, using: &generator).scalars
      let low = Float(share / 2)
      let numbers = zip(x.scalars, chances).map { value, chance in
        chance < low ? range.lowerBound : chance < Float(share) ? range.upperBound : value
      }
      return Tensor(numbers).reshaped(to: x.shape)
    }
  }

  /// Loses a share of the elements, each by chance, of which `filling` `[features]` takes the place, else 0.
  ///
  /// Throws when used if the share is not within 0…1 and if the filling does not fit the features.
  public static func missing(_ share: Double, filling: Tensor<Float>? = nil) -> Corruption {
    Corruption("\(percent(share)) missing") { x, generator in
      try checkShare(share)
      if let filling { try checkFeatures(x, filling, "filling") }
      let isKept = Tensor<Float>.randomBernoulli(x.shape, probability: 1 - share, using: &generator)
      let held = x * isKept
      return filling.map { held + (1 - isKept) * $0 } ?? held
    }
  }

  /// Loses a whole feature, of which a number takes the place, such as its mean in training.
  ///
  /// Throws when used if there is no such feature.
  public static func missing(feature: Int, filling: Float = 0) -> Corruption {
    changed(feature, "feature \(feature) missing") { _ in filling }
  }

  /// Adds a number to a feature of every row.
  ///
  /// Throws when used if there is no such feature.
  public static func shifted(feature: Int, by amount: Float) -> Corruption {
    changed(feature, "feature \(feature) shifted by \(amount)") { $0 + amount }
  }

  /// Multiplies a feature of every row, as another unit does.
  ///
  /// Throws when used if there is no such feature.
  public static func scaled(feature: Int, by factor: Float) -> Corruption {
    changed(feature, "feature \(feature) times \(factor)") { $0 * factor }
  }

  private static func changed(
    _ feature: Int, _ name: String, _ change: @escaping @Sendable (Float) -> Float
  ) -> Corruption {
    Corruption(name) { x, _ in
      guard x.rank == 2, (0..<x.shape[1]).contains(feature) else {
        throw RobustnessError.unknown("expected a feature of inputs [rows, features], got \(feature) of \(x.shape)")
      }
      var numbers = x.scalars
      for place in stride(from: feature, to: numbers.count, by: x.shape[1]) { numbers[place] = change(numbers[place]) }
      return Tensor(numbers).reshaped(to: x.shape)
    }
  }

  private static func checkFeatures(_ x: Tensor<Float>, _ other: Tensor<Float>, _ name: String) throws {
    if x.rank == 0 || other.shape != Shape(x.shape.dropFirst()) {
      throw RobustnessError.shapes("expected \(name) of shape \(Shape(x.shape.dropFirst())), got \(other.shape)")
    }
  }
}

extension Corruption where Data == Table {
  /// Loses a share of a column's values, each by chance; of all columns where none is named.
  ///
  /// Throws when used if there is no such column, and if the share is not within 0…1.
  public static func missing(_ columns: String..., share: Double = 1) -> Corruption {
    let what = columns.isEmpty ? "all columns" : columns.joined(separator: ", ")
    return Corruption(share == 1 ? "\(what) missing" : "\(percent(share)) of \(what) missing") { table, generator in
      try checkShare(share)
      return try table.replacing(columns.isEmpty ? table.columns : columns) { column in
        let isLost = Tensor<Bool>.randomBernoulli([column.count], probability: share, using: &generator).scalars
        switch column {
        case .numbers(let numbers): return .numbers(zip(numbers, isLost).map { $1 ? .nan : $0 })
        case .texts(let texts): return .texts(zip(texts, isLost).map { $1 ? nil : $0 })
        }
      }
    }
  }

  /// Adds to a column of numbers, in its unit.
  ///
  /// Throws when used if there is no such column of numbers.
  public static func shifted(_ column: String, by amount: Double) -> Corruption {
    numbers(column, "\(column) shifted by \(amount)") { numbers, _ in numbers.map { $0 + amount } }
  }

  /// Adds to a column of numbers so many of its standard deviations in these rows.
  ///
  /// Throws when used if there is no such column of numbers.
  public static func shifted(_ column: String, byDeviations count: Double) -> Corruption {
    numbers(column, "\(column) shifted by \(count) deviations") { numbers, _ in
      let amount = count * deviation(numbers)
      return numbers.map { $0 + amount }
    }
  }

  /// Multiplies a column of numbers, as another unit does.
  ///
  /// Throws when used if there is no such column of numbers.
  public static func scaled(_ column: String, by factor: Double) -> Corruption {
    numbers(column, "\(column) times \(factor)") { numbers, _ in numbers.map { $0 * factor } }
  }

  /// Adds normal noise to a column of numbers, of so many of its standard deviations in these rows.
  ///
  /// Throws when used if there is no such column of numbers, and if the number of deviations is negative.
  public static func gaussianNoise(_ column: String, deviations count: Double) -> Corruption {
    numbers(column, "\(column) with noise of \(count) deviations") { numbers, generator in
      if !(count >= 0 && count.isFinite) {
        throw RobustnessError.invalid("expected deviations that are finite and not negative, got \(count)")
      }
      let scale = count * deviation(numbers)
      let noise = Tensor<Double>.randomNormal([numbers.count], using: &generator).scalars
      return zip(numbers, noise).map { $0 + scale * $1 }
    }
  }

  private static func numbers(
    _ column: String, _ name: String,
    _ change: @escaping @Sendable ([Double], inout RandomGenerator) throws -> [Double]
  ) -> Corruption {
    Corruption(name) { table, generator in
      let changed = try change(table.numbers(column), &generator)
      return try table.replacing([column]) { _ in .numbers(changed) }
    }
  }

  /// The standard deviation of the values that there are, as of a population; 0 where there is none.
  private static func deviation(_ numbers: [Double]) -> Double {
    let held = numbers.filter { !$0.isNaN }
    if held.isEmpty { return 0 }
    let mean = held.reduce(0, +) / Double(held.count)
    return (held.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(held.count)).squareRoot()
  }
}

extension Table {
  /// The table with other values in some columns, in their order.
  fileprivate func replacing(_ names: [String], _ change: (Column) throws -> Column) throws -> Table {
    for name in names { _ = try column(name) }
    let replaced = Set(names.map(ExactName.init))
    return try Table(
      columns: try columns.map { name in
        let held = try column(name)
        return (name, replaced.contains(ExactName(name)) ? try change(held) : held)
      })
  }
}

private func checkShare(_ share: Double) throws {
  if !(0...1).contains(share) { throw RobustnessError.invalid("expected a share within 0…1, got \(share)") }
}

/// A share as a percentage, `5 %`.
func percent(_ share: Double) -> String {
  let text = NumberFormat.fixed(100 * share, 1)
  return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) %"
}
