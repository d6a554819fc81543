import MartletPlatform
import MartletText

/// How a number came about, from the most certain to the least.
public enum Provenance: String, Sendable, Hashable, CaseIterable, Codable, Comparable {
  /// Read from a counter of the machine.
  case measured
  /// Computed from measured times and figures of the processor's kind.
  case modelled
  /// Said by the user or taken from a table.
  case declared

  /// Whether `a` is more certain than `b`.
  public static func < (a: Provenance, b: Provenance) -> Bool {
    allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
  }
}

/// What a quantity is of: the units that it is shown in.
public protocol Dimension {
  /// The units by rising size, each with how many of the base unit it is.
  static var units: [(name: String, size: Double)] { get }
}

/// The dimension of energy; the base unit is the joule.
public enum EnergyDimension: Dimension {
  /// Microwatt-hours to megawatt-hours.
  public static let units = [("µWh", 0.0036), ("mWh", 3.6), ("Wh", 3600), ("kWh", 3.6e6), ("MWh", 3.6e9)]
    .map { (name: $0.0, size: $0.1) }
}

/// The dimension of power; the base unit is the watt.
public enum PowerDimension: Dimension {
  /// Milliwatts to kilowatts.
  public static let units = [("mW", 1e-3), ("W", 1), ("kW", 1e3)].map { (name: $0.0, size: $0.1) }
}

/// The dimension of greenhouse gases, as the mass of carbon dioxide that warms as much; the base unit is the gram.
public enum CarbonDimension: Dimension {
  /// Micrograms to tonnes.
  public static let units = [("µg", 1e-6), ("mg", 1e-3), ("g", 1), ("kg", 1e3), ("t", 1e6)]
    .map { (name: $0.0, size: $0.1) }
}

/// An amount of energy, in joules, watt-hours or kilowatt-hours.
public typealias Energy = Quantity<EnergyDimension>
/// A power, in watts.
public typealias Power = Quantity<PowerDimension>
/// A mass of greenhouse gases as CO₂ equivalents, in grams or kilograms.
public typealias Carbon = Quantity<CarbonDimension>

/// An amount that is at least 0, with the interval that it lies in and how it came about.
///
/// ```swift
/// let budget = try Energy(wattHours: 5)
/// let carbon = try CarbonIntensity.of("FRA").carbon(of: budget)
/// print(carbon)  // 280 mg (238 mg … 322 mg, declared)
/// ```
/// Sums and products have the intervals that come about when all errors go the same way, which are wide rather than
/// narrow, and are as uncertain as the least certain of their parts.
public struct Quantity<D: Dimension>: Sendable, Hashable {
  /// The amount in the base unit.
  package let amount: Double
  package let low: Double
  package let high: Double
  /// How it came about.
  public let provenance: Provenance

  /// An amount that is known to be valid.
  package init(unchecked amount: Double, _ low: Double, _ high: Double, _ provenance: Provenance) {
    self.amount = amount
    self.low = min(low, amount)
    self.high = max(high, amount)
    self.provenance = provenance
  }

  /// Nothing at all, which is as certain as can be.
  public static var zero: Quantity { Quantity(unchecked: 0, 0, 0, .measured) }

  init(
    _ amount: Double, within range: ClosedRange<Double>?, times size: Double, _ provenance: Provenance, unit: String
  ) throws(EnergyError) {
    guard amount >= 0, (amount * size).isFinite else {
      throw .invalid("\(unit): expected a finite amount of at least 0, got \(amount)")
    }
    guard let range = validRange(range, around: amount), (range.upperBound * size).isFinite else {
      throw .invalid("\(unit): expected an interval of amounts of at least 0 around \(amount), got \(range!)")
    }
    self.init(unchecked: amount * size, range.lowerBound * size, range.upperBound * size, provenance)
  }

  func range(per size: Double) -> ClosedRange<Double> { low / size...high / size }

  /// The sum.
  public static func + (a: Quantity, b: Quantity) -> Quantity {
    if a == .zero { return b }
    if b == .zero { return a }
    return Quantity(
      unchecked: a.amount + b.amount, a.low + b.low, a.high + b.high, max(a.provenance, b.provenance))
  }

  /// Adds to a quantity.
  public static func += (a: inout Quantity, b: Quantity) { a = a + b }

  /// The quantity times a factor that lies within a range; throws when one of them is negative or not finite.
  public func scaled(
    by factor: Double, within range: ClosedRange<Double>? = nil, _ provenance: Provenance = .declared
  ) throws(EnergyError) -> Quantity {
    guard let range = validRange(range, around: factor), (high * range.upperBound).isFinite else {
      throw .invalid(
        "scaled(by:): expected a factor of at least 0 within its range, got \(factor)\(range.map { " within \($0)" } ?? "")"
      )
    }
    return Quantity(
      unchecked: amount * factor, low * range.lowerBound, high * range.upperBound, max(self.provenance, provenance))
  }

  /// The quantity times a share that is known to be valid.
  package func times(_ factor: Double) -> Quantity {
    Quantity(unchecked: amount * factor, low * factor, high * factor, provenance)
  }
}

extension Quantity: CustomStringConvertible {
  /// `0.42 Wh (0.3 Wh … 0.6 Wh, modelled)`; without the interval where there is none.
  public var description: String {
    let interval = low == high ? "" : "\(Self.text(low)) … \(Self.text(high)), "
    return "\(text) (\(interval)\(provenance.rawValue))"
  }

  /// The amount alone, to three digits: `0.42 Wh`.
  package var text: String { Self.text(amount) }

  private static func text(_ amount: Double) -> String {
    let units = D.units
    let unit = units.last { amount >= $0.size * 0.9995 } ?? units.first { _ in amount > 0 } ?? units[units.count / 2]
    return "\(significant(amount / unit.size)) \(unit.name)"
  }
}

/// The range that a number of at least 0 lies in, by default itself alone; nil where it does not, or is none.
func validRange(_ range: ClosedRange<Double>?, around value: Double) -> ClosedRange<Double>? {
  guard value >= 0, value.isFinite else { return nil }
  guard let range else { return value...value }
  return range.contains(value) && range.lowerBound >= 0 ? range : nil
}

/// A number with three significant digits, without a power of ten from 0.001 to a million.
package func significant(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  let digits = min(9, max(0, 2 - Int(floor(log10(abs(value))))))
  var text = NumberFormat.fixed(value, digits)
  if text.contains(".") {
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
  }
  return text
}

extension Quantity where D == EnergyDimension {
  /// An amount of joules; throws when it is negative or not finite, or not within its range.
  public init(
    joules: Double, within range: ClosedRange<Double>? = nil, _ provenance: Provenance = .declared
  ) throws(EnergyError) { try self.init(joules, within: range, times: 1, provenance, unit: "J") }

  /// An amount of watt-hours, 3,600 joules each; throws when it is negative or not finite, or not within its range.
  public init(
    wattHours: Double, within range: ClosedRange<Double>? = nil, _ provenance: Provenance = .declared
  ) throws(EnergyError) { try self.init(wattHours, within: range, times: 3600, provenance, unit: "Wh") }

  /// An amount of kilowatt-hours; throws when it is negative or not finite, or not within its range.
  public init(
    kilowattHours: Double, within range: ClosedRange<Double>? = nil, _ provenance: Provenance = .declared
  ) throws(EnergyError) { try self.init(kilowattHours, within: range, times: 3.6e6, provenance, unit: "kWh") }

  /// The amount in joules.
  public var joules: Double { amount }
  /// The amount in watt-hours.
  public var wattHours: Double { amount / 3600 }
  /// The amount in kilowatt-hours.
  public var kilowattHours: Double { amount / 3.6e6 }
  /// The interval in joules.
  public var joulesRange: ClosedRange<Double> { range(per: 1) }
  /// The interval in watt-hours.
  public var wattHoursRange: ClosedRange<Double> { range(per: 3600) }
}

extension Quantity where D == PowerDimension {
  /// An amount of watts; throws when it is negative or not finite, or not within its range.
  public init(
    watts: Double, within range: ClosedRange<Double>? = nil, _ provenance: Provenance = .declared
  ) throws(EnergyError) { try self.init(watts, within: range, times: 1, provenance, unit: "W") }

  /// The amount in watts.
  public var watts: Double { amount }
  /// The interval in watts.
  public var wattsRange: ClosedRange<Double> { range(per: 1) }

  /// The energy of this power over a time in seconds; throws when the time is negative or not finite.
  public func energy(over seconds: Double) throws(EnergyError) -> Energy {
    guard seconds >= 0, seconds.isFinite else {
      throw .invalid("energy(over:): expected seconds of at least 0, got \(seconds)")
    }
    return over(seconds)
  }

  /// The energy over a time that is known to be valid.
  package func over(_ seconds: Double) -> Energy {
    Energy(unchecked: amount * seconds, low * seconds, high * seconds, provenance)
  }
}

extension Quantity where D == CarbonDimension {
  /// A mass in grams; throws when it is negative or not finite, or not within its range.
  public init(
    grams: Double, within range: ClosedRange<Double>? = nil, _ provenance: Provenance = .declared
  ) throws(EnergyError) { try self.init(grams, within: range, times: 1, provenance, unit: "g") }

  /// A mass in kilograms; throws when it is negative or not finite, or not within its range.
  public init(
    kilograms: Double, within range: ClosedRange<Double>? = nil, _ provenance: Provenance = .declared
  ) throws(EnergyError) { try self.init(kilograms, within: range, times: 1000, provenance, unit: "kg") }

  /// The mass in grams.
  public var grams: Double { amount }
  /// The mass in kilograms.
  public var kilograms: Double { amount / 1000 }
  /// The interval in grams.
  public var gramsRange: ClosedRange<Double> { range(per: 1) }
}

/// Why a quantity, an account or a file of energy cannot be used.
public enum EnergyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A number is outside its range. The text says which.
  case invalid(String)
  /// No carbon intensity is known for a place.
  case unknownPlace(String)
  /// Factors of two scopes, life cycle and combustion alone, would be mixed.
  case scope(String)

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .invalid(let reason), .unknownPlace(let reason), .scope(let reason): reason
    }
  }
}
