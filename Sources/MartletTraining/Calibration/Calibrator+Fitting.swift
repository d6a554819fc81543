import MartletCore
import MartletNN
import MartletPlatform

extension Calibrator {
  /// The temperatures that are looked at: what separates all rows has no best one, only ever smaller ones.
  public static let temperatures: ClosedRange<Double> = 0.01...100

  /// Fits a calibrator to a model's outputs for rows that it was not trained with.
  ///
  /// A temperature is the one of least log loss within ``temperatures``, and so are a vector's slopes and offsets, by L-BFGS;
  /// rows that these separate have none, and get what 200 steps find. Platt's slope and offset have the least log loss of
  /// targets (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2) in place of 1 and 0, so that few rows are not trusted too far. Isotonic
  /// regression is of labels by probabilities.
  ///
  /// Throws when the shapes do not go together, when there is no row with a weight, when all are of one class, for other
  /// methods than temperature also when a class has no row, when an output is not finite, a probability outside 0…1, a
  /// label no class, and when a weight is negative or not finite.
  /// - Complexity: O(n) for each of some ten steps, of isotonic regression O(classes · rows · log rows)
  /// - Parameters:
  ///   - method: How outputs become probabilities.
  ///   - outputs: The outputs `[rows]`, `[rows, 1]` or `[rows, classes]`.
  ///   - labels: The classes `[rows]` or `[rows, 1]`: 0 or 1, or 0..<classes.
  ///   - weights: The weights `[rows]` of rows; a row of weight k counts like k rows.
  ///   - form: What the outputs are.
  public init<Scalar: FloatingScalar, Label: NumericScalar>(
    _ method: Method, outputs: Tensor<Scalar>, labels: Tensor<Label>, weights: Tensor<Float>? = nil,
    from form: OutputForm = .logits
  ) throws(CalibrationError) {
    let rows = try LabelledScores(outputs, labels, weights, form)
    (self.form, classCount) = (form, rows.scores.classes)
    switch method {
    case .temperature:
      if rows.present.count < 2 {
        throw .oneClass("expected rows of several classes, got only class \(rows.present.first ?? 0)")
      }
      map = .temperature(rows.temperature(within: Self.temperatures))
    case .vector, .platt, .isotonic:
      if let missing = (0..<classCount).first(where: { !rows.present.contains($0) }) {
        throw .oneClass(
          "expected rows of each of \(classCount) classes for \(method.rawValue), got none of class \(missing)")
      }
      if method == .vector {
        map = .vector(rows.lines())
        return
      }
      let odds = rows.oddsByClass()
      // Of two classes, one tells the other.
      let classes = classCount == 2 ? [1] : Array(0..<classCount)
      if method == .platt {
        map = .platt(classes.indices.map { rows.line(odds[$0], of: classes[$0]) })
      } else {
        var curves = [IsotonicRegression]()
        for (column, index) in classes.enumerated() {
          curves.append(
            try IsotonicRegression(
              x: odds[column].map(sigmoid), y: rows.labels.map { $0 == index ? 1 : 0 }, weights: rows.weights))
        }
        map = .isotonic(curves)
      }
    }
  }
}

/// Slopes and offsets of logits `[rows, columns]`.
private final class ScaledLogits: Module {
  @Parameter var slopes: Tensor<Double>
  @Parameter var offsets: Tensor<Double>

  init(_ columns: Int) {
    slopes = .ones([columns])
    offsets = .zeros([columns])
  }
}

/// Rows to fit to.
private struct LabelledScores {
  let scores: CalibrationScores
  let labels: [Int]
  let weights: [Double]
  /// The classes that there are rows with a weight of.
  let present: Set<Int>

  init<Scalar: FloatingScalar, Label: NumericScalar>(
    _ outputs: Tensor<Scalar>, _ labels: Tensor<Label>, _ weights: Tensor<Float>?, _ form: OutputForm
  ) throws(CalibrationError) {
    let scores = try CalibrationScores(outputs, form, allowsBadNumbers: false)
    let rows = scores.count
    if rows == 0 { throw .empty("expected rows, got outputs of shape \(outputs.shape)") }
    if labels.shape != [rows] && labels.shape != [rows, 1] {
      throw .shapes("expected labels of shape [\(rows)] as there are outputs, got \(labels.shape)")
    }
    if let weights, weights.shape != [rows] {
      throw .shapes("expected weights of shape [\(rows)], got \(weights.shape)")
    }
    self.weights = weights.map { $0.scalars.map(Double.init) } ?? [Double](repeating: 1, count: rows)
    if let row = self.weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      throw .invalid("expected weights that are finite and not negative, got \(self.weights[row]) in row \(row)")
    }
    var numbers = [Int]()
    for (row, label) in labels.detached().cast(to: Double.self).scalars.enumerated() {
      guard let number = Int(exactly: label), (0..<scores.classes).contains(number) else {
        throw .invalid("expected labels within 0..<\(scores.classes), got \(label) in row \(row)")
      }
      numbers.append(number)
    }
    self.labels = numbers
    self.scores = scores
    present = Set(zip(numbers, self.weights).lazy.filter { $0.1 > 0 }.map { $0.0 })
    if present.isEmpty { throw .empty("expected a weight above 0, got none") }
  }

  // MARK: Temperature

  /// The temperature of least log loss: the loss is convex in 1/T, so its slope there crosses 0 once, and Newton's steps
  /// that leave the bracket are halvings of it.
  func temperature(within range: ClosedRange<Double>) -> Double {
    var (low, high) = (1 / range.upperBound, 1 / range.lowerBound)
    var inverse = 1.0
    for _ in 0..<200 {
      let (slope, curvature) = derivatives(inverse)
      // Outputs that say nothing have no slope anywhere: they stay as they are.
      if slope == 0 { break }
      if slope > 0 { high = inverse } else { low = inverse }
      let step = inverse - slope / curvature
      // Far out the slope rounds to what no longer turns: halving the exponent reaches an end of the range.
      let next = step > low && step < high ? step : (low * high).squareRoot()
      if abs(next - inverse) <= 1e-15 * inverse { break }
      inverse = next
    }
    return min(max(1 / inverse, range.lowerBound), range.upperBound)
  }

  /// The derivatives of the summed log loss by 1/T: mean logit less that of the label, and the logits' variance.
  private func derivatives(_ inverse: Double) -> (slope: Double, curvature: Double) {
    var (slope, curvature) = (0.0, 0.0)
    for row in labels.indices where weights[row] > 0 {
      if scores.columns == 1 {
        let score = scores.numbers[row]
        let probability = sigmoid(inverse * score)
        slope += weights[row] * score * (labels[row] == 1 ? -sigmoid(-inverse * score) : probability)
        curvature += weights[row] * score * score * probability * sigmoid(-inverse * score)
      } else {
        let numbers = scores.numbers[row * scores.columns..<(row + 1) * scores.columns]
        let label = numbers[numbers.startIndex + labels[row]]
        // From the label's logit on, so that rows that are decided do not add what rounding leaves.
        let probabilities = softmax(numbers.map { $0 * inverse })
        let mean = zip(probabilities, numbers).reduce(0) { $0 + $1.0 * ($1.1 - label) }
        let square = zip(probabilities, numbers).reduce(0) { $0 + $1.0 * ($1.1 - label) * ($1.1 - label) }
        slope += weights[row] * mean
        curvature += weights[row] * max(0, square - mean * mean)
      }
    }
    return (slope, curvature)
  }

  // MARK: A slope and an offset for each class

  func lines() -> [Calibrator.Line] {
    let (rows, columns) = (scores.count, scores.columns)
    let logits = Tensor<Double>(scores.numbers).reshaped(to: [rows, columns])
    let (labels, weights) = (Tensor<Int32>(labels.map { Int32($0) }), Tensor<Double>(weights))
    let lines = ScaledLogits(columns)
    LBFGS(maximumIterations: 200, gradientTolerance: 1e-12, changeTolerance: 1e-15).minimize(lines) { lines in
      let scaled = logits * lines.slopes + lines.offsets
      // Of two classes, class 0 has the logit 0.
      let all = columns > 1 ? scaled : Tensor<Double>.concatenate([Tensor<Double>.zeros([rows, 1]), scaled], axis: 1)
      return crossEntropy(logits: all, labels: labels, weights: weights)
    }
    return zip(lines.slopes.scalars, lines.offsets.scalars).map { Calibrator.Line(slope: $0, offset: $1) }
  }

  // MARK: A class against the others

  /// The log-odds of each row, by column.
  func oddsByClass() -> [[Double]] {
    var columns = [[Double]](repeating: [], count: scores.columns)
    for row in labels.indices {
      let odds = logOdds(scores.numbers[row * scores.columns..<(row + 1) * scores.columns])
      for (column, number) in odds.enumerated() { columns[column].append(number) }
    }
    return columns
  }

  /// Slope and offset of least log loss: Newton's steps, halved where they would not lessen it. Source: H. Lin, C. Lin and
  /// R. Weng, A note on Platt's probabilistic outputs for support vector machines (2007).
  func line(_ odds: [Double], of index: Int) -> Calibrator.Line {
    var (positive, negative) = (0.0, 0.0)
    for row in labels.indices { if labels[row] == index { positive += weights[row] } else { negative += weights[row] } }
    let (high, low) = ((positive + 1) / (positive + 2), 1 / (negative + 2))
    let targets = labels.map { $0 == index ? high : low }
    var line = Calibrator.Line(slope: 0, offset: log((positive + 1) / (negative + 1)))
    var value = loss(line, odds, targets)
    for _ in 0..<100 {
      let system = equations(line, odds, targets)
      let determinant = system.aa * system.bb - system.ab * system.ab
      let step = Calibrator.Line(
        slope: (system.bb * system.a - system.ab * system.b) / determinant,
        offset: (system.aa * system.b - system.ab * system.a) / determinant)
      var share = 1.0
      var isBetter = false
      while share > 1e-10 {
        let tried = Calibrator.Line(
          slope: line.slope - share * step.slope, offset: line.offset - share * step.offset)
        let found = loss(tried, odds, targets)
        let decrement = system.a * step.slope + system.b * step.offset
        if found <= value - 1e-4 * share * decrement {
          isBetter = found < value
          (line, value) = (tried, found)
          break
        }
        share /= 2
      }
      if !isBetter { break }
    }
    return line
  }

  private func loss(_ line: Calibrator.Line, _ odds: [Double], _ targets: [Double]) -> Double {
    var sum = 0.0
    for row in odds.indices {
      let score = line.slope * odds[row] + line.offset
      sum += weights[row] * (max(score, 0) - score * targets[row] + log1p(exp(-abs(score))))
    }
    return sum
  }

  /// The gradient (a, b) by slope and offset, and the second derivatives, which a little on the diagonal keeps solvable.
  private func equations(
    _ line: Calibrator.Line, _ odds: [Double], _ targets: [Double]
  ) -> (a: Double, b: Double, aa: Double, ab: Double, bb: Double) {
    var (a, b, aa, ab, bb) = (0.0, 0.0, 1e-12, 0.0, 1e-12)
    for row in odds.indices {
      let (x, score) = (odds[row], line.slope * odds[row] + line.offset)
      let probability = sigmoid(score)
      let (error, spread) = (weights[row] * (probability - targets[row]), weights[row] * probability * sigmoid(-score))
      a += error * x
      b += error
      aa += spread * x * x
      ab += spread * x
      bb += spread
    }
    return (a, b, aa, ab, bb)
  }
}
