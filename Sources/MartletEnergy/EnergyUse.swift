/// The energy that a process used over some time.
public struct EnergyUse: Sendable, Hashable {
  /// The time in seconds.
  public var seconds = 0.0
  /// Seconds of processors that the process used.
  public var processorSeconds = 0.0
  /// The processors' energy that is the process's: what goes beyond idling by its part of the busy time, and of the
  /// idling its allowed part.
  public var processor = Energy.zero
  /// The energy of the memory that the process has in use.
  public var memory = Energy.zero
  /// The energy of all that is reserved for the process, used or not, as the SCI wants it: the allowed part of the
  /// processors' energy and the allowed memory's.
  public var provisioned = Energy.zero
  /// The energy of all processors that the system sees, without the building's part: what counters have measured, where
  /// there are any.
  public var machine = Energy.zero

  /// No energy over no time.
  public init() {}

  /// What the process used: processor and memory.
  public var attributed: Energy { processor + memory }

  /// The sum of two times.
  public static func + (a: EnergyUse, b: EnergyUse) -> EnergyUse {
    var sum = a
    sum += b
    return sum
  }

  /// Adds another time.
  public static func += (a: inout EnergyUse, b: EnergyUse) {
    a.seconds += b.seconds
    a.processorSeconds += b.processorSeconds
    a.processor += b.processor
    a.memory += b.memory
    a.provisioned += b.provisioned
    a.machine += b.machine
  }

  /// A part of the time in which the power was the same, from 0 to 1.
  package func times(_ share: Double) -> EnergyUse {
    var part = self
    part.seconds *= share
    part.processorSeconds *= share
    part.processor = processor.times(share)
    part.memory = memory.times(share)
    part.provisioned = provisioned.times(share)
    part.machine = machine.times(share)
    return part
  }
}
