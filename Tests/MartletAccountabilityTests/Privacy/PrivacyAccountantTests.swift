import MartletAccountability
import MartletCore
import MartletPlatform
import Testing

@testable import MartletAccountability

/// A row of the table that Opacus 1.6.0 and dp_accounting 0.6.0 computed for the same steps.
struct AccountedSteps: Sendable, CustomTestStringConvertible {
  let (rate, noise, steps, delta): (Double, Double, Int, Double)
  /// Opacus's RDP, and the order that gives it.
  let (rdp, order): (Double, Double)
  /// Opacus's upper bound with an error of 0.01, and dp_accounting's distribution on a grid of 0.001.
  let (prv, pld): (Double, Double?)
  var testDescription: String { "\(rate), \(noise), \(steps)" }

  var ledger: PrivacyLedger {
    get throws { PrivacyLedger([try PrivacyPhase(samplingRate: rate, noiseMultiplier: noise, steps: steps)]) }
  }

  static let all = [
    AccountedSteps(256 / 60000.0, 1.12, 14063, 1e-5, 2.5186864791087173, 8.3, 2.320327116773089, 2.3193339486179188),
    AccountedSteps(256 / 60000.0, 1.1, 14063, 1e-5, 2.5966555286883684, 8.1, 2.3918365361863922, 2.390623414447635),
    AccountedSteps(0.01, 4, 10000, 1e-5, 1.0354900660362476, 17, 0.9569361942671307, 0.9600452104972911),
    AccountedSteps(0.01, 1, 1000, 1e-5, 2.1013652716430564, 7.8, 1.838371637017295, 1.8289344124594729),
    AccountedSteps(0.004, 0.7, 2500, 1e-5, 3.483472446335752, 4.6, 2.817816371477671, 2.8085917377188423),
    AccountedSteps(0.001, 0.5, 500, 1e-6, 4.984354859680729, 3.6, 3.892350849571319, 3.8820195800094277),
    AccountedSteps(1, 20, 100, 1e-5, 2.1657156590294435, 9.6, 2.00321449204208, nil),
  ]

  init(
    _ rate: Double, _ noise: Double, _ steps: Int, _ delta: Double, _ rdp: Double, _ order: Double, _ prv: Double,
    _ pld: Double?
  ) {
    (self.rate, self.noise, self.steps, self.delta) = (rate, noise, steps, delta)
    (self.rdp, self.order, self.prv, self.pld) = (rdp, order, prv, pld)
  }
}

@Suite struct PrivacyAccountantTests {
  @Test(arguments: AccountedSteps.all)
  func `RDP is that of Opacus within what it and dp_accounting differ by`(row: AccountedSteps) throws {
    let found = RenyiDivergence(of: try row.ledger).epsilon(delta: row.delta, .balle)
    #expect(abs(found.value / row.rdp - 1) < 5e-5)
    #expect(found.order == row.order)
    #expect(try row.ledger.epsilon(delta: row.delta) == found.value)
  }

  @Test func `one step has the divergences of both libraries, at whole orders to 1e-9`() {
    let known = [
      (1.1, 3.545104662485256e-06, 5e-5), (1.5, 4.835493180200857e-06, 5e-5), (2, 6.4494250941852675e-06, 1e-9),
      (5.5, 1.7776503663450665e-05, 5e-5), (8, 2.5899123012399008e-05, 1e-9), (32, 1.0526360659081279e-04, 1e-9),
    ]
    for (order, divergence, tolerance) in known {
      #expect(abs(RenyiDivergence.ofStep(0.01, 4, order: order) / divergence - 1) < tolerance, "\(order)")
    }
  }

  @Test(arguments: [(0.01, 4.0), (0.2, 0.3), (0.001, 0.9), (0.9, 2)])
  func `the integral of fractional orders goes through the sums of whole ones`(rate: Double, noise: Double) {
    for order in [2.0, 3, 7, 30] {
      let whole = RenyiDivergence.ofStep(rate, noise, order: order)
      let beside = RenyiDivergence.ofStep(rate, noise, order: order + 1e-9)
      #expect(abs(beside / whole - 1) < 1e-7, "\(order)")
    }
  }

  @Test func `every row in every step is the Gaussian mechanism`() {
    #expect(RenyiDivergence.ofStep(1, 20, order: 9.6) == 9.6 / 800)
    let sampled = RenyiDivergence.ofStep(1 - 1e-12, 20, order: 9.6)
    #expect(abs(sampled / (9.6 / 800) - 1) < 1e-6)
  }

  @Test func `the old conversion gives TensorFlow Privacy's published figure`() throws {
    let found = RenyiDivergence(of: try AccountedSteps.all[0].ledger).epsilon(delta: 1e-5, .mironov)
    #expect(abs(found.value - 2.9223) < 5e-5)
    #expect(found.order == 9.1)
    #expect(try AccountedSteps.all[0].ledger.epsilon(delta: 1e-5, by: .rdpClassicConversion) == found.value)
  }

  @Test func `phases of other rates and noise add up, as in Opacus's documentation`() throws {
    var ledger = PrivacyLedger()
    try ledger.add(steps: 10, samplingRate: 1e-5, noiseMultiplier: 1)
    try ledger.add(steps: 4, samplingRate: 1e-4, noiseMultiplier: 3)
    let found = RenyiDivergence(of: ledger).epsilon(delta: 1e-5, .balle)
    #expect(abs(found.value / 0.33634406339259565 - 1) < 5e-5)
    #expect(found.order == 23)
    #expect(ledger.steps == 14 && ledger.phases.count == 2)
  }

  @Test(arguments: AccountedSteps.all)
  func `PRV is that of Opacus, and its bounds hold what dp_accounting computed`(row: AccountedSteps) throws {
    let bounds = try row.ledger.epsilonBounds(delta: row.delta)
    #expect(bounds.lower < bounds.estimate && bounds.estimate < bounds.upper)
    #expect(bounds.upper - bounds.lower < 0.021)
    // Opacus's own figure lies as far above the exact one as ours.
    #expect(abs(bounds.upper - row.prv) < 0.01)
    // dp_accounting rounds losses up on a grid of 0.001, which adds up.
    if let pld = row.pld { #expect(bounds.lower - 0.002 < pld && pld < bounds.upper + 0.005) }
    #expect(bounds.upper < row.rdp)
  }

  @Test func `PRV of the Gaussian mechanism is its closed form`() throws {
    // Balle and Wang (2018): 100 steps of every row with noise 20 are one with noise 2.
    let ledger = try AccountedSteps.all[6].ledger
    func delta(_ epsilon: Double) -> Double {
      let mean = 0.5
      func normal(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
      return normal(mean / 2 - epsilon / mean) - exp(epsilon) * normal(-mean / 2 - epsilon / mean)
    }
    let bounds = try ledger.epsilonBounds(delta: 1e-5, epsilonError: 0.001)
    #expect(abs(delta(bounds.estimate) / 1e-5 - 1) < 1e-3)
    #expect(delta(bounds.upper) < 1e-5 && delta(bounds.lower) > 1e-5)
  }

  @Test func `of both directions the worse counts`() throws {
    let ledger = try AccountedSteps.all[3].ledger
    let grid = try PrivacyLossGrid(for: ledger, 0.01, 1e-8)
    let epsilons = PrivacyLossDirection.allCases.map { grid.composed(ledger, $0).epsilon(delta: 1e-5) }
    #expect(epsilons[0] > epsilons[1] + 0.1)
    #expect(try ledger.epsilonBounds(delta: 1e-5).estimate == epsilons[0])
    // Adding a row has a loss of at most −log(1 − q) in a step.
    let one = PrivacyLedger([try PrivacyPhase(samplingRate: 0.2, noiseMultiplier: 0.3, steps: 1)])
    let small = try PrivacyLossGrid(for: one, 0.01, 1e-8)
    #expect(small.composed(one, .adding).epsilon(delta: 1e-5) <= -log(0.8) + small.width)
    #expect(small.composed(one, .removing).epsilon(delta: 1e-5) > 1)
  }

  @Test func `PRV of two phases lies between that of the noisier and of the less noisy alone`() throws {
    func upper(_ phases: [(Double, Int)]) throws -> Double {
      var ledger = PrivacyLedger()
      for (noise, steps) in phases { try ledger.add(steps: steps, samplingRate: 0.01, noiseMultiplier: noise) }
      return try ledger.epsilonBounds(delta: 1e-5).estimate
    }
    let (mixed, less, more) = (try upper([(1, 200), (2, 200)]), try upper([(1, 400)]), try upper([(2, 400)]))
    #expect(more < mixed && mixed < less)
    #expect(try upper([(1, 100), (1, 300)]) == less)
  }

  @Test func `the approximation by the central limit theorem under-estimates and says so`() throws {
    let row = AccountedSteps.all[5]
    let found = try row.ledger.epsilon(delta: row.delta, by: .gdpApproximation)
    #expect(abs(found - 0.6727) < 5e-5)
    #expect(try found < row.ledger.epsilonBounds(delta: row.delta).lower / 5)
    #expect(!PrivacyAccountant.gdpApproximation.isUpperBound && PrivacyAccountant.rdp.isUpperBound)
    #expect(PrivacyAccountant.gdpApproximation.title.contains("under-estimates"))
  }

  @Test(arguments: [PrivacyAccountant.rdp, .rdpClassicConversion, .gdpApproximation])
  func `delta and epsilon are each other's inverse`(accountant: PrivacyAccountant) throws {
    let ledger = try AccountedSteps.all[3].ledger
    let epsilon = try ledger.epsilon(delta: 1e-5, by: accountant)
    #expect(abs(try ledger.delta(epsilon: epsilon, by: accountant) / 1e-5 - 1) < 1e-6)
  }

  @Test func `PRV's delta is an upper bound near the exact one`() throws {
    let ledger = try AccountedSteps.all[3].ledger
    let bounds = try ledger.epsilonBounds(delta: 1e-5)
    let delta = try ledger.delta(epsilon: bounds.upper, by: .prv)
    #expect(delta > 1e-5 * 0.9 && delta < 1.2e-5)
  }

  @Test func `the noise for an epsilon just reaches it`() throws {
    for accountant in [PrivacyAccountant.rdp, .prv] {
      let noise = try noiseMultiplier(forEpsilon: 2, delta: 1e-5, samplingRate: 0.01, steps: 100, by: accountant)
      func epsilon(_ noise: Double) throws -> Double {
        let phase = try PrivacyPhase(samplingRate: 0.01, noiseMultiplier: noise, steps: 100)
        return try PrivacyLedger([phase]).epsilon(delta: 1e-5, by: accountant)
      }
      #expect(try epsilon(noise) <= 2 && epsilon(noise * 0.999) > 2)
    }
    #expect(throws: PrivacyError.self) {
      try noiseMultiplier(forEpsilon: 1e-6, delta: 1e-9, samplingRate: 1, steps: 1_000_000)
    }
  }

  @Test func `steps within a budget use it up, after what was spent before`() throws {
    let budget = try PrivacyBudget(epsilon: 2, delta: 1e-5)
    var spent = PrivacyLedger()
    let all = try spent.steps(within: budget, samplingRate: 0.01, noiseMultiplier: 1)
    try spent.add(steps: all - 10, samplingRate: 0.01, noiseMultiplier: 1)
    #expect(try spent.epsilon(delta: 1e-5) <= 2)
    #expect(try spent.steps(within: budget, samplingRate: 0.01, noiseMultiplier: 1) == 10)
    try spent.add(steps: 10, samplingRate: 0.01, noiseMultiplier: 1)
    #expect(try spent.steps(within: budget, samplingRate: 0.01, noiseMultiplier: 1) == 0)
    try spent.add(steps: 1, samplingRate: 0.01, noiseMultiplier: 1)
    #expect(try spent.epsilon(delta: 1e-5) > 2)
    #expect(try PrivacyLedger().steps(within: budget, samplingRate: 0.01, noiseMultiplier: 1, atMost: 7) == 7)
  }

  @Test func `no steps cost nothing, and steps without noise everything`() throws {
    var ledger = PrivacyLedger()
    for accountant in PrivacyAccountant.allCases { #expect(try ledger.epsilon(delta: 1e-5, by: accountant) == 0) }
    try ledger.add(steps: 1, samplingRate: 0.5, noiseMultiplier: 0)
    for accountant in PrivacyAccountant.allCases {
      #expect(try ledger.epsilon(delta: 1e-5, by: accountant) == .infinity)
      #expect(try ledger.delta(epsilon: 1, by: accountant) == 1)
    }
  }

  @Test func `bad numbers are refused`() throws {
    for (rate, noise, steps) in [(0.0, 1.0, 1), (1.1, 1, 1), (0.5, -1, 1), (0.5, .infinity, 1), (0.5, 1, -1)] {
      #expect(throws: PrivacyError.self) {
        try PrivacyPhase(samplingRate: rate, noiseMultiplier: noise, steps: steps)
      }
    }
    #expect(throws: PrivacyError.self) { try PrivacyPhase(samplingRate: .nan, noiseMultiplier: 1, steps: 1) }
    let ledger = try AccountedSteps.all[3].ledger
    for delta in [0.0, 1, -1, .nan] {
      #expect(throws: PrivacyError.self) { try ledger.epsilon(delta: delta) }
      #expect(throws: PrivacyError.self) { try ledger.epsilonBounds(delta: delta) }
    }
    #expect(throws: PrivacyError.self) { try ledger.delta(epsilon: -1) }
    #expect(throws: PrivacyError.self) { try ledger.epsilonBounds(delta: 1e-5, epsilonError: 0) }
    #expect(throws: PrivacyError.self) { try ledger.epsilonBounds(delta: 1e-5, deltaError: 1e-5) }
    #expect(throws: PrivacyError.self) { try PrivacyBudget(epsilon: 0, delta: 1e-5) }
    #expect {
      var ledger = PrivacyLedger()
      try ledger.add(steps: 1_000_000, samplingRate: 0.5, noiseMultiplier: 0.1)
      _ = try ledger.epsilonBounds(delta: 1e-5)
    } throws: {
      "\($0)".contains("expected a grid of at most 2²³ numbers, got")
    }
  }
}

@Suite struct FourierTransformTests {
  @Test func `it is the sum of its definition, and its inverse undoes it`() {
    let x = ComplexTensor(
      real: withRandomSeed(1) { .randomNormal([256]) }, imaginary: withRandomSeed(2) { .randomNormal([256]) })
    let found = FourierTransform.forward(x)
    let (a, b) = (x.real.scalars, x.imaginary.scalars)
    for k in [0, 1, 63, 64, 129, 255] {
      var sum = (0.0, 0.0)
      for j in 0..<256 {
        let angle = -2 * Double.pi * Double(j * k % 256) / 256
        sum.0 += a[j] * cos(angle) - b[j] * sin(angle)
        sum.1 += a[j] * sin(angle) + b[j] * cos(angle)
      }
      #expect(abs(found.real[k].item() - sum.0) < 1e-12 && abs(found.imaginary[k].item() - sum.1) < 1e-12)
    }
    let back = FourierTransform.inverse(found)
    #expect((back.real - x.real).abs().max().item() < 1e-13)
    #expect((back.imaginary - x.imaginary).abs().max().item() < 1e-13)
  }

  @Test func `a power is as many products`() {
    let x = ComplexTensor(real: Tensor([0.5, -0.3, 0]), imaginary: Tensor([0.2, 0.9, 0]))
    let (found, expected) = (x.power(3), x * x * x)
    #expect((found.real - expected.real).abs().max().item() < 1e-15)
    #expect((found.imaginary - expected.imaginary).abs().max().item() < 1e-15)
  }
}
