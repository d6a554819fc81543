import MartletText

/// What a machine can tell of its energy, and what would help it to tell more: what `martlet energy` shows.
package struct EnergyReport {
  /// A thing that was looked for.
  package struct Finding: Equatable {
    package let name: String
    package let value: String
    /// How it is known; nil where it is not.
    package let provenance: Provenance?
  }

  package let findings: [Finding]
  package let advice: [String]

  /// A report of a machine; `use` is what was used over some time, to show the power of now, nil without.
  package init(_ machine: EnergyMachine, _ accounting: EnergyAccounting, use: EnergyUse? = nil) {
    var findings: [Finding] = []
    func add(_ name: String, _ value: String, _ provenance: Provenance?) {
      findings.append(Finding(name: name, value: value, provenance: provenance))
    }
    let isReadable = if case .readable = machine.counters { true } else { false }
    let threads = "\(machine.logicalProcessors) \(machine.logicalProcessors == 1 ? "thread" : "threads")"
    let place =
      machine.isVirtual
      ? ", of a virtual machine" : ", \(machine.sockets) \(machine.sockets == 1 ? "socket" : "sockets")"
    add(
      "processor", "\(machine.processor ?? "unknown"), \(threads)\(place)", machine.processor == nil ? nil : .measured)
    add("counters", "\(machine.counters)", isReadable ? .measured : nil)
    let power = accounting.fullPower ?? machine.fullPower
    let kind =
      accounting.fullPower != nil
      ? "as declared"
      : machine.kind.map { "\($0.name): \(significant($0.watts)) W for \($0.threads) threads" }
        ?? "not in the table: what processors of it have for a thread"
    add("full power", "\(Self.range(power)), \(kind)", power.provenance)
    add(
      "busy time", machine.tellsBusyTime ? "of all processes and of this one" : "of this process alone",
      machine.tellsBusyTime ? .measured : nil)
    let share = "\(significant(machine.allowedProcessors)) of \(machine.logicalProcessors) processors"
    add("allowed", share + (machine.quota.map { ", by a quota of \(significant($0))" } ?? ", no quota"), .measured)
    let bytes = NumberFormat.bytes(Int(machine.memoryBytes))
    let limit = machine.memoryLimitBytes.map { ", \(NumberFormat.bytes(Int($0))) allowed" } ?? ""
    add("memory", machine.memoryBytes > 0 ? bytes + limit : "unknown", machine.memoryBytes > 0 ? .measured : nil)
    add("memory power", "\(Self.range(accounting.memoryPower)) for a GiB", accounting.memoryPower.provenance)
    add("building", "PUE \(significant(accounting.powerUsageEffectiveness))", .declared)
    add("electricity", "\(accounting.carbonIntensity)", .declared)
    if let use, use.seconds > 0 {
      func now(_ energy: Energy) -> Power {
        let part = energy.times(1 / use.seconds)
        return Power(unchecked: part.amount, part.low, part.high, part.provenance)
      }
      let (whole, own) = (now(use.machine), now(use.attributed))
      add("processors now", Self.range(whole), whole.provenance)
      add("this process now", Self.range(own), own.provenance)
    }
    self.findings = findings
    advice = Self.advice(machine, accounting)
  }

  private static func range(_ power: Power) -> String {
    let range = power.wattsRange
    let watts = "\(significant(power.watts)) W"
    if range.lowerBound == range.upperBound { return watts }
    return "\(watts) (\(significant(range.lowerBound)) to \(significant(range.upperBound)))"
  }

  private static func advice(_ machine: EnergyMachine, _ accounting: EnergyAccounting) -> [String] {
    var advice: [String] = []
    switch machine.counters {
    case .readable: break
    case .denied(let path):
      advice.append(
        "let this user read the counters: sudo chmod a+r \(path), until the next start; for good, a udev rule: "
          + "SUBSYSTEM==\"powercap\", RUN+=\"/bin/chmod a+r /sys%p/energy_uj\"")
    case .absent:
      advice.append(
        machine.isVirtual
          ? "virtual machines have no counters: energy is modelled; run on the machine itself to measure it"
          : "load the counters' driver: sudo modprobe intel_rapl_msr, for AMD from Zen on too")
    case .damaged(let path, _): advice.append("look at \(path), which holds no energy; until then energy is modelled")
    }
    if machine.kind == nil && accounting.fullPower == nil {
      advice.append(
        "declare the processor's power, from its maker's data sheet: accounting.fullPower = try Power(watts:), here --watts"
      )
    }
    if accounting.carbonIntensity.place == "world" {
      advice.append(
        "say where the electricity comes from: EnergyAccounting(carbonIntensity: try .of(\"FRA\")), here --place")
    }
    if accounting.powerUsageEffectiveness == 1 {
      advice.append("in a data centre, say its power usage effectiveness: setPowerUsageEffectiveness(_:), here --pue")
    }
    return advice
  }

  /// Aligned lines for people.
  package var text: String {
    var table = TextTable(["", "", "known"], textColumns: 3)
    for finding in findings {
      table.append([finding.name, finding.value, finding.provenance?.rawValue ?? "unknown"])
    }
    var lines = table.lines + ["", "Advice"]
    lines += advice.isEmpty ? ["  none"] : advice.map { "  " + $0 }
    return lines.joined(separator: "\n")
  }

  /// An object of findings, each with its value and how it is known, and the advice.
  package var json: String {
    let members = findings.map { finding in
      let provenance = finding.provenance.map { jsonString($0.rawValue) } ?? "null"
      return "    \(jsonString(finding.name)): {\"known\": \(provenance), \"value\": \(jsonString(finding.value))}"
    }
    let texts = advice.map { "    " + jsonString($0) }
    return "{\n  \"findings\": {\n\(members.joined(separator: ",\n"))\n  },\n  \"advice\": ["
      + (texts.isEmpty ? "]\n}" : "\n\(texts.joined(separator: ",\n"))\n  ]\n}")
  }
}
