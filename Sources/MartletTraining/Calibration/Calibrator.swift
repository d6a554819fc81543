import MartletCore
import MartletPlatform
import MartletText

/// What makes a classifier's outputs probabilities that come true as often as they say.
///
/// ```swift
/// let outputs = try trainer.predict(held.x)                     // logits of rows that were not trained with
/// let calibrator = try Calibrator(.temperature, outputs: outputs, labels: held.y)
/// try model.save(to: "digits.safetensors", ModelContents(calibrator: calibrator))
/// // In another program:
/// let contents = try model.load(from: "digits.safetensors")
/// let predictor = try model.predictor(calibrator: contents.calibrator)
/// print(try predictor.predict(images))                          // probabilities
/// ```
/// It is fitted to outputs `[rows]` or `[rows, 1]` of the positive class, or `[rows, classes]` of classes of which each row
/// has one, and makes probabilities of the same shape, which add up to 1 over classes. Fit it to rows that the model was
/// not trained with: on its training rows a model is surer than it is elsewhere.
public struct Calibrator: Sendable, Hashable {
  /// How outputs become probabilities.
  public enum Method: String, Sendable, Hashable, CaseIterable, Codable {
    /// All logits divided by one number: one parameter, for models that are too sure of everything. No order of classes
    /// or of rows changes, and the log loss on the rows it is fitted to gets no larger. Source: C. Guo et al., On
    /// calibration of modern neural networks (2017).
    case temperature
    /// Each class's logit times a slope of its own plus an offset: for models that are surer of some classes than of others,
    /// two parameters for each. Source: C. Guo et al. too.
    case vector
    /// A sigmoid of the log-odds times a slope plus an offset, for each class against the others. Source: J. Platt,
    /// Probabilistic outputs for support vector machines (1999), with its smoothed targets.
    case platt
    /// A step-like function of the probability, fitted by ``IsotonicRegression``, for each class against the others: any
    /// shape that never falls, from some 1000 rows on. Source: B. Zadrozny and C. Elkan, Transforming classifier scores
    /// into accurate multiclass probability estimates (2002).
    case isotonic
  }

  enum Map: Hashable {
    case temperature(Double)
    case vector([Line])
    case platt([Line])
    case isotonic([IsotonicRegression])
  }

  /// A logit, or log-odds, times a slope plus an offset.
  struct Line: Hashable { var slope, offset: Double }

  /// What the model's outputs are.
  public let form: OutputForm
  /// The number of classes, at least 2.
  public let classCount: Int
  let map: Map

  /// How outputs become probabilities.
  public var method: Method {
    switch map {
    case .temperature: .temperature
    case .vector: .vector
    case .platt: .platt
    case .isotonic: .isotonic
    }
  }

  /// What logits are divided by; nil of other methods. Above 1 where the model was too sure.
  public var temperature: Double? { if case .temperature(let number) = map { number } else { nil } }

  /// The functions of the probabilities, one for each class, of two classes for class 1 alone; empty for other methods.
  public var curves: [IsotonicRegression] { if case .isotonic(let curves) = map { curves } else { [] } }

  private var lines: [Line] {
    switch map {
    case .vector(let lines), .platt(let lines): lines
    case .temperature, .isotonic: []
    }
  }

  /// What logits, or by ``Method/platt`` log-odds, are multiplied by, one number for each class, of two classes for class 1
  /// alone; empty for other methods.
  public var slopes: [Double] { lines.map(\.slope) }

  /// What is added to them then, one number for each slope.
  public var offsets: [Double] { lines.map(\.offset) }

  /// The probabilities that a model's outputs stand for, of the outputs' shape.
  ///
  /// NaN gives NaN in its row, as an infinite logit does that leaves no probability to others but by ``Method/platt``.
  /// Throws when the outputs are of another shape than those that the calibrator was fitted to, and when they are
  /// probabilities and one is outside 0…1.
  /// - Complexity: O(n), of isotonic regression O(n log thresholds)
  public func probabilities<Scalar: FloatingScalar>(
    of outputs: Tensor<Scalar>
  ) throws(CalibrationError) -> Tensor<Scalar> {
    let rows = try CalibrationScores(outputs, form, allowsBadNumbers: true)
    if rows.classes != classCount {
      throw .shapes(
        "expected outputs of \(classCount) classes, as the calibrator was fitted to, got shape \(outputs.shape)")
    }
    var result = [Double](repeating: 0, count: rows.numbers.count)
    for row in 0..<rows.count {
      let places = row * rows.columns..<(row + 1) * rows.columns
      let scores = rows.numbers[places]
      switch map {
      case .temperature(let temperature):
        result.replaceSubrange(places, with: ofLogits(scores.map { $0 / temperature }))
      case .vector(let lines):
        result.replaceSubrange(places, with: ofLogits(zip(scores, lines).map { $0 * $1.slope + $1.offset }))
      case .platt(let lines):
        let odds = logOdds(scores)
        let each = lines.indices.map { sigmoid(lines[$0].slope * odds[$0] + lines[$0].offset) }
        result.replaceSubrange(places, with: normalized(each))
      case .isotonic(let curves):
        let odds = logOdds(scores)
        result.replaceSubrange(places, with: normalized(curves.indices.map { curves[$0](sigmoid(odds[$0])) }))
      }
    }
    if rows.columns == 1 && outputs.shape.last == 2 && outputs.rank == 2 { result = result.flatMap { [1 - $0, $0] } }
    return Tensor<Double>(result).reshaped(to: outputs.shape).cast(to: Scalar.self)
  }

  /// Throws when rows of outputs of this shape are none that the calibrator was fitted to; `shape` is that of one row.
  func checkRow(_ shape: Shape) throws(CalibrationError) {
    let classes = shape.count == 0 || shape == [1] ? 2 : shape.count == 1 ? shape[0] : nil
    if classes != classCount {
      throw .shapes("expected outputs of \(classCount) classes, as the calibrator was fitted to, got rows of \(shape)")
    }
  }
}

extension Calibrator: CustomStringConvertible {
  /// `temperature 1.83`, `Platt scaling of 10 classes`, `isotonic regression with 24 thresholds`.
  public var description: String {
    switch map {
    case .temperature(let number): "temperature \(NumberFormat.metric(number))"
    case .vector(let lines), .platt(let lines):
      (method == .vector ? "vector scaling" : "Platt scaling")
        + (lines.count > 1
          ? " of \(lines.count) classes"
          : ", slope \(NumberFormat.metric(lines[0].slope)), offset \(NumberFormat.metric(lines[0].offset))")
    case .isotonic(let curves):
      "isotonic regression with \(curves.reduce(0) { $0 + $1.thresholds.count }) thresholds"
    }
  }
}

func sigmoid(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }

/// log Σ exp, which neither overflows nor is lost far below 0.
func logSumExp(_ numbers: some Collection<Double>) -> Double {
  let largest = numbers.max() ?? -.infinity
  return largest.isFinite ? largest + log(numbers.reduce(0) { $0 + exp($1 - largest) }) : largest
}

func softmax(_ scores: some Collection<Double>) -> [Double] {
  if scores.contains(where: \.isNaN) { return scores.map { _ in .nan } }
  let sum = logSumExp(scores)
  return scores.map { exp($0 - sum) }
}

/// The probabilities of logits; of one logit that of class 1.
private func ofLogits(_ scores: [Double]) -> [Double] { scores.count == 1 ? [sigmoid(scores[0])] : softmax(scores) }

/// The log-odds of each class against all others, from logits; a single score is one already.
func logOdds(_ scores: some RandomAccessCollection<Double>) -> [Double] {
  if scores.count == 1 { return Array(scores) }
  if scores.contains(where: \.isNaN) { return scores.map { _ in .nan } }
  return scores.indices.map { index in
    let others = scores.indices.lazy.filter { $0 != index }.map { scores[$0] }
    return scores[index] - logSumExp(Array(others))
  }
}

/// Probabilities of one class against the others as those of all classes, which add up to 1; where all are 0, all are
/// equal, as in scikit-learn.
private func normalized(_ each: [Double]) -> [Double] {
  if each.count == 1 { return each }
  let sum = each.reduce(0, +)
  return sum == 0 ? each.map { _ in 1 / Double(each.count) } : each.map { $0 / sum }
}

/// Outputs as logits: of two classes the log-odds of class 1, one number a row; of more, a number for each class.
struct CalibrationScores {
  let numbers: [Double]
  let count: Int
  let classes: Int
  var columns: Int { classes == 2 ? 1 : classes }

  /// Throws on outputs of another shape than `[rows]`, `[rows, 1]` and `[rows, classes]`, and on probabilities outside
  /// 0…1; on NaN and infinite numbers too unless they are allowed.
  init<Scalar: FloatingScalar>(
    _ outputs: Tensor<Scalar>, _ form: OutputForm, allowsBadNumbers: Bool
  ) throws(CalibrationError) {
    let shape = outputs.shape
    if !(shape.count == 1 || (shape.count == 2 && shape[1] > 0)) {
      throw .shapes("expected outputs of shape [rows], [rows, 1] or [rows, classes], got \(shape)")
    }
    let width = shape.count == 1 ? 1 : shape[1]
    (count, classes) = (shape[0], max(2, width))
    let values = outputs.detached().cast(to: Double.self).scalars
    if !allowsBadNumbers, let place = values.firstIndex(where: { !$0.isFinite }) {
      throw .invalid("expected outputs that are finite, got \(values[place]) in row \(place / width)")
    }
    if form == .probabilities, let place = values.firstIndex(where: { $0 < 0 || $0 > 1 }) {
      throw .invalid(
        "expected probabilities within 0…1, got \(values[place]) in row \(place / width); say from: .logits of others")
    }
    // Probabilities are taken to be 2⁻⁵² at least, as by the metrics.
    func logit(_ x: Double) -> Double { form == .logits || x.isNaN ? x : log(max(x, .ulpOfOne)) }
    switch width {
    case 1: numbers = form == .logits ? values : values.map { logit($0) - logit(1 - $0) }
    case 2: numbers = (0..<count).map { logit(values[2 * $0 + 1]) - logit(values[2 * $0]) }
    default: numbers = values.map(logit)
    }
  }
}
