import MartletCore

/// A part of the straight line from a row's baseline to the row, and the mean gradient along it.
private struct PathPart {
  /// The place of the row among those that are worked on.
  let row: Int
  let start: Double
  let end: Double
  /// The weighted sum of the gradients at the nodes.
  var slopes: [Double]
  /// The part's attributions less the difference of the outputs at its ends.
  var gap = 0.0
}

/// What is known of a row while its path is refined.
private struct RowPath {
  let difference: [Double]
  /// The outputs at places of the path that are ends of parts.
  var outputs: [Double: Double] = [:]
  var evaluations = 0
  var limit = 0.0
  var parts: [PathPart] = []
  var totalGap: Double { parts.reduce(0) { $0 + abs($1.gap) } }
}

extension Explainer {
  /// Integrated gradients: the gradient's mean along the straight line from a baseline to the row, times their difference.
  ///
  /// The attributions of a row add up to F(x) - F(x'), and how far they are off is the completeness gap. The integral is
  /// taken by Gauss–Legendre quadrature. Each part of the line has a gap of its own, which tells where the gradient
  /// changes faster than the nodes can follow, as at a kink of ReLU: the parts with the largest gaps are halved until the
  /// sum of their absolute values is within `tolerance`, or the row has taken `maximumNodes`; the attribution says which
  /// rows did not get there. Source: M. Sundararajan et al., Axiomatic attribution for deep networks (2017),
  /// arXiv:1703.01365.
  ///
  /// - Parameters:
  ///   - x: The rows, `[n, …]`.
  ///   - baseline: What the rows are compared with: one number, one row or a row for each; zeros by default.
  ///   - nodes: The nodes in each part of the line.
  ///   - tolerance: The largest gap, as a share of |F(x) - F(x')|; at least what the scalar type can tell.
  ///   - maximumNodes: The most nodes for a row.
  ///   - multipliesByDifference: Whether attributions are multiplied by x - x'; without, they are mean gradients, and
  ///     completeness is that of their products.
  /// - Complexity: From `nodes` to `maximumNodes` gradients for each row; `cost(of:for:)` tells the
  ///   floating-point operations.
  public func integratedGradients(
    _ x: Tensor<Scalar>, baseline: Tensor<Scalar>? = nil, nodes: Int = 16, tolerance: Double = 1e-3,
    maximumNodes: Int = 2048, multipliesByDifference: Bool = true
  ) throws(ExplanationError) -> Attribution<Scalar> {
    if nodes < 1 || maximumNodes < nodes {
      throw .invalid("expected at least one node and no more than the maximum, got \(nodes) of \(maximumNodes)")
    }
    if !(tolerance >= 0 && tolerance.isFinite) {
      throw .invalid("expected a tolerance of at least 0, got \(tolerance)")
    }
    try check(x)
    let base = try self.baseline(baseline, for: x)
    let rule = GaussLegendre(nodes)
    let width = x.count / x.shape[0]
    var (result, completeness) = ([Scalar](), [Completeness]())
    // So many rows at a time that a pass is full at first, and what is kept of their parts stays small.
    let group = max(1, rowsPerPass / nodes)
    for start in stride(from: 0, to: x.shape[0], by: group) {
      let rows = Array(start..<min(x.shape[0], start + group))
      let paths = try refined(x, base, rows, rule, tolerance, maximumNodes)
      for path in paths {
        var slopes = [Double](repeating: 0, count: width)
        for part in path.parts { for place in 0..<width { slopes[place] += part.slopes[place] } }
        let products = zip(slopes, path.difference).map { $0 * $1 }
        result += (multipliesByDifference ? products : slopes).map { Scalar($0) }
        completeness.append(
          Completeness(
            output: path.outputs[1]!, baselineOutput: path.outputs[0]!, sum: products.reduce(0, +), limit: path.limit,
            evaluations: path.evaluations))
      }
    }
    return Attribution(
      "integrated gradients\(multipliesByDifference ? "" : ", not multiplied")", target.name,
      Tensor(shape: x.shape, scalars: result), names(width),
      multipliesByDifference ? .multiplied(by: x.detached() - base) : .perUnit, completeness: completeness)
  }

  /// The paths of some rows, refined until they are complete.
  private func refined(
    _ x: Tensor<Scalar>, _ base: Tensor<Scalar>, _ rows: [Int], _ rule: GaussLegendre, _ tolerance: Double,
    _ maximum: Int
  ) throws(ExplanationError) -> [RowPath] {
    let range = rows[0]..<rows[0] + rows.count
    let (from, to) = (base[range].contiguous(), x[range].contiguous())
    let differences = numbers(to).indices
    let (ends, starts) = (numbers(to), numbers(from))
    let width = differences.count / rows.count
    var paths = rows.indices.map { row in
      RowPath(difference: (row * width..<(row + 1) * width).map { ends[$0] - starts[$0] })
    }
    var open = rows.indices.map { PathPart(row: $0, start: 0, end: 1, slopes: []) }
    while !open.isEmpty {
      let places = open.flatMap { [($0.row, $0.start), ($0.row, $0.end)] }.filter { paths[$0.0].outputs[$0.1] == nil }
      try evaluateEnds(places, from, to, rows, &paths)
      for row in rows.indices where paths[row].parts.isEmpty && paths[row].limit == 0 {
        paths[row].limit = Completeness.limit(
          tolerance, paths[row].outputs[1]!, paths[row].outputs[0]!, as: Scalar.self)
      }
      try integrate(&open, from, to, rows, rule, &paths)
      for var part in open {
        let path = paths[part.row]
        let sum = zip(part.slopes, path.difference).reduce(0) { $0 + $1.0 * $1.1 }
        part.gap = sum - (path.outputs[part.end]! - path.outputs[part.start]!)
        paths[part.row].parts.append(part)
      }
      open = paths.indices.flatMap { Self.takeWorst(of: &paths[$0], nodes: rule.nodes.count, maximum: maximum) }
    }
    return paths
  }

  /// Takes out of a path that is not complete the parts with large gaps, halved; none where that is not allowed.
  private static func takeWorst(of path: inout RowPath, nodes: Int, maximum: Int) -> [PathPart] {
    let room = (maximum - path.evaluations) / (2 * nodes)
    // A gap that is no number cannot be refined away.
    if !(path.totalGap > path.limit) || room < 1 { return [] }
    let least = path.parts.map { abs($0.gap) }.max()! / 4
    let worst = path.parts.indices.sorted { abs(path.parts[$0].gap) > abs(path.parts[$1].gap) }
      .prefix { abs(path.parts[$0].gap) >= least }.prefix(room)
    var halves: [PathPart] = []
    for index in worst {
      let part = path.parts[index]
      let middle = (part.start + part.end) / 2
      // A part that is too short to be halved stays.
      if middle <= part.start || middle >= part.end || Scalar(middle) == Scalar(part.start) { continue }
      halves.append(PathPart(row: part.row, start: part.start, end: middle, slopes: []))
      halves.append(PathPart(row: part.row, start: middle, end: part.end, slopes: []))
    }
    let taken = Set(halves.map(\.start))
    if halves.isEmpty { return [] }
    path.parts.removeAll { taken.contains($0.start) }
    return halves
  }

  /// Points of the lines from baselines to rows.
  private func points(
    _ places: ArraySlice<(row: Int, place: Double)>, _ from: Tensor<Scalar>, _ to: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let rows = Tensor<Int64>(places.map { Int64($0.row) })
    let shape = Shape([places.count] + [Int](repeating: 1, count: to.rank - 1))
    let shares = Tensor<Scalar>(shape: shape, scalars: places.map { Scalar($0.place) })
    let (near, far) = (from[rows: rows], to[rows: rows])
    // Both ends are met exactly.
    return Tensor.where(shares .== 1, far, near + (far - near) * shares)
  }

  private func evaluateEnds(
    _ wanted: [(Int, Double)], _ from: Tensor<Scalar>, _ to: Tensor<Scalar>, _ rows: [Int], _ paths: inout [RowPath]
  ) throws(ExplanationError) {
    var places: [(row: Int, place: Double)] = []
    for (row, place) in wanted where paths[row].outputs[place] == nil {
      paths[row].outputs[place] = .nan
      places.append((row, place))
    }
    var found: [Double] = []
    try passes(places.count) { range throws(ExplanationError) in
      found += try values(points(places[range], from, to), places[range].map { rows[$0.row] })
    }
    for (place, value) in zip(places, found) { paths[place.row].outputs[place.place] = value }
  }

  private func integrate(
    _ parts: inout [PathPart], _ from: Tensor<Scalar>, _ to: Tensor<Scalar>, _ rows: [Int], _ rule: GaussLegendre,
    _ paths: inout [RowPath]
  ) throws(ExplanationError) {
    let (count, width) = (rule.nodes.count, to.count / rows.count)
    for index in parts.indices {
      parts[index].slopes = [Double](repeating: 0, count: width)
      paths[parts[index].row].evaluations += count
    }
    let places = parts.flatMap { part in
      rule.nodes.map { (row: part.row, place: part.start + $0 * (part.end - part.start)) }
    }
    var sums = parts
    try passes(places.count) { range throws(ExplanationError) in
      let slopes = try gradients(points(places[range], from, to), places[range].map { rows[$0.row] }).gradients
      slopes.contiguous().withUnsafeScalars { slopes in
        for (index, place) in range.enumerated() {
          let (part, node) = place.quotientAndRemainder(dividingBy: count)
          let weight = rule.weights[node] * (sums[part].end - sums[part].start)
          for element in 0..<width {
            sums[part].slopes[element] += weight * slopes[index * width + element].doubleValue
          }
        }
      }
    }
    parts = sums
  }
}
