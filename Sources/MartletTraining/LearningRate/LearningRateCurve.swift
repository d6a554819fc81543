import MartletPlatform
import MartletPlots
import MartletText

/// The loss after steps of rising learning rates, and the rates that it suggests: see
/// `Trainer.findLearningRate(_:from:to:steps:batchSize:seed:)`.
///
/// ```swift
/// let curve = try trainer.findLearningRate(train)
/// print(curve)
/// try curve.saveSVG(to: "rates.svg")
/// trainer.optimizer.learningRate = curve.suggestion
/// ```
public struct LearningRateCurve: Sendable {
  /// The rates that were tried, each larger than the one before; those after the loss diverged are left out.
  public let rates: [Double]
  /// The loss of the batch after a step with each of the rates, smoothed over the batches before.
  public let losses: [Double]
  /// Whether the loss became too large, or no number, before the last rate.
  public let hasDiverged: Bool
  /// The lowest rate, which is suggested where no other is known.
  let lowest: Double

  init(rates: [Double], losses: [Double], hasDiverged: Bool, lowest: Double) {
    (self.rates, self.losses, self.hasDiverged, self.lowest) = (rates, losses, hasDiverged, lowest)
  }

  /// The rate to begin with: `valley`, or the lowest rate where the loss never fell.
  public var suggestion: Double { valley ?? lowest }

  /// The rate in the middle of the longest fall of the loss; nil where it never fell.
  ///
  /// The longest fall is the longest sequence of rates, not necessarily consecutive, in which each loss is less than the
  /// one before, as fastai's "valley".
  public var valley: Double? {
    var longest = [Int](repeating: 1, count: losses.count)
    var end = 0
    for index in losses.indices {
      for before in 0..<index where losses[index] < losses[before] {
        longest[index] = max(longest[index], longest[before] + 1)
      }
      if longest[index] > longest[end] { end = index }
    }
    guard let length = losses.isEmpty ? nil : longest[end], length > 1 else { return nil }
    // The sequence may have gaps, so its beginning is looked for.
    var (start, rest) = (end, length)
    for index in stride(from: end, through: 0, by: -1) where longest[index] == rest && losses[index] >= losses[start] {
      (start, rest) = (index, rest - 1)
    }
    return rates[(start + end) / 2]
  }

  /// The rate at which the loss fell fastest with the rate's logarithm; nil where it never fell.
  public var steepest: Double? {
    let slopes = losses.indices.dropFirst().dropLast().map { (losses[$0 + 1] - losses[$0 - 1], rates[$0]) }
    let best = slopes.min { $0.0 < $1.0 }
    return best.flatMap { $0.0 < 0 ? $0.1 : nil }
  }

  /// The losses over the rates, with the suggestions.
  public var chart: Chart {
    var chart = Chart(
      "Learning rates", x: ChartAxis("learning rate", scale: .logarithmic), y: ChartAxis("loss", scale: .automatic))
    chart.line(rates, losses)
    if let valley { chart.upright(at: valley, label: "valley", color: 1) }
    if let steepest { chart.upright(at: steepest, label: "steepest", color: 2) }
    return chart
  }

  /// Writes the chart as an SVG picture; throws when the file cannot be written.
  public func saveSVG(to path: String) throws(FormatError) { try chart.saveSVG(to: path) }
}

extension LearningRateCurve: CustomStringConvertible {
  /// The chart as text, and what it suggests.
  public var description: String {
    func text(_ rate: Double?) -> String { rate.map(NumberFormat.metric) ?? "none" }
    let end =
      rates.isEmpty
      ? "the loss diverged at the lowest rate, \(text(lowest)): begin lower, or look at the data and the loss"
      : hasDiverged ? "the loss diverged after \(text(rates.last))" : "the loss did not diverge"
    let suggestions =
      valley == nil
      ? "it never fell: suggested is the lowest rate, \(text(suggestion))"
      : "suggested is \(text(suggestion)), the middle of the longest fall; steepest at \(text(steepest))"
    return (rates.count > 1 ? chart.text() + "\n" : "") + "\(end); \(suggestions)"
  }
}
