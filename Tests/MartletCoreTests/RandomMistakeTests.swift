import MartletCore
import TestSupport
import Testing

/// Parameters that no distribution has stop the program with a text that says what was expected and what was there.
@Suite struct RandomMistakeTests {
  struct Mistake: Sendable {
    let text: String
    let run: @Sendable () -> Void

    init(_ text: String, _ run: @escaping @Sendable () -> Void) {
      self.text = text
      self.run = run
    }
  }

  typealias T = Tensor<Double>
  typealias I = Tensor<Int64>

  static let mistakes: [Mistake] = [
    Mistake("randomUniform: expected upper bounds above the lower ones, at a finite distance, got 1.0 for 2.0") {
      _ = T.randomUniform([3], low: Tensor<Double>([0, 2, 1]), high: Tensor<Double>([1, 1, 5]))
    },
    Mistake("randomUniform: expected lower bounds that are finite, got nan") {
      _ = T.randomUniform([3], low: Double.nan, high: 1)
    },
    Mistake("randomUniform: expected upper bounds that broadcast to [3], got shape [2]") {
      _ = T.randomUniform([3], low: 0, high: T([1, 2]))
    },
    Mistake("randomNormal: expected standard deviations of at least 0, finite, got -2.0") {
      _ = T.randomNormal([2], mean: 0, standardDeviation: T([1, -2]))
    },
    Mistake("randomNormal: expected means that are finite, got inf") {
      _ = T.randomNormal([2], mean: T([1, .infinity]), standardDeviation: 1)
    },
    Mistake("randomNormal: expected means that broadcast to [2], got shape [1, 2]") {
      _ = T.randomNormal([2], mean: T([[1, 2]]), standardDeviation: 1)
    },
    Mistake("randomLogNormal: expected standard deviations of at least 0, finite, got nan") {
      _ = T.randomLogNormal([2], standardDeviation: Double.nan)
    },
    Mistake("randomTruncatedNormal: expected upper bounds above the lower ones, got 1.0 for 1.0") {
      _ = T.randomTruncatedNormal([2], low: 1, high: 1)
    },
    Mistake("randomTruncatedNormal: expected standard deviations above 0, finite, got 0.0") {
      _ = T.randomTruncatedNormal([2], standardDeviation: 0, low: 1, high: 2)
    },
    Mistake("randomTruncatedNormal: expected lower bounds that are not NaN, got nan") {
      _ = T.randomTruncatedNormal([2], low: Double.nan, high: 1)
    },
    Mistake("randomExponential: expected scales of at least 0, finite, got -1.0") {
      _ = T.randomExponential([2], scale: -1)
    },
    Mistake("randomLaplace: expected scales of at least 0, finite, got inf") {
      _ = T.randomLaplace([2], scale: Double.infinity)
    },
    Mistake("randomGumbel: expected locations that are finite, got -inf") {
      _ = T.randomGumbel([2], location: -Double.infinity)
    },
    Mistake("randomGamma: expected concentrations of at least 1e-300, finite, got 0.0") {
      _ = T.randomGamma([2], concentration: 0)
    },
    Mistake("randomGamma: expected scales of at least 0, finite, got -0.5") {
      _ = T.randomGamma([2], concentration: 1, scale: -0.5)
    },
    Mistake("randomBeta: expected values of beta of at least 1e-300, finite, got -1.0") {
      _ = T.randomBeta([2], alpha: 1, beta: -1)
    },
    Mistake("randomVonMises: expected concentrations of at least 0, finite, got -1.0") {
      _ = T.randomVonMises([2], concentration: -1)
    },
    Mistake("randomBernoulli: expected probabilities within 0 ... 1, got 1.5") {
      _ = Tensor<Bool>.randomBernoulli([2], probability: T([0, 1.5]))
    },
    Mistake("randomBernoulli: expected probabilities within 0 ... 1, got nan") {
      _ = T.randomBernoulli([2], probability: T([.nan, 1.5]))
    },
    Mistake("randomBinomial: expected numbers of trials that are whole, within 0 ... 2^53, got 1.5") {
      _ = T.randomBinomial([2], trials: 1.5, probability: 0.5)
    },
    Mistake("randomBinomial: expected numbers of trials that are whole, within 0 ... 2^53, got -1.0") {
      _ = T.randomBinomial([2], trials: I([3, -1]), probability: 0.5)
    },
    Mistake("randomBinomial: expected probabilities within 0 ... 1, got -0.1") {
      _ = T.randomBinomial([2], trials: 2, probability: -0.1)
    },
    Mistake("randomPoisson: expected rates within 0 ... 1e15, got 1e+16") { _ = I.randomPoisson([2], rate: 1e16) },
    Mistake("randomPoisson: expected rates within 0 ... 1e15, got -1.0") { _ = I.randomPoisson([2], rate: -1) },
    Mistake("randomGeometric: expected probabilities above 0, at most 1, got 0.0") {
      _ = I.randomGeometric([2], probability: 0)
    },
    Mistake("randomInteger: expected upper bounds above the lower ones, got 3 for 3") {
      _ = I.randomInteger([2, 2], low: I([[1], [3]]), high: I([4, 3]))
    },
    Mistake("randomInteger: expected lower bounds that broadcast to [2], got shape [3]") {
      _ = I.randomInteger([2], low: I([1, 2, 3]), high: I(9))
    },
    Mistake("randomCategorical: expected weights of at least 0 with a finite sum above 0, got 0.0, 0.0") {
      _ = I.randomCategorical([2], weights: T([[1, 2], [0, 0]]))
    },
    Mistake("randomCategorical: expected weights of at least 0 with a finite sum above 0, got 3.0, -1.0") {
      _ = I.randomCategorical([2], weights: T([3, -1]))
    },
    Mistake("randomCategorical: expected weights of at least 0 with a finite sum above 0, got 1.0, nan") {
      _ = I.randomCategorical([2], weights: T([1, .nan]))
    },
    Mistake("randomCategorical: expected weights of at least 0 with a finite sum above 0, got inf") {
      _ = I.randomCategorical([2], weights: T([.infinity]))
    },
    Mistake("randomCategorical: expected logits below infinity, one of them finite, got -inf, -inf") {
      _ = I.randomCategorical([2], logits: T([-.infinity, -.infinity]))
    },
    Mistake("randomCategorical: expected logits below infinity, one of them finite, got nan, 1.0") {
      _ = I.randomCategorical([2], logits: T([.nan, 1]))
    },
    Mistake("randomCategorical: expected weights of shape [..., k] for k of at least 1, got []") {
      _ = I.randomCategorical([2], weights: T(1))
    },
    Mistake("randomCategorical: expected weights of shape [..., k] for k of at least 1, got [2, 0]") {
      _ = I.randomCategorical([2], weights: T.zeros([2, 0]))
    },
    Mistake("randomCategorical: expected weights [..., 2] whose leading axes broadcast to [3], got [2, 2]") {
      _ = I.randomCategorical([3], weights: T.ones([2, 2]))
    },
    Mistake("randomMultinomial: expected numbers of trials that are whole, within 0 ... 2^53, got -4.0") {
      _ = I.randomMultinomial([2], trials: -4, weights: T([1, 2]))
    },
    Mistake("randomMultinomial: expected weights of at least 0 with a finite sum above 0, got 0.0") {
      _ = I.randomMultinomial([2], trials: 4, weights: T([0]))
    },
    Mistake("randomMultinomial: expected at most 8 axes, got 9, from [1, 1, 1, 1, 1, 1, 1, 1]") {
      _ = I.randomMultinomial([1, 1, 1, 1, 1, 1, 1, 1], trials: 4, weights: T([1]))
    },
    Mistake("randomDirichlet: expected concentrations of at least 1e-300, finite, got 0.0") {
      _ = T.randomDirichlet([2], concentration: T([1, 0]))
    },
    Mistake("randomDirichlet: expected concentrations [..., 2] whose leading axes broadcast to [3], got [2, 2]") {
      _ = T.randomDirichlet([3], concentration: T.ones([2, 2]))
    },
    Mistake("randomChoice: expected a count of at least 1, got 0") { _ = I.randomChoice([2], from: 0) },
    Mistake("randomChoice: expected a count of at least 1, got -3") { _ = I.randomChoice([0], from: -3) },
    Mistake("randomChoice: expected at most 3 elements without replacement, got 4, shape [2, 2]") {
      _ = I.randomChoice([2, 2], from: 3, replacing: false)
    },
    Mistake("randomChoice: expected at most 2 elements without replacement, got 3, shape [3]") {
      _ = I.randomChoice([3], weights: T([1, 0, 2, 0]), replacing: false)
    },
    Mistake("randomChoice: expected weights of shape [k], got [2, 2]") {
      _ = I.randomChoice([3], weights: T.ones([2, 2]))
    },
    Mistake("randomChoice: expected weights of at least 0 with a finite sum above 0, got none") {
      _ = I.randomChoice([0], weights: T([]), replacing: false)
    },
    Mistake("randomChoice: expected weights of shape [3], for axis 1 of [2, 3], got [2]") {
      _ = T.ones([2, 3]).randomChoice(1, weights: T([1, 2]), axis: 1)
    },
    Mistake("randomChoice: expected a count of at least 0, got -1") { _ = T.ones([2, 3]).randomChoice(-1) },
    Mistake("randomChoice: [2, 3] has no axis 2") { _ = T.ones([2, 3]).randomChoice(1, axis: 2) },
    Mistake("shuffled: [2, 3] has no axis 2") { _ = T.ones([2, 3]).shuffled(axis: 2) },
    Mistake("shuffle: [] has no axis 0") {
      var x = T(1)
      x.shuffle()
    },
    Mistake("split: expected a count of at least 0, got -1") {
      var generator = RandomGenerator(seed: 1)
      _ = generator.split(into: -1)
    },
    Mistake("randomPoisson: shape [1099511627776, 1099511627776] has more elements than memory can hold") {
      _ = I.randomPoisson([1 << 40, 1 << 40], rate: 1)
    },
  ]

  @Test(arguments: mistakes.indices) func `a mistake in the parameters stops with its text`(index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [index] in
      RandomMistakeTests.mistakes[index].run()
    }
    #expect(errorText(result).contains(": \(Self.mistakes[index].text)\n"), "\(errorText(result).prefix(300))")
  }
}
