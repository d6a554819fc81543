import MartletCore
import MartletPlatform

/// What three short probes say of a machine: doing nothing, products of matrices, and adding arrays larger than caches.
public struct EnergyProbes: Sendable, Hashable {
  /// The power while nothing is done, the process's part of it.
  public let idle: Power
  /// The rate of products: floating-point operations in a second.
  public let flopsPerSecond: Double
  /// The rate of memory traffic: bytes in a second.
  public let bytesPerSecond: Double
  /// What an operation takes beyond doing nothing.
  public let joulesPerFlop: Double
  /// What a byte takes beyond doing nothing.
  public let joulesPerByte: Double

  /// Takes the probes, about so many seconds each, by default 0.3 s together; at most a minute each.
  public static func measured(by reader: EnergyReader, seconds: Double = 0.1) -> EnergyProbes {
    let span = UInt64(seconds > 0 ? min(seconds, 60) * 1e9 : 0)
    func probe(_ body: () -> Int) -> (use: EnergyUse, count: Int) {
      _ = reader.advance()
      let start = MonotonicClock.nanoseconds()
      var count = 0
      repeat { count += body() } while MonotonicClock.nanoseconds() - start < span
      return (reader.advance(), count)
    }
    let idle = probe {
      wait(nanoseconds: span)
      return 0
    }
    let size = 512
    let a = Tensor<Float>.ones([size, size])
    _ = a.matmul(a)
    let product = probe {
      _ = a.matmul(a)
      return 2 * size * size * size
    }
    let length = 1 << 22
    let (x, y) = (Tensor<Float>.ones([length]), Tensor<Float>.ones([length]))
    _ = x + y
    let sum = probe {
      _ = x + y
      return 12 * length
    }
    return EnergyProbes(
      idle: idle.use, product: (product.use, product.count), sum: (sum.use, sum.count))
  }

  /// The figures from what each probe used and did.
  init(idle: EnergyUse, product: (use: EnergyUse, flops: Int), sum: (use: EnergyUse, bytes: Int)) {
    let energy = idle.attributed
    let power = idle.seconds > 0 ? energy.times(1 / idle.seconds) : .zero
    self.idle = Power(unchecked: power.amount, power.low, power.high, energy.provenance)
    func rate(_ count: Int, _ use: EnergyUse) -> Double { use.seconds > 0 ? Double(count) / use.seconds : 0 }
    func each(_ count: Int, _ use: EnergyUse) -> Double {
      count > 0 ? max(0, use.attributed.joules - power.amount * use.seconds) / Double(count) : 0
    }
    (flopsPerSecond, joulesPerFlop) = (rate(product.flops, product.use), each(product.flops, product.use))
    (bytesPerSecond, joulesPerByte) = (rate(sum.bytes, sum.use), each(sum.bytes, sum.use))
  }

  private static func wait(nanoseconds: UInt64) {
    var word: UInt32 = 0
    let end = MonotonicClock.nanoseconds() + nanoseconds
    while true {
      let now = MonotonicClock.nanoseconds()
      if now >= end { return }
      mk_wait(&word, 0, Int64(end - now))
    }
  }

  /// The least time of operations one after another: for each, what arithmetic or memory takes, whichever is longer.
  func leastSeconds(of costs: [Cost]) -> Double {
    costs.reduce(0) { sum, cost in
      let arithmetic = flopsPerSecond > 0 ? Double(cost.flops) / flopsPerSecond : 0
      return sum + max(arithmetic, cachedSeconds(cost.bytes))
    }
  }

  /// Arrays of less than 2 MB may stay in caches, whose traffic the probe does not tell.
  private func cachedSeconds(_ bytes: Int) -> Double {
    bytes < 2 << 20 || bytesPerSecond == 0 ? 0 : Double(bytes) / bytesPerSecond
  }

  /// The least energy of so many operations and bytes in a time.
  func leastJoules(flops: Int, bytes: Int, seconds: Double) -> Double {
    idle.watts * seconds + joulesPerFlop * Double(flops) + (bytes < 2 << 20 ? 0 : joulesPerByte * Double(bytes))
  }
}
