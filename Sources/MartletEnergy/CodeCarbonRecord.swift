import MartletText

/// A run's energy as a line of CodeCarbon's file `emissions.csv`, with its columns in its order and its units: seconds,
/// kilograms, watts, kilowatt-hours, litres and GiB.
///
/// ```swift
/// var record = CodeCarbonRecord(use, by: accounting, of: machine)
/// record.projectName = "digits"
/// try record.append(to: "emissions.csv")
/// ```
/// CodeCarbon 3.3.2 and what reads its files can read it. What is not known is empty, and there is no graphics card: its
/// columns are 0. `tracking_mode` is `process`: the line holds what the process used, `provisioned` is not in it.
public struct CodeCarbonRecord: Sendable {
  /// The file's first line, without its end.
  public static let header = """
    timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,\
    gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,country_iso_code,region,cloud_provider,cloud_region,\
    os,python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,longitude,latitude,ram_total_size,\
    tracking_mode,cpu_utilization_percent,gpu_utilization_percent,ram_utilization_percent,ram_used_gb,on_cloud,pue,wue
    """

  /// When the run ended, as `2026-11-27T22:40:00`.
  public var timestamp = ""
  /// The project's name.
  public var projectName = "martlet"
  /// What tells this run from others.
  public var runIdentifier = ""
  /// What tells this experiment from others.
  public var experimentIdentifier = ""
  /// The name of the country, which the code does not tell.
  public var countryName = ""
  /// Litres of water for a kilowatt-hour.
  public var waterPerKilowattHour = 0.0
  private let use: EnergyUse
  private let accounting: EnergyAccounting
  private let machine: EnergyMachine

  /// A line for what was used.
  public init(_ use: EnergyUse, by accounting: EnergyAccounting, of machine: EnergyMachine) {
    self.use = use
    self.accounting = accounting
    self.machine = machine
  }

  /// The line, without its end.
  public var line: String {
    let energy = use.attributed
    let kilograms = accounting.carbonIntensity.carbon(of: energy).kilograms
    func mean(_ part: Energy) -> Double { use.seconds > 0 ? part.joules / use.seconds : 0 }
    let used = use.seconds > 0 ? use.processorSeconds / use.seconds / Double(machine.logicalProcessors) : 0
    let place = accounting.carbonIntensity.place.split(separator: "-").map(String.init)
    let country = ["US": "USA", "CA": "CAN"][place[0]] ?? (place[0].count == 3 && place.count == 1 ? place[0] : "")
    let effectiveness = accounting.powerUsageEffectiveness
    let memory = gibibytes(use)
    let fields: [String] = [
      timestamp, projectName, runIdentifier, experimentIdentifier, "\(use.seconds)", "\(kilograms)",
      "\(use.seconds > 0 ? kilograms / use.seconds : 0)", "\(mean(use.processor))", "0.0", "\(mean(use.memory))",
      "\(use.processor.kilowattHours)", "0.0", "\(use.memory.kilowattHours)", "\(energy.kilowattHours)",
      "\(energy.kilowattHours * waterPerKilowattHour)", countryName, country, place.count > 1 ? place[1] : "", "", "",
      Self.system, "", "", "\(machine.logicalProcessors)", machine.processor ?? "", "0", "", "", "",
      "\(machine.memoryBytes / 0x1p30)", "process", "\(used * 100)", "0.0",
      machine.memoryBytes > 0 ? "\(memory / (machine.memoryBytes / 0x1p30) * 100)" : "", "\(memory)", "N",
      "\(effectiveness)", "\(waterPerKilowattHour)",
    ]
    return fields.map(csvField).joined(separator: ",")
  }

  /// The system and its version; empty where it does not tell.
  private static var system: String {
    guard case .text(let release) = SystemText(of: "/proc/sys/kernel/osrelease") else { return "" }
    return "Linux-" + release.filter { !$0.isNewline }
  }

  /// GiB in use, from their energy.
  private func gibibytes(_ use: EnergyUse) -> Double {
    let watts = accounting.memoryPower.watts * accounting.powerUsageEffectiveness * use.seconds
    return use.memory.provenance == .measured || watts == 0 ? 0 : use.memory.joules / watts
  }

  /// Adds the line to a file, which is begun with the header where there is none; throws when the file begins with
  /// another line or cannot be written.
  public func append(to path: String) throws(FormatError) {
    var text = Self.header + "\n"
    switch SystemText(of: path, atMost: .max) {
    case .text(let before):
      guard before.hasPrefix(Self.header + "\n") || before.hasPrefix(Self.header + "\r\n") else {
        let first = before.split(separator: "\n", maxSplits: 1).first.map { String($0.prefix(60)) } ?? ""
        throw FormatError(
          .unrecognized, source: path, at: .line(1),
          reason: "expected the columns of CodeCarbon 3.3.2, got \"\(first)…\"; write to another file")
      }
      text = before.utf8.last == UInt8(ascii: "\n") ? before : before + "\n"
    case .missing: break
    case .denied: throw FormatError(.unreadable, source: path, reason: "cannot read it: permission denied")
    case .unreadable(let reason): throw FormatError(.unreadable, source: path, reason: "cannot read it: \(reason)")
    }
    try AtomicFile.write(text + line + "\n", to: path)
  }
}
