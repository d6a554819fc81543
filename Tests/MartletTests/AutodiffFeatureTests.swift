import Martlet
import Testing

/// pullback, differential, jacobian and hessian against formulas and against each other, nested in every way.
@Suite struct AutodiffFeatureTests {
  private typealias T = Tensor<Double>
  private let x: T = [0.3, -1.2, 0.7]
  private let matrix: T = [[2, -1, 0.5], [-0.3, 1.5, 1]]

  // MARK: Against formulas

  @Test func `pullbacks and differentials of a linear map are the map and its transpose`() {
    let (value, back) = pullback(at: x) { matmul(matrix, $0) }
    #expect(value == matmul(matrix, x))
    #expect(near(back([1, 2]), matmul([1, 2] as T, matrix)))
    #expect(near(back([0, 1]), matrix[1]), "a second call of the same pullback")
    let (same, forth) = differential(at: x) { matmul(matrix, $0) }
    #expect(same == value)
    #expect(near(forth([1, 0, 0]), matrix[0..., 0]))
    #expect(near(forth(x), value))
  }

  @Test func `functions of two tensors`() {
    let (value, back) = pullback(at: x, matrix) { x, m in matmul(m, x.exp()) }
    let gradients = back([1, -1])
    #expect(value == matmul(matrix, x.exp()))
    #expect(near(gradients.0, matmul([1, -1] as T, matrix) * x.exp()))
    #expect(near(gradients.1, einsum("i,j->ij", [1, -1], x.exp())))
    let (_, forth) = differential(at: x, matrix) { x, m in matmul(m, x.exp()) }
    let moved = forth([1, 0, 2], matrix * 3)
    #expect(near(moved, matmul(matrix, x.exp() * ([1, 0, 2] as T)) + 3 * value))
  }

  @Test func `functions with several results`() {
    let inputs = [x, T(2)]
    func function(_ t: [T]) -> [T] { [t[0] * t[1], t[0].sum(), T([5, 6])] }
    let (values, back) = pullback(at: inputs, of: function)
    #expect(values.map(\.shape) == [[3], [], [2]])
    let gradients = back([[1, 10, 100], T(7), [1, 1]])
    #expect(near(gradients[0], ([1, 10, 100] as T) * 2 + 7))
    #expect(near(gradients[1], (x * ([1, 10, 100] as T)).sum()))
    let (_, forth) = differential(at: inputs, of: function)
    let tangents = forth([[1, 2, 3], T(4)])
    #expect(near(tangents[0], ([1, 2, 3] as T) * 2 + x * 4))
    #expect(near(tangents[1], T(6)))
    #expect(tangents[2] == [0, 0], "a result that does not move")
  }

  @Test func `jacobians in both directions`() {
    // Two results of three variables: rows by backward passes. Six of three: columns by forward passes.
    let wide = jacobian(at: x) { matmul(matrix, $0.sin()) }
    #expect(near(wide, matrix * x.cos()))
    let tall = jacobian(at: x) { einsum("i,j->ij", [1, 2], $0 * $0) }
    #expect(tall.shape == [2, 3, 3])
    #expect(near(tall, einsum("i,jk->ijk", [1, 2], T.identity(3) * (2 * x))))
    #expect(near(jacobian(at: x) { ($0 * $0).sum() }, 2 * x), "of a scalar: the gradient")
    #expect(jacobian(at: T(2)) { $0 * $0 * $0 }.item() == 12)
    #expect(jacobian(at: matrix) { $0.transposed() }.shape == [3, 2, 2, 3])
    #expect(jacobian(at: x) { _ in [1, 2, 3, 4] as T } == .zeros([4, 3]), "of a constant")
  }

  @Test func `Hessians and Hessian products of a quadratic form`() {
    let a: T = [[1, 2, 0], [0, 3, -1], [4, 0, 1]]
    func form(_ x: T) -> T { matmul(matmul(x, a), x) }
    let expected = a + a.transposed()
    #expect(near(hessian(at: x, of: form), expected))
    #expect(near(hessianVectorProduct(at: x, along: [1, -1, 2], of: form), matmul(expected, [1, -1, 2] as T)))
    #expect(hessian(at: matrix) { $0.squared().sum() * 0.5 }.reshaped(to: [6, 6]) == .identity(6))
  }

  // MARK: Against each other

  private func function(_ x: T) -> T {
    let y = (matmul(matrix, x).tanh() * x[0..<2]).exp()
    return (y * y.cumulativeProduct(axis: 0)).sum() + x.logSumExp()
  }

  @Test func `second derivatives agree in all four ways`() {
    let v: T = [0.5, -2, 1]
    let full = hessian(at: x, of: function)
    #expect(near(full, full.transposed(), 1e-10))
    let forwardOverReverse = differential(at: x) { gradient(at: $0, of: function) }.differential(v)
    let reverseOverReverse = pullback(at: x) { gradient(at: $0, of: function) }.pullback(v)
    let reverseOverForward = gradient(at: x) { differential(at: $0, of: function).differential(v) }
    let forwardOverForward = differential(at: x) { inner in differential(at: inner, of: function).differential(v) }
    let product = matmul(full, v)
    #expect(near(forwardOverReverse, product, 1e-10))
    #expect(near(reverseOverReverse, product, 1e-10))
    #expect(near(reverseOverForward, product, 1e-10))
    #expect(near(forwardOverForward.differential(v), (product * v).sum(), 1e-10))
    #expect(near(jacobian(at: x) { inner in jacobian(at: inner, of: function) }, full, 1e-10))
  }

  @Test(arguments: [-1.1, 0, 0.4, 2])
  func `the third derivative of tanh in every mixture of modes`(point: Double) {
    let t = point.tanh
    let expected = -2 * (1 - t * t) * (1 - 3 * t * t)
    typealias Derivative = (@escaping (T) -> T) -> (T) -> T
    let reverse: Derivative = { f in { gradient(at: $0, of: f) } }
    let forward: Derivative = { f in { differential(at: $0, of: f).differential(T(1)) } }
    let backward: Derivative = { f in { pullback(at: $0, of: f).pullback(T(1)) } }
    for first in [reverse, forward, backward] {
      for second in [reverse, forward, backward] {
        for third in [reverse, forward, backward] {
          let got = third(second(first { $0.tanh() }))(T(point)).item()
          #expect(abs(got - expected) <= 1e-13)
        }
      }
    }
  }

  @Test func `perturbations are not confused, whatever the modes`() {
    let derivatives: [((T) -> T, T) -> T] = [
      { f, x in gradient(at: x, of: f) }, { f, x in differential(at: x, of: f).differential(T(1)) },
      { f, x in pullback(at: x, of: f).pullback(T(1)) }, { f, x in jacobian(at: x, of: f) },
    ]
    for d in derivatives {
      for e in derivatives {
        // d/dx [x · d/dy (x + y)] = 1 (Siskind and Pearlmutter, 2005).
        #expect(d({ x in x * e({ y in x + y }, T(1)) }, T(1)).item() == 1)
        // d/dx [x · d/dy (x y) at y = 2] = d/dx x² = 2x.
        #expect(d({ x in x * e({ y in x * y }, T(2)) }, T(3)).item() == 6)
        // d/dx [x · d/dy (x y²) at y = x] = d/dx 2x³ = 6x².
        #expect(d({ x in x * e({ y in x * y * y }, x) }, T(3)).item() == 54)
      }
    }
  }

  // MARK: Closures that live on

  @Test func `a pullback that is called in a later gradient of the same depth`() {
    // Both the function that was recorded and the gradient around the call are one level deep.
    let slope = gradient(at: T(3)) { x in
      let (_, back) = pullback(at: x) { $0 * $0 }
      return gradient(at: T(5)) { t in back(t * t) } * x
    }
    // d/dt (2x t²) = 4xt; times x: 20x², whose slope is 40x.
    #expect(slope.item() == 120)
    let forth = gradient(at: T(3)) { x in
      let (_, differential) = differential(at: x) { $0 * $0 }
      return gradient(at: T(5)) { t in differential(t * t) } * x
    }
    #expect(forth.item() == 120)
  }

  @Test func `a pullback of the outermost level is called in gradients of its gradient`() {
    let (_, back) = pullback(at: x) { $0.exp() }
    #expect(near(gradient(at: x) { g in (back(g) * g).sum() }, 2 * x * x.exp()))
    #expect(near(hessian(at: x) { g in (back(g) * g).sum() }, T.identity(3) * (2 * x.exp())))
    #expect(near(gradient(at: x) { g in gradient(at: g) { (back($0) * $0).sum() }.sum() }, 2 * x.exp()))
  }

  @Test func `a pullback outlives the gradient that it was made in`() {
    var back: ((T) -> T)?
    _ = gradient(at: x) { x in
      let made = pullback(at: x) { ($0 * $0).exp() * $0 }
      back = made.pullback
      return made.value.sum()
    }
    let expected = (x * x).exp() * (1 + 2 * x * x)
    #expect(near(back!(.ones([3])), expected))
    #expect(near(back!([0, 1, 0]), expected * ([0, 1, 0] as T)))
  }

  @Test func `many recorded functions at once`() {
    let slope = gradient(at: x) { x in
      let backs = (1...20).map { n in pullback(at: x) { $0.power(Double(n)) }.pullback }
      return backs.reduce(T.zeros([3])) { $0 + $1(x) }.sum()  // n xⁿ
    }
    let expected = (1...20).reduce(T.zeros([3])) { $0 + T(Double($1 * $1)) * x.power(Double($1 - 1)) }
    #expect(near(slope, expected, 1e-10))
  }

  @Test func `a jacobian inside a gradient`() {
    let slope = gradient(at: x) { x in jacobian(at: x) { $0.sin() * $0.sum() }.squared().sum() }
    func value(_ x: T) -> Double {
      let j = T.identity(3) * (x.cos() * x.sum()).reshaped(to: [3, 1]) + x.sin().reshaped(to: [3, 1])
      return j.squared().sum().item()
    }
    for place in 0..<3 {
      var step = T.zeros([3])
      step[place] = T(1e-5)
      #expect(abs(slope[place].item() - (value(x + step) - value(x - step)) / 2e-5) < 1e-7)
    }
  }

  // MARK: What is refused

  @Test func `a function whose value is not one number is told so`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Double>([1, 2, 3])) { $0 * 2 }
    }
    expect(
      result, contains: "gradient: the function's value must be one number, not Double of shape [3]", "jacobian",
      "pullback")
  }

  @Test func `a gradient of the wrong shape is refused by pullbacks and differentials`() async {
    let pullbackResult = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = pullback(at: Tensor<Double>([1, 2])) { $0 * 2 }.pullback([1, 2, 3])
    }
    expect(pullbackResult, contains: "pullback: expected a gradient of shape [2] of Double, got [3] of Double")
    let differentialResult = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = differential(at: Tensor<Double>([1, 2])) { $0 * 2 }.differential(Tensor(1))
    }
    expect(differentialResult, contains: "differential: expected a tangent of shape [2] of Double, got [] of Double")
  }
}

extension Double {
  fileprivate var tanh: Double { Tensor<Double>(self).tanh().item() }
}
