/// How energy is accounted for: what is known better than the machine tells it, and where its electricity comes from.
///
/// ```swift
/// var accounting = EnergyAccounting(carbonIntensity: try .of("FRA"))
/// accounting.fullPower = try Power(watts: 95)
/// try accounting.setPowerUsageEffectiveness(1.4)
/// ```
public struct EnergyAccounting: Sendable {
  /// The power of all processors that the system sees under full load; nil takes `EnergyMachine.fullPower`.
  public var fullPower: Power?
  /// The greenhouse gases of the electricity.
  public var carbonIntensity: CarbonIntensity
  /// What contracts claim of the electricity, told beside its emissions; nil without any.
  public var marketClaim: MarketClaim?
  /// What making the machine emitted and its life in years of 365 days, for its embodied part; nil where it is not known.
  public var making: (carbon: Carbon, years: Double)?
  /// What the building uses for each joule of the machines, 1 or more; 1 leaves it out.
  public private(set) var powerUsageEffectiveness = 1.0
  /// The share of the full power that idle processors take.
  ///
  /// 0.2, from 0.1 to 0.4: the mean minimum over the mean maximum of cloud servers is 0.21 (0.74 W of 3.5 W for a
  /// processor; Cloud Carbon Footprint from SPECpower).
  public private(set) var idleShare = 0.2
  /// The interval of `idleShare`.
  public private(set) var idleShareRange = 0.1...0.4
  /// Watts for a GiB of memory: 0.39, from 0.1 to 0.7 (Cloud Carbon Footprint: 0.392 W/GB, from the makers' sheets).
  public var memoryPower = Power(unchecked: 0.39, 0.1, 0.7, .modelled)

  /// An account for a place, by default anywhere in the world.
  public init(carbonIntensity: CarbonIntensity = .world) { self.carbonIntensity = carbonIntensity }

  /// Sets what the building uses for each joule of the machines; throws when it is less than 1 or not finite.
  public mutating func setPowerUsageEffectiveness(_ value: Double) throws(EnergyError) {
    guard value >= 1, value.isFinite else {
      throw .invalid("powerUsageEffectiveness: expected at least 1, got \(value)")
    }
    powerUsageEffectiveness = value
  }

  /// Sets the share of the full power that idle processors take; throws when it is not within its range in 0…1.
  public mutating func setIdleShare(_ value: Double, within range: ClosedRange<Double>? = nil) throws(EnergyError) {
    guard let range = validRange(range, around: value), range.upperBound <= 1 else {
      throw .invalid(
        "idleShare: expected a share from 0 to 1 within its range, got \(value)\(range.map { " within \($0)" } ?? "")")
    }
    (idleShare, idleShareRange) = (value, range)
  }
}
