import Accuracy
import CKernels
import Foundation
import Testing

@testable import MartletCore

/// The errors of the elementwise functions are what the documentation says.
@Suite(.enabled(if: mk_processor_features() & 1 == 1, "the table is of processors with fused multiply-add"))
struct AccuracyTests {
  private struct Row {
    let single: Double
    let double: Double
  }

  /// The table of the page Accuracy, by function.
  private static func documented() throws -> [String: Row] {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Martlet/Martlet.docc/Accuracy.md")
    var rows: [String: Row] = [:]
    for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      let name = cells[0].trimmingCharacters(in: ["`"])
      rows[name] = Row(single: try #require(Double(cells[1])), double: try #require(Double(cells[5])))
    }
    return rows
  }

  private static var functions: [UnaryOperation] { UnaryOperation.allCases.filter { accuracy_has($0.facts.kernel) } }

  /// A fresh sample, much smaller than the table's. Kernels that are not optimised round a little differently.
  private func expect(
    _ operation: UnaryOperation, _ type: mk_type, within documented: Double, mantissas: Int32, dense: Int32
  ) {
    var result = accuracy()
    accuracy_sample(operation.facts.kernel, type, mantissas, dense, 0x5eed, &result)
    #expect(result.count > 100_000)
    #expect(result.faults == 0, "\(operation): wrong in kind, first at \(result.fault_at)")
    #expect(result.worst <= documented * 1.1 + 0.01, "\(operation): \(result.worst) ULP at \(result.worst_at)")
  }

  @Test func `the documentation names every function`() throws {
    #expect(try Set(AccuracyTests.documented().keys) == Set(AccuracyTests.functions.map { "\($0)" }))
  }

  @Test func `of Float`() throws {
    let documented = try AccuracyTests.documented()
    for operation in AccuracyTests.functions {
      expect(
        operation, MK_FLOAT32, within: try #require(documented["\(operation)"]).single, mantissas: 100, dense: 4000)
    }
  }

  @Test(.enabled(if: accuracy_has_wide_reference(), "there is no wider type to hold Double against"))
  func `of Double`() throws {
    let documented = try AccuracyTests.documented()
    for operation in AccuracyTests.functions {
      expect(
        operation, MK_FLOAT64, within: try #require(documented["\(operation)"]).double, mantissas: 16, dense: 2000)
    }
  }

  /// ±0, ±infinity and NaN against C's functions; denormals count as 0.
  @Test func `at the ends`() {
    func check<S: FloatingScalar>(_ arguments: [S]) {
      for operation in AccuracyTests.functions {
        let y = Tensor<S>(unchecked: apply(Unary(operation), Tensor(arguments).erased)).scalars.map(Double.init)
        for (argument, got) in zip(arguments, y) {
          let isDenormal = argument.magnitude < S.leastNormalMagnitude
          let exact = accuracy_reference(operation.facts.kernel, Double(isDenormal ? argument * 0 : argument))
          let isSame = exact.isNaN ? got.isNaN : got == exact || Swift.abs(got - exact) < 1e-6
          #expect(isSame, "\(operation) of \(S.self) at \(argument): \(got), not \(exact)")
        }
      }
    }
    check([0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude] as [Float])
    check([0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude] as [Double])
  }
}
