import Foundation
import MartletCore
import MartletText

/// The advice that follows from the findings, each for something that was found.
package struct Diagnosis: Codable, Sendable, Equatable {
  package enum Severity: String, Codable, Sendable {
    /// Results are wrong.
    case fault
    /// Results are right, but slower than they could be; or measurements cannot be trusted.
    case warning
    /// Worth knowing.
    case note
  }

  package struct Advice: Codable, Sendable, Equatable {
    package let severity: Severity
    package let text: String
  }

  package let findings: Findings
  package let advice: [Advice]

  /// Whether a numeric check failed.
  package var hasFault: Bool { advice.contains { $0.severity == .fault } }

  package init(_ findings: Findings) {
    self.findings = findings
    advice =
      Diagnosis.onNumbers(findings) + Diagnosis.onBuild(findings) + Diagnosis.onBLAS(findings)
      + Diagnosis.onThreads(findings) + Diagnosis.onMemory(findings) + Diagnosis.onMeasurements(findings)
  }

  private static func onNumbers(_ findings: Findings) -> [Advice] {
    findings.checks.filter { !$0.passed }.map { check in
      Advice(
        severity: .fault,
        text: "The check of \(check.name) fails: results of this build on this machine are not to be trusted. "
          + "Try OPENBLAS_CORETYPE=Haswell in the environment; if it still fails, report it with the output of --json.")
    }
  }

  private static func onBuild(_ findings: Findings) -> [Advice] {
    var advice: [Advice] = []
    if findings.isDebugBuild {
      advice.append(
        Advice(
          severity: .warning,
          text: "This is a debug build, 10 to 100 times slower: its rates say nothing about the machine. Use: "
            + "swift run -c release martlet doctor"))
    }
    if findings.isPortable {
      advice.append(
        Advice(
          severity: .warning,
          text: "This is the portable form, which leaves the processor's vector instructions idle and computes with "
            + "denormal numbers. Build without MARTLET_PORTABLE in the environment for speed."))
    }
    return advice
  }

  private static func onBLAS(_ findings: Findings) -> [Advice] {
    let blas = findings.blas
    if let better = blas.betterCore {
      let reason = "OpenBLAS uses its \(blas.core) kernels, which leave this processor's vector units idle. "
      if blas.userChoice != nil {
        return [Advice(severity: .warning, text: reason + "Unset OPENBLAS_CORETYPE, or set it to \(better).")]
      }
      return [
        Advice(severity: .warning, text: reason + "This build of it cannot change them: install one for \(better).")
      ]
    }
    if let from = blas.repairedFrom {
      return [
        Advice(
          severity: .note,
          text: "OpenBLAS took this processor for a \(from); Martlet switched it to \(blas.core). "
            + "OpenBLAS 0.3.25 and later choose rightly by themselves.")
      ]
    }
    return []
  }

  private static func onThreads(_ findings: Findings) -> [Advice] {
    let threads = findings.threads
    var advice: [Advice] = []
    if let quota = threads.quota, threads.count > max(1, Int(quota)) {
      advice.append(
        Advice(
          severity: .warning,
          text:
            "\(count(threads.count, "thread")) share a quota of \(number(quota)) processors and will be paused in turn. "
            + "OMP_NUM_THREADS=\(max(1, Int(quota))) may be steadier."))
    }
    if threads.count > threads.available {
      advice.append(
        Advice(
          severity: .warning,
          text: "\(count(threads.count, "thread")) take turns on \(count(threads.available, "processor")). "
            + "Set OMP_NUM_THREADS to \(threads.available) or less."))
    }
    let allowed = min(threads.available, threads.quota.map { max(1, Int($0.rounded(.up))) } ?? .max)
    if threads.count < allowed {
      let unused = count(allowed - threads.count, "processor")
      if let choice = threads.userChoice {
        advice.append(Advice(severity: .note, text: "OMP_NUM_THREADS=\(choice) leaves \(unused) unused."))
      } else if let startable = threads.startable {
        advice.append(
          Advice(
            severity: .warning,
            text:
              "The control group lets \(count(startable, "thread")) more start (pids.max), of which Martlet takes half at "
              + "most: that leaves \(unused) unused."))
      }
    }
    if findings.processor.kernelLevel == "default" {
      advice.append(
        Advice(
          severity: .warning,
          text: "No AVX2 was found, so the kernels run at their lowest level. In a virtual machine, pass the host's "
            + "processor model through."))
    }
    return advice
  }

  private static func onMemory(_ findings: Findings) -> [Advice] {
    var advice: [Advice] = []
    if findings.memory.hugePages == "never" {
      advice.append(
        Advice(
          severity: .warning,
          text: "Huge pages are switched off; large products are some 10 % slower without them. As root: "
            + "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"))
    }
    if findings.memory.poolLimit < 256 << 20 {
      advice.append(
        Advice(
          severity: .note,
          text:
            "The pool keeps at most \(NumberFormat.bytes(findings.memory.poolLimit)) for reuse. Training steps that need more "
            + "take fresh pages each time, which is several times slower; raise BufferPool.cacheLimit or the memory limit."
        ))
    }
    return advice
  }

  private static func onMeasurements(_ findings: Findings) -> [Advice] {
    // The rates of a debug build say nothing about the machine.
    guard let measurements = findings.measurements, !findings.isDebugBuild else { return [] }
    var advice: [Advice] = []
    if let busy = measurements.busyShare, busy > 0.15 {
      advice.append(
        Advice(
          severity: .warning,
          text:
            "Other programs took \(percent(busy)) of the processors when the measurements began: the rates are too low. "
            + "Repeat when the machine is quiet."))
    }
    if let one = measurements.limits.first, let all = measurements.limits.last, all.threads > one.threads {
      let gain = all.peak(of: .float32) / one.peak(of: .float32) / Double(all.threads) * Double(one.threads)
      if gain < 0.75 {
        advice.append(
          Advice(
            severity: .warning,
            text:
              "\(count(all.threads, "thread")) reach \(percent(gain)) of what as many cores would. Some processors seem to be "
              + "hyperthreads of one core, or taken by others; try fewer with OMP_NUM_THREADS."))
      }
    }
    for limits in measurements.limits.suffix(1) {
      let rate = limits.bandwidth(workingSet: .max)
      if rate < slowMemory {
        advice.append(
          Advice(
            severity: .warning,
            text:
              "Memory moves \(number(rate / 1e9)) GB/s, less than one desktop memory channel. Work beyond the caches will wait for "
              + "it; smaller batches may be faster."))
      }
      if let product = measurements.products.last(where: { $0.threads == limits.threads }) {
        let share = product.rate / limits.peak(of: .float32)
        if share < 0.6 {
          advice.append(
            Advice(
              severity: .warning,
              text:
                "The product of 1024³ reaches only \(percent(share)) of the peak. Either the machine was busy, or OpenBLAS's "
                + "\(findings.blas.core) kernels do not suit it; OPENBLAS_CORETYPE chooses others."))
        }
      }
    }
    return advice
  }

  /// In bytes a second; about half of a channel of DDR4-3200.
  private static let slowMemory = 12e9

  private static func count(_ number: Int, _ noun: String) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
  }
  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
  private static func number(_ value: Double) -> String { String(format: "%.4g", value) }
}
