import Foundation
import TestSupport
import Testing

@testable import MartletCore

/// Whether what is drawn has the distribution that it should have: at fixed seeds, by Kolmogorov and Smirnov's distance
/// and by chi-square, against SciPy's distribution functions.
@Suite struct RandomDistributionTests {
  private static let count = 20_000
  private static let shape: Shape = [count]

  typealias Draw = @Sendable () -> [Double]

  /// Draws under the names of `make_random_fixtures.py`.
  private static let cases: [(name: String, draw: Draw)] = [
    ("uniform", { Tensor<Double>.randomUniform(shape, low: -2, high: 3).scalars }),
    ("normal", { Tensor<Double>.randomNormal(shape, mean: Tensor(3), standardDeviation: 2).scalars }),
    ("log-normal", { Tensor<Double>.randomLogNormal(shape, mean: -0.5, standardDeviation: 0.75).scalars }),
    ("exponential", { Tensor<Double>.randomExponential(shape, scale: 2.5).scalars }),
    ("laplace", { Tensor<Double>.randomLaplace(shape, location: 1, scale: 2).scalars }),
    ("gumbel", { Tensor<Double>.randomGumbel(shape, location: -1, scale: 3).scalars }),
    ("truncated normal, two sides", { truncated(1, 2, -1, 2) }),
    ("truncated normal, wide", { truncated(0, 1, -0.5, 4) }),
    ("truncated normal, one side", { truncated(0.5, 2, 0, .infinity) }),
    ("truncated normal, upper tail", { truncated(0, 1, 8, .infinity) }),
    ("truncated normal, lower tail", { truncated(0, 1, -.infinity, -3) }),
    ("truncated normal, narrow in the tail", { truncated(0, 1, 5, 5.1) }),
    ("truncated normal, none", { truncated(0, 1, -.infinity, .infinity) }),
    ("gamma 0.1", { gamma(0.1, 3) }), ("gamma 0.999", { gamma(0.999, 1) }), ("gamma 1", { gamma(1, 1) }),
    ("gamma 4.5", { gamma(4.5, 0.2) }), ("gamma 1e6", { gamma(1e6, 1) }), ("gamma 1e12", { gamma(1e12, 1) }),
    ("beta 0.5 0.5", { beta(0.5, 0.5) }), ("beta 2 5", { beta(2, 5) }), ("beta 0.1 3", { beta(0.1, 3) }),
    ("beta 1000 2000", { beta(1000, 2000) }),
    ("von Mises 0", { angles(0) }), ("von Mises 1e-6", { angles(1e-6) }), ("von Mises 0.5", { angles(0.5) }),
    ("von Mises 4", { angles(4) }), ("von Mises 1e8", { angles(1e8) }),
    (
      "dirichlet",
      {
        let shares = Tensor<Double>.randomDirichlet(shape, concentration: Tensor<Double>([2, 0.7, 1.5]))
        return shares[0..., 1].scalars
      }
    ),
    ("integers", { Tensor<Int32>.randomInteger(shape, low: Tensor(-3), high: Tensor(7)).scalars.map(Double.init) }),
    ("bernoulli", { Tensor<Double>.randomBernoulli(shape, probability: Tensor<Double>(0.3)).scalars }),
    (
      "categorical",
      { Tensor<Int64>.randomCategorical(shape, weights: Tensor<Float>([1, 0, 6, 3])).scalars.map(Double.init) }
    ),
    (
      "categorical by logits",
      { Tensor<Int64>.randomCategorical(shape, logits: Tensor<Double>([-1, 0, 0.5])).scalars.map(Double.init) }
    ),
    ("binomial 1 0.3", { binomial(1, 0.3) }), ("binomial 20 0.2", { binomial(20, 0.2) }),
    ("binomial 20 0.8", { binomial(20, 0.8) }), ("binomial 100 0.5", { binomial(100, 0.5) }),
    ("binomial 40 0.99", { binomial(40, 0.99) }), ("binomial 1e6 0.3", { binomial(1_000_000, 0.3) }),
    ("binomial 1e9 1e-9", { binomial(1_000_000_000, 1e-9) }), ("binomial 2^53 0.25", { binomial(1 << 53, 0.25) }),
    (
      "multinomial",
      {
        let counts = Tensor<Double>.randomMultinomial(shape, trials: 30, weights: Tensor<Double>([1, 3, 0, 6]))
        return counts[0..., 1].scalars
      }
    ),
    ("poisson 0.01", { poisson(0.01) }), ("poisson 3", { poisson(3) }), ("poisson 9.99", { poisson(9.99) }),
    ("poisson 10", { poisson(10) }), ("poisson 1000", { poisson(1000) }), ("poisson 1e9", { poisson(1e9) }),
    ("poisson 1e15", { poisson(1e15) }),
    ("geometric 0.99", { geometric(0.99) }), ("geometric 0.3", { geometric(0.3) }),
    ("geometric 1e-6", { geometric(1e-6) }),
  ]

  private static func truncated(_ mean: Double, _ deviation: Double, _ low: Double, _ high: Double) -> [Double] {
    Tensor<Double>.randomTruncatedNormal(shape, mean: mean, standardDeviation: deviation, low: low, high: high).scalars
  }
  private static func gamma(_ concentration: Double, _ scale: Double) -> [Double] {
    Tensor<Double>.randomGamma(shape, concentration: concentration, scale: scale).scalars
  }
  private static func beta(_ a: Double, _ b: Double) -> [Double] {
    Tensor<Double>.randomBeta(shape, alpha: a, beta: b).scalars
  }
  private static func angles(_ concentration: Double) -> [Double] {
    Tensor<Double>.randomVonMises(shape, concentration: concentration).scalars
  }
  private static func binomial(_ trials: Int, _ probability: Double) -> [Double] {
    Tensor<Double>.randomBinomial(shape, trials: trials, probability: probability).scalars
  }
  private static func poisson(_ rate: Double) -> [Double] { Tensor<Double>.randomPoisson(shape, rate: rate).scalars }
  private static func geometric(_ probability: Double) -> [Double] {
    Tensor<Double>.randomGeometric(shape, probability: probability).scalars
  }

  @Test func `the cases are those of the fixture`() throws {
    // Names may have points in them: what is before the last one counts.
    let names = Set(try Fixture("random").tensors.keys.map { String($0[..<$0.lastIndex(of: ".")!]) })
    #expect(names == Set(Self.cases.map(\.name)))
  }

  @Test(arguments: cases.map(\.name)) func `draws have their distribution`(name: String) throws {
    let fixture = try Fixture("random")
    let edges: [Double] = try fixture.tensor("\(name).edges").scalars
    let probabilities: [Double] = try fixture.tensor("\(name).probabilities").scalars
    let limits: [Double] = try fixture.tensor("\(name).limits").scalars
    let draw = try #require(Self.cases.first { $0.name == name }).draw
    let values = withRandomSeed(2024, draw)
    #expect(values.count == Self.count)
    var counts = [Double](repeating: 0, count: probabilities.count)
    for value in values { counts[edges.firstIndex { value <= $0 } ?? edges.count] += 1 }
    var (square, distance, below, expected) = (0.0, 0.0, 0.0, 0.0)
    for (index, probability) in probabilities.enumerated() {
      let wanted = probability * Double(Self.count)
      square += (counts[index] - wanted) * (counts[index] - wanted) / wanted
      below += counts[index]
      expected += probability
      distance = max(distance, abs(below / Double(Self.count) - expected))
    }
    #expect(distance < limits[0], "Kolmogorov and Smirnov's distance")
    #expect(square < limits[1], "chi-square of \(probabilities.count) intervals")
  }

  @Test func `all categories of a row vary together as they should`() {
    // Multinomial counts: the variance is n p (1 − p), the covariance −n p q.
    let counts = withRandomSeed(5) {
      Tensor<Double>.randomMultinomial(Self.shape, trials: 50, weights: Tensor<Double>([2, 3, 5]))
    }
    #expect(counts.sum(axis: 1) == Tensor.full(Self.shape, 50))
    let (p, mean) = ([0.2, 0.3, 0.5], counts.mean(axis: 0))
    let centred = counts - mean
    let covariance = matmul(centred.transposed(), centred) / Double(Self.count)
    for i in 0..<3 {
      #expect(abs(mean[i].item() - 50 * p[i]) < 0.1)
      for j in 0..<3 {
        let wanted = i == j ? 50 * p[i] * (1 - p[i]) : -50 * p[i] * p[j]
        #expect(abs(covariance[i, j].item() - wanted) < 0.5, "\(i), \(j)")
      }
    }
    // Dirichlet shares: aᵢ aⱼ / (s² (s + 1)) negative covariances.
    let a = [0.5, 2, 3.5]
    let shares = withRandomSeed(6) { Tensor<Double>.randomDirichlet(Self.shape, concentration: Tensor(a)) }
    #expect((shares.sum(axis: 1) - 1).abs().max().item() < 1e-15)
    let apart = shares - shares.mean(axis: 0)
    let product = matmul(apart.transposed(), apart) / Double(Self.count)
    for i in 0..<3 {
      for j in 0..<3 {
        let wanted = ((i == j ? a[i] * 6 : 0) - a[i] * a[j]) / (36 * 7)
        #expect(abs(product[i, j].item() - wanted) < 0.001, "\(i), \(j)")
      }
    }
  }

  @Test func `a choice without replacement is drawn from what is left`() {
    // With weights 1, 2, 3, 0: the first has probabilities w / 6; a pair (i, j) wᵢ / 6 · wⱼ / (6 − wᵢ).
    let weights = [1.0, 2, 3, 0]
    var (counts, plain) = ([[Int64]: Int](), [[Int64]: Int]())
    let draws = 6000
    withRandomSeed(9) {
      for _ in 0..<draws {
        let pair = Tensor<Int64>.randomChoice([2], weights: Tensor(weights), replacing: false).scalars
        counts[pair, default: 0] += 1
        plain[Tensor<Int64>.randomChoice([2], from: 4, replacing: false).scalars, default: 0] += 1
      }
    }
    #expect(counts.count == 6)
    for (pair, count) in counts {
      let (first, second) = (weights[Int(pair[0])], weights[Int(pair[1])])
      let wanted = first / 6 * second / (6 - first) * Double(draws)
      #expect(abs(Double(count) - wanted) < 4 * wanted.squareRoot(), "\(pair)")
    }
    #expect(plain.count == 12)
    for (pair, count) in plain { #expect(abs(count - 500) < 90 && pair[0] != pair[1], "\(pair)") }
  }
}
