import MartletCore
import MartletText

extension ThresholdOptimizer {
  /// Thresholds fitted to scores `[rows]` with labels `[rows]`, each 0 or 1, and weights of rows `[rows]`.
  ///
  /// Throws when the rows differ, there are none, a label is neither 0 nor 1, a score is not finite, and when a group has
  /// no positive or no negative rows where the constraint, or the objective over all groups, is a rate among them.
  /// Combinations of levels without rows have no rule.
  /// - Parameters:
  ///   - scores: What the model says of each row, more for label 1: probabilities, logits or any other numbers.
  ///   - labels: What each row is.
  ///   - groups: The group of each row.
  ///   - weights: What each row counts for.
  ///   - constraint: What is to be the same in all groups.
  ///   - objective: What is to be as good as the constraint allows.
  ///   - search: Which common rates are tried.
  ///   - flips: Whether low scores may be selected instead of high ones, where that is better.
  /// - Complexity: O(n log n) for n rows, and the corners of the hulls, some hundreds, times the square of the groups.
  public init<Scalar: FloatingScalar>(
    fittedTo scores: Tensor<Scalar>, labels: Tensor<Int32>, groups: Groups, weights: Tensor<Float>? = nil,
    constraint: Constraint, objective: Objective = .accuracy, search: Search = .exact, flips: Bool = false
  ) throws(FairnessError) {
    if case .grid(let steps) = search, steps < 1 {
      throw .invalid("expected at least one step of a grid, got \(steps)")
    }
    if case .cost(let costs) = objective { try costs.check(for: constraint) }
    let numbers = try checkedScores(scores, groups)
    try GroupCounts.checkRows(labels.shape, scores.shape, "scores", groups, weights)
    let (truths, importances) = (labels.scalars, weights?.scalars)
    try GroupCounts.checkBinary(truths, "labels")
    var rows = [[ThresholdCurve.Row]](repeating: [], count: groups.levels.count)
    for (row, score) in numbers.enumerated() {
      let weight = importances.map { Double($0[row]) } ?? 1
      if weight == 0 { continue }
      rows[Int(groups.indices[row])].append(.init(score: score, isPositive: truths[row] == 1, weight: weight))
    }
    let held = rows.indices.filter { !rows[$0].isEmpty }
    let curves = held.map { ThresholdCurve(rows[$0], flips: flips) }
    let fit = ThresholdFit(curves, objective)
    try fit.check(constraint, objective, held.map { groups.levels.name(at: $0) })
    let chosen = fit.rules(constraint, search, flips: flips)
    var rules = [Rule?](repeating: nil, count: rows.count)
    for (place, rule) in zip(held, chosen) { rules[place] = rule }
    self.init(
      constraint: constraint, objective: objective.name, objectiveValue: fit.value(of: chosen), levels: groups.levels,
      rules: rules)
  }
}

extension ThresholdOptimizer.Costs {
  fileprivate func check(for constraint: ThresholdOptimizer.Constraint) throws(FairnessError) {
    let all = [truePositive, falsePositive, trueNegative, falseNegative]
    if let cost = all.first(where: { !$0.isFinite }) { throw .invalid("expected finite costs, got \(cost)") }
    // Only then is the best on the upper side of every group's curve of true over false positive rates.
    let isUsual = truePositive <= falseNegative && trueNegative <= falsePositive
    if constraint == .equalizedOdds && !isUsual {
      throw .invalid(
        "equalizedOdds: expected wrong decisions to cost at least as much as right ones, got \(truePositive) and "
          + "\(falseNegative) of positive, \(trueNegative) and \(falsePositive) of negative rows")
    }
  }
}

/// The search for the rules of groups that have rows.
private struct ThresholdFit {
  typealias Rule = ThresholdOptimizer.Rule

  let curves: [ThresholdCurve]
  let positives: Double
  let negatives: Double
  let objective: LinearObjective

  init(_ curves: [ThresholdCurve], _ objective: ThresholdOptimizer.Objective) {
    self.curves = curves
    let positives = curves.reduce(0) { $0 + $1.positives }
    let negatives = curves.reduce(0) { $0 + $1.negatives }
    (self.positives, self.negatives) = (positives, negatives)
    self.objective = LinearObjective(objective, positives: positives, negatives: negatives)
  }

  func check(
    _ constraint: ThresholdOptimizer.Constraint, _ objective: ThresholdOptimizer.Objective, _ names: [String]
  ) throws(FairnessError) {
    let needs: (positives: Bool, negatives: Bool) =
      switch constraint {
      case .none, .singleThreshold, .demographicParity: (false, false)
      case .truePositiveRateParity, .falseNegativeRateParity: (true, false)
      case .falsePositiveRateParity, .trueNegativeRateParity: (false, true)
      case .equalizedOdds: (true, true)
      }
    for (curve, name) in zip(curves, names) {
      if needs.positives && !(curve.positives > 0) {
        throw .empty("expected positive rows of \(shown(name)), got none")
      }
      if needs.negatives && !(curve.negatives > 0) {
        throw .empty("expected negative rows of \(shown(name)), got none")
      }
    }
    let wants: (positives: Bool, negatives: Bool) =
      switch objective {
      case .accuracy, .selectionRate, .cost: (false, false)
      case .balancedAccuracy: (true, true)
      case .truePositiveRate: (true, false)
      case .trueNegativeRate: (false, true)
      }
    if wants.positives && !(positives > 0) { throw .empty("\(objective.name): expected positive rows, got none") }
    if wants.negatives && !(negatives > 0) { throw .empty("\(objective.name): expected negative rows, got none") }
  }

  func rules(
    _ constraint: ThresholdOptimizer.Constraint, _ search: ThresholdOptimizer.Search, flips: Bool
  ) -> [Rule] {
    switch constraint {
    case .none: return curves.map { rule($0, best(of: $0)) }
    case .singleThreshold:
      let cut = best(of: ThresholdCurve(curves.flatMap(\.rows), flips: flips)).cut
      return curves.map { rule($0, $0.point(at: cut)) }
    case .equalizedOdds: return equalOdds(search)
    case .demographicParity, .truePositiveRateParity, .falsePositiveRateParity, .trueNegativeRateParity,
      .falseNegativeRateParity:
      return equalRates(constraint, search)
    }
  }

  /// The expected objective; a cost as a cost.
  func value(of rules: [Rule]) -> Double {
    var (truePositives, falsePositives) = (0.0, 0.0)
    for (curve, rule) in zip(curves, rules) {
      if curve.positives > 0 { truePositives += rule.truePositiveRate * curve.positives }
      if curve.negatives > 0 { falsePositives += rule.falsePositiveRate * curve.negatives }
    }
    let value = objective(truePositives, falsePositives)
    return objective.isCost ? -value : value
  }

  // MARK: Without a constraint on rates

  /// The first of the best thresholds.
  private func best(of curve: ThresholdCurve) -> ThresholdCurve.Point {
    var best = curve.points[0]
    var value = objective.share(best.truePositives, best.falsePositives)
    for point in curve.points.dropFirst() {
      let other = objective.share(point.truePositives, point.falsePositives)
      if other > value { (best, value) = (point, other) }
    }
    return best
  }

  // MARK: One rate

  /// Every group's objective is a concave function of its rate; so is their sum, whose greatest value is at a corner.
  private func equalRates(
    _ constraint: ThresholdOptimizer.Constraint, _ search: ThresholdOptimizer.Search
  ) -> [Rule] {
    let hulls = curves.map { curve in
      curve.hull(x: { rate(constraint, curve, $0) }, y: { objective.share($0.truePositives, $0.falsePositives) })
    }
    let candidates: [Double] =
      switch search {
      case .exact: Set(hulls.flatMap { $0.corners.map(\.x) }).sorted()
      case .grid(let steps): (0...steps).map { Double($0) / Double(steps) }
      }
    let x = best(of: candidates) { x in hulls.reduce(0) { $0 + $1.mixture(at: x).y } }
    return zip(curves, hulls).map { rule($0, $1.mixture(at: x)) }
  }

  private func rate(
    _ constraint: ThresholdOptimizer.Constraint, _ curve: ThresholdCurve, _ point: ThresholdCurve.Point
  ) -> Double {
    switch constraint {
    case .truePositiveRateParity: point.truePositives / curve.positives
    case .falseNegativeRateParity: (curve.positives - point.truePositives) / curve.positives
    case .falsePositiveRateParity: point.falsePositives / curve.negatives
    case .trueNegativeRateParity: (curve.negatives - point.falsePositives) / curve.negatives
    case .none, .singleThreshold, .demographicParity, .equalizedOdds:
      (point.truePositives + point.falsePositives) / (curve.positives + curve.negatives)
    }
  }

  // MARK: Both rates

  /// All groups reach what is under the lowest of their curves of true over false positive rates.
  private func equalOdds(_ search: ThresholdOptimizer.Search) -> [Rule] {
    let hulls = curves.map { curve in
      curve.hull(x: { $0.falsePositives / curve.negatives }, y: { $0.truePositives / curve.positives })
    }
    func lowest(_ x: Double) -> Double { hulls.reduce(.infinity) { min($0, $1.mixture(at: x).y) } }
    let candidates: [Double] =
      switch search {
      case .exact: crossings(of: hulls)
      case .grid(let steps): (0...steps).map { Double($0) / Double(steps) }
      }
    let x = best(of: candidates) { x in objective(lowest(x) * positives, x * negatives) }
    let y = lowest(x)
    return zip(curves, hulls).map { curve, hull in
      let mixture = hull.mixture(at: x)
      // On the diagonal, rows that are decided whatever their score do as well.
      let ignored = mixture.y > x ? min(max((mixture.y - y) / (mixture.y - x), 0), 1) : 0
      return rule(curve, mixture, ignored: ignored, probability: x)
    }
  }

  /// The corners of all hulls, and where two of them cross between corners.
  private func crossings(of hulls: [ThresholdHull]) -> [Double] {
    let corners = Set(hulls.flatMap { $0.corners.map(\.x) }).sorted()
    var found = corners
    for (left, right) in zip(corners, corners.dropFirst()) {
      let ends = hulls.map { ($0.mixture(at: left).y, $0.mixture(at: right).y) }
      for (index, first) in ends.enumerated() {
        for second in ends[(index + 1)...] {
          let (before, after) = (first.0 - second.0, first.1 - second.1)
          if before * after < 0 { found.append(left + (right - left) * before / (before - after)) }
        }
      }
    }
    return found.sorted()
  }

  /// The first candidate of the best value; differences of roundings do not count.
  private func best(of candidates: [Double], _ value: (Double) -> Double) -> Double {
    var (best, found) = (candidates[0], value(candidates[0]))
    for candidate in candidates.dropFirst() {
      let other = value(candidate)
      if other > found + 1e-15 { (best, found) = (candidate, other) }
    }
    return best
  }

  // MARK: Rules

  private func rule(_ curve: ThresholdCurve, _ point: ThresholdCurve.Point) -> Rule {
    rule(curve, [.init(cut: point.cut, probability: 1)], 0, 0, point.truePositives, point.falsePositives)
  }

  private func rule(
    _ curve: ThresholdCurve, _ mixture: ThresholdHull.Mixture, ignored: Double = 0, probability: Double = 0
  ) -> Rule {
    let truePositives = ignored * probability * curve.positives + (1 - ignored) * mixture.truePositives
    let falsePositives = ignored * probability * curve.negatives + (1 - ignored) * mixture.falsePositives
    return rule(curve, mixture.parts, ignored, ignored == 0 ? 0 : probability, truePositives, falsePositives)
  }

  private func rule(
    _ curve: ThresholdCurve, _ parts: [ThresholdOptimizer.Part], _ ignored: Double, _ probability: Double,
    _ truePositives: Double, _ falsePositives: Double
  ) -> Rule {
    Rule(
      parts: parts, ignoredShare: ignored, ignoredProbability: probability,
      selectionRate: (truePositives + falsePositives) / (curve.positives + curve.negatives),
      truePositiveRate: curve.positives > 0 ? truePositives / curve.positives : .nan,
      falsePositiveRate: curve.negatives > 0 ? falsePositives / curve.negatives : .nan)
  }
}
