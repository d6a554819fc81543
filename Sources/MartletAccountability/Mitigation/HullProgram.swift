/// The best mixture of models under constraints, as a linear program that the simplex method solves.
///
/// Over the probabilities q of models and an excess s ≥ 0: least Σ q·error + penalty·s such that Σ q·violation_j ≤
/// bound_j + s for each constraint j, and Σ q = 1. There are few constraints and some dozens of models, so the whole
/// tableau is kept. Source: V. Chvátal, Linear programming (1983), with R. G. Bland's rule against cycling.
struct HullProgram {
  /// The probability of each model.
  let probabilities: [Double]
  /// The multiplier of each constraint, at least 0: what a smaller bound would cost.
  let multipliers: [Double]

  /// - Parameters:
  ///   - errors: The error of each model.
  ///   - excesses: For each model, what each constraint's violation is above its bound.
  ///   - penalty: What an excess costs.
  init(errors: [Double], excesses: [[Double]], penalty: Double) {
    var tableau = Tableau(errors: errors, excesses: excesses, penalty: penalty)
    tableau.minimize()
    probabilities = tableau.probabilities
    multipliers = tableau.multipliers
  }
}

private struct Tableau {
  private let models: Int
  private let constraints: Int
  /// A row for each constraint, one for the sum of probabilities, and the reduced costs. Columns: the models, the excess,
  /// a slack for each constraint, and the right-hand side.
  private var rows: [[Double]]
  /// The column that is basic in each row.
  private var basis: [Int]

  init(errors: [Double], excesses: [[Double]], penalty: Double) {
    let (models, constraints) = (errors.count, excesses[0].count)
    (self.models, self.constraints) = (models, constraints)
    let width = models + 1 + constraints + 1
    var rows = [[Double]]()
    for constraint in 0..<constraints {
      var row = [Double](repeating: 0, count: width)
      for model in 0..<models { row[model] = excesses[model][constraint] }
      row[models] = -1
      row[models + 1 + constraint] = 1
      rows.append(row)
    }
    let ones = [Double](repeating: 1, count: models) + [Double](repeating: 0, count: constraints + 1)
    rows.append(ones + [1])
    rows.append(errors + [penalty] + [Double](repeating: 0, count: constraints + 1))
    self.rows = rows
    basis = (0..<constraints).map { models + 1 + $0 } + [0]
    // One model alone, with as much excess as it needs, is a solution to begin with.
    pivot(constraints, 0)
    let right = self.rows[..<constraints].map { $0[width - 1] }
    if let least = right.min(), least < 0 { pivot(right.firstIndex(of: least)!, models) }
  }

  mutating func minimize() {
    let (last, right) = (rows.count - 1, rows[0].count - 1)
    // Bland's rule ends always, but the steepest column ends sooner.
    var steps = 0
    while true {
      let costs = rows[last][..<right]
      let improving = costs.indices.filter { costs[$0] < -1e-12 }
      let isSteep = steps < 50 * right
      let chosen = isSteep ? improving.min { costs[$0] < costs[$1] } : improving.first
      guard let column = chosen else { return }
      var (leaving, least) = (-1, Double.infinity)
      for row in 0..<last where rows[row][column] > 1e-12 {
        let ratio = max(rows[row][right], 0) / rows[row][column]
        if ratio < least || (ratio == least && basis[row] < basis[leaving]) { (leaving, least) = (row, ratio) }
      }
      // The objective is bounded from below, so that roundings alone come here.
      if leaving < 0 || steps > 200 * right { return }
      pivot(leaving, column)
      steps += 1
    }
  }

  private mutating func pivot(_ row: Int, _ column: Int) {
    let scale = rows[row][column]
    for place in rows[row].indices { rows[row][place] /= scale }
    let pivotRow = rows[row]
    for other in rows.indices where other != row {
      let factor = rows[other][column]
      if factor == 0 { continue }
      for place in pivotRow.indices { rows[other][place] -= factor * pivotRow[place] }
    }
    basis[row] = column
  }

  var probabilities: [Double] {
    var found = [Double](repeating: 0, count: models)
    for (row, column) in basis.enumerated() where column < models { found[column] = max(rows[row].last!, 0) }
    let sum = found.reduce(0, +)
    return found.map { $0 / sum }
  }

  var multipliers: [Double] {
    (0..<constraints).map { max(rows[rows.count - 1][models + 1 + $0], 0) }
  }
}
