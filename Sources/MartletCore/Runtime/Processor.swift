import CKernels
import MartletPlatform

/// The processor: its name, its vector instructions and its caches.
package enum Processor {
  /// The model's name, such as `AMD EPYC 9654 96-Core Processor`; nil where the system does not tell.
  package static let model: String? = {
    SystemFile.lines(of: "/proc/cpuinfo").first { $0.hasPrefix("model name") }
      .flatMap { $0.split(separator: ":", maxSplits: 1).last }
      .map { $0.split(separator: " ").joined(separator: " ") }
  }()

  /// The number of processors that this process may run on.
  package static var available: Int { Int(mk_available_processors()) }

  /// The vector instructions that kernels make use of, as far as the operating system allows them.
  package static var features: [String] {
    let bits = mk_processor_features()
    return ["AVX2 with FMA", "AVX-512", "AVX-512 bf16"].enumerated().filter { bits & 1 << $0.offset != 0 }.map(
      \.element)
  }

  /// The level that `MARTLET_LEVEL` limits matrix products, sorts and OpenBLAS to, nil without it.
  package static var forcedLevel: String? { mk_forced_level() < 0 ? nil : name(ofLevel: mk_forced_level()) }

  /// The instruction-set level that the loader chose among those that the kernels are compiled for.
  package static var kernelLevel: String { name(ofLevel: mk_kernel_level()) }

  private static func name(ofLevel level: Int32) -> String {
    switch level {
    case 4: "x86-64-v4"
    case 3: "x86-64-v3"
    case 0: "default"
    default: "one for all processors"
    }
  }

  /// A cache that holds data.
  package struct Cache: Sendable, Equatable {
    package let level: Int
    package let bytes: Int
  }

  /// The first processor's caches that hold data, nearest first; none where the system does not tell.
  package static let caches: [Cache] = {
    let folders = (0..<8).map { "/sys/devices/system/cpu/cpu0/cache/index\($0)" }
    let found: [Cache] = folders.compactMap { folder in
      func word(_ name: String) -> String? { SystemFile.lines(of: "\(folder)/\(name)").first }
      guard let level = word("level").flatMap(Int.init), let size = word("size"), word("type") != "Instruction",
        size.hasSuffix("K"), let kilobytes = Int(size.dropLast())
      else { return nil }
      return Cache(level: level, bytes: kilobytes << 10)
    }
    return found.sorted { $0.level < $1.level }
  }()
}
