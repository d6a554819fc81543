import MartletCore
import MartletNN
import Testing

@testable import MartletAccountability

@Suite struct DeepLiftTests {
  /// The rows' gaps are rounding alone, and there is a difference to explain.
  private func isComplete(
    _ x: Tensor<Double>, baseline: Tensor<Double>? = nil, within limit: Double = 1e-10,
    _ function: @escaping (Tensor<Double>) -> Tensor<Double>
  ) throws -> Bool {
    let found = try Explainer<Double>(target: .single, of: function).deepLift(x, baseline: baseline)
    return found.completeness!.allSatisfy { abs($0.gap) < limit && abs($0.output - $0.baselineOutput) > 1e-3 }
  }

  private func numbers(_ shape: Shape, seed: UInt64 = 5) -> Tensor<Double> {
    withRandomSeed(seed) { .randomNormal(shape) }
  }

  @Test("Of a linear model it is the input times the weights, and rectifiers share out the whole difference")
  func golden() throws {
    let linear = Explainer<Double>(target: .single) { $0.matmul(Tensor<Double>([2, -3])) }
    #expect(near(try linear.deepLift([[3, 1]]).numbers, [6, -3], 1e-14))
    let layered = try Explainer<Double>(target: .output(0), of: multiLayer).deepLift([[20, 50, 30]])
    // Three units pass all of it, and one 90 of 100.
    #expect(near(layered.numbers, [78, 195, 117], 1e-11))
    let basic = try Explainer<Double>(target: .single, of: basicModel).deepLift([[3, 1]])
    #expect(near(basic.numbers, [1.5, -0.5], 1e-12))
  }

  @Test("One rectifier layer used three times has the rule each time") func reuse() throws {
    final class Twice: Layer {
      let rectifier = ReLU()
      let dense = Dense(4, 4)
      let last = Dense(4, 1)
      func forward(_ x: Tensor<Float>) -> Tensor<Float> {
        last(rectifier(dense(rectifier(dense(rectifier(x))))))
      }
    }
    let model = withRandomSeed(4) { Twice() }
    let x = rows(6, 4) * 5
    let found = try Explainer(model, target: .single).deepLift(x, baseline: Tensor<Float>([0.5, -1, 1, 0]))
    #expect(found.incompleteRows.isEmpty)
    #expect(found.completeness!.allSatisfy { abs($0.gap) < 1e-5 })
    #expect(found.completeness!.contains { abs($0.output - $0.baselineOutput) > 0.1 })
  }

  @Test("Functions without layers keep the sum: exp, products, quotients, powers, roots") func functional() throws {
    let x = numbers([3, 4]).abs() + 0.2
    let base = Tensor<Double>(0.1)
    #expect(try isComplete(x, baseline: base) { $0.exp().sum(axis: 1) })
    #expect(try isComplete(x, baseline: base) { $0[0..., 0] * $0[0..., 1] * $0[0..., 2] })
    #expect(try isComplete(x, baseline: base) { $0[0..., 0] / ($0[0..., 1] + $0[0..., 2]) })
    #expect(try isComplete(x, baseline: base) { ($0[0..., 0].power($0[0..., 1]) + $0[0..., 2].sqrt()).log() })
    #expect(try isComplete(x, baseline: base) { maximum($0[0..., 0], $0[0..., 3] * 2) })
    #expect(try isComplete(x, baseline: base) { $0.squared().sum(axis: 1) + $0.sumOfSquares(axis: 1) })
    // A product of two features, each of which is worth half of what they add together.
    let product = Explainer<Double>(target: .single) { $0[0..., 0] * $0[0..., 1] }
    #expect(near(try product.deepLift([[4, 6]]).numbers, [12, 12], 1e-13))
  }

  @Test("Every activation keeps the sum") func activations() throws {
    let x = numbers([4, 3]) * 2
    let all: [ActivationFunction] = [
      .relu, .leakyReLU(), .elu(), .selu, .gelu, .geluTanh, .silu, .mish, .sigmoid, .tanh, .softplus, .logSigmoid,
      .celu(),
      .relu6, .hardTanh(), .hardSigmoid, .hardSwish, .softsign, .tanhshrink, .softshrink(), .hardshrink(),
      .threshold(0.1, value: -1),
    ]
    for activation in all {
      #expect(
        try isComplete(x, baseline: Tensor<Double>([-0.3, 0.9, -1.7])) {
          activation($0).matmul(Tensor<Double>([1, 2, 3.5])) + $0.sum(axis: 1)
        }, "\(activation)")
    }
  }

  @Test("Softmax and its logarithm keep the sum and do not see a number added to all logits") func softmax() throws {
    let x = numbers([4, 5]) * 3
    let base = numbers([5], seed: 9)
    #expect(try isComplete(x, baseline: base) { $0.softmax(axis: 1)[0..., 2] })
    #expect(try isComplete(x, baseline: base) { $0.logSoftmax(axis: 1)[0..., 2] })
    #expect(try isComplete(x, baseline: base) { $0.logSumExp(axis: 1) })
    let explainer = Explainer<Double>(target: .output(1)) { $0.softmax(axis: 1) }
    let multipliers = try explainer.deepLift(x, baseline: base, multipliesByDifference: false)
    #expect(near(multipliers.values.sum(axis: 1).scalars, [0, 0, 0, 0], 1e-14))
    // Far apart, where probabilities are 0 to the last bit.
    let far = try explainer.deepLift([[900, -900, 0]], baseline: Tensor<Double>([-900, 900, 0]))
    #expect(
      abs(far.completeness![0].gap) < 1e-12
        && abs(far.completeness![0].output - far.completeness![0].baselineOutput) > 0.99)
  }

  @Test("A maximum over windows gives its difference to the more extreme element") func extremes() throws {
    let explainer = Explainer<Double>(target: .single) { $0.max(axis: 1) }
    #expect(try explainer.deepLift([[1, 5, 2]], baseline: Tensor<Double>([3, 1, 0])).numbers == [0, 2, 0])
    #expect(try explainer.deepLift([[1, 2, 0]], baseline: Tensor<Double>([3, 1, 0])).numbers == [-1, 0, 0])
    #expect(try explainer.deepLift([[4, 4, 0]]).numbers == [2, 2, 0])
    // The result stays, and so nothing is attributed though another element is the maximum now.
    #expect(try explainer.deepLift([[1, 3, 0]], baseline: Tensor<Double>([3, 1, 0])).numbers == [0, 0, 0])
    let x = numbers([3, 4, 4])
    #expect(
      try isComplete(x, baseline: numbers([4, 4], seed: 8)) {
        $0.reshaped(to: [3, 2, 2, 2, 2]).max(axes: [2, 4]).reshaped(to: [3, 4]).matmul(Tensor<Double>([1, -2, 3, 0.5]))
      })
    #expect(try isComplete(x, baseline: numbers([4, 4], seed: 8)) { $0.min(axes: [1, 2]) })
  }

  @Test("Normalisation, chosen elements, other axes and recomputed blocks keep the sum") func others() throws {
    let x = numbers([4, 6]) * 2
    let base = numbers([6], seed: 2)
    let weights = Tensor<Double>([1, -2, 3, 0.5, 2, -1])
    #expect(try isComplete(x, baseline: base) { $0.layerNormalized(scale: weights, shift: weights).matmul(weights) })
    #expect(try isComplete(x, baseline: base) { Tensor.where($0 .> 0, $0 * 3, $0 * -1).matmul(weights) })
    #expect(
      try isComplete(x, baseline: base) {
        $0.transposed().tanh().transposed().reshaped(to: [2, 2, 6]).relu().reshaped(to: [4, 6]).matmul(weights)
      })
    #expect(try isComplete(x, baseline: base) { x in checkpointed { x.tanh().matmul(weights) } })
    #expect(try isComplete(x, baseline: base, within: 1e-8) { $0.product(axis: 1) })
    #expect(try isComplete(x, baseline: base, within: 1e-8) { $0.cumulativeProduct(axis: 1).matmul(weights) })
    // Both operands of a product of matrices depend on the input.
    #expect(
      try isComplete(x, baseline: base) { x in
        let m = x.reshaped(to: [4, 2, 3])
        return m.matmul(m.swappedAxes(1, 2)).sum(axes: [1, 2])
      })
    let reversed = Explainer<Double>(target: .single) { $0.withPullback { $0 * -1 }.sum(axis: 1) }
    #expect(try reversed.deepLift([[1, 2]]).numbers == [1, 2])
  }

  @Test("Near its baseline it is the gradient times the difference") func limit() throws {
    let x = numbers([2, 4])
    let explainer = Explainer<Double>(target: .single) { ($0.tanh() * $0.roll()).softmax(axis: 1)[0..., 1] }
    let multipliers = try explainer.deepLift(x, baseline: x - 1e-5, multipliesByDifference: false)
    #expect(near(multipliers.numbers, try explainer.saliency(x, isAbsolute: false).numbers, 1e-4))
    #expect(try explainer.deepLift(x, baseline: x).numbers.allSatisfy { $0 == 0 })
    let same = try explainer.deepLift(x, baseline: x, multipliesByDifference: false)
    #expect(near(same.numbers, try explainer.saliency(x, isAbsolute: false).numbers, 1e-14))
  }

  @Test("A model that does something else at the baseline is refused by name") func differentRuns() throws {
    let explainer = Explainer<Double>(target: .single) { x in
      x.sum().item() > 1 ? x.exp().sum(axis: 1) : x.tanh().sum(axis: 1)
    }
    let error = #expect(throws: ExplanationError.self) { try explainer.deepLift([[3, 1]]) }
    #expect(error?.description.contains("differs at exp") == true)
    #expect(throws: ExplanationError.self) { try explainer.deepLift([[3, 1]], tolerance: .infinity) }
    // What does not depend on the input at all has nothing to explain.
    let constant = Explainer<Double>(target: .single) { _ in Tensor<Double>([1]) }
    #expect(try constant.deepLift([[3, 1]]).numbers == [0, 0])
  }
}

extension Tensor where Scalar == Double {
  fileprivate func roll() -> Tensor { rolled(by: 1, axis: 1) }
}
