import Foundation
import Testing

@testable import MartletCore
@testable import MartletDiagnosis
@testable import MartletInspection

/// Findings of a machine on which all is well: each test spoils one of them.
private let healthy = Findings(
  version: "1.2.3", isDebugBuild: false, isPortable: false,
  processor: .init(
    model: "Some CPU", features: ["AVX2 with FMA", "AVX-512"], kernelLevel: "x86-64-v4",
    caches: [32 << 10, 1 << 20, 32 << 20]),
  blas: .init(configuration: "OpenBLAS 0.3.29", core: "SkylakeX"),
  threads: .init(count: 2, available: 2),
  memory: .init(available: 8 << 30, poolLimit: 2 << 30, hugePages: "madvise"),
  checks: [SelfCheck(name: "sums", comparisons: 3, problems: [])],
  measurements: .init(
    busyShare: 0.02, limits: [limits(1, 100e9, 20e9), limits(2, 198e9, 30e9)],
    products: [.init(threads: 1, rate: 90e9), .init(threads: 2, rate: 170e9)]))

private func limits(_ threads: Int, _ peak: Double, _ bandwidth: Double) -> MachineLimits {
  MachineLimits(
    threads: threads, floatPeak: peak, doublePeak: peak / 2,
    bandwidths: [
      .init(workingSet: 16 << 10, ordinary: 200e9, streaming: 50e9),
      .init(workingSet: 400_000_000, ordinary: bandwidth * 0.75, streaming: bandwidth),
    ])
}

@Suite struct DiagnosisTests {
  private func advice(_ spoil: (inout Findings) -> Void) -> [Diagnosis.Advice] {
    var findings = healthy
    spoil(&findings)
    return Diagnosis(findings).advice
  }

  /// One piece of advice, of this severity and with this text in it, and no other.
  private func expect(
    _ severity: Diagnosis.Severity, _ text: String, at location: SourceLocation = #_sourceLocation,
    _ spoil: (inout Findings) -> Void
  ) {
    let advice = advice(spoil)
    #expect(advice.map(\.severity) == [severity], sourceLocation: location)
    #expect(advice.first?.text.contains(text) == true, "\(advice)", sourceLocation: location)
  }

  @Test func `nothing is said of a healthy machine`() {
    #expect(Diagnosis(healthy).advice.isEmpty)
    #expect(!Diagnosis(healthy).hasFault)
    #expect(advice { $0.measurements = nil }.isEmpty)
  }

  @Test func `a failed check is a fault`() {
    expect(.fault, "check of sums fails") {
      $0.checks[0] = SelfCheck(name: "sums", comparisons: 1, problems: ["2 instead of 3"])
    }
    var findings = healthy
    findings.checks[0] = SelfCheck(name: "sums", comparisons: 1, problems: ["2 instead of 3"])
    #expect(Diagnosis(findings).hasFault)
    #expect(Report.text(Diagnosis(findings)).contains("FAILED  sums (1)\n            2 instead of 3"))
  }

  @Test func `a debug build is warned of, and its rates are not judged`() {
    expect(.warning, "swift run -c release martlet doctor") {
      $0.isDebugBuild = true
      $0.measurements!.products[1].rate = 1e9
    }
  }

  @Test func `the portable form is warned of`() {
    expect(.warning, "Build without MARTLET_PORTABLE") { $0.isPortable = true }
    var findings = healthy
    findings.isPortable = true
    findings.processor.features = []
    let report = Report.text(Diagnosis(findings))
    #expect(report.contains("build         release, portable form\n"))
    #expect(report.contains("instructions  not looked at\n"))
  }

  @Test func `OpenBLAS's kernels are judged`() {
    expect(.note, "took this processor for a Prescott; Martlet switched it to SkylakeX") {
      $0.blas.repairedFrom = "Prescott"
    }
    expect(.warning, "Unset OPENBLAS_CORETYPE, or set it to SkylakeX") {
      $0.blas.core = "Prescott"
      $0.blas.betterCore = "SkylakeX"
      $0.blas.userChoice = "Prescott"
    }
    expect(.warning, "install one for Haswell") {
      $0.blas.core = "Prescott"
      $0.blas.betterCore = "Haswell"
    }
    #expect(advice { $0.blas.userChoice = "SkylakeX" }.isEmpty)
  }

  @Test func `threads are held against quota and processors`() {
    expect(.warning, "2 threads share a quota of 1.5 processors") { $0.threads.quota = 1.5 }
    expect(.warning, "2 threads take turns on 1 processor.") { $0.threads.available = 1 }
    expect(.note, "OMP_NUM_THREADS=1 leaves 3 processors unused") {
      $0.threads = .init(count: 1, available: 4, userChoice: "1")
    }
    expect(.note, "OMP_NUM_THREADS=1 leaves 1 processor unused") {
      $0.threads = .init(count: 1, available: 4, quota: 2, userChoice: "1")
    }
    expect(
      .warning,
      "lets 1 thread more start (pids.max), of which Martlet takes half at most: that leaves 3 processors unused"
    ) {
      $0.threads = .init(count: 1, available: 4, startable: 1)
    }
    #expect(advice { $0.threads.quota = 2 }.isEmpty)
    #expect(advice { $0.threads = .init(count: 1, available: 2, quota: 0.5) }.isEmpty)
    #expect(advice { $0.threads.startable = 3 }.isEmpty)
    expect(.warning, "No AVX2") { $0.processor.kernelLevel = "default" }
  }

  @Test func `memory settings are judged`() {
    expect(.warning, "Huge pages are switched off") { $0.memory.hugePages = "never" }
    expect(.note, "at most 64 MiB for reuse") { $0.memory.poolLimit = 64 << 20 }
    #expect(advice { $0.memory.hugePages = nil }.isEmpty)
  }

  @Test func `measurements are judged`() {
    expect(.warning, "Other programs took 40 %") { $0.measurements!.busyShare = 0.4 }
    #expect(advice { $0.measurements!.busyShare = nil }.isEmpty)
    expect(.warning, "reach 60 % of what as many cores would") {
      $0.measurements!.limits[1] = limits(2, 120e9, 30e9)
      $0.measurements!.products[1].rate = 110e9
    }
    expect(.warning, "Memory moves 5 GB/s") { $0.measurements!.limits[1] = limits(2, 198e9, 5e9) }
    expect(.warning, "reaches only 25 % of the peak") { $0.measurements!.products[1].rate = 49.5e9 }
  }

  @Test func `the report is aligned and whole`() {
    let text = Report.text(Diagnosis(healthy))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first == "Martlet 1.2.3")
    #expect(text.contains("processor     Some CPU\n"))
    #expect(text.contains("caches        32 KiB, 1 MiB, 32 MiB\n"))
    #expect(text.contains("  ok      sums (3)\n"))
    #expect(text.hasSuffix("Advice\n  none: all is well"))
    let table = lines.drop { !$0.hasPrefix("Measured") }.prefix { !$0.isEmpty }
    #expect(table.count == 10)
    #expect(Set(table.map(\.count)) == [56], "\(table)")
    #expect(text.contains("198.0 GFLOP/s") && text.contains("86 %"))
    #expect(lines.allSatisfy { $0.count <= 100 })
  }

  @Test func `JSON holds findings and advice`() throws {
    var findings = healthy
    findings.memory.hugePages = "never"
    let diagnosis = Diagnosis(findings)
    let copy = try JSONDecoder().decode(Diagnosis.self, from: Data(Report.json(diagnosis).utf8))
    #expect(copy == diagnosis)
    #expect(copy.advice.count == 1)
  }

  @Test func `long advice is wrapped between words`() {
    #expect(Report.wrap("one two three", width: 7) == ["one two", "three"])
    #expect(Report.wrap("incomprehensibilities", width: 7) == ["incomprehensibilities"])
  }
}
