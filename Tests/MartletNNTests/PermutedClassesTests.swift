import MartletCore
import TestSupport
import Testing

@testable import MartletNN

/// A classifier does not know what its classes are called: trained on labels that are called by other numbers, it gives the
/// same outputs in other places.
@Suite struct PermutedClassesTests {
  /// How a loss takes the labels.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription = ""
    var isWeighted = false
    var smoothing = 0.0
    var ignored: Int?
  }

  static let cases = [
    Case(testDescription: "plain"), Case(testDescription: "class weights", isWeighted: true),
    Case(testDescription: "smoothed", smoothing: 0.1), Case(testDescription: "ignored class", ignored: 2),
    Case(testDescription: "ignored mark", ignored: -100),
    Case(testDescription: "all at once", isWeighted: true, smoothing: 0.2, ignored: 1),
  ]

  /// What class k is called.
  private static let names: [Int] = [3, 0, 4, 1, 2]

  private func network() -> Sequential {
    withRandomSeed(4) {
      Sequential(inputShape: [6]) {
        Dense(8, activation: .tanh)
        LayerNorm()
        Dense(5)
      }
    }
  }

  /// Along the first axis, what class k has at place `names[k]`.
  private func renamed(_ tensor: Tensor<Float>) -> Tensor<Float> {
    var result = tensor
    for (k, name) in Self.names.enumerated() { result[name] = tensor[k] }
    return result
  }

  @Test(arguments: cases) func `other names of the classes permute the outputs`(_ example: Case) {
    var generator = RandomGenerator(seed: 9)
    let x = Tensor<Float>.randomNormal([24, 6], using: &generator)
    var labels = Tensor<Int64>.randomInteger([24], in: 0..<5, using: &generator).scalars
    if example.ignored == -100 { for row in [1, 5, 20] { labels[row] = -100 } }
    let others = labels.map { $0 < 0 ? $0 : Int64(Self.names[Int($0)]) }
    let weights: Tensor<Float>? = example.isWeighted ? [0.5, 2, 1, 3, 0.25] : nil
    let otherIgnored = example.ignored.map { $0 < 0 ? $0 : Self.names[$0] }

    let (first, second) = (network(), network())
    let head = second[2] as! Dense
    head.weight = renamed(head.weight)
    head.bias = head.bias.map(renamed)

    func train(_ model: Sequential, _ labels: [Int64], _ weights: Tensor<Float>?, _ ignored: Int?) {
      let optimizer = SGD(learningRate: 0.2, momentum: 0.9)
      for _ in 0..<12 {
        let gradients = gradient(at: model) { model in
          crossEntropy(
            logits: model(x), labels: Tensor<Int64>(labels), classWeights: weights, ignoredLabel: ignored,
            labelSmoothing: example.smoothing)
        }
        optimizer.update(model, along: gradients)
      }
    }
    let untrained = first(x)
    train(first, labels, weights, example.ignored)
    train(second, others, weights.map(renamed), otherIgnored)
    let (a, b) = (first(x), second(x))
    #expect(!isClose(untrained.erased.doubles, a.erased.doubles, 1e-2))
    #expect(isClose(b.transposed().erased.doubles, renamed(a.transposed()).erased.doubles, 1e-5))
    // Without the permutation they are not the same.
    #expect(!isClose(b.erased.doubles, a.erased.doubles, 1e-2))
  }
}
