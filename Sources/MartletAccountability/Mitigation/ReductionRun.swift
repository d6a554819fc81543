/// The models that a learner has made for multipliers, and the game that is played over their mixtures.
///
/// The learner is asked for the model that is best for some multipliers; mixtures of the models found so far play against
/// the multipliers that hurt them most.
struct ReductionRun {
  /// A model that has been kept.
  struct Member {
    /// Which call of the learner made it; nil for a constant.
    let call: Int?
    /// What it always answers, where it is a constant.
    let constant: Double
    let error: Double
    let violations: [Double]
  }

  /// What the learner is given: labels, nil where they stay, and weights.
  typealias Learn = (_ labels: [Double]?, _ weights: [Double]) throws -> [Double]

  /// Differences that are roundings.
  private static let precision = 1e-8

  let problem: ReductionProblem
  let bound: Double
  private let learn: Learn
  private(set) var members: [Member] = []
  /// How often the learner has been called.
  private(set) var calls = 0
  /// Multipliers that the learner has been asked about.
  private var asked: Set<[Double]> = []

  init(_ problem: ReductionProblem, bound: Double, learn: @escaping Learn) {
    (self.problem, self.bound, self.learn) = (problem, bound, learn)
  }

  /// The predictions for costs of rows, from the learner or, where all rows get the same label, from a constant.
  ///
  /// The weights that the learner is given add up to those of the rows, or are the costs as they are.
  mutating func model(for costs: [Double], normalized: Bool) throws -> (member: Member, predictions: [Double]) {
    let labels: [Double]? = problem.keepsLabels ? nil : costs.map { $0 > 0 ? 1 : 0 }
    var weights = costs.map(abs)
    if normalized {
      let (sum, total) = (weights.reduce(0, +), problem.weights.reduce(0, +))
      if sum > 0 { weights = weights.map { $0 * total / sum } }
    }
    let (predictions, call, constant): ([Double], Int?, Double)
    let answer = (labels ?? problem.labels)[0]
    let isConstant = labels.map { labels in labels.allSatisfy { $0 == answer } } ?? false
    if isConstant || !weights.contains(where: { $0 > 0 }) {
      (predictions, call, constant) = ([Double](repeating: answer, count: costs.count), nil, answer)
    } else {
      (predictions, call, constant) = (try learn(labels, weights), calls, 0)
      calls += 1
    }
    let member = Member(
      call: call, constant: constant, error: problem.error(predictions), violations: problem.violations(predictions))
    return (member, predictions)
  }

  /// The best of the models so far for multipliers, and of the one that the learner makes for them; the predictions of
  /// that where it is new.
  mutating func best(for multipliers: [Double]) throws -> (index: Int, predictions: [Double]?) {
    func value(_ member: Member) -> Double { member.error + dot(member.violations, multipliers) }
    var best = members.indices.min { value(members[$0]) < value(members[$1]) }
    // The same question has the same answer, which spares a fit.
    if let best, !asked.insert(multipliers).inserted { return (best, nil) }
    asked.insert(multipliers)
    let (member, predictions) = try model(for: problem.costs(multipliers), normalized: true)
    if best.map({ value(member) < value(members[$0]) - Self.precision }) ?? true {
      best = members.count
      members.append(member)
    }
    return (best!, predictions)
  }

  /// A mixture's error, its violations, and how far it is from an equilibrium with multipliers.
  struct Gap {
    let error: Double
    let violations: [Double]
    let gap: Double
  }

  /// The larger of what the mixture could gain by other models, and the multipliers by others.
  mutating func gap(of mixture: [Double], against multipliers: [Double], tolerance: Double) throws -> Gap {
    let error = dot(members.map(\.error), mixture)
    var violations = [Double](repeating: 0, count: problem.count)
    for (member, probability) in zip(members, mixture) where probability > 0 {
      for index in violations.indices { violations[index] += probability * member.violations[index] }
    }
    let projected = problem.projected(multipliers)
    let value = error + dot(projected, excess(violations))
    let high = error + bound * max(excess(violations).max() ?? 0, 0)
    var low = value
    for factor in [1.0, 2, 5, 10] {
      let index = try best(for: multipliers.map { factor * $0 }).index
      low = min(low, members[index].error + dot(projected, excess(members[index].violations)))
      if max(value - low, high - value) > tolerance + Self.precision { break }
    }
    return Gap(error: error, violations: violations, gap: max(value - low, high - value))
  }

  /// The best mixture of the models so far with its multipliers.
  func program() -> HullProgram {
    HullProgram(errors: members.map(\.error), excesses: members.map { excess($0.violations) }, penalty: bound)
  }

  func excess(_ violations: [Double]) -> [Double] { zip(violations, problem.bounds).map { $0 - $1 } }
}

func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
