import MartletCore
import MartletPlatform
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

/// A loss, its plain loop, and where to take them.
private struct LossCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let loss: @Sendable (Tensor<Double>, Tensor<Double>, LossReduction) -> Tensor<Double>
  let reference: @Sendable (Double, Double) -> Double
  let expectedIsProbability: Bool
}

private let lossCases = [
  LossCase(
    testDescription: "meanSquaredError",
    loss: { meanSquaredError(predicted: $0, expected: $1, reduction: $2) },
    reference: { ($0 - $1) * ($0 - $1) }, expectedIsProbability: false),
  LossCase(
    testDescription: "meanAbsoluteError",
    loss: { meanAbsoluteError(predicted: $0, expected: $1, reduction: $2) },
    reference: { abs($0 - $1) }, expectedIsProbability: false),
  LossCase(
    testDescription: "binaryCrossEntropy",
    loss: { binaryCrossEntropy(logits: $0, expected: $1, reduction: $2) },
    reference: { x, y in
      let p = 1 / (1 + exp(-x))
      return -y * log(p) - (1 - y) * log(1 - p)
    }, expectedIsProbability: true),
]

@Suite struct LossTests {
  @Test(arguments: lossCases)
  private func `elementwise losses`(_ test: LossCase) {
    var random = SplitMix("losses")
    let x = random.numbers(12)
    let y = random.numbers(12).map { test.expectedIsProbability ? ($0 + 2) / 4 : $0 }
    let expected = Tensor(shape: [4, 3], scalars: y)
    let losses = zip(x, y).map { test.reference($0, $1) }
    let sum = losses.reduce(0, +)
    let predicted = Tensor(shape: [4, 3], scalars: x)
    #expect(isClose([test.loss(predicted, expected, .mean).item()], [sum / 12], 1e-12))
    #expect(isClose([test.loss(predicted, expected, .sum).item()], [sum], 1e-12))
    #expect(isClose(test.loss(predicted, expected, .none).scalars, losses, 1e-12))

    let slope = gradient(at: predicted) { test.loss($0, expected, .mean) }
    let h = 1e-6
    for index in x.indices {
      let difference = (test.reference(x[index] + h, y[index]) - test.reference(x[index] - h, y[index])) / (2 * h) / 12
      #expect(abs(slope.scalars[index] - difference) < 1e-7)
    }
  }

  @Test func `binary cross-entropy holds for any logit`() {
    let logits: Tensor<Float> = [1000, -1000, 1000, -1000, 0]
    let labels: Tensor<Float> = [1, 0, 0, 1, 1]
    let losses = binaryCrossEntropy(logits: logits, expected: labels, reduction: .none).scalars
    #expect(losses[0...3] == [0, 0, 1000, 1000])
    #expect(abs(losses[4] - 0.6931472) < 1e-6)
    let slope = gradient(at: logits) { binaryCrossEntropy(logits: $0, expected: labels, reduction: .sum) }
    #expect(slope.scalars == [0, 0, 1, -1, -0.5])
  }

  @Test func `categorical cross-entropy and its gradient`() {
    var random = SplitMix("cross-entropy")
    let x = random.numbers(12)
    let labels = [2, 0, 1, 2]
    func reference(_ x: [Double]) -> Double {
      (0..<4).reduce(0.0) { sum, row in
        let logits = x[row * 3..<row * 3 + 3]
        return sum + log(logits.reduce(0) { $0 + exp($1) }) - x[row * 3 + labels[row]]
      } / 4
    }
    let labelTensor = Tensor<Int32>(labels.map { Int32($0) })
    let (loss, slope) = valueWithGradient(at: Tensor(shape: [4, 3], scalars: x)) {
      crossEntropy(logits: $0, labels: labelTensor)
    }
    #expect(isClose([loss.item()], [reference(x)], 1e-12))
    for index in x.indices {
      var (low, high) = (x, x)
      low[index] -= 1e-6
      high[index] += 1e-6
      #expect(abs(slope.scalars[index] - (reference(high) - reference(low)) / 2e-6) < 1e-7)
    }
    let none = crossEntropy(
      logits: Tensor(shape: [4, 3], scalars: x), labels: labelTensor, reduction: .none)
    #expect(none.shape == [4])
    #expect(isClose([none.scalars.reduce(0, +) / 4], [reference(x)], 1e-12))
  }

  @Test func `named losses are the functions`() {
    let x: Tensor<Float> = [[1, 2], [3, 5]]
    let y: Tensor<Float> = [[1, 0], [0, 1]]
    #expect(Loss.meanSquaredError(x, y).item() == meanSquaredError(predicted: x, expected: y).item())
    #expect(Loss.meanAbsoluteError(x, y).item() == 2.25)
    #expect(Loss.binaryCrossEntropy(x, y).item() == binaryCrossEntropy(logits: x, expected: y).item())
    let labels: Tensor<Int32> = [0, 1]
    #expect(
      Loss.crossEntropy(x, labels).item() == crossEntropy(logits: x, labels: labels).item())
    #expect(Loss<Tensor<Float>, Tensor<Int32>>.crossEntropy.name == "crossEntropy")
    let own = Loss<Tensor<Float>, Tensor<UInt8>>("own") { predicted, _ in predicted.sum() }
    #expect(own(x, [1, 2]).item() == 11)
  }

  @Test func `nothing broadcasts`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = meanSquaredError(predicted: Tensor<Float>.zeros([32, 1]), expected: Tensor<Float>.zeros([32]))
    }
    let text = errorText(result)
    #expect(text.contains("meanSquaredError: predicted [32, 1] and expected [32] differ in shape; bring one to"))
    let labels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: Tensor<Float>.zeros([3, 2]), labels: Tensor<Int32>([0, 1]))
    }
    #expect(
      errorText(labels).contains("not [3, 2] with [2]"))
  }

  @Test func `labels may have as many axes as logits have before the classes`() {
    let x = withRandomSeed(3) { Tensor<Double>.randomNormal([2, 3, 4]) }
    let labels: Tensor<Int32> = [[0, 3, 1], [2, 2, 0]]
    let rows = crossEntropy(logits: x.reshaped(to: [6, 4]), labels: labels.flattened(), reduction: .none)
    #expect(crossEntropy(logits: x, labels: labels, reduction: .none) == rows.reshaped(to: [2, 3]))
    #expect(crossEntropy(logits: x, labels: labels).item() == rows.mean().item())
    let own = crossEntropy(probabilities: x.softmax(axis: -1), labels: labels, reduction: .none)
    #expect((own - rows.reshaped(to: [2, 3])).abs().max().item() < 1e-12)
  }
}
