import MartletTesting
import Testing

@testable import MartletCore

/// Vectorized functions: axes, effects, random numbers, and nests with gradients.
@Suite struct VectorizedTests {
  private func random(_ shape: Shape, _ seed: UInt64 = 1) -> Tensor<Double> {
    var generator = RandomGenerator(seed: seed)
    return .randomNormal(shape, using: &generator)
  }

  private func expect(
    _ got: Tensor<Double>, _ wanted: Tensor<Double>, within tolerance: Double = 1e-12,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let problem = mismatch(got.erased, wanted.erased.plain.reference, relative: tolerance)
    #expect(problem == nil, sourceLocation: sourceLocation)
  }

  private func rows(_ x: Tensor<Double>, _ function: (Tensor<Double>) -> Tensor<Double>) -> Tensor<Double> {
    Tensor.stack((0..<x.shape[0]).map { function(x[$0]) })
  }

  // MARK: Axes

  @Test(arguments: [0, 1, 2, -1, -2], [0, 1, -1])
  func `examples lie along any axis of the input and of the result`(axis: Int, resultAxis: Int) {
    let x = random([2, 3, 4])
    let got = vectorized(over: axis, resultAxis: resultAxis) { (x: Tensor<Double>) in x.sum(axis: 0).exp() }(x)
    let parts = x.unstacked(axis: axis).map { $0.sum(axis: 0).exp() }
    expect(got, Tensor.stack(parts, axis: resultAxis))
  }

  @Test func `several inputs, some the same for all, and several results`() {
    let (x, w, y) = (random([5, 3]), random([3, 2], 2), random([2, 5], 3))
    let function = vectorized(over: (0, nil, 1), resultAxes: (0, 1)) {
      (x: Tensor<Double>, w: Tensor<Double>, y: Tensor<Double>) in (matmul(x, w) * y, w.sum() + x)
    }
    let (p, q) = function(x, w, y)
    expect(p, matmul(x, w) * y.transposed())
    expect(q, (w.sum() + x).transposed())
  }

  @Test func `a result that does not depend on the example is repeated`() {
    let constant = random([3])
    let got = vectorized { (x: Tensor<Double>) in constant * 2 }(random([4, 2]))
    expect(got, (constant * 2).broadcast(to: [4, 3]))
    let (x, same) = vectorized { (x: Tensor<Double>) in (x, x) }(random([4, 2]))
    expect(x, same)
  }

  @Test func `tensors of several scalar types, and lists of tensors`() {
    let (x, labels) = (random([3, 4]), Tensor<Int64>([1, 0, 3]))
    let picked = vectorized { (x: Tensor<Double>, label: Tensor<Int64>) in x.take(label) }(x, labels)
    expect(picked, Tensor((0..<3).map { x[$0, [1, 0, 3][$0]].item() }))
    let sums = vectorized(over: [0, nil]) { (t: [Tensor<Double>]) in [t[0] + t[1], t[1]] }([x, x[0]])
    expect(sums[0], x + x[0])
    expect(sums[1], x[0].broadcast(to: [3, 4]))
  }

  @Test func `a batch without examples gives results of the right shape`() {
    let empty = Tensor<Double>.zeros([0, 3])
    let (a, b) = vectorized { (x: Tensor<Double>) in
      (gradient(at: x) { $0.exp().sum() }, matmul(Tensor<Double>.ones([2, 3]), x))
    }(empty)
    #expect(a.shape == [0, 3] && b.shape == [0, 2])
    let w = random([3])
    let slope = gradient(at: w) { w in vectorized { (x: Tensor<Double>) in (x * w).sum() }(empty).sum() }
    expect(slope, .zeros([3]))
  }

  @Test func `what a function throws comes out`() {
    struct Refusal: Error, Equatable {}
    let function = vectorized { (x: Tensor<Double>) throws(Refusal) -> Tensor<Double> in throw Refusal() }
    #expect(throws: Refusal()) { try function(.zeros([2, 2])) }
  }

  // MARK: Gradients

  @Test func `gradients flow to inputs, to closed-over tensors, and stop at detached ones`() {
    let (x, w) = (random([4, 3]), random([3], 2))
    let (dx, dw) = gradient(at: x, w) { x, w in
      vectorized { (x: Tensor<Double>) in ((x * w).tanh() * w.detached() + x.detached() * w.squared()).sum() }(x).sum()
    }
    let (wantedX, wantedW) = gradient(at: x, w) { x, w in
      ((x * w).tanh() * w.detached() + x.detached() * w.squared()).sum()
    }
    expect(dx, wantedX)
    expect(dw, wantedW)
    let stopped = gradient(at: w) { w in
      vectorized { (x: Tensor<Double>) in (withoutGradient { x * w } * w).sum() }(x).sum()
    }
    expect(stopped, (x * w).sum(axis: 0))
  }

  @Test func `two gradients outside see their own variables`() {
    let (x, w) = (random([4, 3]), random([3], 2))
    func nested(_ loss: (Tensor<Double>, Tensor<Double>, Tensor<Double>) -> Tensor<Double>) -> Tensor<Double> {
      gradient(at: w) { outer in
        gradient(at: outer) { inner in loss(x, outer, inner) }.squared().sum()
      }
    }
    let got = nested { x, outer, inner in
      vectorized { (x: Tensor<Double>) in (x * outer * inner.exp()).sum() }(x).sum()
    }
    expect(got, nested { x, outer, inner in (x * outer * inner.exp()).sum() })
  }

  @Test func `gradients of each example, and gradients of these`() {
    let (x, w) = (random([4, 3]), random([3, 3], 2))
    func energy(_ x: Tensor<Double>, _ w: Tensor<Double>) -> Tensor<Double> { matmul(x, matmul(w, x).tanh()).sum() }
    let each = vectorized { (x: Tensor<Double>) in gradient(at: x) { energy($0, w) } }(x)
    expect(each, rows(x) { x in gradient(at: x) { energy($0, w) } })
    let weights = vectorized { (x: Tensor<Double>) in gradient(at: w) { energy(x, $0) } }(x)
    expect(weights, rows(x) { x in gradient(at: w) { energy(x, $0) } })
    let penalty = gradient(at: w) { w in
      vectorized { (x: Tensor<Double>) in gradient(at: x) { energy($0, w) }.squared().sum() }(x).sum()
    }
    let wanted = gradient(at: w) { w in
      (0..<4).map { i in gradient(at: x[i]) { energy($0, w) }.squared().sum() }.reduce(Tensor(0)) { $0 + $1 }
    }
    expect(penalty, wanted, within: 1e-10)
  }

  @Test func `hessians, differentials and Jacobians of each example`() {
    let x = random([3, 4])
    let function: (Tensor<Double>) -> Tensor<Double> = { ($0.exp() * $0.reversed(axis: 0)).sum() }
    expect(vectorized { x in hessian(at: x, of: function) }(x), rows(x) { hessian(at: $0, of: function) })
    let cube: (Tensor<Double>) -> Tensor<Double> = { $0 * $0 * $0[0] }
    expect(vectorized { x in jacobian(at: x, of: cube) }(x), rows(x) { jacobian(at: $0, of: cube) })
    let moved = vectorized { (x: Tensor<Double>) in differential(at: x, of: cube).differential(x) }(x)
    expect(moved, rows(x) { differential(at: $0, of: cube).differential($0) })
  }

  @Test func `a Jacobian is a pullback of all rows at once`() {
    let x = random([5])
    let (y, pullback) = pullback(at: x) { ($0.exp() * $0.sum())[1...3] }
    let got = vectorized(pullback)(.identity(y.shape[0]))
    expect(got, jacobian(at: x) { ($0.exp() * $0.sum())[1...3] })
    let (_, differential) = differential(at: x) { ($0.exp() * $0.sum())[1...3] }
    expect(vectorized(resultAxis: 1, differential)(.identity(5)), got)
  }

  @Test func `vectorized in vectorized is an outer product, in either order`() {
    let (a, b) = (random([3]), random([4], 2))
    let outer = vectorized(over: (0, nil)) { (x: Tensor<Double>, b: Tensor<Double>) in
      vectorized { (y: Tensor<Double>) in (x * y).sin() }(b)
    }
    expect(outer(a, b), (a.reshaped(to: [3, 1]) * b).sin())
    let slopes = gradient(at: a) { (outer($0, b) * outer($0, b)).sum() }
    expect(slopes, gradient(at: a) { ($0.reshaped(to: [3, 1]) * b).sin().squared().sum() })
    let deep = vectorized { (x: Tensor<Double>) in
      gradient(at: x) { x in vectorized { (y: Tensor<Double>) in x.sin() * y }(b).sum() }
    }(a)
    expect(deep, a.cos() * b.sum())
  }

  @Test func `a checkpoint inside, and one outside`() {
    let (x, w) = (random([4, 3]), random([3], 2))
    let wanted = gradient(at: w) { w in (x * w).exp().sum() }
    let inside = gradient(at: w) { w in
      vectorized { (x: Tensor<Double>) in checkpointed { (x * w).exp().sum() } }(x).sum()
    }
    expect(inside, wanted)
    let outside = gradient(at: w) { w in
      checkpointed { vectorized { (x: Tensor<Double>) in (x * w).exp().sum() }(x).sum() }
    }
    expect(outside, wanted)
    let slopes = vectorized { (x: Tensor<Double>) in gradient(at: x) { x in checkpointed { (x * w).exp().sum() } } }(x)
    expect(slopes, (x * w).exp() * w)
  }

  @Test func `derivatives of one's own are vectorized too`() {
    let (x, w) = (random([4, 3]), random([3], 2))
    func scaled(_ x: Tensor<Double>) -> Tensor<Double> { x.exp().withPullback { $0 * 3 } }
    func halved(_ x: Tensor<Double>, _ w: Tensor<Double>) -> Tensor<Double> {
      withPullback(at: x, w) { x, w in ((x * w).sum(), { g in (g * w * 0.5, g * x * 0.25) }) }
    }
    let (dx, dw) = gradient(at: x, w) { x, w in
      vectorized { (x: Tensor<Double>) in scaled(x).sum() + halved(x, w) }(x).sum()
    }
    expect(dx, x.exp() * 3 + w * 0.5)
    expect(dw, x.sum(axis: 0) * 0.25)
    expect(vectorized { x in gradient(at: x) { halved($0, w) } }(x), (w * 0.5).broadcast(to: [4, 3]))
  }

  // MARK: Effects

  @Test func `assignments to tensors made inside are of the whole batch`() {
    let x = random([4, 3])
    let got = vectorized { (x: Tensor<Double>) -> Tensor<Double> in
      var y = Tensor<Double>.zeros([5])
      y[1...3] = x
      y[0] = x.sum()
      y[[4, 4]] = x[..<2]
      var z = x
      z[1] = 7.0
      z.add(x[..<2], at: [0, 0])
      return Tensor.concatenate([y, z])
    }(x)
    let wanted = rows(x) { x in
      var y = Tensor<Double>.zeros([5])
      y[1...3] = x
      y[0] = x.sum()
      y[[4, 4]] = x[..<2]
      var z = x
      z[1] = 7.0
      z.add(x[..<2], at: [0, 0])
      return Tensor.concatenate([y, z])
    }
    expect(got, wanted)
  }

  @Test func `what was read before an assignment stays as it was`() {
    let x = random([4, 3])
    let function: (Tensor<Double>) -> Tensor<Double> = { x in
      var y = x * 2
      let before = y[0]
      let sum = y + 1
      y[0] = x[1]
      y[2] = before
      return Tensor.concatenate([y, sum])
    }
    expect(vectorized(function)(x), rows(x, function))
    let slope: (Tensor<Double>) -> Tensor<Double> = { gradient(at: $0) { function($0).squared().sum() } }
    expect(vectorized(slope)(x), rows(x, slope))
  }

  @Test func `indices of each example read and write its own elements`() {
    let (x, indices) = (random([4, 3, 5]), Tensor<Int64>([[0, 2], [1, 1], [2, 0], [0, 0]]))
    let function: (Tensor<Double>, Tensor<Int64>) -> Tensor<Double> = { x, i in
      var y = x
      y[.all, i] = y[.all, i.reversed(axis: 0)] * 2
      y.add(1, at: i)
      return y
    }
    let got = vectorized(function)(x, indices)
    expect(got, Tensor.stack((0..<4).map { function(x[$0], indices[$0]) }))
    let slopes = gradient(at: x) { (vectorized(function)($0, indices).squared()).sum() }
    let wanted = gradient(at: x) { x in
      (0..<4).map { function(x[$0], indices[$0]).squared().sum() }.reduce(Tensor(0)) { $0 + $1 }
    }
    expect(slopes, wanted)
  }

  @Test func `a choice is made by where`() {
    let x = random([4, 3])
    let chosen = vectorized { (x: Tensor<Double>) in Tensor.where(x.sum() .< 0, -x, x) }(x)
    expect(chosen, rows(x) { $0.sum().item() < 0 ? -$0 : $0 })
  }

  // MARK: Random numbers

  @Test func `random numbers are others for each example, and the same with the same seed`() {
    let x = Tensor<Double>.zeros([6, 4])
    func draw() -> Tensor<Double> {
      withRandomSeed(5) { vectorized { (x: Tensor<Double>) in x + .randomUniform([4]) + .randomNormal([4]) }(x) }
    }
    let drawn = draw()
    #expect(drawn == draw())
    for i in 0..<6 { for j in 0..<i { #expect(drawn[i] != drawn[j]) } }
    // The first examples of a larger batch have the numbers of a smaller one.
    let more = withRandomSeed(5) {
      vectorized { (x: Tensor<Double>) in x + .randomUniform([4]) + .randomNormal([4]) }(.zeros([9, 4]))
    }
    #expect(more[..<6] == drawn)
    let nested = withRandomSeed(5) {
      vectorized { (x: Tensor<Double>) in vectorized { (y: Tensor<Double>) in y + .randomUniform([]) }(x) }(x)
    }
    #expect(Set(nested.scalars).count == 24)
    let mean = withRandomSeed(6) {
      vectorized { (x: Tensor<Double>) in x + .randomUniform([50]) }(.zeros([200, 50])).mean().item()
    }
    #expect(abs(mean - 0.5) < 0.02)
  }

  @Test func `an order is another for each example, and each a permutation`() {
    func draw(_ count: Int) -> Tensor<Int64> {
      withRandomSeed(7) {
        vectorized { (x: Tensor<Double>) in x.cast(to: Int64.self) + .randomPermutation(20) }(.zeros([count, 20]))
      }
    }
    let orders = draw(5)
    for i in 0..<5 {
      #expect(orders[i].sorted() == .arange(20))
      for j in 0..<i { #expect(orders[i] != orders[j]) }
    }
    #expect(draw(8)[..<5] == orders)
    let chosen = withRandomSeed(7) {
      vectorized { (x: Tensor<Double>) in x.randomChoice(3, replacing: false) }(random([5, 20]))
    }
    #expect(chosen.shape == [5, 3])
  }

  @Test func `numbers are drawn with each example's own parameters, or with the same`() {
    let rates = Tensor<Double>([1, 100, 10_000])
    func mean(_ draw: @escaping (Tensor<Double>) -> Tensor<Double>) -> [Double] {
      withRandomSeed(8) { vectorized { draw($0).mean() }(rates).scalars }
    }
    func expectMeans(_ means: [Double], _ wanted: [Double]) {
      for (mean, wanted) in zip(means, wanted) { #expect(abs(mean - wanted) < 0.2 * wanted, "\(means)") }
    }
    expectMeans(mean { .randomPoisson([20, 30], rate: $0) }, [1, 100, 10_000])
    expectMeans(mean { .randomGamma([600], concentration: 4, scale: $0) }, [4, 400, 40_000])
    expectMeans(mean { rate in .randomBinomial([600], trials: rate, probability: 0.5) }, [0.5, 50, 5000])
    expectMeans(
      mean { rate in
        Tensor<Int64>.randomInteger([600], low: .zeros([]), high: rate.cast(to: Int64.self) * 2 + 1)
          .cast(to: Double.self)
      }, [1, 100, 10_000])
    // With parameters that are the same, the numbers are others all the same.
    let same = withRandomSeed(8) {
      vectorized { (x: Tensor<Double>) in x + .randomGamma([4], concentration: 2) }(.zeros([3, 4]))
    }
    for i in 0..<3 { for j in 0..<i { #expect(same[i] != same[j]) } }

    let weights = Tensor<Double>([[0, 1, 0], [0, 0, 2], [3, 0, 0]])
    let indices = withRandomSeed(9) {
      vectorized { (w: Tensor<Double>) in Tensor<Int64>.randomCategorical([2, 4], weights: w) }(weights)
    }
    #expect(indices == Tensor<Int64>([1, 2, 0]).reshaped(to: [3, 1, 1]).broadcast(to: [3, 2, 4]))
    let counts = withRandomSeed(9) {
      vectorized { (w: Tensor<Double>, n: Tensor<Double>) in
        Tensor<Double>.randomMultinomial([2], trials: n, weights: w)
      }(weights, rates)
    }
    #expect(counts[2, 0] == Tensor([10_000, 0, 0]) && counts[1, 1] == Tensor([0, 0, 100]))
    let shares = withRandomSeed(9) {
      vectorized { (w: Tensor<Double>) in Tensor<Double>.randomDirichlet([5], concentration: w + 1) }(weights)
    }
    #expect(shares.shape == [3, 5, 3] && (shares.sum(axis: -1) - 1).abs().max().item() < 1e-12)
  }

  @Test func `a batch without examples draws nothing, whatever zeros would mean as parameters`() {
    let none = Tensor<Double>.zeros([0, 3])
    let draws = vectorized { (p: Tensor<Double>) in
      Tensor<Double>.randomGeometric([2, 3], probability: p)
        + .randomTruncatedNormal([2, 3], low: p, high: p)
        + Tensor<Int64>.randomCategorical([2, 3], weights: p).cast(to: Double.self)
        + Tensor<Int64>.randomInteger([2, 3], low: p.cast(to: Int64.self), high: p.cast(to: Int64.self))
        .cast(to: Double.self)
    }(none)
    #expect(draws.shape == [0, 2, 3])
  }

  // MARK: Cost

  @Test func `an operation is done once for the batch, and once where the example has no part`() {
    let (x, w) = (random([64, 3]), random([3, 3], 2))
    let (_, log) = DoorLog.recording {
      vectorized { (x: Tensor<Double>) in matmul(x, matmul(w, w)).exp().sum() }(x)
    }
    let products = log.entries.filter { $0.name == "matmul" }.map { log.values[$0.writes[0]].spec.shape }
    #expect(products == [[3, 3], [3], [64, 3]])
    #expect(log.entries.filter { $0.name == "exp" }.count == 2)
  }

  @Test func `what does not lead to a result is not done for the batch`() {
    let x = random([64, 3])
    let (_, log) = DoorLog.recording {
      vectorized { (x: Tensor<Double>) -> Tensor<Double> in
        _ = x.exp()
        return x.sin()
      }(x)
    }
    #expect(log.entries.filter { $0.name == "exp" }.count == 1)
  }
}
