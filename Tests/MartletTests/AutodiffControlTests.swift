import Martlet
import Testing

/// Derivatives of one's own, constants, clipping, and gradients summed over micro-batches.
@Suite struct AutodiffControlTests {
  private typealias T = Tensor<Double>
  private let x: T = [0.3, -1.2, 0.7]

  // MARK: withPullback

  @Test func `a gradient changed on its way`() {
    #expect(gradient(at: x) { ($0.withPullback { $0 * -1 } * 3).sum() } == .full([3], -3), "reversed")
    #expect(
      gradient(at: x) { ($0.withPullback { $0.clamped(to: -0.5...0.5) } * ([1, -2, 0.25] as T)).sum() } == [
        0.5, -0.5, 0.25,
      ])
    // What comes after has the gradient as it was; what comes before has it changed.
    let slope = gradient(at: x) { x in
      let y = x * 2
      return (y.withPullback { $0 * 10 } * y).sum()
    }
    #expect(near(slope, (20 * x + 2 * x) * 2))
    #expect(x.withPullback { $0 * 5 } == x, "the value is not changed")
  }

  @Test func `the pullback of a changed gradient is differentiated again`() {
    // g ↦ g³: with f = Σ a x the gradient is a³, and its derivative by a is 3a².
    let a: T = [1, 2, 3]
    let slope = gradient(at: a) { a in
      gradient(at: x) { x in (x.withPullback { $0 * $0 * $0 } * a).sum() }.sum()
    }
    #expect(slope == 3 * a * a)
    #expect(
      gradient(at: x) { x in gradient(at: x) { ($0.withPullback { $0 * 2 }.squared()).sum() }.sum() } == .full([3], 8))
  }

  private func softplus(_ x: T) -> T {
    withPullback(at: x) { x in ((x.exp() + 1).log(), { g in g * x.sigmoid() }) }
  }

  @Test func `a function with a derivative of its own`() {
    #expect(near(softplus(x), x.softplus()))
    #expect(near(gradient(at: x) { softplus($0).sum() }, x.sigmoid()))
    #expect(
      near(gradient(at: x * 1000) { softplus($0).sum() }, (x * 1000).sigmoid()), "where the composition overflows")
    #expect(near(hessian(at: x) { softplus($0).sum() }, hessian(at: x) { $0.softplus().sum() }))
    let third = { (f: @escaping (T) -> T) in
      gradient(at: x) { gradient(at: $0) { gradient(at: $0) { f($0).sum() }.sum() }.sum() }
    }
    #expect(near(third(softplus), third { $0.softplus() }))
    #expect(near(differential(at: x, of: softplus).differential([1, 2, 3]), x.sigmoid() * ([1, 2, 3] as T)))
  }

  @Test func `the derivative is what the pullback says, not what the function is`() {
    let odd = { (x: T) in withPullback(at: x) { x in (x * 5, { $0 * 7 }) } }
    #expect(gradient(at: x) { odd($0).sum() } == .full([3], 7))
    #expect(near(differential(at: x, of: odd).differential(.ones([3])), .full([3], 7)))
    #expect(odd(x) == x * 5)
  }

  @Test func `a function of two tensors with a derivative of its own`() {
    let m: T = [[2, -1, 0.5], [-0.3, 1.5, 1]]
    func product(_ m: T, _ x: T) -> T {
      withPullback(at: m, x) { m, x in
        (matmul(m, x), { g in (einsum("i,j->ij", g, x), matmul(g, m)) })
      }
    }
    let own = gradient(at: m, x) { product($0, $1).exp().sum() }
    let composed = gradient(at: m, x) { matmul($0, $1).exp().sum() }
    #expect(near(own.0, composed.0) && near(own.1, composed.1))
    #expect(near(gradient(at: x) { product(m, $0).exp().sum() }, composed.1), "at one of them")
    let second = gradient(at: m) { m in gradient(at: x) { product(m, $0).exp().sum() }.squared().sum() }
    let expected = gradient(at: m) { m in gradient(at: x) { matmul(m, $0).exp().sum() }.squared().sum() }
    #expect(near(second, expected))
    let forth = differential(at: m, x) { product($0, $1) }.differential(m * 2, [1, 2, 3])
    #expect(near(forth, matmul(m * 2, x) + matmul(m, [1, 2, 3] as T)))
  }

  @Test func `a pullback that returns another shape is refused`() async {
    let first = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Double>([1, 2])) { $0.withPullback { $0.sum() }.sum() }
    }
    expect(first, contains: "withPullback: the pullback returned shape [] for operand 0, which has shape [2]")
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Double>([1, 2])) { x in
        withPullback(at: x) { x in (x.sum(), { _ in Tensor([1, 2, 3]) }) }
      }
    }
    expect(second, contains: "withPullback: the pullback returned shape [3] for operand 0, which has shape [2]")
  }

  // MARK: What has no derivative

  @Test func `operations without a derivative say so by name`() async {
    let argMax = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Double>([1, 2])) { $0.argMax(axis: 0).cast(to: Double.self) }
    }
    expect(argMax, contains: "gradient: argMax has no derivative: its result is an index")
    let argSort = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Double>([1, 2])) { $0.argSort().cast(to: Double.self).sum() }
    }
    expect(argSort, contains: "gradient: argSort has no derivative: its result is indices")
    let comparison = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Double>([1, 2])) { ($0 .> 1).cast(to: Double.self).sum() }
    }
    expect(comparison, contains: "gradient: greater has no derivative: its result is Bool")
    let cast = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Double>([1, 2])) { $0.cast(to: Int32.self).cast(to: Double.self).sum() }
    }
    expect(cast, contains: "gradient: convert has no derivative: its result is Int32")
    let test = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Double>([1, 2])) { $0.isFinite().all().cast(to: Double.self) }
    }
    expect(test, contains: "gradient: all has no derivative: its result is Bool")
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = hessian(at: Tensor<Double>([1, 2])) { x in (x * x.argMin(axis: 0).cast(to: Double.self)).sum() }
    }
    expect(second, contains: "gradient: argMin has no derivative")
  }

  @Test func `used as constants they are no trouble`() {
    let slope = gradient(at: x) { x in
      let mask = (x .> 0).cast(to: Double.self).detached()
      let best = x.argMax(axis: 0).detached()
      return (x * mask).sum() + x[Int(best.item())] + (x * withoutGradient { x * x }).sum()
    }
    #expect(near(slope, ([1, 0, 1] as T) + ([0, 0, 1] as T) + x * x))
  }

  // MARK: Models

  private func model() -> Sequential {
    withRandomSeed(21) {
      Sequential(inputShape: [5]) {
        Dense(16, activation: .gelu)
        Dense(3)
      }
    }
  }

  @Test func `four micro-batches follow the whole batch to float32 rounding`() throws {
    let (whole, parts) = (model(), model())
    let (wholeOptimizer, partsOptimizer) = (Adam(learningRate: 1e-2), Adam(learningRate: 1e-2))
    for step in 0..<10 {
      let x = withRandomSeed(UInt64(100 + step)) { Tensor<Float>.randomNormal([32, 5]) }
      let labels = withRandomSeed(UInt64(200 + step)) { Tensor<Int32>.randomInteger([32], in: 0..<3) }
      func loss(_ model: Sequential, _ rows: Range<Int>) -> (value: Tensor<Float>, gradients: Gradients) {
        valueWithGradient(at: model) { crossEntropy(logits: $0(x[rows]), labels: labels[rows]) }
      }
      let (value, gradients) = loss(whole, 0..<32)
      let micro = stride(from: 0, to: 32, by: 8).map { loss(parts, $0..<($0 + 8)) }
      let sum = micro.dropFirst().reduce(micro[0].gradients) { $0.adding($1.gradients) }.scaled(by: 0.25)
      let mean = micro.reduce(0) { $0 + $1.value.item() } / 4
      #expect(abs(mean - value.item()) <= 1e-5 * value.item(), "step \(step)")
      for (path, gradient) in gradients {
        let (a, b) = (try Tensor<Float>(sum[path]!), try Tensor<Float>(gradient))
        #expect(difference(a, b, tolerance: 2e-5, floor: b.abs().max().item()) == nil, "step \(step), \(path)")
      }
      wholeOptimizer.update(whole, along: gradients)
      partsOptimizer.update(parts, along: sum)
    }
    for ((path, a), (_, b)) in zip(whole.parameters(), parts.parameters()) {
      #expect(near(try Tensor<Float>(b.value), try Tensor<Float>(a.value), 1e-4), "\(path)")
    }
  }

  @Test func `clipping by norm and by value`() throws {
    let model = model()
    let x = withRandomSeed(3) { Tensor<Float>.randomNormal([8, 5]) }
    let gradients = gradient(at: model) { ($0(x) * 50).squared().mean() }
    let square = gradients.reduce(0.0) {
      $0 + (try! Tensor<Float>($1.gradient)).cast(to: Double.self).sumOfSquares().item()
    }
    #expect(abs(gradients.norm - square.squareRoot()) <= 1e-5 * gradients.norm)
    let short = gradients.clipped(norm: 0.5)
    #expect(abs(short.norm - 0.5) < 1e-5)
    #expect(gradients.clipped(norm: gradients.norm * 2).norm == gradients.norm)
    for (path, gradient) in gradients {
      let (before, after) = (try Tensor<Float>(gradient), try Tensor<Float>(short[path]!))
      #expect(near(after, before * Float(0.5 / gradients.norm), 1e-5), "\(path) keeps its direction")
      let bounded = try Tensor<Float>(gradients.clipped(value: 0.01)[path]!)
      #expect(bounded == before.clamped(to: -0.01...0.01))
    }
  }
}
