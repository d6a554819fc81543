import Foundation
import MartletAccountability
import MartletCore
import MartletFormats
import TestSupport

/// What `make_fairness_fixtures.py` wrote: a fixed model's probabilities on the test rows of Adult, and Fairlearn's
/// figures.
struct AdultFixture {
  struct Figures: Decodable {
    let levels: [String: [String]]
    let gaps: [String: Gaps]
    /// TP, FP, FN, TN of each group.
    let adult: [String: [Int]], adultKnown: [String: [Int]], adultKnownCrossed: [String: [Int]]
    let compas: [String: [Int]], compasFiltered: [String: [Int]]
    /// Rates of each race, and of all under `overall`.
    let compasRates: [String: [String: Double]], compasFilteredRates: [String: [String: Double]]
    let areaUnderCurve: Double
    let weat: [String: Association]
  }
  struct Association: Decodable { let counts: [Int], score: Double, population: Double, sample: Double }
  struct Gaps: Decodable {
    let difference: [String: Double], toOverall: [String: Double]
    let ratio: [String: Double], ratioToOverall: [String: Double]
    let demographicParityDifference: Double, demographicParityRatio: Double
    let equalizedOddsDifference: Double, equalizedOddsRatio: Double
    let equalOpportunityDifference: Double, equalOpportunityRatio: Double
    let meanEqualizedOddsDifference: Double, meanEqualizedOddsRatio: Double

    enum CodingKeys: String, CodingKey {
      case difference, toOverall, ratio, ratioToOverall
      case demographicParityDifference = "demographic_parity_difference"
      case demographicParityRatio = "demographic_parity_ratio"
      case equalizedOddsDifference = "equalized_odds_difference"
      case equalizedOddsRatio = "equalized_odds_ratio"
      case equalOpportunityDifference = "equal_opportunity_difference"
      case equalOpportunityRatio = "equal_opportunity_ratio"
      case meanEqualizedOddsDifference = "mean_equalized_odds_difference"
      case meanEqualizedOddsRatio = "mean_equalized_odds_ratio"
    }
  }

  let figures: Figures
  let labels: Tensor<Int32>
  let probabilities: Tensor<Double>
  let sex: Groups
  let race: Groups

  init() throws {
    figures = try Self.figures()
    let arrays = Dictionary(
      uniqueKeysWithValues: try NPZ.read(from: Fixture.path("fairness/adult", type: "npz")).map { ($0.name, $0.tensor) }
    )
    labels = try Tensor<Int32>(arrays["labels"]!)
    probabilities = try Tensor<Double>(arrays["probabilities"]!)
    sex = try Self.groups("sex", arrays["sex"]!, figures.levels)
    race = try Self.groups("race", arrays["race"]!, figures.levels)
  }

  static func figures() throws -> Figures {
    let file = URL(fileURLWithPath: Fixture.path("fairness/fairness", type: "json"))
    return try JSONDecoder().decode(Figures.self, from: Data(contentsOf: file))
  }

  private static func groups(_ name: String, _ codes: AnyTensor, _ levels: [String: [String]]) throws -> Groups {
    let names = levels[name]!
    return try Groups(name, labels: Tensor<Int32>(codes).scalars.map { names[Int($0)] })
  }

  func counts(_ groups: Groups) throws -> GroupCounts {
    try GroupCounts(labels: labels, probabilities: probabilities, groups: groups)
  }
}

/// Rows of counts TP, FP, FN, TN of groups, one after the other.
func groupCounts(_ groups: KeyValuePairs<String, [Int]>, weight: Float? = nil) throws -> GroupCounts {
  try groupCounts(groups.map { (name: $0.key, numbers: $0.value) }, weight: weight)
}

func groupCounts(_ groups: [String: [Int]]) throws -> GroupCounts {
  try groupCounts(groups.map { (name: $0.key, numbers: $0.value) }, weight: nil)
}

private func groupCounts(_ groups: [(name: String, numbers: [Int])], weight: Float?) throws -> GroupCounts {
  var (names, labels, decisions) = ([String](), [Int32](), [Int32]())
  for (name, numbers) in groups {
    for (count, (label, decision)) in zip(numbers, [(1, 1), (0, 1), (1, 0), (0, 0)]) {
      names += [String](repeating: name, count: count)
      labels += [Int32](repeating: Int32(label), count: count)
      decisions += [Int32](repeating: Int32(decision), count: count)
    }
  }
  return try GroupCounts(
    labels: Tensor<Int32>(labels), decisions: Tensor<Int32>(decisions), groups: Groups("group", labels: names),
    weights: weight.map { Tensor<Float>.full([labels.count], $0) })
}

func isNear(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool { abs(a - b) <= tolerance }
