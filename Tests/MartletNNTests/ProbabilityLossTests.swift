import MartletCore
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

/// Losses of outputs that are probabilities already.
@Suite struct ProbabilityLossTests {
  private let labels = Tensor<Int32>([2, 0, 1, 2])

  private func logits() -> Tensor<Double> {
    var random = SplitMix("losses of probabilities")
    return Tensor(shape: [4, 3], scalars: random.numbers(12, in: -4...4))
  }

  private func expected() -> Tensor<Double> {
    var random = SplitMix("expected probabilities")
    return Tensor(shape: [4, 3], scalars: [0, 1, 0.5] + random.numbers(9, in: 0...1))
  }

  private static let reductions: [LossReduction] = [.mean, .sum, .none]

  @Test(arguments: reductions)
  func `of a softmax it is the loss of the logits`(reduction: LossReduction) {
    let logits = logits()
    let found = crossEntropy(probabilities: ActivationFunction.softmax(logits), labels: labels, reduction: reduction)
    let wanted = crossEntropy(logits: logits, labels: labels, reduction: reduction)
    #expect(found.shape == (reduction == .none ? [4] : []))
    #expect(isClose(found.scalars, wanted.scalars, 1e-12))
    let floats = logits.cast(to: Float.self)
    let single = crossEntropy(
      probabilities: ActivationFunction.softmax(floats), labels: labels, reduction: reduction)
    #expect(isClose(single.erased.doubles, wanted.scalars, 1e-6))
    let slope = gradient(at: logits) {
      crossEntropy(probabilities: ActivationFunction.softmax($0), labels: labels, reduction: reduction).sum()
    }
    let straight = gradient(at: logits) { crossEntropy(logits: $0, labels: labels, reduction: reduction).sum() }
    #expect(isClose(slope.scalars, straight.scalars, 1e-12))
  }

  @Test(arguments: reductions)
  func `of a sigmoid it is the loss of the logits`(reduction: LossReduction) {
    let (logits, expected) = (logits(), expected())
    let found = binaryCrossEntropy(
      probabilities: ActivationFunction.sigmoid(logits), expected: expected, reduction: reduction)
    let wanted = binaryCrossEntropy(logits: logits, expected: expected, reduction: reduction)
    #expect(found.shape == (reduction == .none ? [4, 3] : []))
    #expect(isClose(found.scalars, wanted.scalars, 1e-12))
    let floats = binaryCrossEntropy(
      probabilities: ActivationFunction.sigmoid(logits.cast(to: Float.self)), expected: expected.cast(to: Float.self),
      reduction: reduction)
    #expect(isClose(floats.erased.doubles, wanted.scalars, 1e-6))
    let slope = gradient(at: logits) {
      binaryCrossEntropy(probabilities: ActivationFunction.sigmoid($0), expected: expected, reduction: reduction).sum()
    }
    let straight = gradient(at: logits) {
      binaryCrossEntropy(logits: $0, expected: expected, reduction: reduction).sum()
    }
    #expect(isClose(slope.scalars, straight.scalars, 1e-11))
  }

  /// The gradient at `x` against differences of `loss`.
  private func expectSlope(_ x: Tensor<Double>, _ loss: (Tensor<Double>) -> Tensor<Double>) {
    let slope = gradient(at: x) { loss($0) }.scalars
    for index in 0..<x.count {
      var (low, high) = (x.scalars, x.scalars)
      low[index] -= 1e-6
      high[index] += 1e-6
      let difference =
        (loss(Tensor(shape: x.shape, scalars: high)).item() - loss(Tensor(shape: x.shape, scalars: low)).item()) / 2e-6
      #expect(abs(slope[index] - difference) < 1e-5 * max(1, abs(difference)))
    }
  }

  @Test func `gradients are those of finite differences`() {
    var random = SplitMix("probabilities")
    let probabilities = Tensor(shape: [4, 3], scalars: random.numbers(12, in: 0.02...0.98))
    let expected = expected()
    expectSlope(probabilities) { crossEntropy(probabilities: $0, labels: labels) }
    expectSlope(probabilities) { binaryCrossEntropy(probabilities: $0, expected: expected) }
    expectSlope(probabilities) { binaryCrossEntropy(probabilities: $0, expected: expected, reduction: .sum) }
  }

  @Test func `probabilities of 0 and 1 give finite losses and gradients`() {
    func check<S: FloatingScalar>(_ type: S.Type) {
      let greatest = -Double(S.leastNormalMagnitude).logarithm
      let rows: Tensor<S> = [[0, 1], [1, 0], [1, 0]]
      let labels = Tensor<Int32>([0, 0, 1])
      let losses = crossEntropy(probabilities: rows, labels: labels, reduction: .none)
      #expect(isClose(losses.erased.doubles, [greatest, 0, greatest], 1e-6))
      let slope = gradient(at: rows) { crossEntropy(probabilities: $0, labels: labels, reduction: .sum) }
      #expect(slope.erased.doubles == [0, 0, -1, 0, 0, 0])

      let (p, y): (Tensor<S>, Tensor<S>) = ([0, 0, 1, 1, 0, 1], [0, 1, 0, 1, 0.5, 0.5])
      let binary = binaryCrossEntropy(probabilities: p, expected: y, reduction: .none)
      let half = greatest / 2
      #expect(isClose(binary.erased.doubles, [0, greatest, greatest, 0, half, half], 1e-6))
      let binarySlope = gradient(at: p) { binaryCrossEntropy(probabilities: $0, expected: y, reduction: .sum) }
      #expect(binarySlope.erased.doubles == [1, 0, 0, -1, 0.5, -0.5])
      // The least number that is not taken for another.
      let least: Tensor<S> = Tensor([S.leastNormalMagnitude * 2, 1])[.newAxis]
      let steep = gradient(at: least) { crossEntropy(probabilities: $0, labels: Tensor<Int32>([0]), reduction: .sum) }
      #expect(steep.scalars.allSatisfy { $0.isFinite } && steep.scalars[0] < 0)
    }
    check(Float.self)
    check(Double.self)
  }

  @Test func `named losses are the functions, and know what they refuse`() {
    let p: Tensor<Float> = [[0.25, 0.75], [0.5, 0.5]]
    let y: Tensor<Float> = [[1, 0], [0, 1]]
    let labels: Tensor<Int32> = [0, 1]
    typealias Classes = Loss<Tensor<Float>, Tensor<Int32>>
    typealias Numbers = Loss<Tensor<Float>, Tensor<Float>>
    #expect(
      Classes.crossEntropy(from: .probabilities)(p, labels).item()
        == crossEntropy(probabilities: p, labels: labels).item())
    #expect(Classes.crossEntropy(from: .logits)(p, labels).item() == crossEntropy(logits: p, labels: labels).item())
    #expect(
      Numbers.binaryCrossEntropy(from: .probabilities)(p, y).item()
        == binaryCrossEntropy(probabilities: p, expected: y).item())
    #expect(
      Numbers.binaryCrossEntropy(from: .logits)(p, y).item() == binaryCrossEntropy(logits: p, expected: y).item())
    for loss in [Classes.crossEntropy, .crossEntropy(from: .logits), .crossEntropy(from: .probabilities)] {
      #expect(loss.name == "crossEntropy" && loss.targets.form == .labels(ignored: nil))
    }
    for loss in [Numbers.binaryCrossEntropy, .binaryCrossEntropy(from: .probabilities)] {
      #expect(loss.name == "binaryCrossEntropy" && loss.targets.form == .sameShape && loss.targets.range == 0...1)
    }
  }

  @Test func `shapes and labels that do not fit trap`() async {
    let shapes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = binaryCrossEntropy(probabilities: Tensor<Float>.zeros([32, 1]), expected: Tensor<Float>.zeros([32]))
    }
    #expect(errorText(shapes).contains("binaryCrossEntropy: probabilities [32, 1] and expected [32] differ in shape"))
    let rows = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(probabilities: Tensor<Float>.ones([3, 2]), labels: Tensor<Int32>([0, 1]))
    }
    #expect(errorText(rows).contains("crossEntropy: probabilities of shape [batch, …, classes] go with labels of"))
    #expect(errorText(rows).contains("not [3, 2] with [2]"))
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(probabilities: Tensor<Float>.ones([3, 2, 1]), labels: Tensor<Int32>([0, 1, 1]))
    }
    #expect(errorText(rank).contains("not [3, 2, 1] with [3]"))
    let label = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(probabilities: Tensor<Float>.ones([2, 2]), labels: Tensor<Int32>([0, 2]))
    }
    #expect(errorText(label).contains("2"))
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(probabilities: Tensor<Float>.ones([2, 2]), labels: Tensor<Int32>([-1, 1]))
    }
    #expect(errorText(negative).contains("-1"))
  }
}

extension Double {
  fileprivate var logarithm: Double { Tensor<Double>(self).log().item() }
}
