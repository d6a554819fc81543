import Foundation
import MartletCore
import MartletMetrics
import MartletTraining
import TestSupport

/// What `make_calibration_fixtures.py` wrote.
struct CalibrationFixture: Decodable {
  /// A number for each row, or a list of them.
  enum Numbers: Decodable {
    case list([Double])
    case table([[Double]])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      do {
        self = .list(try container.decode([Double].self))
      } catch {
        self = .table(try container.decode([[Double]].self))
      }
    }

    var flat: [Double] {
      switch self {
      case .list(let numbers): numbers
      case .table(let rows): rows.flatMap { $0 }
      }
    }

    var shape: Shape {
      switch self {
      case .list(let numbers): [numbers.count]
      case .table(let rows): [rows.count, rows[0].count]
      }
    }

    var tensor: Tensor<Double> { Tensor<Double>(flat).reshaped(to: shape) }
  }

  struct Case: Decodable {
    let logits: Numbers
    let labels: [Int32]
    let weights: [Float]
    let plain: Answers
    let weighted: Answers
    let errors: [String: Double]

    /// Answers with the weights that they are for.
    var both: [(answers: Answers, weights: Tensor<Float>?)] { [(plain, nil), (weighted, Tensor<Float>(weights))] }
  }

  struct Answers: Decodable {
    let temperature: Double, foundTemperature: Double
    let temperatureProbabilities: Numbers
    let vectorSlopes: [Double], vectorProbabilities: Numbers
    let slopes: [Double], offsets: [Double]
    let foundSlopes: [Double], foundOffsets: [Double]
    let plattProbabilities: Numbers
    let thresholds: [[Double]], values: [[Double]]
    let isotonicProbabilities: Numbers

    enum CodingKeys: String, CodingKey {
      case temperature, slopes, offsets, thresholds, values
      case foundTemperature = "temperature/sklearn"
      case vectorSlopes = "vector/slopes"
      case vectorProbabilities = "vector/probabilities"
      case temperatureProbabilities = "temperature/probabilities"
      case foundSlopes = "slopes/sklearn"
      case foundOffsets = "offsets/sklearn"
      case plattProbabilities = "platt/probabilities"
      case isotonicProbabilities = "isotonic/probabilities"
    }
  }

  struct Isotonic: Decodable {
    struct Fitted: Decodable { let thresholds: [Double], values: [Double], answers: [Double] }
    let x: [Double], y: [Double], weights: [Double], queries: [Double]
    let plain: Fitted, weighted: Fitted
  }

  let binary: Case
  let classes: Case
  let isotonic: Isotonic

  static func read() throws -> CalibrationFixture {
    let file = URL(fileURLWithPath: Fixture.path("calibration", type: "json"))
    return try JSONDecoder().decode(CalibrationFixture.self, from: Data(contentsOf: file))
  }

  func named(_ name: String) -> Case { name == "binary" ? binary : classes }
}

/// The largest distance of two lists; infinite when they have different counts.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
}
