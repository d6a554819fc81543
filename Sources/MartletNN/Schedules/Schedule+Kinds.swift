import MartletPlatform

// The formulas are those of `torch.optim.lr_scheduler` where it has the schedule. Traps are for programmers' mistakes: a
// rate that is negative, infinite or NaN, a number of steps below 1.

extension Schedule {
  /// The same rate at every step.
  public static func constant(_ rate: Double) -> Schedule {
    make("constant", [("", rate)]) { _ in rate }
  }

  /// A rate that is multiplied by a factor after every so many steps, as `StepLR` does.
  public static func stepDecay(from rate: Double, every interval: Int, factor: Double = 0.1) -> Schedule {
    make("stepDecay", [("from", rate), ("factor", factor)], [("every", interval)]) { step in
      rate * pow(factor, Double(step / interval))
    }
  }

  /// A rate that is multiplied by a factor at each of the given steps, as `MultiStepLR` does.
  public static func multiStep(from rate: Double, at milestones: [Int], factor: Double = 0.1) -> Schedule {
    let list = milestones.map(String.init).joined(separator: ", ")
    return make("multiStep", [("from", rate), ("factor", factor)], detail: ["at: [\(list)]"]) { step in
      rate * pow(factor, Double(milestones.count { $0 <= step }))
    }
  }

  /// A rate that is multiplied by a factor after every step, as `ExponentialLR` does.
  public static func exponential(from rate: Double, factor: Double) -> Schedule {
    make("exponential", [("from", rate), ("factor", factor)]) { rate * pow(factor, Double($0)) }
  }

  /// A straight line between two rates, and the second after that, as `LinearLR` does.
  public static func linear(from rate: Double, to end: Double = 0, steps: Int) -> Schedule {
    make("linear", [("from", rate), ("to", end)], [("steps", steps)]) { step in
      between(rate, end, Double(min(step, steps)) / Double(steps))
    }
  }

  /// `end + (rate − end) · (1 − step / steps)^power`, and `end` after that, as `PolynomialLR` does.
  public static func polynomial(from rate: Double, to end: Double = 0, steps: Int, power: Double = 1) -> Schedule {
    make("polynomial", [("from", rate), ("to", end), ("power", power)], [("steps", steps)]) { step in
      end + (rate - end) * pow(1 - Double(min(step, steps)) / Double(steps), power)
    }
  }

  /// Half a period of a cosine between two rates, and the second after that (Loshchilov and Hutter, 2017,
  /// arXiv:1608.03983). `CosineAnnealingLR` goes up again where this stays.
  public static func cosine(from rate: Double, to end: Double = 0, steps: Int) -> Schedule {
    make("cosine", [("from", rate), ("to", end)], [("steps", steps)]) { step in
      arc(rate, end, Double(min(step, steps)) / Double(steps))
    }
  }

  /// Halves of a cosine, one after another, each from the first rate on and `growth` times as long as the one before, as
  /// `CosineAnnealingWarmRestarts` does.
  public static func cosineRestarts(
    from rate: Double, to end: Double = 0, firstCycle: Int, growth: Int = 1
  ) -> Schedule {
    make("cosineRestarts", [("from", rate), ("to", end)], [("firstCycle", firstCycle), ("growth", growth)]) { step in
      var (place, length) = (step, firstCycle)
      if growth == 1 { place %= length }
      while place >= length {
        place -= length
        length *= growth
      }
      return arc(rate, end, Double(place) / Double(length))
    }
  }

  /// A rise to `peak` at step `warmUp`, then a fall with the root of the number of steps:
  /// `peak · min(t / warmUp, √(warmUp / t))` with `t = step + 1` (Vaswani et al., 2017, arXiv:1706.03762, section 5.3).
  public static func inverseSquareRoot(peak: Double, warmUp: Int) -> Schedule {
    make("inverseSquareRoot", [("peak", peak)], [("warmUp", warmUp)]) { step in
      let ratio = Double(step + 1) / Double(warmUp)
      return peak * min(ratio, 1 / ratio.squareRoot())
    }
  }

  /// The one-cycle policy (Smith and Topin, 2018, arXiv:1708.07120), as `OneCycleLR` does: from `peak / initialDivisor` up
  /// to `peak` within the share `rise` of the steps, then down to `peak / initialDivisor / finalDivisor`, along halves of
  /// a cosine, while the momentum goes down and up between the ends of its range.
  ///
  /// - Parameters:
  ///   - peak: The largest rate.
  ///   - steps: The number of steps of the whole cycle, at least 2; the last rate stays after them.
  ///   - rise: The share of the steps before the peak, more than 0 and less than 1, or up to half where it is symmetric.
  ///   - initialDivisor: What the peak is divided by at the beginning.
  ///   - finalDivisor: What the first rate is divided by at the end.
  ///   - isLinear: Whether rates go along straight lines.
  ///   - isSymmetric: Whether the rate goes back to the first in as many steps as it rose in, and then to the last.
  ///   - momentum: The range of the momentum, or of Adam's `beta1`; nil leaves it as it is.
  public static func oneCycle(
    peak: Double, steps: Int, rise: Double = 0.3, initialDivisor: Double = 25, finalDivisor: Double = 1e4,
    isLinear: Bool = false, isSymmetric: Bool = false, momentum: ClosedRange<Double>? = 0.85...0.95
  ) -> Schedule {
    expect(steps >= 2, "oneCycle", "at least 2 steps", "\(steps)")
    expect(rise > 0 && rise < (isSymmetric ? 0.5 : 1), "oneCycle", "a rise between 0 and 1, or ½", "\(rise)")
    expect(initialDivisor > 0 && finalDivisor > 0, "oneCycle", "divisors above 0", "\(initialDivisor), \(finalDivisor)")
    let first = peak / initialDivisor
    let top = rise * Double(steps) - 1
    let ends = isSymmetric ? [top, 2 * top, Double(steps - 1)] : [top, Double(steps - 1)]
    let rates = isSymmetric ? [first, peak, first, first / finalDivisor] : [first, peak, first / finalDivisor]
    let path: @Sendable ([Double], Int) -> Double = { values, step in
      let place = min(Double(step), ends.last!)
      let phase = ends.firstIndex { place <= $0 }!
      let start = phase == 0 ? 0 : ends[phase - 1]
      let share = (place - start) / (ends[phase] - start)
      return (isLinear ? between : arc)(values[phase], values[phase + 1], share)
    }
    let cycled = momentum.map { range -> @Sendable (Int) -> Double in
      let (low, high) = (range.lowerBound, range.upperBound)
      let values = isSymmetric ? [high, low, high, high] : [high, low, high]
      return { path(values, $0) }
    }
    let detail = (isLinear ? ["isLinear: true"] : []) + (isSymmetric ? ["isSymmetric: true"] : [])
    return make(
      "oneCycle",
      [("peak", peak), ("rise", rise), ("initialDivisor", initialDivisor), ("finalDivisor", finalDivisor)],
      [("steps", steps)], detail: detail + (momentum.map { ["momentum: \($0)"] } ?? []), momentum: cycled
    ) { path(rates, $0) }
  }

  /// A schedule with its description; traps where a number is out of its range.
  private static func make(
    _ name: String, _ numbers: [(name: String, value: Double)], _ counts: [(name: String, value: Int)] = [],
    detail: [String] = [], momentum: (@Sendable (Int) -> Double)? = nil, _ rate: @escaping @Sendable (Int) -> Double
  ) -> Schedule {
    for (label, value) in numbers {
      expect(
        value >= 0 && value.isFinite, name, "\(label.isEmpty ? "a rate" : label) finite and at least 0", "\(value)")
    }
    for (label, value) in counts { expect(value >= 1, name, "\(label) of at least 1", "\(value)") }
    let parts = numbers.map { $0.name.isEmpty ? "\($0.value)" : "\($0.name): \($0.value)" }
    let all = parts + counts.map { "\($0.name): \($0.value)" } + detail
    return Schedule("\(name)(\(all.joined(separator: ", ")))", momentum: momentum, learningRate: rate)
  }
}

/// The value at a share of the way from one to another.
private func between(_ from: Double, _ to: Double, _ share: Double) -> Double { from + (to - from) * share }

/// The same along half a period of a cosine.
private func arc(_ from: Double, _ to: Double, _ share: Double) -> Double {
  to + (from - to) * (1 + cos(.pi * share)) / 2
}
