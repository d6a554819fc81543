import MartletSamples
import Testing

@testable import MartletCore
@testable import MartletDiagnosis

@Suite struct SelfCheckTests {
  @Test func `this build passes every check, and each compares something`() {
    let checks = SelfCheck.all()
    #expect(checks.count == 6)
    for check in checks {
      #expect(check.passed, "\(check.name): \(check.problems.prefix(3))")
      #expect(check.comparisons > 0, "\(check.name)")
    }
    // Two types, six shapes, as they are and transposed; two types of every function, count and values.
    #expect(checks[0].comparisons == 24)
    #expect(checks[1].comparisons == 4 * UnaryOperation.allCases.count)
    #expect(checks[2].comparisons > 4 * PrimitiveCatalogue.all.count)
  }

  @Test func `a wrong value is a problem`() {
    let check = SelfCheck.named("made up") { progress in
      progress.expect("within", [1, 2.000_001], near: [1, 2], tolerance: 1e-6)
      progress.expect("beyond", [1, 2.000_01], near: [1, 2], tolerance: 1e-6)
      progress.expect("nan", [.nan], near: [1], tolerance: 1)
      progress.expect("also nan", [.nan, .infinity], near: [.nan, .infinity], tolerance: 0)
      progress.expect("infinite", [.infinity], near: [1], tolerance: 1)
      progress.expect("short", [1], near: [1, 2], tolerance: 1)
      progress.expect(1 + 1 == 3, "false")
    }
    #expect(!check.passed)
    #expect(
      check.problems == [
        "beyond: 2.00001 instead of 2.0 at 1", "nan: nan instead of 1.0 at 0", "infinite: inf instead of 1.0 at 0",
        "short: 1 values instead of 2", "false",
      ])
    #expect(check.comparisons == 13)
  }

  @Test func `findings are gathered without measuring`() {
    let findings = Findings.gathered(measuring: false)
    #expect(findings.measurements == nil)
    #expect(findings.checks.count == 6)
    #expect(findings.threads.count == Threads.count)
    #expect(findings.threads.available >= 1)
    #expect(findings.memory.poolLimit > 0 && findings.memory.available > 0)
    #expect(findings.blas.core == OpenBLAS.core)
    #expect(!Report.text(Diagnosis(findings)).contains("Measured"))
  }
}
