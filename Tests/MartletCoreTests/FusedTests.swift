import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// Expressions that are computed from a plan, and whose derivatives are.
@Suite struct FusedTests {
  private func draw<S: FloatingScalar>(_ shape: Shape, _ seed: UInt64, as: S.Type = Float.self) -> Tensor<S> {
    var generator = RandomGenerator(seed: seed)
    return Tensor<S>.randomNormal(shape, using: &generator)
  }

  private func expectSameBits<S: TensorScalar>(
    _ got: Tensor<S>, _ wanted: Tensor<S>, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(got.shape == wanted.shape, sourceLocation: sourceLocation)
    #expect(PrimitiveCheck.firstDifference(got.erased, wanted.erased) == nil, sourceLocation: sourceLocation)
  }

  private func plain<S: FloatingScalar>(_ x: Tensor<S>, _ y: Tensor<S>) -> Tensor<S> {
    (x * y + x).tanh() * (x.squared() + 1).sqrt() - y.exp() * 0.5
  }

  private func check<S: FloatingScalar>(_ first: Shape, _ second: Shape, as type: S.Type) {
    let function = fused { (x: Tensor<S>, y: Tensor<S>) in plain(x, y) }
    for seed in 0..<4 as Range<UInt64> {
      let (x, y) = (draw(first, seed, as: S.self), draw(second, seed + 50, as: S.self))
      expectSameBits(function(x, y), plain(x, y))
      let weight = draw(function(x, y).shape, 9, as: S.self)
      let got = gradient(at: x, y) { (function($0, $1) * weight).sum() }
      let wanted = gradient(at: x, y) { (plain($0, $1) * weight).sum() }
      expectSameBits(got.0, wanted.0)
      expectSameBits(got.1, wanted.1)
      // Only one of the arguments is differentiated.
      expectSameBits(gradient(at: y) { function(x, $0).sum() }, gradient(at: y) { plain(x, $0).sum() })
    }
    #expect(function.plans.count == 1)
    #expect(function.derivativePlans.count >= 1)
  }

  @Test func `values and gradients have the bits of the expression`() {
    check([37, 65], [37, 65], as: Float.self)
    check([37, 65], [65], as: Float.self)
    check([37, 1], [1, 65], as: Double.self)
    check([], [3], as: Float.self)
    check([0, 4], [4], as: Float.self)
  }

  @Test func `a chain and its derivative are few steps`() {
    let function = fused { (x: Tensor<Float>, y: Tensor<Float>) in plain(x, y) }
    let (x, y) = (draw([100, 100], 1), draw([100, 100], 2))
    for _ in 0..<4 { _ = gradient(at: x, y) { function($0, $1).sum() } }
    #expect(function.plans[0].stepCount == 1)
    #expect(function.derivativePlans[0].stepCount <= 3, "\(function.derivativePlans[0])")
  }

  @Test func `a gradient that is not wanted is not computed`() {
    let function = fused { (x: Tensor<Float>, y: Tensor<Float>) in x * (x * y).sigmoid() }
    let (x, y) = (draw([10, 10], 1), draw([10, 10], 2))
    for _ in 0..<4 {
      _ = gradient(at: x) { function($0, y).sum() }
      _ = gradient(at: x, y) { function($0, $1).sum() }
    }
    let plans = function.derivativePlans
    #expect(plans.map { $0.description.contains("results: v") } == [true, true])
    #expect(plans[0].flops < plans[1].flops && plans[0].peakBytes < plans[1].peakBytes)
  }

  @Test func `higher derivatives are those of the expression`() {
    let function = fused { (x: Tensor<Double>) in (x * x + 1).sqrt() * x.sin() }
    func plain(_ x: Tensor<Double>) -> Tensor<Double> { (x * x + 1).sqrt() * x.sin() }
    let x = draw([7], 3, as: Double.self)
    for _ in 0..<4 {
      let got = gradient(at: x) { x in gradient(at: x) { function($0).sum() }.squared().sum() }
      let wanted = gradient(at: x) { x in gradient(at: x) { plain($0).sum() }.squared().sum() }
      for (a, b) in zip(got.scalars, wanted.scalars) { #expect(abs(a - b) <= 1e-12 * max(1, abs(b))) }
    }
  }

  @Test func `it works in a vectorized function, in a compiled one and in a profile`() {
    let function = fused { (x: Tensor<Float>) in x.sigmoid() * x + 1 }
    func plain(_ x: Tensor<Float>) -> Tensor<Float> { x.sigmoid() * x + 1 }
    let x = draw([5, 8], 4)
    let perExample = vectorized { (x: Tensor<Float>) in gradient(at: x) { function($0).sum() } }
    let wanted = vectorized { (x: Tensor<Float>) in gradient(at: x) { plain($0).sum() } }
    let step = compiled { (x: Tensor<Float>) in gradient(at: x) { function($0).sum() } }
    for _ in 0..<4 {
      expectSameBits(perExample(x), wanted(x))
      expectSameBits(step(x), gradient(at: x) { plain($0).sum() })
    }
    #expect(step.plans.count == 1)
  }

  @Test func `what is more than an expression stops with what to do`() async {
    let random = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let function = fused { (x: Tensor<Float>) in x + Tensor.randomNormal([2]) }
      withRandomSeed(1) { _ = function([1, 2]) }
    }
    #expect(errorText(random).contains("a fused function is an expression of its arguments"))
    let parameter = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let variable = Variable(Tensor<Float>([1, 2]).erased)
      let function = fused { (x: Tensor<Float>) in x * Tensor<Float>(unchecked: variable.current) }
      _ = function([1, 2])
    }
    #expect(errorText(parameter).contains("give it their values as arguments"))
    let look = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let function = fused { (x: Tensor<Float>) in x.sum().item() > 0 ? x : -x }
      _ = function([1, 2])
    }
    #expect(errorText(look).contains("cannot look at elements"))
  }

  @Test func `other shapes have plans of their own`() {
    let function = fused { (x: Tensor<Float>) in x.exp() * 2 - x }
    for count in [3, 4, 3, 4, 3, 4, 3, 4] {
      let x = draw([count], UInt64(count))
      expectSameBits(gradient(at: x) { function($0).sum() }, gradient(at: x) { ($0.exp() * 2 - $0).sum() })
    }
    #expect(function.plans.count == 2)
    #expect(function.derivativePlans.count == 2)
  }
}
