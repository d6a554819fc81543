import MartletPlatform

/// Reads the energy that this process uses, from one reading to the next.
///
/// ```swift
/// let reader = EnergyReader(EnergyAccounting(carbonIntensity: try .of("FRA")))
/// work()
/// let use = reader.advance()
/// print(use.attributed, reader.accounting.carbonIntensity.carbon(of: use.attributed))
/// ```
/// With E the energy of all processors, P their full power, i its idle share, own and busy the seconds of processors that
/// the process and all processes used, and a the part of the processors that control groups allow:
///
///     E         = the counters' difference, or P · (i + (1 − i) · busy / (N · t)) · t
///     idle      = min(E, P · i · t)
///     processor = (E − idle) · own / busy + idle · a
///     provisioned = max(processor, E · a)
///
/// so that half a processor's quota in full use is charged for half of one in full use. The memory in use takes what
/// the memory's counters measured by its part of all memory, or watts for each GiB. All is multiplied by the power usage
/// effectiveness. The interval holds the extremes of P and i, and 5 % of what counters measure.
///
/// Not counted are disks, networks, fans, the losses of the power supply and accelerators.
///
/// A reading takes some 20 µs. A reader belongs to one thread at a time.
public final class EnergyReader {
  /// What the machine tells.
  public let machine: EnergyMachine
  /// How energy is accounted for.
  public let accounting: EnergyAccounting
  private let now: () -> Moment
  private var counters: PowercapCounters
  private var last: Moment

  /// The state of clocks at a moment.
  package struct Moment {
    var seconds: Double
    /// Seconds of processors that the process has used.
    var own: Double
    /// Seconds that all processors together have been busy; nil where it is not told.
    var busy: Double?
    var residentBytes: Double

    package init(seconds: Double, own: Double, busy: Double?, residentBytes: Double) {
      self.seconds = seconds
      self.own = own
      self.busy = busy
      self.residentBytes = residentBytes
    }

    static func now(root: String) -> Moment {
      Moment(
        seconds: clock(CLOCK_MONOTONIC), own: clock(CLOCK_PROCESS_CPUTIME_ID),
        busy: EnergyMachine.busySeconds(root: root), residentBytes: EnergyMachine.residentBytes(root: root) ?? 0)
    }

    private static func clock(_ id: clockid_t) -> Double {
      var time = timespec()
      clock_gettime(id, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
  }

  /// Begins to read, from the files below a root, `/` by default.
  public convenience init(_ accounting: EnergyAccounting = EnergyAccounting(), root: String = "") {
    self.init(accounting, root: root) { .now(root: root) }
  }

  /// Begins to read with clocks of the caller's.
  package init(_ accounting: EnergyAccounting, root: String, now: @escaping () -> Moment) {
    let moment = now()
    self.accounting = accounting
    self.now = now
    counters = PowercapCounters(root: root, at: moment.seconds)
    machine = EnergyMachine(root: root, counters: counters.state)
    last = moment
  }

  /// The energy since the last reading, or since the reader began.
  public func advance() -> EnergyUse { advance(to: now()) }

  package func advance(to now: Moment) -> EnergyUse {
    let before = last
    last = now
    var use = EnergyUse()
    use.seconds = max(0, now.seconds - before.seconds)
    use.processorSeconds = max(0, now.own - before.own)
    if use.seconds == 0 { return use }
    let power = accounting.fullPower ?? machine.fullPower
    // A processor can take twice its design power for moments.
    let counted =
      counters.domains.isEmpty
      ? nil : counters.advance(to: now.seconds, maximumWatts: max(power.high, 10) * 2)
    let busy: Double? =
      if let first = before.busy, let second = now.busy { max(0, second - first) } else { nil }
    let split = Split(
      seconds: use.seconds, own: use.processorSeconds, busy: busy, processors: Double(machine.logicalProcessors),
      allowed: machine.allowedShare)
    let factor = accounting.powerUsageEffectiveness
    let shares = split.shares(power, accounting.idleShare, accounting.idleShareRange, counted)
    use.machine = shares.machine
    use.processor = shares.processor.times(factor)
    let memory = memory(now.residentBytes, use.seconds, counted?.memory)
    use.memory = memory.used.times(factor)
    use.provisioned = (shares.provisioned + memory.reserved).times(factor)
    return use
  }

  /// The energy of the memory in use and of that which is allowed.
  private func memory(_ resident: Double, _ seconds: Double, _ counted: Double?) -> (used: Energy, reserved: Energy) {
    let total = machine.memoryBytes
    let allowed = max(resident, min(machine.memoryLimitBytes ?? .infinity, total * machine.allowedShare))
    if let counted, total > 0 {
      func part(_ bytes: Double) -> Energy {
        let joules = counted * min(1, bytes / total)
        return Energy(unchecked: joules, joules * 0.95, joules * 1.05, .measured)
      }
      return (part(resident), part(allowed))
    }
    func energy(_ bytes: Double) -> Energy { accounting.memoryPower.over(bytes / 0x1p30 * seconds) }
    return (energy(resident), energy(allowed))
  }
}

/// How the energy of all processors over some time is split: see `EnergyReader`.
private struct Split {
  let seconds: Double
  let own: Double
  let busy: Double?
  let processors: Double
  let allowed: Double

  /// The processors' energy as a whole, the process's part, and the allowed part.
  func shares(
    _ power: Power, _ idleShare: Double, _ range: ClosedRange<Double>, _ counted: PowercapCounters.Joules?
  ) -> (machine: Energy, processor: Energy, provisioned: Energy) {
    let middle = values(power.amount, idleShare, counted?.packages)
    var corners: [(machine: Double, processor: Double, provisioned: Double)] = []
    let energies: [Double?] =
      counted.map { [$0.packages * 0.95, $0.packages * 1.05 + $0.possiblyLost] } ?? [nil]
    for watts in [power.low, power.high] {
      for idle in [range.lowerBound, range.upperBound] {
        for energy in energies { corners.append(values(watts, idle, energy)) }
      }
    }
    let provenance = counted == nil ? max(power.provenance, .modelled) : .measured
    func quantity(_ value: Double, _ all: [Double]) -> Energy {
      Energy(unchecked: value, all.min() ?? value, all.max() ?? value, provenance)
    }
    return (
      quantity(middle.machine, corners.map(\.machine)), quantity(middle.processor, corners.map(\.processor)),
      quantity(middle.provisioned, corners.map(\.provisioned))
    )
  }

  /// Joules for one power, idle share and measured energy.
  private func values(
    _ watts: Double, _ idleShare: Double, _ counted: Double?
  ) -> (machine: Double, processor: Double, provisioned: Double) {
    // Clocks tick in hundredths of a second, so that others' time may seem shorter than ours.
    let busy = min(max(self.busy ?? own, own), max(processors * seconds, own))
    let load = min(1, busy / (processors * seconds))
    let energy = counted ?? watts * seconds * (idleShare + (1 - idleShare) * load)
    let idle = min(energy, watts * idleShare * seconds)
    let dynamic = busy > 0 ? (energy - idle) * own / busy : 0
    let processor = dynamic + idle * allowed
    return (energy, processor, max(processor, energy * allowed))
  }
}
