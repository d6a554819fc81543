import MartletCore
import MartletPlatform

/// An ε and numbers between which the exact one lies.
public struct EpsilonBounds: Sendable, Equatable {
  /// The exact ε is not below this.
  public let lower: Double
  /// What is computed without regard to the errors.
  public let estimate: Double
  /// The exact ε is not above this.
  public let upper: Double
}

extension PrivacyLedger {
  /// The ε at a δ by the distribution of the privacy loss, with bounds: the errors of the grid are at most
  /// `epsilonError` in ε and `deltaError` in δ, by default a thousandth of δ.
  ///
  /// Both bounds are infinite where a step had no noise. Throws for numbers outside their ranges, and when the grid
  /// would have more than 2²³ numbers.
  ///
  /// Source: S. Gopi, Y. T. Lee and L. Wutschitz, Numerical composition of differential privacy (2021,
  /// arXiv:2106.02848), theorem 5.5.
  public func epsilonBounds(
    delta: Double, epsilonError: Double = 0.01, deltaError: Double? = nil
  ) throws(PrivacyError) -> EpsilonBounds {
    try checkDelta(delta)
    let deltaError = deltaError ?? delta / 1000
    if !(epsilonError > 0 && epsilonError.isFinite) {
      throw .invalid("expected an epsilonError above 0, got \(epsilonError)")
    }
    if !(deltaError > 0 && deltaError < delta) {
      throw .invalid("expected a deltaError above 0 and below delta, \(delta), got \(deltaError)")
    }
    if steps == 0 { return EpsilonBounds(lower: 0, estimate: 0, upper: 0) }
    if hasNoiselessSteps { return EpsilonBounds(lower: .infinity, estimate: .infinity, upper: .infinity) }
    var (lower, estimate, upper) = (0.0, 0.0, 0.0)
    let grid = try PrivacyLossGrid(for: self, epsilonError, deltaError)
    for direction in PrivacyLossDirection.allCases {
      let loss = grid.composed(self, direction)
      lower = max(lower, loss.epsilon(delta: delta + deltaError) - epsilonError)
      estimate = max(estimate, loss.epsilon(delta: delta))
      upper = max(upper, loss.epsilon(delta: delta - deltaError) + epsilonError)
    }
    return EpsilonBounds(lower: lower, estimate: estimate, upper: upper)
  }

  /// An upper bound of δ at an ε by the distribution of the privacy loss.
  func deltaUpperBound(epsilon: Double) throws(PrivacyError) -> Double {
    let (epsilonError, deltaError) = (0.01, 1e-10)
    let grid = try PrivacyLossGrid(for: self, epsilonError, deltaError)
    var delta = 0.0
    for direction in PrivacyLossDirection.allCases {
      delta = max(delta, grid.composed(self, direction).delta(epsilon: max(0, epsilon - epsilonError)))
    }
    return min(1, delta + deltaError)
  }
}

/// Which of two neighbouring data sets the privacy loss is drawn with.
///
/// Both are computed and the worse counts; Opacus computes the first alone.
enum PrivacyLossDirection: CaseIterable {
  /// With the row: log(M/N) of a draw of M = (1 − q) N + q N(1, σ²), N = N(0, σ²).
  case removing
  /// Without the row: log(N/M) of a draw of N.
  case adding
}

/// The grid of privacy losses, t = k · width for −count/2 ≤ k < count/2, on which steps are added up.
struct PrivacyLossGrid {
  let width: Double
  let count: Int

  /// The widest grid with these errors.
  init(for ledger: PrivacyLedger, _ epsilonError: Double, _ deltaError: Double) throws(PrivacyError) {
    let steps = Double(ledger.steps)
    width = epsilonError / (steps / 2 * log(12 / deltaError)).squareRoot()
    // Beyond this the composed loss, and that of any single step, has no weight that counts.
    var reach = RenyiDivergence(of: ledger).epsilon(delta: deltaError / 4, .balle).value
    for phase in ledger.phases {
      let one = RenyiDivergence(of: PrivacyLedger([phase.with(steps: 1)]))
      reach = max(reach, one.epsilon(delta: deltaError / (8 * steps), .balle).value)
    }
    let least = 2 * (reach + 3) / width
    if !(least <= 0x1p23) {
      throw .unreachable(
        "PRV: expected a grid of at most 2²³ numbers, got \(significant(least)), for an epsilon of up to "
          + "\(significant(reach)) by RDP; take the accountant .rdp, or a greater epsilonError")
    }
    var size = 64
    while Double(size) < least { size *= 2 }
    count = size
  }

  /// The distribution of the losses of all steps of a ledger, one after the other.
  func composed(_ ledger: PrivacyLedger, _ direction: PrivacyLossDirection) -> ComposedPrivacyLoss {
    var spectrum: ComplexTensor?
    var shift = 0.0
    for phase in ledger.phases {
      let step = StepPrivacyLoss(phase, direction, self)
      let transform = FourierTransform.forward(
        ComplexTensor(real: step.masses(on: self), imaginary: .zeros([count]))
      ).power(phase.steps)
      spectrum = spectrum.map { $0 * transform } ?? transform
      shift += Double(phase.steps) * step.shift
    }
    guard let spectrum else { return ComposedPrivacyLoss(masses: [1], first: 0, width: width) }
    let cyclic = FourierTransform.inverse(spectrum).real
    let half = count / 2
    // From the grid's end round its beginning: the losses in ascending order.
    let ordered = Tensor.concatenate([cyclic[half...], cyclic[..<half]])
    return ComposedPrivacyLoss(masses: ordered.scalars, first: -Double(half) * width + shift, width: width)
  }
}

/// The privacy loss of one step, as weights at points of the grid that are moved by a common shift, so that the mean is
/// exact.
struct StepPrivacyLoss {
  private let firstIndex: Int
  private let weights: Tensor<Double>
  /// What is to be added to each point of the grid.
  let shift: Double

  init(_ phase: PrivacyPhase, _ direction: PrivacyLossDirection, _ grid: PrivacyLossGrid) {
    let (rate, noise, width) = (phase.samplingRate, phase.noiseMultiplier, grid.width)
    let reach = Double(grid.count / 2 - 1) * width
    // Draws further out have a probability below 10⁻²³.
    let (left, right) = (-10 * noise, 1 + 10 * noise)
    let (low, high): (Double, Double)
    switch direction {
    case .removing:
      (low, high) = (RenyiDivergence.loss(at: left, rate, noise), RenyiDivergence.loss(at: right, rate, noise))
    case .adding:
      (low, high) = (-RenyiDivergence.loss(at: right, rate, noise), -RenyiDivergence.loss(at: left, rate, noise))
    }
    let (first, last) = (Int((max(low, -reach) / width).rounded()), Int((min(high, reach) / width).rounded()))
    firstIndex = first
    // The borders of the cells round the points, and how probable losses above each are.
    let borders = (Tensor<Double>.arange(Double(last - first + 2)) + (Double(first) - 0.5)) * width
    let above = Self.survival(borders, rate, noise, direction)
    let cells = above[0..<(last - first + 1)] - above[1..<(last - first + 2)]
    let total = cells.sum().item()
    weights = cells / total
    let points = (Tensor<Double>.arange(Double(last - first + 1)) + Double(first)) * width
    let mean = (points * weights).sum().item()
    let ends = (borders[0].item(), borders[last - first + 1].item())
    shift = Self.mean(rate, noise, direction, within: ends.0...ends.1) - mean
  }

  /// The weights at their places on the grid, whose second half stands for the losses below 0.
  func masses(on grid: PrivacyLossGrid) -> Tensor<Double> {
    var masses = Tensor<Double>.zeros([grid.count])
    let below = min(weights.count, max(0, -firstIndex))
    if below > 0 { masses[(grid.count + firstIndex)..<(grid.count + firstIndex + below)] = weights[0..<below] }
    if below < weights.count {
      let start = max(0, firstIndex)
      masses[start..<(start + weights.count - below)] = weights[below..<weights.count]
    }
    return masses
  }

  /// The probability of a loss above each of some numbers.
  private static func survival(
    _ losses: Tensor<Double>, _ rate: Double, _ noise: Double, _ direction: PrivacyLossDirection
  ) -> Tensor<Double> {
    let sign = direction == .removing ? 1.0 : -1
    // The draw at which the loss is this; −∞ for what no draw gives.
    let odds = maximum((losses * sign).expm1() + rate, Tensor(0))
    let draws = (odds.log() - log(rate)) * (noise * noise) + 0.5
    let scale = 1 / (noise * 2.0.squareRoot())
    switch direction {
    case .removing: return (draws * scale).erfc() * (0.5 * (1 - rate)) + ((draws - 1) * scale).erfc() * (0.5 * rate)
    case .adding: return (draws * -scale).erfc() * 0.5
    }
  }

  /// The mean of the losses within a range, by Simpson's rule over the draws.
  private static func mean(
    _ rate: Double, _ noise: Double, _ direction: PrivacyLossDirection, within range: ClosedRange<Double>
  ) -> Double {
    func draw(_ loss: Double) -> Double {
      let odds = expm1(loss) + rate
      return odds <= 0 ? -.infinity : noise * noise * (log(odds) - log(rate)) + 0.5
    }
    let ends =
      direction == .removing
      ? (draw(range.lowerBound), draw(range.upperBound)) : (draw(-range.upperBound), draw(-range.lowerBound))
    let (from, to) = (max(ends.0, -12 * noise), min(ends.1, 1 + 12 * noise))
    let intervals = 8192
    let step = (to - from) / Double(intervals)
    var (moment, mass) = (0.0, 0.0)
    for index in 0...intervals {
      let x = from + Double(index) * step
      let weight = index == 0 || index == intervals ? 1.0 : index % 2 == 1 ? 4 : 2
      let without = exp(-x * x / (2 * noise * noise))
      let with = exp(-(x - 1) * (x - 1) / (2 * noise * noise))
      let density = weight * (direction == .removing ? (1 - rate) * without + rate * with : without)
      moment += density * RenyiDivergence.loss(at: x, rate, noise)
      mass += density
    }
    return (direction == .removing ? moment : -moment) / mass
  }
}

/// The privacy loss of all steps together, as weights at ascending losses.
struct ComposedPrivacyLoss {
  let masses: [Double]
  /// The least loss.
  let first: Double
  let width: Double

  /// The least ε at which the divergence Σ p (1 − e^(ε − t)) over losses t above ε is at most δ.
  func epsilon(delta: Double) -> Double {
    var (mass, shrunk) = (0.0, 0.0)
    for index in masses.indices.reversed() {
      let loss = first + Double(index) * width
      if loss < 0 { break }
      // At this loss, with those above it.
      if mass - exp(loss) * shrunk > delta { return log((mass - delta) / shrunk) }
      mass += masses[index]
      shrunk += masses[index] * exp(-loss)
    }
    return mass - shrunk > delta ? max(0, log((mass - delta) / shrunk)) : 0
  }

  /// The divergence at an ε.
  func delta(epsilon: Double) -> Double {
    var delta = 0.0
    for index in masses.indices.reversed() {
      let loss = first + Double(index) * width
      if loss <= epsilon { break }
      delta += masses[index] * -expm1(epsilon - loss)
    }
    return max(0, delta)
  }
}
