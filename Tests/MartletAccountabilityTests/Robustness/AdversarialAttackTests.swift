import MartletAccountability
import MartletCore
import MartletNN
import Testing

/// Attacks on models whose worst change is known, and what must hold of any.
@Suite struct AdversarialAttackTests {
  /// A logistic regression: the margin of a row falls by the strength times the dual norm of the weights, and no change
  /// does more.
  private let weights: Tensor<Float> = [[2], [-1], [0.5]]
  private let x: Tensor<Float>
  private let labels: Tensor<Int32>
  private let margins: [Float]

  init() {
    var (rows, labels, margins) = ([[Float]](), [Int32](), [Float]())
    for row in 0..<24 {
      let values: [Float] = [Float(row % 7) / 7 - 0.4, Float(row % 5) / 5 - 0.3, Float(row % 3) / 3 - 0.25]
      let score = 2 * values[0] - values[1] + 0.5 * values[2]
      // Every sixth row is wrong from the start.
      let label: Int32 = (score > 0) != (row % 6 == 0) ? 1 : 0
      rows.append(values)
      labels.append(label)
      margins.append(label == 1 ? score : -score)
    }
    (x, self.labels, self.margins) = (Tensor<Float>(rows), Tensor(labels), margins)
  }

  private func share(_ isCounted: (Float) -> Bool, among isHeld: (Float) -> Bool = { _ in true }) -> Double {
    let held = margins.filter(isHeld)
    return Double(held.count(where: isCounted)) / Double(held.count)
  }

  private func outputs(_ x: Tensor<Float>) -> Tensor<Float> { matmul(x, weights) }

  @Test(arguments: AdversarialAttack.Norm.allCases)
  func `of a linear model, one step is the worst change, and many steps find the same`(
    norm: AdversarialAttack.Norm
  ) throws {
    let strength = 0.15
    let dual: Float = norm == .maximum ? 3.5 : Float(5.25).squareRoot()
    let direction: [Float] =
      norm == .maximum ? [1, -1, 1] : [2 / dual, -1 / dual, 0.5 / dual]
    for attack in [
      try AdversarialAttack.fastGradientSign(strength: strength, norm: norm),
      try .projectedGradientDescent(strength: strength, norm: norm, steps: 60, stepSize: strength / 2, starts: 2),
    ] {
      let result = try attack(x, labels: labels, batchSize: 7, seed: 3, outputs: outputs)
      #expect(result.accuracy == share { $0 > 0 })
      #expect(result.robustAccuracy == share { $0 > Float(strength) * dual })
      #expect(result.successRate == share({ $0 <= Float(strength) * dual }, among: { $0 > 0 }))
      #expect(result.distances.allSatisfy { abs($0 - strength) < 1e-5 })
      let (before, after) = (x.scalars, result.inputs.scalars)
      for place in before.indices {
        let away: Float = labels.scalars[place / 3] == 1 ? -1 : 1
        let expected = before[place] + away * Float(strength) * direction[place % 3]
        #expect(abs(after[place] - expected) < 1e-5)
      }
    }
  }

  @Test func `a curve has what each strength leaves, and only falls`() throws {
    let attack = try AdversarialAttack.projectedGradientDescent(strength: 1, steps: 5)
    let curve = try attack.curve(x, labels: labels, strengths: [0.2, 0.05, 0.1, 3, 4], outputs: outputs)
    #expect(curve.accuracy == share { $0 > 0 })
    #expect(curve.points.map(\.strength) == [0.05, 0.1, 0.2, 3, 4])
    #expect(
      curve.points.map(\.robustAccuracy) == [0.05, 0.1, 0.2, 3, 4].map { strength in share { $0 > strength * 3.5 } })
    #expect(curve.points.last?.robustAccuracy == 0)
    #expect(curve.description.contains("robust accuracy"))
    #expect(curve.chart().svg().hasPrefix("<svg"))
  }

  /// A network of three classes with dropout, whose gradients are not the same everywhere.
  private func network() -> Sequential {
    withRandomSeed(5) {
      Sequential(inputShape: [3]) {
        Dense(16, activation: .tanh)
        Dropout(0.5)
        Dense(3)
      }
    }
  }

  @Test func `many steps do more than one, in inference mode, whatever the batches are`() throws {
    let model = network()
    let classes = withMode(.inference) { model(x) }.argMax(axis: -1).cast(to: Int32.self)
    let one = try AdversarialAttack.fastGradientSign(strength: 0.4)
    let many = try AdversarialAttack.projectedGradientDescent(strength: 0.4, steps: 20, starts: 3)
    let (first, second) = (try one(model, x, labels: classes), try many(model, x, labels: classes, seed: 1))
    // Right from the start, because the labels are what the model says.
    #expect(first.accuracy == 1 && second.accuracy == 1)
    #expect(second.successRate >= first.successRate && second.successRate > 0)
    #expect(second.successRate == 1 - second.robustAccuracy)
    let found = withMode(.inference) { model(second.inputs) }.argMax(axis: -1).cast(to: Int32.self)
    #expect(found == second.predictions)
    let split = try many(model, x, labels: classes, batchSize: 5, seed: 1)
    #expect(split.inputs.allClose(to: second.inputs) && split.predictions == second.predictions)
    let other = try many(model, x, labels: classes, seed: 2)
    #expect(other.inputs != second.inputs)
    let closure = try many(x, labels: classes, seed: 1) { model($0) }
    #expect(closure.inputs == second.inputs)
  }

  @Test func `more starts never do less`() throws {
    let model = network()
    let classes = withMode(.inference) { model(x) }.argMax(axis: -1).cast(to: Int32.self)
    let rates = try [1, 2, 8].map { starts in
      try AdversarialAttack.projectedGradientDescent(strength: 0.3, steps: 2, starts: starts)(
        model, x, labels: classes, seed: 4
      ).successRate
    }
    #expect(rates == rates.sorted())
  }

  @Test func `targets are gone towards`() throws {
    // Three classes, one for each axis: with a strength above 1, any class can be reached.
    let outputs: (Tensor<Float>) -> Tensor<Float> = { $0 * 4 }
    let labels: [Int32] = (0..<24).map { $0 % 3 }
    let targets = Tensor<Int32>(labels.map { ($0 + 1) % 3 })
    let places = Tensor<Float>(labels.map { label in (0..<3).map { $0 == label ? 1 : 0 } })
    let attack = try AdversarialAttack.projectedGradientDescent(strength: 0.7, steps: 15)
    let result = try attack(places, labels: Tensor(labels), targets: targets, outputs: outputs)
    #expect(result.predictions == targets && result.successRate == 1)
    #expect(result.accuracy == 1 && result.robustAccuracy == 0)
    // 0.4 on two axes do not bridge a distance of 1.
    let weak = try attack.with(strength: 0.4)(places, labels: Tensor(labels), targets: targets, outputs: outputs)
    #expect(weak.successRate == 0 && weak.robustAccuracy == 1)
    // Rows that are predicted to be the target already are no success.
    let reached = try attack(places, labels: targets, targets: Tensor(labels), outputs: outputs)
    #expect(reached.successRate.isNaN)
  }

  @Test(arguments: AdversarialAttack.Norm.allCases)
  func `changes stay within the strength and the range`(norm: AdversarialAttack.Norm) throws {
    let pixels = x.clamped(to: 0...1)
    let attack = try AdversarialAttack.projectedGradientDescent(
      strength: 0.3, norm: norm, steps: 6, starts: 2, range: 0...1)
    let result = try attack(pixels, labels: labels, outputs: outputs)
    #expect(result.inputs.scalars.allSatisfy { 0...1 ~= $0 })
    #expect(result.distances.allSatisfy { $0 <= 0.3 + 1e-6 } && result.distances.contains { $0 > 0.2 })
  }

  @Test func `random starts are uniform within the strength`() throws {
    // Without a slope nothing moves, so that the starts can be seen.
    let (flat, none) = (Tensor<Float>.zeros([400, 2]), Tensor<Int32>([Int32](repeating: 0, count: 400)))
    for norm in AdversarialAttack.Norm.allCases {
      let attack = try AdversarialAttack.projectedGradientDescent(strength: 2, norm: norm, steps: 1)
      let distances = try attack(flat, labels: none) { $0.sum(axis: 1) * 0 }.distances
      // Half of a square, or of a disc, is within 1/√2 of its size.
      let inner = Double(distances.count { $0 < 2 * 0.5.squareRoot() }) / 400
      #expect(abs(inner - 0.5) < 0.1 && distances.allSatisfy { $0 <= 2.00001 })
    }
  }

  @Test func `a strength of 0 changes nothing`() throws {
    let attack = try AdversarialAttack.projectedGradientDescent(strength: 0, steps: 3)
    let result = try attack(x, labels: labels, outputs: outputs)
    #expect(result.inputs == x && result.robustAccuracy == result.accuracy && result.successRate == 0)
  }

  @Test func `probabilities are attacked as their logits are`() throws {
    let attack = try AdversarialAttack.fastGradientSign(strength: 0.1)
    let logits = try attack(x, labels: labels, outputs: outputs)
    let probabilities = try attack(x, labels: labels, from: .probabilities) { matmul($0, weights).sigmoid() }
    #expect(logits.predictions == probabilities.predictions && logits.inputs.allClose(to: probabilities.inputs))
  }

  private func error(_ body: () throws -> Void) -> RobustnessError? {
    do { try body() } catch { return error as? RobustnessError }
    return nil
  }

  @Test func `bad input throws`() throws {
    let attack = try AdversarialAttack.fastGradientSign(strength: 0.1, range: -1...1)
    #expect(error { _ = try AdversarialAttack.fastGradientSign(strength: -1) } != nil)
    #expect(error { _ = try AdversarialAttack.projectedGradientDescent(strength: 1, steps: 0) } != nil)
    #expect(error { _ = try AdversarialAttack.projectedGradientDescent(strength: 1, stepSize: .infinity) } != nil)
    #expect(error { _ = try AdversarialAttack.projectedGradientDescent(strength: 1, starts: 0) } != nil)
    #expect(error { _ = try AdversarialAttack.fastGradientSign(strength: 0).with(strength: 1) } != nil)
    #expect(
      error { _ = try attack(x, labels: [0, 1], outputs: outputs) }
        == .shapes("expected labels of shape [24], got [2]"))
    #expect(error { _ = try attack(x, labels: labels, targets: [1], outputs: outputs) } != nil)
    #expect(error { _ = try attack(x * 10, labels: labels, outputs: outputs) } != nil)
    #expect(error { _ = try attack(x / 0, labels: labels, outputs: outputs) } != nil)
    #expect(
      error { _ = try attack(x, labels: labels * 2, outputs: outputs) }
        == .invalid("expected a label within 0..<2, got 2"))
    #expect(error { _ = try attack(x, labels: labels, batchSize: 0, outputs: outputs) } != nil)
    #expect(
      error { _ = try attack(x[0..<0], labels: labels[0..<0], outputs: outputs) }
        == .empty("expected inputs, got shape [0, 3]"))
    #expect(
      error { _ = try attack(x, labels: labels) { _ in Tensor<Float>.zeros([3, 2]) } }
        == .shapes("expected outputs of shape [24], [24, 1] or [24, classes], got [3, 2]"))
    #expect(error { _ = try attack(x, labels: labels) { ($0.sum(axis: 1) * 0).sqrt() } } != nil)
    #expect(error { _ = try attack(network(), Tensor<Float>.zeros([24, 5]), labels: labels) } != nil)
    #expect(error { _ = try attack.curve(x, labels: labels, strengths: [], outputs: outputs) } != nil)
  }
}
