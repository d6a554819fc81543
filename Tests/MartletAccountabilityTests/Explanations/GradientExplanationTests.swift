import MartletCore
import MartletNN
import Testing

@testable import MartletAccountability

@Suite struct GradientExplanationTests {
  @Test("Captum's golden values come out, in double precision to its last digits") func golden() throws {
    let explainer = Explainer<Double>(target: .single, of: basicModel)
    let x: Tensor<Double> = [[3, 1]]
    let found = try explainer.integratedGradients(x)
    #expect(near(found.numbers, [1.5, -0.5], 1e-12))
    #expect(near([found.completeness![0].gap], [0], 1e-12))
    let slopes = try explainer.integratedGradients(x, multipliesByDifference: false)
    #expect(near(slopes.numbers, [0.5, -0.5], 1e-12))
    #expect(near(try explainer.saliency(x).numbers, [1, 1], 0))
    #expect(near(try explainer.saliency(x, isAbsolute: false).numbers, [1, -1], 0))
    #expect(near(try explainer.inputTimesGradient(x).numbers, [3, -1], 0))
    let layered = Explainer<Double>(target: .output(0), of: multiLayer)
    let y: Tensor<Double> = [[20, 50, 30]]
    #expect(try layered.occlusion(y).numbers == [80, 200, 120])
    let whole = try layered.integratedGradients(y, nodes: 4, tolerance: 1e-10).completeness![0]
    #expect(whole.output == 392 && whole.baselineOutput == 2 && abs(whole.gap) < 1e-7)
  }

  @Test("Quadrature weights add up to one, and a constant gradient is the attribution", arguments: 1...40)
  func quadrature(count: Int) throws {
    let rule = GaussLegendre(count)
    #expect(abs(rule.weights.reduce(0, +) - 1) < 4e-15)
    // Exact for polynomials of degree 2n - 1.
    for degree in 0..<2 * count {
      let integral = zip(rule.nodes, rule.weights).reduce(0) { sum, pair in
        sum + pair.1 * (0..<degree).reduce(1) { power, _ in power * pair.0 }
      }
      #expect(abs(integral - 1 / Double(degree + 1)) < 1e-14)
    }
    let linear = Explainer<Double>(target: .single) { $0.sum(axis: 1) }
    let found = try linear.integratedGradients([[1, 2]], nodes: count)
    #expect(near(found.numbers, [1, 2], 1e-14))
    #expect(found.completeness![0].evaluations == count)
  }

  @Test("Double models have double quadrature: ten nodes of a smooth function are exact to 1e-12") func precision()
    throws
  {
    let smooth = Explainer<Double>(target: .single) { ($0 * 0.5).sum(axis: 1).exp() }
    let found = try smooth.integratedGradients([[1, 1]], nodes: 10, tolerance: 0, maximumNodes: 10)
    let e = 1.718281828459045
    #expect(near(found.numbers, [e / 2, e / 2], 1e-12))
  }

  @Test("Halving meets a tolerance at kinks where doubling cannot, and says where it may not") func refining() throws {
    let (model, x) = (classifier(), rows(6, 5))
    let explainer = Explainer(model, target: .outputs(Tensor<Int32>([0, 1, 2, 0, 1, 2])))
    let coarse = try explainer.integratedGradients(x, nodes: 4, tolerance: 1e-4, maximumNodes: 4)
    #expect(!coarse.incompleteRows.isEmpty)
    #expect(coarse.description.contains("not met"))
    let fine = try explainer.integratedGradients(x, nodes: 4, tolerance: 1e-4)
    #expect(fine.incompleteRows.isEmpty)
    for (row, part) in fine.completeness!.enumerated() {
      #expect(abs(part.gap) <= 1e-4 * abs(part.output - part.baselineOutput) + 1e-4 * 0.1)
      #expect(part.evaluations >= 4 && part.evaluations <= 2048)
      #expect(abs(Double(fine.values[row].sum().item()) - part.sum) < 1e-5)
    }
  }

  @Test("Attributions do not depend on how many rows a pass has") func passes() throws {
    let (model, x) = (classifier(), rows(5, 5))
    func all(_ limit: Int) throws -> [[Double]] {
      let explainer = Explainer(model, target: .output(1), rowsPerPass: limit)
      return [
        try explainer.saliency(x).numbers, try explainer.integratedGradients(x, nodes: 4, maximumNodes: 4).numbers,
        try explainer.smoothGradient(x, samples: 9).numbers, try explainer.occlusion(x).numbers,
      ]
    }
    for (few, many) in zip(try all(3), try all(1000)) { #expect(near(few, many, 2e-5)) }
  }

  @Test("SmoothGrad of a quadratic is its gradient, and the variance that of the noise") func smoothGradient() throws {
    let explainer = Explainer<Double>(target: .single) { $0.squared().sum(axis: 1) }
    let x: Tensor<Double> = [[1, -3]]
    let mean = try explainer.smoothGradient(x, samples: 4000, noise: .absolute(0.5))
    #expect(near(mean.numbers, [2, -6], 0.06))
    let variance = try explainer.smoothGradient(x, .variance, samples: 4000, noise: .absolute(0.5))
    #expect(near(variance.numbers, [1, 1], 0.08))
    let squares = try explainer.smoothGradient(x, .meanOfSquares, samples: 4000, noise: .absolute(0.5))
    let expected = zip(mean.numbers, variance.numbers).map { $0 * $0 + $1 }
    #expect(near(squares.numbers, expected, 1e-9))
    #expect(try explainer.smoothGradient(x, samples: 3, noise: .absolute(0)).numbers == [2, -6])
    let relative = try explainer.smoothGradient(x, .variance, samples: 4000, noise: .relative(0.125))
    #expect(near(relative.numbers, [1, 1], 0.08))
    // The variance of a large gradient is not lost in the difference of two large numbers.
    let steep = Explainer<Double>(target: .single) { ($0 * 1e9).sum(axis: 1) }
    #expect(try steep.smoothGradient(x, .variance, samples: 10).numbers == [0, 0])
  }

  @Test("Windows over an image cover every element, and overlaps are averaged") func windows() throws {
    let weights: Tensor<Float> = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    let explainer = Explainer<Float>(target: .single) { ($0 * weights).sum(axes: [1, 2]) }
    let image = Tensor<Float>.ones([1, 3, 3])
    let blocks = try explainer.occlusion(image, window: [2, 2])
    #expect(blocks.numbers == [12, 12, 9, 12, 12, 9, 15, 15, 9])
    let overlapping = try explainer.occlusion(image, window: [2, 2], strides: [1, 1])
    // Windows weigh 12, 16, 24 and 28; the middle is in all of them.
    #expect(overlapping.numbers == [12, 14, 16, 18, 20, 22, 24, 26, 28])
    let kept = try explainer.occlusion(image, baseline: Tensor<Float>(1))
    #expect(kept.numbers.allSatisfy { $0 == 0 })
  }

  @Test("Targets: one output, each row's own, or a function that is told its rows") func targets() throws {
    let outputs: @Sendable (Tensor<Double>) -> Tensor<Double> = {
      Tensor.stack([$0[0..., 0] * 2, $0[0..., 1] * 3], axis: 1)
    }
    let x: Tensor<Double> = [[1, 1], [1, 1]]
    func slopes(_ target: ExplanationTarget<Double>) throws -> [Double] {
      try Explainer(target: target, of: outputs).saliency(x, isAbsolute: false).numbers
    }
    #expect(try slopes(.output(1)) == [0, 3, 0, 3])
    #expect(try slopes(.outputs(Tensor<Int32>([1, 0]))) == [0, 3, 2, 0])
    let signs: Tensor<Double> = [1, -1]
    let signed = ExplanationTarget<Double>.function("signed sum") { $0.sum(axis: 1) * signs[rows: $1] }
    #expect(try slopes(signed) == [2, 3, -2, -3])
    let weights: Tensor<Double> = [[1, 2], [3, 4]]
    let second = Explainer<Double>(rowsOf: { ($0 * weights[rows: $1]).sum(axis: 1) }, target: .single)
    #expect(near(try second.integratedGradients(x).numbers, [1, 2, 3, 4], 1e-14))
  }

  @Test("Bad input throws and says what was expected") func badInput() throws {
    let explainer = Explainer(classifier(), target: .output(3))
    let x = rows(2, 5)
    #expect(throws: ExplanationError.invalid("expected an output among 0 ..< 3, got 3")) { try explainer.saliency(x) }
    let single = Explainer(classifier(), target: .single)
    #expect(throws: ExplanationError.self) { try single.saliency(x) }
    let good = Explainer(classifier(), target: .output(0))
    #expect(throws: ExplanationError.empty("expected rows with features, got shape [0, 5]")) {
      try good.saliency(Tensor<Float>.zeros([0, 5]))
    }
    #expect(throws: ExplanationError.self) { try good.saliency(rows(2, 4)) }
    #expect(throws: ExplanationError.invalid("expected finite numbers, got nan in row 1")) {
      try good.saliency(Tensor<Float>.concatenate([rows(1, 5), .full([1, 5], .nan)]))
    }
    #expect(throws: ExplanationError.self) { try good.integratedGradients(x, nodes: 0) }
    #expect(throws: ExplanationError.self) { try good.integratedGradients(x, tolerance: -1) }
    #expect(throws: ExplanationError.self) { try good.integratedGradients(x, baseline: Tensor<Float>.zeros([3])) }
    #expect(throws: ExplanationError.self) { try good.smoothGradient(x, samples: 0) }
    #expect(throws: ExplanationError.self) { try good.smoothGradient(x, .variance, samples: 1) }
    #expect(throws: ExplanationError.self) { try good.smoothGradient(x, noise: .absolute(-1)) }
    #expect(throws: ExplanationError.self) { try good.occlusion(x, window: [0]) }
    #expect(throws: ExplanationError.self) { try good.occlusion(x, window: [1, 1]) }
    let few = Explainer(classifier(), target: .outputs(Tensor<Int32>([0])))
    #expect(throws: ExplanationError.self) { try few.saliency(x) }
    let named = Explainer(classifier(), target: .output(0), featureNames: ["a"])
    #expect(throws: ExplanationError.shapes("expected a name for each of 5 features, got 1")) { try named.saliency(x) }
    let unbuilt = Explainer(Sequential { Dense(3) }, target: .output(0))
    #expect(throws: ExplanationError.self) { try unbuilt.saliency(x) }
  }
}
