/// The greenhouse gases that a kilowatt-hour of electricity stands for at a place, in grams of CO₂ equivalents.
///
/// ```swift
/// let france = try CarbonIntensity.of("FRA")  // 56 g/kWh over the life cycle, 2023
/// let quebec = try CarbonIntensity.of("CA-QC", scope: .combustion)
/// let own = try CarbonIntensity(gramsPerKilowattHour: 120, place: "our roof and the grid", year: 2026)
/// ```
/// It is the mean of a place and a year, after the place (location-based): what contracts and certificates promise
/// (market-based) is a `MarketClaim` and never changes it.
public struct CarbonIntensity: Sendable, Hashable {
  /// What is counted. Figures of one scope and of the other cannot be compared: hydropower has 26 g/kWh over its life cycle
  /// and none by combustion.
  public enum Scope: String, Sendable, Hashable, Codable, CaseIterable {
    /// Everything from the plant's building to its fuel's transport.
    case lifeCycle
    /// What leaves the plants' chimneys alone.
    case combustion
  }

  /// The place: a code of the table, or a name of the user's.
  public let place: String
  /// Grams of CO₂ equivalents for a kilowatt-hour.
  public let gramsPerKilowattHour: Double
  /// The interval that it lies in.
  public let range: ClosedRange<Double>
  /// What is counted.
  public let scope: Scope
  /// The year that it is the mean of; nil where it is not known.
  public let year: Int?
  /// Where it comes from.
  public let source: String

  /// An intensity of one's own, as from the contract or a grid operator; throws when it is negative, not finite or
  /// outside its range.
  public init(
    gramsPerKilowattHour value: Double, within range: ClosedRange<Double>? = nil, scope: Scope = .lifeCycle,
    place: String = "declared", year: Int? = nil, source: String = "the user"
  ) throws(EnergyError) {
    guard let range = validRange(range, around: value), range.upperBound.isFinite else {
      throw .invalid(
        "CarbonIntensity: expected g/kWh of at least 0 within their range, got \(value)\(range.map { " within \($0)" } ?? "")"
      )
    }
    self.init(unchecked: value, range, scope, place, year, source)
  }

  private init(
    unchecked value: Double, _ range: ClosedRange<Double>, _ scope: Scope, _ place: String, _ year: Int?,
    _ source: String
  ) {
    gramsPerKilowattHour = value
    self.range = range
    self.scope = scope
    self.place = place
    self.year = year
    self.source = source
  }

  /// The mean of the world: 475 g/kWh (IEA, 2019), for where the place is not known, which is 20 to 1,000 g/kWh.
  public static let world = CarbonIntensity(
    unchecked: 475, 20...1000, .lifeCycle, "world", 2019, "IEA, Global Energy and CO2 Status Report 2019")

  /// The intensity of a country by its ISO 3166-1 code (`FRA`), of a state of the USA or a province of Canada by its ISO
  /// 3166-2 code (`US-CA`, `CA-QC`), or of a bidding zone of Norway or Sweden (`SE3`).
  ///
  /// The interval is 15 % to both sides, our estimate of how much methods and years differ. Throws for another place,
  /// and for a scope that the place has no figure of: states have `combustion` alone, countries and zones `lifeCycle`
  /// alone, provinces both.
  public static func of(_ place: String, scope: Scope = .lifeCycle) throws(EnergyError) -> CarbonIntensity {
    let found = Scope.allCases.compactMap { table[Key(place: place, scope: $0)] }
    if let match = found.first(where: { $0.scope == scope }) { return match }
    if let other = found.first {
      throw .scope(
        "CarbonIntensity: expected a \(scope) figure of \(place), got one of \(other.scope) alone, with which it must not "
          + "be mixed; ask for scope: .\(other.scope), or take the country's")
    }
    throw .unknownPlace(
      "CarbonIntensity: expected the ISO 3166-1 code of a country in three letters, US- and a state, CA- and a province, "
        + "or a bidding zone, got \"\(place)\"; or declare CarbonIntensity(gramsPerKilowattHour:)")
  }

  /// The codes of all places, sorted.
  public static var places: [String] { Set(table.keys.map(\.place)).sorted() }

  /// The greenhouse gases of an amount of energy.
  public func carbon(of energy: Energy) -> Carbon {
    func grams(_ joules: Double, _ intensity: Double) -> Double { joules / 3.6e6 * intensity }
    return Carbon(
      unchecked: grams(energy.amount, gramsPerKilowattHour), grams(energy.low, range.lowerBound),
      grams(energy.high, range.upperBound), .declared)
  }

  /// How many times as much as another intensity; throws when the scopes differ, because the answer would mislead, and
  /// when the other is 0.
  public func ratio(to other: CarbonIntensity) throws(EnergyError) -> Double {
    if scope != other.scope {
      throw .scope(
        "CarbonIntensity.ratio(to:): expected figures of one scope, got \(place) by \(scope) and \(other.place) by "
          + "\(other.scope)")
    }
    if other.gramsPerKilowattHour == 0 {
      throw .invalid("CarbonIntensity.ratio(to:): expected more than 0 g/kWh, got 0")
    }
    return gramsPerKilowattHour / other.gramsPerKilowattHour
  }
}

extension CarbonIntensity: CustomStringConvertible {
  /// `56 g/kWh, FRA, life cycle, 2023 (Our World in Data)`.
  public var description: String {
    let counted = scope == .lifeCycle ? "life cycle" : "combustion alone"
    return "\(significant(gramsPerKilowattHour)) g/kWh, \(place), \(counted)\(year.map { ", \($0)" } ?? "") (\(source))"
  }
}

// MARK: The tables

extension CarbonIntensity {
  /// Grams of CO₂ equivalents for a kilowatt-hour over the life cycle, by the source of energy, as CodeCarbon has them.
  public static let bySource: [String: Double] = [
    "coal": 995, "petroleum": 816, "gas": 743, "fossil": 635, "biomass": 230, "waste": 230, "solar": 48,
    "geothermal": 38, "nuclear": 29, "wind": 26, "hydro": 26,
  ]

  private struct Key: Hashable {
    let place: String
    let scope: Scope
  }

  private static let table: [Key: CarbonIntensity] = {
    var table: [Key: CarbonIntensity] = [:]
    func add(_ place: String, _ value: Double, _ scope: Scope, _ year: Int, _ source: String) {
      table[Key(place: place, scope: scope)] = CarbonIntensity(
        unchecked: value, value * 0.85...value * 1.15, scope, place, year, source)
    }
    for words in entries(CarbonIntensityTable.countries) {
      add(words[0], Double(words[2])!, .lifeCycle, Int(words[1])!, "Our World in Data")
    }
    // Pounds for a megawatt-hour.
    for words in entries(CarbonIntensityTable.states) {
      add("US-" + words[0], Double(words[1])! * 0.453_592_37, .combustion, 2023, "EPA eGRID2023")
    }
    for words in entries(CarbonIntensityTable.zones) {
      add(words[0], Double(words[1])!, .lifeCycle, 2025, "ENTSO-E, factors of CodeCarbon")
    }
    for words in entries(CarbonIntensityTable.provinces) {
      let shares = words.dropFirst().map { Double($0)! }
      let place = "CA-" + words[0]
      add(place, mean(shares, combustionFactors), .combustion, 2023, "generation, factors of fuels by the EIA")
      add(place, mean(shares, lifeCycleFactors), .lifeCycle, 2023, "generation, factors of CodeCarbon")
    }
    return table
  }()

  /// Of a province's ten sources: coal, petroleum, gas, nuclear, hydro, wind, solar, biomass, tidal, other.
  private static let combustionFactors = [995.725_971, 816.688_526_3, 743.841_591_6, 0, 0, 0, 0, 0, 0, 0]
  /// Tides count as hydropower, and what is not known as fossil.
  private static let lifeCycleFactors: [Double] = [995, 816, 743, 29, 26, 26, 48, 230, 26, 635]

  /// The mean of factors by the shares before the last number, which is their total.
  private static func mean(_ shares: [Double], _ factors: [Double]) -> Double {
    zip(shares, factors).reduce(0) { $0 + $1.0 * $1.1 } / shares.last!
  }

  private static func entries(_ text: String) -> [[String]] {
    text.split { $0 == "," || $0 == "\n" }.map { $0.split(separator: " ").map(String.init) }
  }
}

/// What a contract or certificates claim of the energy, which is told beside what the place's grid emits and never
/// subtracted from it (SCI leaves offsets out; the GHG Protocol's Scope 2 asks for both figures).
public struct MarketClaim: Sendable, Hashable {
  /// The share of the energy that the claim covers.
  public let share: Double
  /// Grams of CO₂ equivalents for a kilowatt-hour of that share.
  public let gramsPerKilowattHour: Double
  /// Who claims it, and by what.
  public let source: String

  /// A claim for a share of the energy; throws when the share is not from 0 to 1 or the grams are negative.
  public init(share: Double, gramsPerKilowattHour: Double = 0, source: String) throws(EnergyError) {
    guard (0...1).contains(share), gramsPerKilowattHour >= 0, gramsPerKilowattHour.isFinite else {
      throw .invalid(
        "MarketClaim: expected a share from 0 to 1 and g/kWh of at least 0, got \(share) and \(gramsPerKilowattHour)")
    }
    self.share = share
    self.gramsPerKilowattHour = gramsPerKilowattHour
    self.source = source
  }

  /// The greenhouse gases of an amount of energy as the claim would have them, the rest by the grid's intensity.
  public func carbon(of energy: Energy, otherwise grid: CarbonIntensity) -> Carbon {
    let claimed = energy.times(share / 3.6e6 * gramsPerKilowattHour)
    return Carbon(unchecked: claimed.amount, claimed.low, claimed.high, .declared)
      + grid.carbon(of: energy.times(1 - share))
  }
}
