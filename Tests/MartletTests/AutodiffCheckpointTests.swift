import Martlet
import Testing

/// `checkpointed` changes no number: not the value, not a derivative of any order, not the random draws.
@Suite struct AutodiffCheckpointTests {
  private typealias T = Tensor<Double>
  private let x: T = [0.3, -1.2, 0.7, 0.1]
  private let w: T = [[0.5, -0.2, 0.1, 1], [0.3, 0.9, -0.7, 0.2], [-0.4, 0.6, 0.8, -0.1], [1.1, -0.3, 0.2, 0.4]]

  /// Four layers in two blocks, one of which is nested in the other, or none.
  private func net(_ x: T, _ w: T, checkpointing: Bool) -> T {
    func keep(_ body: @escaping () -> T) -> T { checkpointing ? checkpointed(body) : body() }
    let h = keep { matmul(w, matmul(w, x).tanh()).tanh() }
    return keep { (keep { matmul(w, h).gelu() * h } + matmul(w, keep { h * h })).tanh() }
  }

  @Test func `gradients, pullbacks and differentials are identical`() {
    let plain = gradient(at: x, w) { net($0, $1, checkpointing: false).sum() }
    let kept = gradient(at: x, w) { net($0, $1, checkpointing: true).sum() }
    #expect(kept.0 == plain.0 && kept.1 == plain.1)
    let (value, back) = pullback(at: x) { net($0, w, checkpointing: true) }
    let (same, expected) = pullback(at: x) { net($0, w, checkpointing: false) }
    #expect(value == same)
    for direction in [x, T.ones([4]), [0, 0, 1, 0]] {
      // Outside the gradient, any number of times.
      #expect(back(direction) == expected(direction))
    }
    let forth = differential(at: x, w) { net($0, $1, checkpointing: true) }.differential
    let expectedForth = differential(at: x, w) { net($0, $1, checkpointing: false) }.differential
    for _ in 0..<2 { #expect(forth([1, 2, 3, 4], w * 2) == expectedForth([1, 2, 3, 4], w * 2)) }
  }

  @Test func `second and third derivatives are identical`() {
    func scalar(_ checkpointing: Bool) -> (T) -> T { { net($0, w, checkpointing: checkpointing).squared().sum() } }
    #expect(near(hessian(at: x, of: scalar(true)), hessian(at: x, of: scalar(false))))
    let reverse = { (f: @escaping (T) -> T) in { (x: T) in gradient(at: x) { gradient(at: $0, of: f).squared().sum() } }
    }
    #expect(near(reverse(scalar(true))(x), reverse(scalar(false))(x)))
    let third = { (f: @escaping (T) -> T) in hessian(at: x) { gradient(at: $0, of: f).squared().sum() } }
    #expect(near(third(scalar(true)), third(scalar(false))))
  }

  @Test func `a gradient within a block, a block within a gradient within a block`() {
    func inner(_ x: T) -> T { checkpointed { (x * x).sin() * x } }
    let expected = gradient(at: x) { x in gradient(at: x) { (($0 * $0).sin() * $0).sum() }.exp().sum() }
    let got = gradient(at: x) { x in checkpointed { gradient(at: x) { inner($0).sum() }.exp() }.sum() }
    #expect(near(got, expected))
    // The same, run again by a pullback that is called when every gradient has ended.
    let (_, back) = pullback(at: x) { x in checkpointed { gradient(at: x) { inner($0).sum() }.exp() } }
    #expect(near(back(.ones([4])), expected))
    let (_, forth) = differential(at: x) { x in checkpointed { gradient(at: x) { inner($0).sum() }.exp() } }
    #expect(near(forth(.ones([4])), expected), "each element by itself: the Jacobian is diagonal")
  }

  @Test func `blocks that give back what they were given`() {
    #expect(gradient(at: x) { x in checkpointed { x }.sum() } == .ones([4]))
    #expect(gradient(at: x) { x in (checkpointed { x } * x).sum() } == 2 * x)
    #expect(gradient(at: x) { x in (checkpointed { w[0] } * x).sum() } == w[0], "a constant")
    #expect(gradient(at: x) { x in checkpointed { x.detached() * 2 }.sum() } == .zeros([4]))
    #expect(gradient(at: x) { x in (withoutGradient { checkpointed { x * x } } * x).sum() } == x * x)
    #expect(checkpointed { x * 2 } == x * 2, "outside gradients")
  }

  @Test func `random numbers are drawn again, and the draws after a block are those without it`() {
    func dropped(_ x: T) -> T { x * Tensor<Bool>.randomBernoulli(x.shape, probability: 0.5).cast(to: Double.self) * 2 }
    func run(_ checkpointing: Bool) -> (value: T, gradient: T) {
      withRandomSeed(3) {
        valueWithGradient(at: T.ones([200])) { x in
          func keep(_ body: @escaping () -> T) -> T { checkpointing ? checkpointed(body) : body() }
          let y = keep { dropped(keep { dropped(x) * 3 }) }
          return (y * T.randomUniform([200]) + keep { dropped(y) }).sum()
        }
      }
    }
    let (kept, plain) = (run(true), run(false))
    #expect(kept.value == plain.value)
    #expect(kept.gradient == plain.gradient)
    // Without a seed in scope: whatever was dropped, value and gradient must be of the same draw.
    let (value, slope) = valueWithGradient(at: T.ones([200])) { x in checkpointed { dropped(x) }.sum() }
    #expect(value == slope.sum())
    // In a pullback that is called later, in the scope of another seed.
    let made = withRandomSeed(4) { pullback(at: T.ones([200])) { x in checkpointed { dropped(x) } } }
    #expect(withRandomSeed(5) { made.pullback(.ones([200])) } == made.value)
  }

  @Test func `the mode is that of the first time`() {
    func layer(_ x: T) -> T { checkpointed { Mode.current == .training ? x * 2 : x * 3 } }
    let training = withMode(.training) { pullback(at: x, of: layer) }
    #expect(training.pullback(.ones([4])) == .full([4], 2))
    let inference = pullback(at: x, of: layer)
    #expect(withMode(.training) { inference.pullback(.ones([4])) } == .full([4], 3))
    #expect(withMode(.training) { inference.pullback(.ones([4])) } == .full([4], 3), "again")
  }

  @Test func `parameters of models inside blocks`() {
    let model = withRandomSeed(8) {
      Sequential(inputShape: [6]) {
        Dense(8, activation: .gelu)
        Dropout(0.3)
        Dense(8, activation: .tanh)
        Dense(3)
      }
    }
    let batch = withRandomSeed(9) { Tensor<Float>.randomNormal([5, 6]) }
    func gradients(_ checkpointing: Bool) -> Gradients {
      withRandomSeed(10) {
        gradient(at: model) { model in
          let h = checkpointing ? checkpointed { model[1](model[0](batch)) } : model[1](model[0](batch))
          return (checkpointing ? checkpointed { model[3](model[2](h)) } : model[3](model[2](h))).squared().sum()
        }
      }
    }
    let (kept, plain) = (gradients(true), gradients(false))
    #expect(kept.paths == plain.paths && kept.count == 6)
    for (path, gradient) in plain { #expect(kept[path] == gradient, "\(path)") }
  }

  @Test func `a block that answers differently the second time is refused`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var calls = 0
      _ = gradient(at: Tensor<Double>([1, 2])) { x in
        checkpointed {
          calls += 1
          return calls == 1 ? x * x : Tensor.concatenate([x, x])
        }.sum()
      }
    }
    expect(result, contains: "checkpointed: the block gave shape [4] when it was run again, [2] the first time")
  }

  /// The pool's counters are the process's, hence a process of its own.
  @Test func `blocks of three of twelve layers need at most half the memory`() async {
    await #expect(processExitsWith: .success) {
      let (width, rows) = (32, 512)
      let weights = withRandomSeed(1) { (0..<12).map { _ in Tensor<Float>.randomNormal([width, width]) * 0.2 } }
      let x = withRandomSeed(2) { Tensor<Float>.randomNormal([rows, width]) }
      func layers(_ x: Tensor<Float>, _ weights: ArraySlice<Tensor<Float>>) -> Tensor<Float> {
        weights.reduce(x) { linear($0, weight: $1).gelu() }
      }
      func step(checkpointing: Bool) -> (gradients: [Tensor<Float>], peak: Int) {
        let (gradients, memory) = measuringMemory {
          gradient(at: weights) { weights in
            stride(from: 0, to: 12, by: 3).reduce(x) { y, first in
              let block = weights[first..<(first + 3)]
              return checkpointing ? checkpointed { layers(y, block) } : layers(y, block)
            }.squared().mean()
          }
        }
        return (gradients, memory.peakBytes)
      }
      _ = step(checkpointing: false)
      let (plain, kept) = (step(checkpointing: false), step(checkpointing: true))
      print("12 layers: peak \(plain.peak) bytes, with checkpoints \(kept.peak)")
      #expect(kept.gradients == plain.gradients)
      #expect(2 * kept.peak <= plain.peak)
    }
  }
}
