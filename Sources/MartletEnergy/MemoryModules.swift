/// The memory modules that a machine of so much memory is taken to have, and their power: CodeCarbon's estimate.
///
/// ```swift
/// var accounting = EnergyAccounting()
/// accounting.memoryPower = try MemoryModules(gibibytes: 64).powerPerGibibyte   // to compare with CodeCarbon's figures
/// ```
/// Up to 2 GiB are one module, up to 16 two, up to 64 four, up to 128 eight; more are at least eight modules of 4 to 128 GiB,
/// at most 32. A module takes 5 W (1.5 W beside an ARM processor), the fifth to eighth 0.9 of it, the ninth to sixteenth 0.8,
/// more 0.7, and all together at least 10 W (3 W). Source: CodeCarbon 3.3.2, `external/ram.py`.
public struct MemoryModules: Sendable, Hashable {
  /// The processor beside them.
  public enum Processor: Sendable, Hashable {
    /// Intel's or AMD's.
    case x86
    /// An ARM processor.
    case arm
  }

  /// GiB of all modules.
  public let gibibytes: Double
  /// The number of modules.
  public let count: Int
  /// The processor beside them.
  public let processor: Processor

  /// The modules of so many GiB; throws when they are not above 0 and finite.
  public init(gibibytes: Double, beside processor: Processor = .x86) throws(EnergyError) {
    guard gibibytes > 0, gibibytes.isFinite else {
      throw .invalid("memory: expected GiB above 0, got \(gibibytes)")
    }
    self.gibibytes = gibibytes
    self.processor = processor
    switch gibibytes {
    case ...2: count = 1
    case ...16: count = 2
    case ...64: count = 4
    case ...128: count = 8
    default:
      let size = [128.0, 64, 32, 16].first { $0 <= gibibytes / 8 } ?? 16
      count = Int(min(32, (gibibytes / size).rounded(.up)))
    }
  }

  /// The power of all modules.
  public var power: Power {
    let (each, least) = processor == .x86 ? (5.0, 10.0) : (1.5, 3.0)
    let shares = [(4, 1.0), (4, 0.9), (8, 0.8), (Int.max, 0.7)]
    var (left, sum) = (count, 0.0)
    for (modules, share) in shares {
      sum += Double(min(left, modules)) * share
      left = max(0, left - modules)
    }
    let watts = max(least, each * sum)
    return Power(unchecked: watts, watts, watts, .declared)
  }

  /// The power of all modules for each of their GiB.
  public var powerPerGibibyte: Power {
    let watts = power.watts / gibibytes
    return Power(unchecked: watts, watts, watts, .declared)
  }
}
