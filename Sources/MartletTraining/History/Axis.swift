import MartletCore
import MartletPlatform
import MartletText

/// An axis of a chart: which values it shows, where its ticks are, and how they are written.
struct Axis {
  let isLogarithmic: Bool
  /// The lowest value shown, or its decimal logarithm where the axis is logarithmic; `upper` likewise.
  let lower: Double
  let upper: Double
  let ticks: [Tick]

  struct Tick: Equatable {
    /// The place on the axis, from 0 at the lower end to 1 at the upper.
    let position: Double
    let label: String
  }

  /// An axis that shows all finite values, with ticks at round numbers. It is logarithmic where all values are above 0
  /// and the largest is more than 100 times the least.
  static func showing(_ values: [Double]) -> Axis {
    // Larger magnitudes would overflow in the arithmetic below, and smaller ones underflow.
    let finite = values.filter { abs($0) <= 1e290 }.map { abs($0) < 1e-290 ? 0 : $0 }
    let least = finite.min() ?? 0
    let most = finite.max() ?? 1
    if least > 0 && most / least > 100 {
      return decades(from: Int(floor(log10(least))), to: Int(ceil(log10(most))))
    }
    var (low, high) = (least, most)
    if !(high - low > max(abs(low), abs(high)) * 1e-9) {
      // The values are all but equal: the line goes through the middle.
      let margin = high == 0 ? 1 : abs(high) * 0.1
      (low, high) = (low - margin, high + margin)
    }
    let step = roundStep((high - low) / 4)
    let first = floor(low / step + 1e-9)
    let last = ceil(high / step - 1e-9)
    let digits = max(0, -Int(floor(log10(step) + 1e-9)))
    let ticks = (0...Int(last - first)).map { index in
      let value = (first + Double(index)) * step
      return Tick(
        position: Double(index) / (last - first),
        label: digits > 6 || abs(value) >= 1e6 ? NumberFormat.metric(value) : NumberFormat.fixed(value, digits))
    }
    return Axis(isLogarithmic: false, lower: first * step, upper: last * step, ticks: ticks)
  }

  /// An axis of the epochs 1…count, with ticks at whole numbers.
  static func epochs(_ count: Int) -> Axis {
    let last = Double(max(2, count))
    let step = max(1, roundStep((last - 1) / 8))
    // Epoch 1 always has a tick, so that the axis does not look as if it began at 0.
    let epochs = [1] + stride(from: step, through: Double(count), by: step).filter { $0 > 1 }
    let ticks = epochs.map { Tick(position: ($0 - 1) / (last - 1), label: "\(Int($0))") }
    return Axis(isLogarithmic: false, lower: 1, upper: last, ticks: ticks)
  }

  private static func decades(from first: Int, to last: Int) -> Axis {
    let every = max(1, (last - first + 5) / 6)
    let ticks = stride(from: first, through: last, by: every).map { exponent in
      let isShort = (-3...4).contains(exponent)
      return Tick(
        position: Double(exponent - first) / Double(last - first),
        label: isShort ? NumberFormat.fixed(pow(10, Double(exponent)), max(0, -exponent)) : "1e\(exponent)")
    }
    return Axis(isLogarithmic: true, lower: Double(first), upper: Double(last), ticks: ticks)
  }

  /// The place of a value on the axis, from 0 at the lower end to 1 at the upper; nil for a value outside, and for NaN.
  func position(_ value: Double) -> Double? {
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
