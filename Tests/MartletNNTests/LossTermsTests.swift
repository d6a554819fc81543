import MartletCore
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

/// The law of weights: a row of weight k is k rows.
@Suite struct LossTermsTests {
  private typealias Values = Tensor<Float>
  private static let counts: [Int64] = [2, 0, 1, 3]

  /// `tensor` with each row as often as its weight says.
  private func repeated<T>(_ tensor: Tensor<T>) -> Tensor<T> {
    tensor.take(Tensor(Self.counts.enumerated().flatMap { [Int64](repeating: Int64($0), count: Int($1)) }))
  }

  private func expectLaw<T>(_ loss: Loss<Values, Tensor<T>>, _ x: Values, _ y: Tensor<T>) throws {
    let weights = Tensor(Self.counts.map { Float($0) })
    let weighted = valueWithGradient(at: x) { loss.ratio($0, y, weights: weights, rows: 4).loss }
    let longer = repeated(x)
    let whole = valueWithGradient(at: longer) { loss.ratio($0, repeated(y), weights: nil, rows: 6).loss }
    let denominators = [
      loss.ratio(x, y, weights: weights, rows: 4).denominator,
      loss.ratio(longer, repeated(y), weights: nil, rows: 6).denominator,
    ]
    #expect(isClose([Double(weighted.value.item())], [Double(whole.value.item())], 1e-6), "\(loss.name)")
    #expect(isClose([denominators[0]], [denominators[1]], 1e-6), "\(loss.name)")
    #expect(isClose([Double(loss(longer, repeated(y)).item())], [Double(whole.value.item())], 1e-6), "\(loss.name)")
    // The gradient at a row is the sum of those at its copies.
    var sums = Tensor<Float>.zeros(x.shape)
    sums.add(whole.gradient, at: repeated(Tensor<Int64>([0, 1, 2, 3])))
    #expect(isClose(weighted.gradient.erased.doubles, sums.erased.doubles, 1e-6), "\(loss.name)")
    // The loss of two batches is that of one: numerators over denominators.
    let parts = [0..<2, 2..<4].map { loss.ratio(x[$0], y[$0], weights: weights[$0], rows: 2) }
    let sum = parts.reduce(0) { $0 + Double($1.loss.item()) * $1.denominator }
    #expect(isClose([sum / denominators[0]], [Double(weighted.value.item())], 1e-6), "\(loss.name)")
  }

  @Test func `a row of weight k is k rows`() throws {
    var random = SplitMix("law of weights")
    let x = Tensor<Double>(shape: [4, 3], scalars: random.numbers(12)).cast(to: Float.self)
    let y = Tensor<Double>(shape: [4, 3], scalars: random.numbers(12)).cast(to: Float.self)
    let answers = (y .> 0).cast(to: Float.self)
    for loss: Loss<Values, Values> in [
      .meanSquaredError, .meanAbsoluteError, .huber, .smoothL1(), .logCosh, .quantile(0.7), .cosineDistance,
      Loss("own", targets: .sameShape) { LossTerms(($0 - $1).abs(), denominators: $1.squared()) },
    ] {
      try expectLaw(loss, x, y)
    }
    for loss: Loss<Values, Values> in [
      .binaryCrossEntropy(), .binaryCrossEntropy(positiveWeight: [1, 2, 3], labelSmoothing: 0.1), .binaryFocal(),
      .hinge, .squaredHinge, .poisson, .klDivergence(), .softCrossEntropy(labelSmoothing: 0.1),
    ] {
      try expectLaw(loss, x, answers)
    }
    try expectLaw(.quantiles([0.2, 0.5, 0.8]), x, y[.all, 0])
    try expectLaw(.gaussian, x[.all, 0..<2], y[.all, 0])
    let labels = Tensor<Int32>([2, 0, 1, 2])
    for loss: Loss<Values, Tensor<Int32>> in [
      .crossEntropy(), .crossEntropy(classWeights: [1, 2, 3]), .crossEntropy(from: .probabilities), .focal(),
      .crossEntropy(classWeights: [1, 2, 3], ignoredLabel: 1, labelSmoothing: 0.1), .negativeLogLikelihood(),
    ] {
      try expectLaw(loss, loss.refusedActivations.isEmpty ? x.softmax() : x, labels)
    }
  }

  @Test func `a batch of which every label is ignored counts for nothing`() {
    let loss = Loss<Values, Tensor<Int32>>.crossEntropy(ignoredLabel: -1)
    let (value, slope) = valueWithGradient(at: Tensor<Float>([[1, 2], [3, 4]])) {
      let (loss, denominator) = loss.ratio($0, [-1, -1], weights: nil, rows: 2)
      #expect(denominator == 0)
      return loss
    }
    #expect(value.item() == 0 && slope.scalars == [0, 0, 0, 0])
    // The mean itself is that of nothing, as in PyTorch.
    #expect(crossEntropy(logits: Values([[1, 2]]), labels: Tensor<Int32>([-1]), ignoredLabel: -1).item().isNaN)
  }

  @Test func `large numbers neither overflow nor lose digits`() {
    let errors: Tensor<Float> = [1e-4, 1e30, -1e30]
    let zeros = Tensor<Float>.zeros([3])
    let losses = logCosh(predicted: errors, expected: zeros, reduction: .none).scalars
    #expect(abs(losses[0] / 5e-9 - 1) < 1e-5 && losses[1...] == [1e30, 1e30])
    #expect(gradient(at: errors) { logCosh(predicted: $0, expected: zeros, reduction: .sum) }.scalars[1...] == [1, -1])
    #expect(
      gradient(at: Tensor<Float>([0])) { logCosh(predicted: $0, expected: [0], reduction: .sum) }.scalars == [0])
    let huge: Tensor<Float> = [[1e4, -1e4]]
    for label in [Int32(0), 1] {
      let slope = gradient(at: huge) { focalLoss(logits: $0, labels: Tensor([label])) }
      #expect(slope.scalars == (label == 0 ? [0, 0] : [1, -1]))
    }
    let answers: Tensor<Float> = [[1, 1]]
    #expect(
      gradient(at: huge) { binaryFocalLoss(logits: $0, expected: answers, alpha: nil, reduction: .sum) }.scalars
        == [0, -1])
    let equal = Tensor<Float>.zeros([1, 2])
    #expect(gradient(at: equal) { cosineDistance(predicted: $0, expected: equal) }.scalars == [0, 0])
    #expect(gradient(at: equal) { tripletLoss(anchor: $0, positive: equal, negative: equal) }.scalars == [0, 0])
  }

  @Test func `what does not fit traps with both shapes`() async {
    let weights = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor<Float>.zeros([3, 2])
      _ = meanSquaredError(predicted: x, expected: x, weights: Tensor<Float>.zeros([2]))
    }
    #expect(errorText(weights).contains("loss: expected a weight for each row, shape [3], got [2]"))
    let classes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: Tensor<Float>.zeros([3, 2]), labels: Tensor<Int32>.zeros([3]), classWeights: [1, 2, 3])
    }
    #expect(errorText(classes).contains("crossEntropy: expected a weight for each class, shape [2], got [3]"))
    let quantile = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = quantileLoss(predicted: Tensor<Float>.zeros([3]), expected: Tensor<Float>.zeros([3]), quantile: 1.5)
    }
    #expect(errorText(quantile).contains("quantileLoss: expected a quantile between 0 and 1, got 1.5"))
    let number = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LossTerms(Tensor<Float>(1))
    }
    #expect(errorText(number).contains("LossTerms: expected a loss for each row, shape [rows, …], got a single number"))
  }
}
