import Foundation
import MartletCore
import MartletInspection
import MartletText

/// A diagnosis as text for people, or as JSON for programs.
package enum Report {
  /// Aligned lines: what was found, the checks, the advice.
  package static func text(_ diagnosis: Diagnosis) -> String {
    let findings = diagnosis.findings
    var lines = ["Martlet \(findings.version)", ""]
    func row(_ label: String, _ value: String) {
      lines.append(label.padding(toLength: 14, withPad: " ", startingAt: 0) + value)
    }

    row("build", (findings.isDebugBuild ? "debug" : "release") + (findings.isPortable ? ", portable form" : ""))
    row("processor", findings.processor.model ?? "unknown")
    row(
      "instructions",
      findings.isPortable
        ? "not looked at"
        : findings.processor.features.isEmpty ? "no AVX2" : findings.processor.features.joined(separator: ", "))
    row(
      "kernels",
      findings.processor.kernelLevel
        + (findings.processor.forcedLevel.map {
          "; products and sorts at most \($0), by MARTLET_LEVEL"
        } ?? ""))
    if !findings.processor.caches.isEmpty {
      row("caches", findings.processor.caches.map { NumberFormat.bytes($0) }.joined(separator: ", "))
    }
    row("OpenBLAS", findings.blas.configuration.trimmingCharacters(in: .whitespaces))
    row(
      "",
      "core \(findings.blas.core)"
        + (findings.blas.repairedFrom.map { ", repaired: it had chosen \($0)" }
          ?? findings.blas.userChoice.map { ", with OPENBLAS_CORETYPE=\($0)" } ?? ", as it chose itself"))
    let threads = findings.threads
    row(
      "threads",
      "\(threads.count), processors \(threads.available)"
        + (threads.quota.map { String(format: ", quota %.4g", $0) } ?? ", no quota")
        + (threads.userChoice.map { ", OMP_NUM_THREADS=\($0)" } ?? ""))
    let memory = findings.memory
    row(
      "memory",
      "\(NumberFormat.bytes(memory.available))"
        + (memory.limit == nil ? ", no limit by the control group" : " allowed by the control group"))
    row("", "the pool keeps at most \(NumberFormat.bytes(memory.poolLimit)); huge pages: \(memory.hugePages ?? "none")")
    if let measurements = findings.measurements {
      lines += [""] + table(measurements, caches: findings.processor.caches)
    }

    lines += ["", "Self-check"]
    for check in findings.checks {
      lines.append("  \(check.passed ? "ok    " : "FAILED")  \(check.name) (\(check.comparisons))")
      for problem in check.problems.prefix(5) { lines.append("            \(problem)") }
      if check.problems.count > 5 { lines.append("            and \(check.problems.count - 5) more") }
    }

    lines += ["", "Advice"]
    if diagnosis.advice.isEmpty { lines.append("  none: all is well") }
    for advice in diagnosis.advice {
      let wrapped = wrap(advice.text, width: 88)
      lines.append(
        "  " + "\(advice.severity.rawValue):".padding(toLength: 10, withPad: " ", startingAt: 0) + wrapped[0])
      lines += wrapped.dropFirst().map { String(repeating: " ", count: 12) + $0 }
    }
    return lines.joined(separator: "\n")
  }

  /// The findings and the advice, with sorted keys.
  package static func json(_ diagnosis: Diagnosis) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(diagnosis), as: UTF8.self)
  }

  private static func table(_ measurements: Findings.Measurements, caches: [Int]) -> [String] {
    var rows: [(label: String, values: [String])] = [
      ("Measured", measurements.limits.map { $0.threads == 1 ? "1 thread" : "\($0.threads) threads" })
    ]
    for (type, label) in [(ScalarType.float32, "Float"), (.float64, "Double")] {
      rows.append(
        ("peak, \(label)", measurements.limits.map { String(format: "%.1f GFLOP/s", $0.peak(of: type) / 1e9) }))
    }
    let shares = measurements.products.compactMap { product in
      measurements.limits.first { $0.threads == product.threads }.map {
        (product.rate, product.rate / $0.peak(of: .float32))
      }
    }
    rows.append(("product 1024³, Float", shares.map { String(format: "%.1f GFLOP/s", $0.0 / 1e9) }))
    rows.append(("  of the peak", shares.map { String(format: "%.0f %%", $0.1 * 100) }))
    // A working set of half a cache's size safely stays inside it.
    for (index, size) in caches.enumerated() {
      rows.append(
        bandwidthRow("triad in L\(index + 1) cache", measurements) { limits in
          size / 2 * (index + 1 == caches.count && index > 1 ? 1 : limits.threads)
        })
    }
    rows.append(bandwidthRow("triad in memory", measurements) { $0.bandwidths.last!.workingSet })
    rows.append(
      (
        "  with ordinary stores",
        measurements.limits.map {
          String(format: "%.1f GB/s", $0.bandwidth(workingSet: .max, stores: .ordinary) / 1e9)
        }
      ))
    return rows.map { row in
      row.values.reduce(row.label.padding(toLength: 24, withPad: " ", startingAt: 0)) {
        $0 + String(repeating: " ", count: max(1, 16 - $1.count)) + $1
      }
    }
  }

  private static func bandwidthRow(
    _ label: String, _ measurements: Findings.Measurements, _ size: (MachineLimits) -> Int
  ) -> (label: String, values: [String]) {
    (label, measurements.limits.map { String(format: "%.1f GB/s", $0.bandwidth(workingSet: size($0)) / 1e9) })
  }

  static func wrap(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      if lines.last!.isEmpty {
        lines[lines.count - 1] += word
      } else if lines.last!.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
