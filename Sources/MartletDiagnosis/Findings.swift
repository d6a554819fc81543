import Foundation
import MartletCore
import MartletInspection
import MartletPlatform
import MartletText

/// What `martlet doctor` found, without any judgement.
package struct Findings: Codable, Sendable, Equatable {
  /// Martlet's version.
  package var version: String
  package var isDebugBuild: Bool
  /// Whether this is the portable form (`MARTLET_PORTABLE`).
  package var isPortable: Bool
  package var processor: Processor
  package var blas: BLAS
  package var threads: ThreadCounts
  package var memory: Memory
  package var checks: [SelfCheck]
  /// Nil when nothing was measured.
  package var measurements: Measurements?

  package struct Processor: Codable, Sendable, Equatable {
    package var model: String?
    package var features: [String]
    /// The level of the kernels that the loader chose.
    package var kernelLevel: String
    /// The level that `MARTLET_LEVEL` limits products, sorts and OpenBLAS to, if it is set.
    package var forcedLevel: String?
    /// The sizes in bytes of the caches that hold data, nearest first.
    package var caches: [Int]
  }

  package struct BLAS: Codable, Sendable, Equatable {
    package var configuration: String
    package var core: String
    /// The core that OpenBLAS had chosen, if Martlet changed it.
    package var repairedFrom: String?
    /// The core that would be better, if the one in use leaves features of the processor unused.
    package var betterCore: String?
    /// `OPENBLAS_CORETYPE`, if it is set.
    package var userChoice: String?
  }

  package struct ThreadCounts: Codable, Sendable, Equatable {
    /// The threads that operations are split over.
    package var count: Int
    /// The processors that the process may run on.
    package var available: Int
    /// The processor time that the control group allows, in processors; nil without a limit.
    package var quota: Double?
    /// The number of threads that the control group still allows to start; nil without a limit.
    package var startable: Int?
    /// `OMP_NUM_THREADS`, if it is set.
    package var userChoice: String?
  }

  package struct Memory: Codable, Sendable, Equatable {
    /// The bytes that the machine has or the control group allows.
    package var available: Int
    /// The bytes that the control group allows; nil without a limit.
    package var limit: Int?
    /// The most bytes that the buffer pool keeps for reuse.
    package var poolLimit: Int
    /// The system's setting for huge pages: `always`, `madvise` or `never`; nil if there is none.
    package var hugePages: String?
  }

  package struct Measurements: Codable, Sendable, Equatable {
    /// The share of the processors' time that was taken before the measurements began, 0 … 1; nil if the system does
    /// not tell.
    package var busyShare: Double?
    package var limits: [MachineLimits]
    package var products: [Product]
  }

  /// The rate of a `Float` matrix product of 1024³.
  package struct Product: Codable, Sendable, Equatable {
    package var threads: Int
    /// Floating-point operations a second.
    package var rate: Double
  }
}

extension Findings {
  /// Examines this process and machine. Measuring takes some four seconds more.
  package static func gathered(measuring: Bool) -> Findings {
    #if DEBUG
      let isDebugBuild = true
    #else
      let isDebugBuild = false
    #endif
    let environment = ProcessInfo.processInfo.environment
    let core = OpenBLAS.core
    return Findings(
      version: martletVersion, isDebugBuild: isDebugBuild, isPortable: mk_is_portable(),
      processor: Processor(
        model: MartletCore.Processor.model, features: MartletCore.Processor.features,
        kernelLevel: MartletCore.Processor.kernelLevel, forcedLevel: MartletCore.Processor.forcedLevel,
        caches: MartletCore.Processor.caches.map(\.bytes)),
      blas: BLAS(
        configuration: OpenBLAS.configuration, core: core, repairedFrom: OpenBLAS.repair?.from,
        betterCore: OpenBLAS.betterCore(than: core), userChoice: environment["OPENBLAS_CORETYPE"]),
      threads: ThreadCounts(
        count: Threads.count, available: MartletCore.Processor.available, quota: ControlGroup.own.quota(),
        startable: ControlGroup.own.startableThreads(), userChoice: environment["OMP_NUM_THREADS"]),
      memory: Memory(
        available: BufferPool.memory, limit: ControlGroup.own.memory(), poolLimit: BufferPool.cacheLimit,
        hugePages: hugePages()),
      checks: SelfCheck.all(), measurements: measuring ? Measurements.taken() : nil)
  }

  private static func hugePages() -> String? {
    // Like "always [madvise] never".
    SystemFile.lines(of: "/sys/kernel/mm/transparent_hugepage/enabled").first?
      .split(separator: " ").first { $0.hasPrefix("[") }.map { String($0.dropFirst().dropLast()) }
  }
}

extension Findings.Measurements {
  static func taken() -> Findings.Measurements {
    let busyShare = busyShare(over: 0.3)
    let counts = Set([1, Threads.count]).sorted()
    return Findings.Measurements(
      busyShare: busyShare, limits: counts.map { MachineLimits.measured(threads: $0) },
      products: counts.map { Findings.Product(threads: $0, rate: productRate(threads: $0)) })
  }

  /// The best of several products of 1024³.
  private static func productRate(threads: Int) -> Double {
    let n = 1024
    let (a, b) = (Tensor<Float>.randomUniform([n, n]), Tensor<Float>.randomUniform([n, n]))
    return withThreads(threads) {
      var best = UInt64.max
      for _ in 0..<10 {
        let start = MonotonicClock.nanoseconds()
        withExtendedLifetime(matmul(a, b)) {}
        best = min(best, MonotonicClock.nanoseconds() - start)
      }
      return 2 * Double(n * n * n) / (Double(best) * 1e-9)
    }
  }

  /// The share of the processors' time that is taken, by the system's own count; nil if the system does not tell.
  private static func busyShare(over seconds: Double) -> Double? {
    func ticks() -> (idle: Double, all: Double)? {
      // user, nice, system, idle, iowait, irq, softirq, steal
      guard let words = SystemFile.lines(of: "/proc/stat").first?.split(separator: " "), words.first == "cpu" else {
        return nil
      }
      let counts = words.dropFirst().prefix(8).compactMap { Double($0) }
      return counts.count < 8 ? nil : (counts[3] + counts[4], counts.reduce(0, +))
    }
    guard let before = ticks() else { return nil }
    Thread.sleep(forTimeInterval: seconds)
    guard let after = ticks(), after.all > before.all else { return nil }
    return 1 - (after.idle - before.idle) / (after.all - before.all)
  }
}
