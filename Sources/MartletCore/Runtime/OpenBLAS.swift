import CBLAS
import CKernels
import MartletPlatform

/// The system's OpenBLAS: its version and kernels, and the correction of a wrong choice of kernels.
///
/// OpenBLAS before 0.3.25 does not know newer Intel processors and takes them for a Prescott of 2004: matrix products
/// then run five to ten times slower without a warning (OpenBLAS issue 4267). At first use, kernels that suit the
/// processor, or the level that `MARTLET_LEVEL` names, are selected instead, unless the user chose some with
/// `OPENBLAS_CORETYPE`. A small product is then checked
/// against plain loops. Builds of OpenBLAS that have kernels for one processor only are left as they are.
///
/// OpenBLAS frees its tables when the process ends, and holds a lock while it hands out buffers. Every call therefore
/// goes through a gate that is closed before the process ends and while it forks.
public enum OpenBLAS {
  /// The processor that OpenBLAS's kernels are for, such as `SkylakeX`.
  public static var core: String {
    prepare()
    return currentCore()
  }

  /// OpenBLAS's version and build options.
  public static var configuration: String { openblas_get_config().map { String(cString: $0) } ?? "unknown" }

  /// The change of kernels at first use, nil when there was none.
  public static var repair: Repair? {
    prepare()
    return outcome
  }

  /// A change of kernels.
  public struct Repair: Sendable, Equatable {
    /// The kernels that OpenBLAS had chosen.
    public let from: String
    /// The kernels that it uses instead.
    public let to: String
  }

  /// Sets OpenBLAS up, once: with the right kernels, and with one thread, because products are split over the worker
  /// pool.
  @inline(__always)
  package static func prepare() { _ = outcome }

  private static let outcome: Repair? = calling {
    let repair = repairCore()
    openblas_set_num_threads(1)
    verify()
    return repair
  }

  /// Calls OpenBLAS, through the gate.
  @inline(__always)
  package static func calling<R>(_ body: () -> R) -> R {
    mk_gate_enter()
    defer { mk_gate_leave() }
    return body()
  }

  private static func currentCore() -> String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }

  private static func repairCore() -> Repair? {
    guard martlet_blas_can_reselect() else { return nil }
    let userChoice = getenv("OPENBLAS_CORETYPE").map { String(cString: $0) }
    let before = currentCore()
    guard
      let better = betterCore(
        than: before, features: mk_processor_features(), userChoice: userChoice, isForced: mk_forced_level() >= 0)
    else { return nil }
    select(better)
    // A build may lack the kernels that were asked for; it then keeps its own choice.
    let after = currentCore()
    return after == before ? nil : Repair(from: before, to: after)
  }

  /// The kernels that would suit this processor better than `core`, nil when those are right.
  package static func betterCore(than core: String) -> String? {
    betterCore(than: core, features: mk_processor_features(), userChoice: nil)
  }

  /// The kernels to use instead of `core`, nil to keep it: kernels without AVX2 are wrong for a processor that has it,
  /// and where a level is forced, so are those above it.
  package static func betterCore(
    than core: String, features: UInt32, userChoice: String?, isForced: Bool = false
  ) -> String? {
    if let userChoice, !userChoice.isEmpty { return nil }
    if isForced {
      let isWide = ["skylakex", "cooperlake", "sapphirerapids"].contains(core.lowercased())
      let needed: UInt32 = isWide ? 2 : ["Haswell", "Zen"].contains(core) ? 1 : 0
      if needed & ~features != 0 { return features & 1 != 0 ? "Haswell" : "Nehalem" }
    }
    let old: Set<String> = [
      "Prescott", "Katmai", "Coppermine", "Northwood", "Banias", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom",
      "Athlon", "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat", "Nano", "unknown", "generic", "Generic",
    ]
    guard old.contains(core) else { return nil }
    if features & 2 != 0 { return "SkylakeX" }
    if features & 1 != 0 { return "Haswell" }
    return nil
  }

  /// Switches this process to other kernels; the environment is afterwards as it was.
  package static func select(_ core: String) {
    let before = getenv("OPENBLAS_CORETYPE").map { String(cString: $0) }
    setenv("OPENBLAS_CORETYPE", core, 1)
    martlet_blas_reselect()
    if let before { setenv("OPENBLAS_CORETYPE", before, 1) } else { unsetenv("OPENBLAS_CORETYPE") }
  }

  /// Compares products of 33 × 47 and 47 × 29 matrices, in both types, with plain loops, and traps where they differ:
  /// wrong kernels must not give wrong numbers.
  private static func verify() {
    let (m, n, k) = (33, 29, 47)
    let a = (0..<m * k).map { Double($0 * 7 % 23) - 11 }
    let b = (0..<k * n).map { Double($0 * 5 % 19) - 9 }
    var c = [Double](repeating: .nan, count: m * n)
    var cf = [Float](repeating: .nan, count: m * n)
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(k), b, Int32(n), 0, &c,
      Int32(n))
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a.map(Float.init), Int32(k),
      b.map(Float.init), Int32(n), 0, &cf, Int32(n))
    for i in 0..<m {
      for j in 0..<n {
        var sum = 0.0
        for p in 0..<k { sum += a[i * k + p] * b[p * n + j] }
        // Small integers: every order of summation is exact.
        if c[i * n + j] != sum || Double(cf[i * n + j]) != sum {
          fatalError(
            "OpenBLAS (\(configuration)) gives wrong products with its \(currentCore()) kernels; "
              + "choose others with the environment variable OPENBLAS_CORETYPE, such as Haswell")
        }
      }
    }
  }
}
