import MartletCore
import MartletMetrics
import Testing

@testable import MartletAccountability

@Suite struct ModelFreeTests {
  private let x: Tensor<Double> = [[20, 50, 30]]
  private let golden = [76.66666666666667, 196.66666666666666, 116.66666666666667]

  @Test("Exact Shapley values and the regression on all sets give Captum's golden values") func goldenShapley() throws {
    let explainer = Explainer<Double>(target: .output(0), of: multiLayer)
    let exact = try explainer.shapleyValues(x)
    #expect(near(exact.numbers, golden, 1e-11))
    let kernel = try explainer.shapleyValues(x, method: .kernel(sets: 6))
    #expect(near(kernel.numbers, golden, 1e-10))
    #expect(kernel.method.contains("all 8 sets"))
    for found in [exact, kernel] {
      #expect(found.completeness![0].output == 392 && found.completeness![0].baselineOutput == 2)
      #expect(found.incompleteRows.isEmpty)
    }
  }

  @Test("Shapley values average over the background, and equal features have equal values") func background() throws {
    let explainer = Explainer<Double>(target: .single) { ($0[0..., 0] + $0[0..., 1]).tanh() * $0[0..., 2] }
    let rows: Tensor<Double> = [[1, 1, 2], [0.5, 0.5, -1]]
    let others: Tensor<Double> = [[0, 0, 1], [0.3, 0.3, -2], [1, 1, 0.5]]
    let all = try explainer.shapleyValues(rows, background: others)
    var sum = [Double](repeating: 0, count: 6)
    for place in 0..<3 {
      let one = try explainer.shapleyValues(rows, background: others[place..<place + 1])
      sum = zip(sum, one.numbers).map { $0 + $1 / 3 }
    }
    #expect(near(all.numbers, sum, 1e-12))
    for row in 0..<2 { #expect(abs(all.numbers[3 * row] - all.numbers[3 * row + 1]) < 1e-12) }
    #expect(all.incompleteRows.isEmpty)
    let regression = try explainer.shapleyValues(rows, background: others, method: .kernel(sets: 100))
    #expect(near(regression.numbers, all.numbers, 1e-10))
  }

  @Test("Kernel SHAP of 14 features: the sum holds, a linear model is exact, and another comes near") func kernel()
    throws
  {
    let weights = Tensor<Double>((0..<14).map { Double($0) - 5 })
    let linear = Explainer<Double>(target: .single) { $0.matmul(weights) }
    let ones = Tensor<Double>.ones([1, 14])
    let found = try linear.shapleyValues(ones, method: .kernel(sets: 200), seed: 3)
    #expect(near(found.numbers, weights.scalars, 1e-9))
    #expect(found.completeness![0].evaluations <= 202)
    let curved = Explainer<Double>(target: .single) { ($0.matmul(weights) * 0.05).exp() + $0[0..., 0] * $0[0..., 13] }
    let exact = try curved.shapleyValues(ones, method: .exact)
    let near200 = try curved.shapleyValues(ones, method: .kernel(sets: 200), seed: 3)
    let near4000 = try curved.shapleyValues(ones, method: .kernel(sets: 4000), seed: 3)
    func worst(_ a: Attribution<Double>) -> Double { zip(a.numbers, exact.numbers).map { abs($0 - $1) }.max()! }
    #expect(worst(near200) < 0.1 && worst(near4000) < 0.02)
    for found in [near200, near4000] { #expect(abs(found.completeness![0].gap) < 1e-12) }
    // Another seed draws other sets; the same seed the same.
    let other = try curved.shapleyValues(ones, method: .kernel(sets: 200), seed: 4)
    #expect(other.numbers != near200.numbers)
    #expect(try curved.shapleyValues(ones, method: .kernel(sets: 200), seed: 3).numbers == near200.numbers)
    #expect(throws: ExplanationError.self) { try curved.shapleyValues(ones, method: .kernel(sets: 4)) }
  }

  @Test("Drawn sets come in pairs, whole sizes once each, and weigh what Kernel SHAP's formula says") func coalitions()
  {
    let drawn = Coalitions(features: 15, limit: 500, seed: 1)
    #expect(drawn.members.count <= 500 && drawn.members.count >= 499 - 1 && !drawn.isExhaustive)
    for place in stride(from: 0, to: drawn.members.count, by: 2) {
      #expect(drawn.members[place + 1] == drawn.members[place].map(!))
    }
    #expect(Set(drawn.members.prefix(30)).count == 30)
    let all = Coalitions(features: 6, limit: 62, seed: 1)
    #expect(all.isExhaustive && Set(all.members).count == 62)
    /// What all sets of 1 to M - 1 features weigh.
    func whole(_ features: Int) -> Double {
      (1..<features).reduce(0.0) { sum, size in
        let product = Double(size) * Double(features - size)
        return sum + Double(features - 1) / product
      }
    }
    #expect(abs(all.weights.reduce(0, +) - whole(6)) < 1e-12)
    #expect(abs(drawn.weights.reduce(0, +) - whole(15)) < 1e-12)
  }

  @Test("A shuffled feature that is used costs accuracy, an unused one nothing") func permutation() throws {
    let x = withRandomSeed(2) { Tensor<Float>.randomNormal([300, 3]) }
    let labels = (x[0..., 0] .> 0).cast(to: Int32.self)
    let explainer = Explainer<Float>(target: .output(1), featureNames: ["used", "unused", "too"]) {
      Tensor.stack([-$0[0..., 0], $0[0..., 0]], axis: 1)
    }
    let found = try explainer.permutationImportance(x, labels, metric: .accuracy, repeats: 20)
    #expect(found.score == 1 && found.features.map(\.name) == ["used", "unused", "too"])
    #expect(abs(found.features[0].mean - 0.5) < 0.05)
    #expect(found.features[0].interval.lower > 0.45 && found.features[0].interval.upper < 0.55)
    #expect(found.features[1].drops == [Double](repeating: 0, count: 20))
    // An error that grows counts as worse too.
    let numbers = Explainer<Float>(target: .single) { $0[0..., 0] }
    let error = try numbers.permutationImportance(x, x[0..., 0], metric: .meanSquaredError, repeats: 5)
    #expect(abs(error.features[0].mean - 2) < 0.5 && error.features[1].mean == 0)
    #expect(error.description.contains("drop of"))
  }

  @Test("All permutations are as likely, also the one that changes nothing") func unbiased() throws {
    let explainer = Explainer<Float>(target: .single) { $0[0..., 0] }
    let x: Tensor<Float> = [[0], [1]]
    let found = try explainer.permutationImportance(x, x[0..., 0], metric: .meanSquaredError, repeats: 2000)
    // Half of the permutations of two rows change nothing, and the others make an error of 1.
    #expect(abs(found.features[0].mean - 0.5) < 0.05)
    #expect(Set(found.features[0].drops) == [0, 1])
  }

  @Test("Student's quantiles are those of tables") func student() {
    for (freedom, value) in [
      (1, 12.706204736), (2, 4.302652730), (9, 2.262157163), (30, 2.042272456), (120, 1.979930405),
    ] {
      #expect(abs(studentQuantile(0.95, freedom: freedom) - value) < 1e-7)
    }
    #expect(abs(studentQuantile(0.99, freedom: 5) - 4.032142984) < 1e-7)
  }

  @Test("Partial dependence is the mean of the rows' answers, on values that occur") func dependence() throws {
    let explainer = Explainer<Double>(target: .single) { $0[0..., 0].squared() + $0[0..., 0] * $0[0..., 1] }
    let x: Tensor<Double> = [[0, 1], [1, -1], [2, 3], [1, 1]]
    let found = try explainer.partialDependence(x, feature: "0")
    #expect(found.values == [0, 1, 2])
    #expect(found.means == [0, 2, 6])
    #expect(found.individual[2] == [0, 4, 10] && found.centred[1] == [0, 0, 2])
    let picture = try #require(found.chart()).svg()
    for text in ["80 % of rows", "single rows", "mean of 4 rows"] { #expect(picture.contains(">\(text)<")) }
    let given = try explainer.partialDependence(x, feature: "1", values: [-1, 1])
    #expect(given.means == [0.5, 2.5])
    let many = Tensor<Double>.linspace(0, 100, count: 101).reshaped(to: [101, 1])
    let grid = try Explainer<Double>(target: .single) { $0 }.partialDependence(many, feature: "0", count: 10)
    #expect(grid.values.count == 10 && grid.values.first == 5 && grid.values.last == 95)
    #expect(throws: ExplanationError.invalid("expected one of the features \"0\", \"1\", got \"2\"")) {
      try explainer.partialDependence(x, feature: "2")
    }
    #expect(throws: ExplanationError.self) { try explainer.partialDependence(x, feature: "0", values: []) }
    #expect(throws: ExplanationError.self) { try explainer.partialDependence(x, feature: "0", count: 1) }
  }

  @Test("Counterfactuals change one feature where that is enough, by as little as needed") func counterfactuals() throws
  {
    let explainer = Explainer<Double>(target: .single, featureNames: ["income", "debt", "age"]) {
      $0.matmul(Tensor<Double>([1, -2, 0.5]))
    }
    let reference = withRandomSeed(1) { Tensor<Double>.randomUniform([50, 3], in: 0..<10) }
    let row: Tensor<Double> = [[2, 3, 4]]
    var rules = CounterfactualRules()
    rules.immutable = ["age"]
    let found = try explainer.counterfactuals(row, goal: .atLeast(0), reference: reference, rules: rules)
    #expect(found.count == 1 && found[0].before == -2 && found[0].after >= 0 && found[0].after < 1e-4)
    #expect(found[0].changes.map(\.feature) == ["debt"])
    rules.ranges = ["debt": 2.5...10, "income": 0...4]
    rules.maximumAnswers = 3
    // Neither of both can do it alone now.
    let several = try explainer.counterfactuals(row, goal: .atLeast(0.5), reference: reference, rules: rules)
    #expect(several.count == 1 && several[0].changes.map(\.feature) == ["income", "debt"])
    for change in several[0].changes {
      guard case .number(let number) = change.to else { continue }
      #expect(rules.ranges[change.feature]!.contains(number))
    }
    rules.onlyFalling = ["income"]
    #expect(try explainer.counterfactuals(row, goal: .atLeast(0.5), reference: reference, rules: rules).isEmpty)
    let already = try explainer.counterfactuals(row, goal: .atMost(0), reference: reference)
    #expect(already.count == 1 && already[0].changes.isEmpty && already[0].distance == 0)
    // Whole numbers stay whole.
    let whole = try explainer.counterfactuals(row, goal: .atLeast(0.25), reference: reference.round())
    #expect(whole[0].changes.allSatisfy { if case .number(let n) = $0.to { n == n.rounded() } else { false } })
    rules.ranges = ["nothing": 0...1]
    #expect(throws: ExplanationError.self) {
      try explainer.counterfactuals(row, goal: .atLeast(0), reference: reference, rules: rules)
    }
    #expect(throws: ExplanationError.self) {
      try explainer.counterfactuals(row, goal: .atLeast(.infinity), reference: reference)
    }
  }
}
