/// The carbon intensity of software for a unit of what it does, by the specification of the Green Software Foundation
/// (ISO/IEC 21031): SCI = (O + M) per R.
///
/// ```swift
/// let machine = try Carbon(kilograms: 1000)
/// let share = try EmbodiedShare(of: machine, hours: 1, ofYears: 4)
/// let energy = try Energy(kilowattHours: 0.02)
/// let intensity = try SoftwareCarbonIntensity(
///   energy: energy, by: .of("FRA"), embodied: share.carbon, units: 1, of: "training run")
/// print(intensity.perUnit.grams)
/// ```
public struct SoftwareCarbonIntensity: Sendable, Hashable {
  /// O, what the energy emits after the place, the power usage effectiveness within the energy; without offsets.
  public let operational: Carbon
  /// M, the part of the machine's making.
  public let embodied: Carbon
  /// R, how many units were done.
  public let units: Double
  /// What a unit is, such as a training run.
  public let unit: String

  /// The intensity of an energy, which should be what was provisioned; throws without a positive number of units.
  public init(
    energy: Energy, by intensity: CarbonIntensity, embodied: Carbon, units: Double, of unit: String
  ) throws(EnergyError) {
    guard units > 0, units.isFinite else {
      throw .invalid("SoftwareCarbonIntensity: expected a positive number of units, got \(units)")
    }
    operational = intensity.carbon(of: energy)
    self.embodied = embodied
    self.units = units
    self.unit = unit
  }

  /// O + M.
  public var total: Carbon { operational + embodied }
  /// (O + M) / R.
  public var perUnit: Carbon { total.times(1 / units) }
}

/// A run's part of what making the machine emitted: M = TE × (TiR / EL) × (RR / ToR).
public struct EmbodiedShare: Sendable, Hashable {
  /// The run's part.
  public let carbon: Carbon

  /// The part of a machine whose making emitted `total`, reserved for some hours of a life in years of 365 days, with
  /// `reserved` of its `resources`, such as processors; throws when these make no share from 0 to 1.
  public init(
    of total: Carbon, hours: Double, ofYears years: Double, reserved: Double = 1, of resources: Double = 1
  ) throws(EnergyError) {
    let time = hours / (years * 365 * 24)
    let share = reserved / resources
    guard time >= 0, time.isFinite, (0...1).contains(share) else {
      throw .invalid(
        "EmbodiedShare: expected hours of a life in years and resources of all there are, got \(hours) h of \(years) years "
          + "and \(reserved) of \(resources)")
    }
    carbon = total.times(time * share)
  }
}
