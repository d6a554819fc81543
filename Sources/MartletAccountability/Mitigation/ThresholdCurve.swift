/// What all thresholds on a group's scores come to, from the one that selects no row to the one that selects all.
struct ThresholdCurve {
  /// One threshold with the weights of the rows that it selects.
  struct Point {
    let cut: ThresholdOptimizer.Cut
    let truePositives: Double
    let falsePositives: Double
  }

  /// A row's score and label with its weight.
  struct Row {
    let score: Double
    let isPositive: Bool
    let weight: Double
  }

  /// By descending score.
  let rows: [Row]
  let positives: Double
  let negatives: Double
  /// By descending threshold; where rules may flip, each is followed by the one that selects the other rows.
  let points: [Point]

  /// Thresholds are half way between two scores, so that new scores near them are decided as the nearer one.
  init(_ rows: [Row], flips: Bool) {
    let rows = rows.sorted { $0.score > $1.score }
    let positives = rows.reduce(0) { $1.isPositive ? $0 + $1.weight : $0 }
    let negatives = rows.reduce(0) { $1.isPositive ? $0 : $0 + $1.weight }
    var points = [Point]()
    func add(_ threshold: Double, _ truePositives: Double, _ falsePositives: Double) {
      points.append(
        Point(
          cut: .init(threshold: threshold, side: .above), truePositives: truePositives,
          falsePositives: falsePositives))
      if !flips { return }
      points.append(
        Point(
          cut: .init(threshold: threshold, side: .below), truePositives: positives - truePositives,
          falsePositives: negatives - falsePositives))
    }
    add(.infinity, 0, 0)
    var (truePositives, falsePositives) = (0.0, 0.0)
    for (index, row) in rows.enumerated() {
      if row.isPositive { truePositives += row.weight } else { falsePositives += row.weight }
      let next = index + 1 < rows.count ? rows[index + 1].score : -.infinity
      // The sum of two scores may overflow where their halves do not.
      if next != row.score { add(row.score / 2 + next / 2, truePositives, falsePositives) }
    }
    (self.rows, self.positives, self.negatives, self.points) = (rows, positives, negatives, points)
  }

  /// What a cut selects that was made for other rows.
  func point(at cut: ThresholdOptimizer.Cut) -> Point {
    let selected = rows.filter { cut.selects($0.score) }
    return Point(
      cut: cut, truePositives: selected.reduce(0) { $1.isPositive ? $0 + $1.weight : $0 },
      falsePositives: selected.reduce(0) { $1.isPositive ? $0 : $0 + $1.weight })
  }

  /// The upper convex hull of the thresholds in a plane, by Andrew's monotone chain.
  ///
  /// - Complexity: O(n log n)
  func hull(x: (Point) -> Double, y: (Point) -> Double) -> ThresholdHull {
    let corners = points.map { ThresholdHull.Corner(x: x($0), y: y($0), point: $0) }
      .sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    var chain = [ThresholdHull.Corner]()
    for corner in corners {
      // Of points above each other only the highest is on the hull.
      if let last = chain.last, last.x == corner.x { chain.removeLast() }
      while chain.count >= 2 {
        let (first, middle) = (chain[chain.count - 2], chain[chain.count - 1])
        let rise = (middle.y - first.y) * (corner.x - first.x)
        if rise > (corner.y - first.y) * (middle.x - first.x) { break }
        chain.removeLast()
      }
      chain.append(corner)
    }
    return ThresholdHull(corners: chain)
  }
}

/// The upper convex hull of a group's thresholds: what mixtures of two of them achieve at best.
struct ThresholdHull {
  struct Corner {
    let x: Double
    let y: Double
    let point: ThresholdCurve.Point
  }

  /// By ascending x.
  let corners: [Corner]

  /// Two corners and the share of the second.
  struct Mixture {
    let first: Corner
    let second: Corner
    let share: Double

    var y: Double { (1 - share) * first.y + share * second.y }
    var truePositives: Double { (1 - share) * first.point.truePositives + share * second.point.truePositives }
    var falsePositives: Double { (1 - share) * first.point.falsePositives + share * second.point.falsePositives }

    /// The cuts with their probabilities; one where the other has none.
    var parts: [ThresholdOptimizer.Part] {
      let parts = [(first, 1 - share), (second, share)].filter { $0.1 > 0 }
      return parts.map { .init(cut: $0.0.point.cut, probability: $0.1) }
    }
  }

  /// The mixture of the corners on both sides of x; beyond the ends, the end.
  ///
  /// - Complexity: O(log n)
  func mixture(at x: Double) -> Mixture {
    var (low, high) = (0, corners.count - 1)
    // The first corner that is not left of x.
    while low < high {
      let middle = (low + high) / 2
      if corners[middle].x < x { low = middle + 1 } else { high = middle }
    }
    let second = corners[low]
    if low == 0 || second.x <= x { return Mixture(first: second, second: second, share: 1) }
    let first = corners[low - 1]
    return Mixture(first: first, second: second, share: (x - first.x) / (second.x - first.x))
  }
}
