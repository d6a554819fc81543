import Foundation
import Martlet
import Workloads

/// The limits of this machine with some number of threads: see `MachineLimits`.
enum Limits {
  /// The least time that an operation could take: its arithmetic at the peak, or its traffic at the bandwidth for
  /// arrays of that size, whichever is longer.
  static func seconds(for work: Work, threads: Int) -> Double {
    let limits = measured(threads: threads)
    return max(
      work.flop / limits.peak(of: work.scalarType),
      work.bytes / limits.bandwidth(workingSet: Int(work.bytes)))
  }

  /// The limits, measured once in a run of the suites, in which every benchmark is a process of its own.
  private static func measured(threads: Int) -> MachineLimits {
    if let limits = load(threads: threads) { return limits }
    let limits = MachineLimits.measured(threads: threads, rounds: Settings.isSmoke ? 1 : 8)
    if let data = try? JSONEncoder().encode(limits) { try? data.write(to: file(threads: threads), options: .atomic) }
    return limits
  }

  /// The file of a run, named by the parent process: the tool that starts all benchmarks of the run.
  private static func file(threads: Int) -> URL {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("martlet-limits-\(getuid())-\(getppid())-\(threads).json")
  }

  /// What an earlier benchmark of the run wrote; a file older than 15 minutes may come from another process with this
  /// number and is ignored.
  private static func load(threads: Int) -> MachineLimits? {
    let file = file(threads: threads)
    guard
      let attributes = try? FileManager.default.attributesOfItem(atPath: file.path),
      let written = attributes[.modificationDate] as? Date, -written.timeIntervalSinceNow < 900,
      attributes[.ownerAccountID] as? Int == Int(getuid()),
      let data = try? Data(contentsOf: file)
    else { return nil }
    return try? JSONDecoder().decode(MachineLimits.self, from: data)
  }
}
