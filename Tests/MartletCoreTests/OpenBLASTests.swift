import CBLAS
import CKernels
import MartletPlatform
import Testing

@testable import MartletCore

/// OpenBLAS's set-up.
@Suite struct OpenBLASTests {
  private static let avx2: UInt32 = 1
  private static let avx512: UInt32 = 2 | 1

  @Test func `old kernels are replaced by those the processor can run`() {
    #expect(OpenBLAS.betterCore(than: "Prescott", features: Self.avx512, userChoice: nil) == "SkylakeX")
    #expect(OpenBLAS.betterCore(than: "Prescott", features: Self.avx512 | 4, userChoice: nil) == "SkylakeX")
    #expect(OpenBLAS.betterCore(than: "Prescott", features: Self.avx2, userChoice: nil) == "Haswell")
    #expect(OpenBLAS.betterCore(than: "Nehalem", features: Self.avx2, userChoice: nil) == "Haswell")
    #expect(OpenBLAS.betterCore(than: "unknown", features: Self.avx2, userChoice: nil) == "Haswell")
    // A processor that is as old as that.
    #expect(OpenBLAS.betterCore(than: "Prescott", features: 0, userChoice: nil) == nil)
  }

  @Test(arguments: ["Haswell", "Zen", "SkylakeX", "Cooperlake", "Sapphirerapids", "Sandybridge", "armv8"])
  func `other kernels are left alone`(core: String) {
    for features in [0, Self.avx2, Self.avx512] as [UInt32] {
      #expect(OpenBLAS.betterCore(than: core, features: features, userChoice: nil) == nil)
    }
  }

  @Test func `the user's choice is respected`() {
    #expect(OpenBLAS.betterCore(than: "Prescott", features: Self.avx512, userChoice: "Prescott") == nil)
    #expect(OpenBLAS.betterCore(than: "Prescott", features: Self.avx2, userChoice: "Nehalem") == nil)
    // Set and empty is not set.
    #expect(OpenBLAS.betterCore(than: "Prescott", features: Self.avx2, userChoice: "") == "Haswell")
  }

  @Test func `a forced level takes kernels that it has`() {
    for core in ["SkylakeX", "Cooperlake", "Sapphirerapids"] {
      #expect(OpenBLAS.betterCore(than: core, features: Self.avx2, userChoice: nil, isForced: true) == "Haswell")
      #expect(OpenBLAS.betterCore(than: core, features: 0, userChoice: nil, isForced: true) == "Nehalem")
      #expect(OpenBLAS.betterCore(than: core, features: Self.avx512, userChoice: nil, isForced: true) == nil)
      #expect(OpenBLAS.betterCore(than: core, features: Self.avx2, userChoice: core, isForced: true) == nil)
    }
    #expect(OpenBLAS.betterCore(than: "Zen", features: Self.avx2, userChoice: nil, isForced: true) == nil)
    #expect(OpenBLAS.betterCore(than: "Zen", features: 0, userChoice: nil, isForced: true) == "Nehalem")
  }

  #if os(Linux)
    @Test func `no thread is started for it when it is loaded`() async {
      await #expect(processExitsWith: .success) {
        // Before Martlet has set it up.
        if openblas_get_num_threads() != 1 { fatalError("OpenBLAS has \(openblas_get_num_threads()) threads") }
      }
    }
  #endif

  @Test func `the kernels in use are named`() {
    #expect(!OpenBLAS.core.isEmpty)
    #expect(OpenBLAS.configuration.contains("OpenBLAS"))
    #expect(openblas_get_num_threads() == 1)
  }

  @Test func `kernels can be exchanged while the process runs`() async {
    await #expect(processExitsWith: .success) {
      guard martlet_blas_can_reselect(), mk_processor_features() & 1 != 0 else { return }
      setenv("OPENBLAS_CORETYPE", "Prescott", 1)
      OpenBLAS.select("Haswell")
      #expect(OpenBLAS.core == "Haswell")
      // The environment is as it was.
      #expect(getenv("OPENBLAS_CORETYPE").map { String(cString: $0) } == "Prescott")
      let a = Tensor<Double>.arange(33 * 47).reshaped(to: [33, 47])
      let b = Tensor<Double>.arange(47 * 29).reshaped(to: [47, 29])
      let c = matmul(a, b)
      for (i, j) in [(0, 0), (32, 28), (17, 5)] {
        let want = (0..<47).reduce(0.0) { $0 + Double(i * 47 + $1) * Double($1 * 29 + j) }
        #expect(c[i, j].item() == want)
      }
    }
  }

  @Test func `a process that begins with old kernels is repaired`() async {
    await #expect(processExitsWith: .success) {
      guard martlet_blas_can_reselect(), mk_processor_features() & 1 != 0 else { return }
      unsetenv("OPENBLAS_CORETYPE")
      // As OpenBLAS 0.3.21 chooses on a processor that it does not know.
      OpenBLAS.select("Prescott")
      guard String(cString: openblas_get_corename()) == "Prescott" else { return }
      let repair = OpenBLAS.repair
      #expect(repair?.from == "Prescott")
      #expect(repair?.to == OpenBLAS.core)
      #expect(["Haswell", "SkylakeX"].contains(OpenBLAS.core))
      #expect(getenv("OPENBLAS_CORETYPE") == nil)
      #expect(matmul(Tensor<Float>.ones([20, 30]), Tensor<Float>.ones([30, 10])) == .full([20, 10], 30))
    }
  }
}
