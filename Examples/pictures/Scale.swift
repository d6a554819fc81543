import Foundation

/// An axis: the numbers that it shows, and the round ones among them that are written beside it.
struct Scale {
  let lower: Double
  let upper: Double
  let ticks: [Double]
  private let decimals: Int

  /// A scale over all the numbers; `endsAtTicks` widens it to round ones.
  init(_ numbers: [Double], endsAtTicks: Bool = false) {
    let finite = numbers.filter(\.isFinite)
    var (least, most) = (finite.min() ?? 0, finite.max() ?? 1)
    if least == most { (least, most) = (least - 1, most + 1) }
    // A tick for a seventh of the length or more: 1, 2 or 5 times a power of ten.
    let power = pow(10, floor(log10((most - least) / 7)))
    let step = power * [1, 2, 5, 10].first { $0 * power >= (most - least) / 7 * (1 - 1e-9) }!
    if endsAtTicks { (least, most) = (floor(least / step + 1e-9) * step, ceil(most / step - 1e-9) * step) }
    (lower, upper) = (least, most)
    ticks = (Int(ceil(least / step - 1e-9))...Int(floor(most / step + 1e-9))).map { Double($0) * step }
    decimals = max(0, -Int(floor(log10(step) + 1e-9)))
  }

  /// The place of a number, from 0 at the lower end to 1 at the upper.
  func position(_ number: Double) -> Double { (number - lower) / (upper - lower) }

  func label(_ tick: Double) -> String { String(format: "%.\(decimals)f", tick == 0 ? 0 : tick) }
}
