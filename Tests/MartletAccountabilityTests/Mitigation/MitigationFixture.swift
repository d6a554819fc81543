import Foundation
import MartletAccountability
import MartletCore
import MartletFormats
import TestSupport

/// What `make_mitigation_fixtures.py` wrote: counts of the training rows of Adult by five numbers, sex and label, and
/// Fairlearn's figures.
struct MitigationFixture {
  struct Figures: Decodable {
    let mean: [Double], spread: [Double]
    let intercept: Double, coefficients: [Double]
    let thresholds: [String: Thresholds]
    let reductions: [String: Reduction]
    let grid: Grid
    let removed: [String: Removed]
  }
  struct Reduction: Decodable { let error: Double, violation: Double, gap: Double, tolerance: Double }
  struct Grid: Decodable { let objectives: [Double], violations: [Double], best: Int }
  struct Removed: Decodable { let first: [[Double]], squares: [Double] }
  struct Thresholds: Decodable {
    struct Rule: Decodable {
      let probabilities: [Double], thresholds: [Double]
      let ignored: Double, constant: Double
    }
    let x: Double, y: Double
    let rules: [String: Rule]
  }

  let figures: Figures
  /// Five numbers of each cell, by name.
  let columns: [String: [Double]]
  let labels: Tensor<Int32>
  let sex: Groups
  /// The number of rows in each cell.
  let counts: Tensor<Float>

  static let names = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]

  init() throws {
    let file = URL(fileURLWithPath: Fixture.path("fairness/mitigation", type: "json"))
    figures = try JSONDecoder().decode(Figures.self, from: Data(contentsOf: file))
    let path = Fixture.path("fairness/adult-cells", type: "npz")
    var arrays: [String: [Double]] = [:]
    for (name, tensor) in try NPZ.read(from: path) { arrays[name] = try Self.numbers(tensor) }
    columns = arrays
    labels = Tensor<Int32>(arrays["label"]!.map { Int32($0) })
    sex = try Groups("sex", labels: arrays["sex"]!.map { $0 == 1 ? "Male" : "Female" })
    counts = Tensor<Float>(arrays["count"]!.map { Float($0) })
  }

  /// The probabilities of the fixed model.
  var probabilities: Tensor<Double> {
    var sums = [Double](repeating: figures.intercept, count: labels.count)
    for (index, name) in Self.names.enumerated() {
      let (mean, spread, slope) = (figures.mean[index], figures.spread[index], figures.coefficients[index])
      for (row, number) in columns[name]!.enumerated() { sums[row] += slope * (number - mean) / spread }
    }
    return Tensor<Double>(sums.map { 1 / (1 + exp(-$0)) })
  }

  private static func numbers(_ tensor: AnyTensor) throws -> [Double] {
    switch tensor.scalarType {
    case .uint8: try Tensor<UInt8>(tensor).scalars.map(Double.init)
    case .int32: try Tensor<Int32>(tensor).scalars.map(Double.init)
    default: try Tensor<Int64>(tensor).scalars.map(Double.init)
    }
  }
}
