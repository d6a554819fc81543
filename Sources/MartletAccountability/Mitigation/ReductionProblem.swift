import MartletText

/// A constraint on given rows: what a model's predictions violate, and what the multipliers of the constraints make of the
/// rows' labels and weights.
struct ReductionProblem {
  /// The rows of one event in one group.
  private struct Cell {
    let event: Int
    let group: Int
    /// The weight of its rows by that of all rows.
    let share: Double
  }

  let labels: [Double]
  let weights: [Double]
  let moment: FairnessMoment
  private let total: Double
  /// The cell of each row; nil where no constraint is about it.
  private let places: [Int?]
  private let cells: [Cell]
  /// The share of the rows of each event.
  private let eventShares: [Double]
  private let ratio: Double
  /// How far each constraint's violation may go.
  let bounds: [Double]
  /// The names of the constraints, in their order.
  let names: [String]

  /// Whether the rows keep their labels: a constraint on losses only weighs them.
  let keepsLabels: Bool

  init(
    _ moment: FairnessMoment, labels: [Double], weights: [Double], groups: Groups
  ) throws(FairnessError) {
    try moment.check()
    (self.moment, self.labels, self.weights) = (moment, labels, weights)
    let total = weights.reduce(0, +)
    self.total = total
    let rows: FairnessMoment.Rows
    switch moment.kind {
    case .parity(let among, _, _): rows = among
    case .groupLoss: rows = .all
    }
    let events = labels.map { label -> Int? in
      switch rows {
      case .all: 0
      case .positive: label == 1 ? 0 : nil
      case .negative: label == 1 ? nil : 0
      case .byLabel: label == 1 ? 1 : 0
      }
    }
    let (eventCount, groupCount) = (rows == .byLabel ? 2 : 1, groups.levels.count)
    var sums = [Double](repeating: 0, count: eventCount * groupCount)
    for (row, event) in events.enumerated() {
      if let event { sums[event * groupCount + Int(groups.indices[row])] += weights[row] }
    }
    // Cells without rows have no constraint.
    var (cells, order) = ([Cell](), [Int?](repeating: nil, count: sums.count))
    for (place, sum) in sums.enumerated() where sum > 0 {
      order[place] = cells.count
      cells.append(Cell(event: place / groupCount, group: place % groupCount, share: sum / total))
    }
    self.cells = cells
    places = events.enumerated().map { row, event in event.flatMap { order[$0 * groupCount + Int(groups.indices[row])] }
    }
    var eventShares = [Double](repeating: 0, count: eventCount)
    for cell in cells { eventShares[cell.event] += cell.share }
    self.eventShares = eventShares
    let labelled = cells.map { cell in
      let event = rows == .byLabel ? "label \(cell.event), " : ""
      return event + groups.levels.name(at: cell.group)
    }
    switch moment.kind {
    case .parity(_, _, let bound):
      if cells.isEmpty { throw .empty("\(moment.name): expected rows of the label that it is about, got none") }
      names = labelled.map { "\($0) above all" } + labelled.map { "\($0) below all" }
      keepsLabels = false
      switch bound {
      case .difference(let difference):
        (ratio, bounds) = (1, [Double](repeating: difference, count: 2 * cells.count))
      case .ratio(let smallest, let slack):
        (ratio, bounds) = (smallest, [Double](repeating: slack, count: 2 * cells.count))
      }
    case .groupLoss(_, let limit):
      names = labelled
      keepsLabels = true
      (ratio, bounds) = (1, [Double](repeating: limit, count: cells.count))
    }
  }

  /// The number of constraints.
  var count: Int { bounds.count }

  // MARK: What predictions come to

  /// The mean loss of the rows: of labels, the share of wrong ones.
  func error(_ predictions: [Double]) -> Double {
    var sum = 0.0
    for row in labels.indices { sum += weights[row] * loss(row, predictions[row]) }
    return sum / total
  }

  private func loss(_ row: Int, _ prediction: Double) -> Double {
    if case .groupLoss(let loss, _) = moment.kind { return loss(labels[row], prediction) }
    return abs(labels[row] - prediction)
  }

  /// The violation of each constraint, which is to be at most its bound.
  ///
  /// For parity, ρ·(group's mean) - (mean of all) for each cell and the other way round; for losses the group's mean.
  func violations(_ predictions: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: cells.count)
    for (row, place) in places.enumerated() {
      if let place { sums[place] += weights[row] * value(row, predictions[row]) }
    }
    let means = zip(sums, cells).map { $0 / (total * $1.share) }
    guard case .parity = moment.kind else { return means }
    var whole = [Double](repeating: 0, count: eventShares.count)
    for (sum, cell) in zip(sums, cells) { whole[cell.event] += sum / (total * eventShares[cell.event]) }
    let above = zip(means, cells).map { ratio * $0 - whole[$1.event] }
    let below = zip(means, cells).map { ratio * whole[$1.event] - $0 }
    return above + below
  }

  private func value(_ row: Int, _ prediction: Double) -> Double {
    switch moment.kind {
    case .parity(_, let ofErrors, _): ofErrors ? abs(labels[row] - prediction) : prediction
    case .groupLoss(let loss, _): loss(labels[row], prediction)
    }
  }

  // MARK: What multipliers come to

  /// What deciding each row negatively costs more than deciding it positively, times its weight; of losses, its weight.
  func costs(_ multipliers: [Double], withObjective: Bool = true) -> [Double] {
    let own = ownCosts(multipliers)
    return labels.indices.map { row in
      let place = places[row]
      switch moment.kind {
      case .groupLoss: return weights[row] * ((withObjective ? 1 : 0) + own[place!])
      case .parity(_, let ofErrors, _):
        let sign = 2 * labels[row] - 1
        let constrained = place.map { own[$0] * (ofErrors ? -sign : 1) } ?? 0
        return weights[row] * ((withObjective ? sign : 0) + constrained)
      }
    }
  }

  /// The same for each cell: Uλ.
  private func ownCosts(_ multipliers: [Double]) -> [Double] {
    if case .groupLoss = moment.kind { return zip(multipliers, cells).map { $0 / $1.share } }
    let (plus, minus) = (multipliers[..<cells.count], multipliers[cells.count...])
    var whole = [Double](repeating: 0, count: eventShares.count)
    for ((plus, minus), cell) in zip(zip(plus, minus), cells) {
      whole[cell.event] += (plus - ratio * minus) / eventShares[cell.event]
    }
    return zip(zip(plus, minus), cells).map { pair, cell in
      whole[cell.event] + (pair.1 - ratio * pair.0) / cell.share
    }
  }

  /// Multipliers of the same costs, or lower, and a smaller sum: each event's are moved by their weighted median, which a
  /// constraint to the mean of all rows does not notice.
  func projected(_ multipliers: [Double]) -> [Double] {
    guard case .parity = moment.kind, ratio == 1 else { return multipliers }
    var signed = cells.indices.map { multipliers[$0] - multipliers[cells.count + $0] }
    for event in eventShares.indices {
      let mine = cells.indices.filter { cells[$0].event == event }
      let shares = mine.map { cells[$0].share / eventShares[event] }
      let order = mine.indices.sorted { signed[mine[$0]] / shares[$0] < signed[mine[$1]] / shares[$1] }
      let half = shares.reduce(0, +) / 2
      var reached = 0.0
      guard
        let middle = order.first(where: { place in
          reached += shares[place]
          return reached >= half
        })
      else { continue }
      let shift = signed[mine[middle]] / shares[middle]
      for (place, cell) in mine.enumerated() { signed[cell] -= shares[place] * shift }
    }
    return signed.map { max($0, 0) } + signed.map { max(-$0, 0) }
  }

  // MARK: A grid of multipliers

  /// The multipliers at all points of a lattice whose absolute sum is at most `limit`: at least `size` of them.
  ///
  /// Of parity, each group but the first of an event has one direction, as the others then follow; of losses each group
  /// has one, and the sum is `limit` everywhere, since only their proportions matter.
  func lattice(size: Int, limit: Double) -> [[Double]] {
    let isLoss: Bool = if case .groupLoss = moment.kind { true } else { false }
    let axes = cells.indices.filter { index in
      isLoss || cells[..<index].contains { $0.event == cells[index].event }
    }
    if axes.isEmpty { return [[Double](repeating: 0, count: count)] }
    if isLoss && axes.count == 1 { return [[limit]] }
    var units = 1
    while Self.points(axes.count, units, isLoss: isLoss).count < size { units += 1 }
    return Self.points(axes.count, units, isLoss: isLoss).map { point in
      var multipliers = [Double](repeating: 0, count: count)
      for (axis, steps) in zip(axes, point) {
        let value = limit * Double(steps) / Double(units)
        if steps > 0 { multipliers[axis] = value }
        if steps < 0 { multipliers[cells.count + axis] = -value }
      }
      return multipliers
    }
  }

  /// Whole numbers whose absolute sum is at most `units`; of losses not negative, and their sum is `units`.
  private static func points(_ axes: Int, _ units: Int, isLoss: Bool) -> [[Int]] {
    if isLoss && (axes == 1 || units == 0) { return [[Int](repeating: 0, count: axes - 1) + [units]] }
    if axes == 0 { return [[]] }
    return (isLoss ? 0...units : -units...units).flatMap { first in
      points(axes - 1, units - abs(first), isLoss: isLoss).map { [first] + $0 }
    }
  }
}
