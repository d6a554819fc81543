import MartletCore
import MartletData
import MartletNumerics

/// How Shapley values are found.
public enum ShapleyMethod: Sendable, Equatable {
  /// Exact for up to 12 features, Kernel SHAP with 2048 sets beyond.
  case automatic
  /// From all 2ᴹ sets of M features, up to 20.
  case exact
  /// Kernel SHAP: a regression on so many sets, or all if there are no more.
  case kernel(sets: Int)
}

extension Explainer {
  /// Shapley values: what each feature adds on average, over all orders in which the features of a row may replace those
  /// of background rows.
  ///
  /// The value of a set of features is the mean of what is explained when these are the row's and the others are those of
  /// each background row. The attributions add up to F(x) less the mean over the background. Replacing features that
  /// depend on each other makes rows that do not occur. Sources: L. Shapley, A value for n-person games (1953); S. Lundberg
  /// and S.-I. Lee, A unified approach to interpreting model predictions (2017), arXiv:1705.07874.
  ///
  /// - Parameters:
  ///   - x: The rows, `[n, …]`.
  ///   - background: Rows that features are taken from, `[m, …]`; one row of zeros by default.
  ///   - method: How the values are found.
  ///   - seed: What the sets depend on where not all are taken.
  /// - Complexity: For each row as many evaluations as sets times background rows.
  public func shapleyValues(
    _ x: Tensor<Scalar>, background: Tensor<Scalar>? = nil, method: ShapleyMethod = .automatic, seed: UInt64 = 0
  ) throws(ExplanationError) -> Attribution<Scalar> {
    try check(x)
    let row = Shape(x.shape.dropFirst())
    let others = background ?? .zeros(Shape([1] + row))
    if others.rank == 0 || Shape(others.shape.dropFirst()) != row {
      throw .shapes("expected a background of rows of shape \(row), got shape \(others.shape)")
    }
    try check(others)
    let found = try Shapley(
      model: featureModel(row), features: numbers(x.contiguous()), background: numbers(others.contiguous())
    ).values(method, seed)
    return Attribution(
      found.method, target.name, Tensor(shape: x.shape, scalars: found.values.map { Scalar($0) }),
      names(row.elementCount), others.shape[0] == 1 ? .multiplied(by: x.detached() - others.detached()) : .unscaled,
      completeness: found.completeness)
  }
}

extension TableExplainer {
  /// Shapley values of the columns of a table's rows, `[rows, columns]`: see
  /// ``Explainer/shapleyValues(_:background:method:seed:)``.
  public func shapleyValues(
    of table: Table, background: Table, method: ShapleyMethod = .automatic, seed: UInt64 = 0
  ) throws(ExplanationError) -> Attribution<Double> {
    let (model, features) = try featureModel([table, background])
    let found = try Shapley(model: model, features: features[0], background: features[1]).values(method, seed)
    return Attribution(
      found.method, target.name, Tensor(shape: [table.rowCount, model.width], scalars: found.values), model.names,
      .unscaled, completeness: found.completeness)
  }
}

private struct Shapley {
  let model: FeatureModel
  let features: [Double]
  let background: [Double]
  typealias Found = (method: String, values: [Double], completeness: [Completeness])

  private var width: Int { model.width }
  private var others: Int { background.count / width }

  func values(_ method: ShapleyMethod, _ seed: UInt64) throws(ExplanationError) -> Found {
    switch method {
    case .automatic: return width <= 12 ? try exact() : try kernel(2048, seed)
    case .exact:
      if width > 20 { throw .invalid("expected at most 20 features for exact Shapley values, got \(width)") }
      return try exact()
    case .kernel(let sets):
      if sets < 2 { throw .invalid("expected at least 2 sets of features, got \(sets)") }
      return try kernel(sets, seed)
    }
  }

  /// The values of some sets of features for a row: means over the background.
  private func worths(_ sets: [[Bool]], row: Int) throws(ExplanationError) -> [Double] {
    let all = try model.values(count: sets.count * others) { index, point in
      let (set, other) = index.quotientAndRemainder(dividingBy: others)
      for place in 0..<width {
        point.append(sets[set][place] ? features[row * width + place] : background[other * width + place])
      }
      return row
    }
    return sets.indices.map { set in
      (0..<others).reduce(0) { $0 + all[set * others + $1] } / Double(others)
    }
  }

  private func exact() throws(ExplanationError) -> Found {
    let sets = (0..<1 << width).map { bits in (0..<width).map { bits & 1 << $0 != 0 } }
    // |S|! (M - |S| - 1)! / M!
    let weights = (0..<width).map { 1 / (Double(width) * Coalitions.choices(width - 1, $0)) }
    var (values, completeness) = ([Double](), [Completeness]())
    for row in 0..<features.count / width {
      let worths = try worths(sets, row: row)
      var shares = [Double](repeating: 0, count: width)
      for bits in sets.indices {
        let weight = bits.nonzeroBitCount < width ? weights[bits.nonzeroBitCount] : 0
        for place in 0..<width where bits & 1 << place == 0 {
          shares[place] += weight * (worths[bits | 1 << place] - worths[bits])
        }
      }
      values += shares
      completeness.append(complete(shares, worths.last!, worths[0], sets.count))
    }
    return ("exact Shapley values, \(others) background rows", values, completeness)
  }

  private func complete(_ row: [Double], _ output: Double, _ baseline: Double, _ sets: Int) -> Completeness {
    Completeness(
      output: output, baselineOutput: baseline, sum: row.reduce(0, +),
      limit: Completeness.limit(1e-9, output, baseline, as: Double.self), evaluations: sets * others)
  }

  /// The regression of the sets' values on their members, with the sum of the coefficients held to the difference of the
  /// full and the empty set: the last feature's is what the others leave of it.
  private func kernel(_ limit: Int, _ seed: UInt64) throws(ExplanationError) -> Found {
    let coalitions = Coalitions(features: width, limit: limit, seed: seed)
    let sets = [[Bool](repeating: false, count: width), [Bool](repeating: true, count: width)] + coalitions.members
    let (free, rows) = (width - 1, features.count / width)
    let roots = coalitions.weights.map { $0.squareRoot() }
    var (design, sides, ends) = ([Double](), [Double](), [(empty: Double, whole: Double)]())
    for (set, root) in zip(coalitions.members, roots) {
      for place in 0..<free { design.append(root * ((set[place] ? 1 : 0) - (set[free] ? 1 : 0))) }
    }
    for row in 0..<rows {
      let worths = try worths(sets, row: row)
      ends.append((worths[0], worths[1]))
      for (index, set) in coalitions.members.enumerated() {
        let rest = worths[index + 2] - worths[0] - (set[free] ? worths[1] - worths[0] : 0)
        sides.append(roots[index] * rest)
      }
    }
    let found = try coefficients(design, sides, rows: rows, sets: coalitions.members.count)
    var (values, completeness) = ([Double](), [Completeness]())
    for (row, (empty, whole)) in ends.enumerated() {
      var shares = Array(found[row * free..<(row + 1) * free])
      shares.append(whole - empty - shares.reduce(0, +))
      values += shares
      completeness.append(complete(shares, whole, empty, sets.count))
    }
    let name = coalitions.isExhaustive || width < 2 ? "all \(sets.count) sets" : "\(sets.count) sets"
    return ("Kernel SHAP of \(name), \(others) background rows", values, completeness)
  }

  /// The coefficients of each row's regression on the same sets, row after row.
  private func coefficients(
    _ design: [Double], _ sides: [Double], rows: Int, sets: Int
  ) throws(ExplanationError) -> [Double] {
    let free = width - 1
    if free == 0 { return [] }
    do throws(LinearAlgebraError) {
      let found = try leastSquares(
        Tensor<Double>(shape: [sets, free], scalars: design),
        Tensor<Double>(shape: [rows, sets], scalars: sides).transposed())
      if found.rank.item() == free { return found.solution.transposed().contiguous().scalars }
    } catch {
      throw .invalid("expected finite answers of the model, got others: \(error)")
    }
    throw .invalid("expected enough sets of features to tell \(width) apart, got \(sets): ask for more")
  }
}
