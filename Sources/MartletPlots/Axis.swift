import MartletPlatform
import MartletText

/// What an axis of a chart shows: its label, and how numbers are placed along it.
///
/// A string literal is an axis with that label: `Chart("Growth", x: "day", y: "height in cm")`.
public struct ChartAxis: Sendable, ExpressibleByStringLiteral {
  /// How numbers are placed along an axis.
  public enum Scale: Sendable {
    /// Equal differences are equally long.
    case linear
    /// Equal ratios are equally long; numbers that are not above 0 are left out.
    case logarithmic
    /// Logarithmic where all numbers are above 0 and the largest is more than 100 times the least, else linear.
    case automatic
    /// Whole numbers from 1 on, such as epochs.
    case counting
  }

  /// The text beside the axis.
  public var label: String
  /// How numbers are placed.
  public var scale: Scale
  /// The numbers from end to end; nil where the marks decide.
  public var range: ClosedRange<Double>?

  /// An axis with a label.
  public init(_ label: String, scale: Scale = .linear, range: ClosedRange<Double>? = nil) {
    (self.label, self.scale, self.range) = (label, scale, range)
  }

  /// A linear axis with a label.
  public init(stringLiteral label: String) { self.init(label) }

  /// The axis laid out for the numbers that it shows.
  func axis(showing numbers: [Double], ticks: Int, endsAtTicks: Bool) -> Axis {
    // The ends of a given range are where they are stated, not at the next ticks.
    let (numbers, endsAtTicks) = range.map { ([$0.lowerBound, $0.upperBound], false) } ?? (numbers, endsAtTicks)
    return switch scale {
    case .linear: .linear(numbers, ticks: ticks, endsAtTicks: endsAtTicks)
    case .logarithmic: .logarithmic(numbers, endsAtTicks: endsAtTicks)
    case .automatic: .showing(numbers)
    case .counting: .counting(to: numbers.lazy.filter { $0 < 1e15 }.max() ?? 1)
    }
  }
}

/// An axis of a chart: which values it shows, where its ticks are, and how they are written.
package struct Axis {
  let isLogarithmic: Bool
  /// The lowest value shown, or its decimal logarithm where the axis is logarithmic; `upper` likewise.
  let lower: Double
  let upper: Double
  package let ticks: [Tick]

  package struct Tick: Equatable {
    /// The place on the axis, from 0 at the lower end to 1 at the upper.
    package let position: Double
    package let label: String
  }

  /// An axis that shows all finite values, with ticks at round numbers. It is logarithmic where all values are above 0
  /// and the largest is more than 100 times the least.
  package static func showing(_ values: [Double]) -> Axis {
    let finite = shown(values)
    if let least = finite.min(), let most = finite.max(), least > 0, most / least > 100 {
      return logarithmic(finite, endsAtTicks: true)
    }
    return linear(finite, ticks: 4, endsAtTicks: true)
  }

  /// An axis of equal differences with at least `ticks` steps between its ends, which are ticks or the values' ends.
  static func linear(_ values: [Double], ticks count: Int, endsAtTicks: Bool) -> Axis {
    let finite = shown(values)
    var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    if !(high - low > max(abs(low), abs(high)) * 1e-9) {
      // The values are all but equal: the line goes through the middle.
      let margin = high == 0 ? 1 : abs(high) * 0.1
      (low, high) = (low - margin, high + margin)
    }
    let step = roundStep((high - low) / Double(count))
    if endsAtTicks { (low, high) = (floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step) }
    let (first, last) = (ceil(low / step - 1e-9), floor(high / step + 1e-9))
    let digits = max(0, -Int(floor(log10(step) + 1e-9)))
    let ticks = (0...max(0, Int(last - first))).map { index in
      let value = (first + Double(index)) * step
      return Tick(
        position: (value - low) / (high - low),
        label: digits > 6 || abs(value) >= 1e6 ? NumberFormat.metric(value) : NumberFormat.fixed(value, digits))
    }
    return Axis(isLogarithmic: false, lower: low, upper: high, ticks: ticks)
  }

  /// An axis of equal ratios, with ticks at powers of ten.
  static func logarithmic(_ values: [Double], endsAtTicks: Bool) -> Axis {
    let finite = shown(values).filter { $0 > 0 }
    var (low, high) = (log10(finite.min() ?? 1), log10(finite.max() ?? 10))
    if endsAtTicks || high - low < 1 { (low, high) = (floor(low), ceil(high)) }
    if low == high { (low, high) = (low - 1, high + 1) }
    let (first, last) = (Int(ceil(low - 1e-9)), Int(floor(high + 1e-9)))
    let every = max(1, (last - first + 5) / 6)
    let ticks = stride(from: first, through: last, by: every).map { exponent in
      let isShort = (-3...4).contains(exponent)
      return Tick(
        position: (Double(exponent) - low) / (high - low),
        label: isShort ? NumberFormat.fixed(pow(10, Double(exponent)), max(0, -exponent)) : "1e\(exponent)")
    }
    return Axis(isLogarithmic: true, lower: low, upper: high, ticks: ticks)
  }

  /// An axis of the whole numbers 1…count, such as epochs.
  package static func counting(to count: Double) -> Axis {
    let last = max(2, count)
    let step = max(1, roundStep((last - 1) / 8))
    // The first always has a tick, so that the axis does not look as if it began at 0.
    let numbers = [1] + stride(from: step, through: count, by: step).filter { $0 > 1 }
    let ticks = numbers.map { Tick(position: ($0 - 1) / (last - 1), label: "\(Int($0))") }
    return Axis(isLogarithmic: false, lower: 1, upper: last, ticks: ticks)
  }

  /// The values that are shown: larger magnitudes would overflow in the arithmetic, and smaller ones underflow.
  private static func shown(_ values: [Double]) -> [Double] {
    values.filter { abs($0) <= 1e290 }.map { abs($0) < 1e-290 ? 0 : $0 }
  }

  /// The place of a value on the axis, from 0 at the lower end to 1 at the upper; nil for a value outside, and for NaN.
  package func position(_ value: Double) -> Double? {
    let position = ((isLogarithmic ? log10(value) : value) - lower) / (upper - lower)
    return position >= -0.001 && position <= 1.001 ? position : nil
  }

  /// `step` rounded up to 1, 2 or 5 times a power of ten.
  private static func roundStep(_ step: Double) -> Double {
    let power = pow(10, floor(log10(step)))
    let factor = [1, 2, 5].first { $0 * power >= step * (1 - 1e-9) } ?? 10
    return factor * power
  }
}
