import Foundation
import MartletCore
import MartletMetrics
import TestSupport
import Testing

@Suite struct EqualMassTests {
  private typealias Numbers = Metric<Tensor<Float>, Tensor<Float>>
  private typealias Classes = Metric<Tensor<Float>, Tensor<Int32>>

  private struct Fixtures: Decodable {
    struct Binary: Decodable { let logits: [Float], labels: [Float], weights: [Float], errors: [String: Double] }
    struct Table: Decodable { let logits: [[Float]], labels: [Int32], weights: [Float], errors: [String: Double] }
    let binary: Binary, classes: Table
  }

  @Test("Errors in bins of equal mass are those of NumPy, of two classes and of more, with weights and without")
  func numPy() throws {
    let file = URL(fileURLWithPath: Fixture.path("calibration", type: "json"))
    let fixtures = try JSONDecoder().decode(Fixtures.self, from: Data(contentsOf: file))
    for bins in [5, 15] {
      let (binary, classes) = (fixtures.binary, fixtures.classes)
      for (kind, isWeighted) in [("plain", false), ("weighted", true)] {
        let ofBinary = try Numbers.equalMassCalibrationError(bins: bins)(
          Tensor<Float>(binary.logits), Tensor<Float>(binary.labels),
          weights: isWeighted ? Tensor<Float>(binary.weights) : nil)
        #expect(abs(ofBinary - binary.errors["\(kind)/\(bins)"]!) < 1e-12)
        let ofClasses = try Classes.equalMassCalibrationError(bins: bins)(
          Tensor<Float>(classes.logits), Tensor<Int32>(classes.labels),
          weights: isWeighted ? Tensor<Float>(classes.weights) : nil)
        #expect(abs(ofClasses - classes.errors["\(kind)/\(bins)"]!) < 1e-12)
      }
    }
  }

  @Test("Bins hold as many rows each, however their probabilities lie, and equal ones stay together") func bins() throws
  {
    // Two bins of two rows: 0.1 and 0.2 with one positive, 0.25 and 0.9 with one; by width three rows would be in the first.
    let metric = Numbers.equalMassCalibrationError(from: .probabilities, bins: 2)
    let found = try metric([0.1, 0.2, 0.25, 0.9], [1, 0, 0, 1])
    #expect(abs(found - (0.7 + 0.15) / 4) < 1e-7)
    let same = try metric([0.5, 0.5, 0.5, 0.5], [1, 1, 0, 0])
    #expect(same == 0 && metric.name == "equal_mass_calibration_error" && metric.goal == .minimum)
    // Batches are put together before they are sorted.
    var state = metric.state()
    state.add([0.1, 0.9], [1, 1], rows: 2)
    state.add([0.2, 0.25], [0, 0], rows: 2)
    #expect(state.value == found)
    #expect(try metric([0.3, 0.4], [1, 0], weights: [1, 0]) == metric([0.3], [1]))
  }

  @Test("Less than one bin traps") func traps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Metric<Tensor<Float>, Tensor<Float>>.equalMassCalibrationError(bins: 0)
    }
    #expect(errorText(result).contains("equalMassCalibrationError: expected at least one bin, got 0"))
  }
}
