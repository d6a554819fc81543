/// A search along a direction for a step that satisfies the strong Wolfe conditions (Nocedal and Wright, 2006, algorithms
/// 3.5 and 3.6), with the constants and the cubic interpolation of `torch.optim.LBFGS`.
struct WolfeSearch {
  /// A point on the line: the step, the value there, the slope along the direction, and the gradient.
  struct Point {
    var step: Double
    var value: Double
    var slope: Double
    var gradient: [Double]
  }

  /// The largest magnitude in the direction, by which a bracket is too short to go on.
  let length: Double
  let changeTolerance: Double
  let maximumEvaluations: Int
  let evaluate: (_ step: Double) -> Point
  private(set) var evaluations = 0

  init(
    length: Double, changeTolerance: Double, maximumEvaluations: Int, evaluate: @escaping (_ step: Double) -> Point
  ) {
    self.length = length
    self.changeTolerance = changeTolerance
    self.maximumEvaluations = maximumEvaluations
    self.evaluate = evaluate
  }

  /// The best point found, beginning with the given step from `start`.
  mutating func run(from start: Point, firstStep: Double) -> Point {
    func isLow(_ point: Point) -> Bool { point.value <= start.value + 1e-4 * point.step * start.slope }
    func isFlat(_ point: Point) -> Bool { abs(point.slope) <= -0.9 * start.slope }
    var previous = start
    var point = next(firstStep)
    var tries = 0
    // Goes on until two points have a minimum between them.
    while true {
      if !isLow(point) || (tries > 1 && point.value >= previous.value) { break }
      if isFlat(point) { return point }
      if point.slope >= 0 { break }
      if tries == maximumEvaluations {
        previous = start
        break
      }
      let bounds = (point.step + 0.01 * (point.step - previous.step), 10 * point.step)
      let step = interpolate(previous, point, within: bounds)
      previous = point
      point = next(step)
      tries += 1
    }
    var (low, high) = previous.value <= point.value ? (previous, point) : (point, previous)
    // What is not a number is never the lower.
    if !low.value.isFinite { swap(&low, &high) }
    var isStuck = false
    while tries < maximumEvaluations && abs(high.step - low.step) * length >= changeTolerance {
      let (least, most) = (min(low.step, high.step), max(low.step, high.step))
      let (first, second) = low.step <= high.step ? (low, high) : (high, low)
      var step = interpolate(first, second, within: (least, most))
      let margin = 0.1 * (most - least)
      if min(most - step, step - least) < margin {
        if isStuck || step >= most || step <= least {
          step = abs(step - most) < abs(step - least) ? most - margin : least + margin
          isStuck = false
        } else {
          isStuck = true
        }
      } else {
        isStuck = false
      }
      point = next(step)
      tries += 1
      if !isLow(point) || point.value >= low.value {
        high = point
        if high.value < low.value { swap(&low, &high) }
      } else {
        if isFlat(point) { return point }
        if point.slope * (high.step - low.step) >= 0 { high = low }
        low = point
      }
    }
    return low
  }

  private mutating func next(_ step: Double) -> Point {
    evaluations += 1
    return evaluate(step)
  }
}

/// Where the cubic through two points with their slopes is least, within bounds; their middle where it has no minimum.
private func interpolate(
  _ a: WolfeSearch.Point, _ b: WolfeSearch.Point, within bounds: (least: Double, most: Double)
) -> Double {
  let mean = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
  let square = mean * mean - a.slope * b.slope
  let middle = (bounds.least + bounds.most) / 2
  if !(square >= 0) { return middle }
  let root = square.squareRoot()
  let share = (b.slope + root - mean) / (b.slope - a.slope + 2 * root)
  let step = b.step - (b.step - a.step) * share
  return step.isNaN ? middle : min(max(step, bounds.least), bounds.most)
}
