import MartletSamples
import MartletTesting
import Testing

@testable import MartletCore

/// Gradients of gradients: higher orders, and what nesting could confuse.
@Suite struct NestedGradientTests {
  private func scalar(_ value: Double) -> Tensor<Double> { Tensor(value) }

  /// The n-th derivative by nesting.
  private func derivative(_ order: Int, _ f: @escaping (Tensor<Double>) -> Tensor<Double>) -> (Double) -> Double {
    func nest(_ order: Int) -> (Tensor<Double>) -> Tensor<Double> {
      order == 0 ? f : { x in gradient(at: x, of: nest(order - 1)) }
    }
    return { nest(order)(Tensor($0)).item() }
  }

  @Test(arguments: [-1.3, -0.2, 0.4, 1.1])
  func `derivatives of tanh up to the fourth`(x: Double) {
    let t = CMath.tanh(x)
    let s = 1 - t * t
    let expected = [t, s, -2 * t * s, s * (6 * t * t - 2), s * (16 * t - 24 * t * t * t)]
    for (order, want) in expected.enumerated() {
      let got = derivative(order) { $0.tanh() }(x)
      #expect(abs(got - want) < 1e-12, "order \(order)")
    }
  }

  @Test func `derivatives of sin, exp and powers`() {
    let x = 0.7
    for (order, want) in [CMath.sin(x), CMath.cos(x), -CMath.sin(x), -CMath.cos(x), CMath.sin(x)].enumerated() {
      #expect(abs(derivative(order) { $0.sin() }(x) - want) < 1e-12)
    }
    for order in 0...5 { #expect(abs(derivative(order) { $0.exp() }(x) - CMath.exp(x)) < 1e-12) }
    for (order, want) in [x * x * x, 3 * x * x, 6 * x, 6, 0].enumerated() {
      #expect(abs(derivative(order) { $0.power(3) }(x) - want) < 1e-12, "order \(order)")
      #expect(abs(derivative(order) { $0 * $0 * $0 }(x) - want) < 1e-12, "order \(order)")
    }
    #expect(derivative(2) { $0.power(2) }(0) == 2)
    #expect(derivative(1) { $0.power(1) }(0) == 1)
    #expect(derivative(1) { $0.power(0) }(0) == 0)
    #expect(derivative(2) { $0.power(0) }(0) == 0)
    #expect(derivative(3) { $0.power(1) }(0) == 0)
    #expect(derivative(4) { $0.power(2) }(0) == 0)
    // By base and exponent, at an exponent of 0: aᵇ⁻¹ (1 + b log a) = 1 / a.
    let mixed = gradient(at: scalar(0)) { b in gradient(at: scalar(2)) { a in a.power(b) } }
    #expect(mixed.item() == 0.5)
  }

  @Test func `inner and outer variables are not confused`() {
    // d/dx [x · d/dy (x + y)] = 1.
    let first = gradient(at: scalar(1)) { x in x * gradient(at: Tensor(1)) { y in x + y } }
    #expect(first.item() == 1)
    // d/dx [x · d/dy (x y) at y = x] = d/dx x² = 2x.
    let second = gradient(at: scalar(3)) { x in x * gradient(at: x) { y in x * y } }
    #expect(second.item() == 6)
    // d/dx [x · d/dy (x y²) at y = x] = d/dx 2x³ = 6x².
    let third = gradient(at: scalar(3)) { x in x * gradient(at: x) { y in x * y * y } }
    #expect(third.item() == 54)
    // The same tensor as the variable of both: the inner one is what the closure is handed.
    let t = scalar(2)
    let same = gradient(at: t) { x in gradient(at: t) { y in y * y * t + x } * x }
    #expect(same.item() == 2 * 2 * 2)
  }

  @Test func `the inner function may use the outer variable`() {
    // f(x) = d/dy (x² y³) at y = x is 3x⁴.
    let f = { (x: Tensor<Double>) in gradient(at: x) { y in x * x * y * y * y } }
    #expect(f(scalar(2)).item() == 48)
    #expect(gradient(at: scalar(2), of: f).item() == 96)
    // Three levels: d/dz of d/dy of (x y z) is x at each.
    let three = gradient(at: scalar(5)) { x in gradient(at: x) { y in gradient(at: y) { z in x * y * z } } }
    #expect(three.item() == 1)
  }

  @Test func `the inner value is seen by the outer gradient`() {
    let slope = gradient(at: scalar(3)) { x in
      let (value, gradient) = valueWithGradient(at: x) { y in y * y }
      return value * gradient  // 2x³
    }
    #expect(slope.item() == 54)
  }

  @Test func `a value that leaks from an ended gradient is a constant`() {
    var leaked: Tensor<Double>?
    _ = gradient(at: scalar(3)) { x in
      leaked = x * x
      return leaked!
    }
    #expect(leaked!.item() == 9)
    #expect(gradient(at: scalar(3)) { x in x * leaked! }.item() == 9)
    #expect(gradient(at: scalar(3)) { _ in leaked! * 2 }.item() == 0)
    #expect((leaked! + 1).item() == 10)
  }

  @Test func `a value that leaks from an inner gradient belongs to the outer one still`() {
    // leaked = x y; the second inner gradient sees a constant, the outer one sees x.
    let slope = gradient(at: scalar(3)) { x in
      var leaked: Tensor<Double>?
      _ = gradient(at: Tensor(5)) { y in
        leaked = x * y
        return leaked!
      }
      let inner = gradient(at: Tensor(7)) { z in z * leaked! }  // x y
      return inner * x  // x² y
    }
    #expect(slope.item() == 2 * 3 * 5)
  }

  @Test func `siblings at the same depth do not disturb each other`() {
    let slope = gradient(at: scalar(3)) { x in
      var leaked: Tensor<Double>?
      _ = gradient(at: Tensor(5)) { y in
        leaked = x * y
        return leaked!
      }
      // A gradient that arrives at what is a constant to it must leave nothing there for the outer pass.
      let (value, zero) = valueWithGradient(at: Tensor(5)) { _ in leaked! * 1 }
      let (product, _) = valueWithGradient(at: Tensor(2)) { z in (leaked! * 1) * z }
      return value * 3 + zero + product  // 15x + 10x
    }
    #expect(slope.item() == 25)
  }

  @Test func `siblings one after the other`() {
    let slope = gradient(at: scalar(2)) { x in
      let a = gradient(at: x) { $0 * $0 * $0 }  // 3x²
      let b = gradient(at: x) { $0 * $0 * x }  // 2x²
      return a * b  // 6x⁴
    }
    #expect(slope.item() == 24 * 8)
  }

  @Test func `the gradient of a norm of a gradient`() {
    // |∇ ½ xᵀ A x|² for a symmetric A is xᵀ A² x; its gradient is 2 A² x.
    let a: Tensor<Double> = [[2, -1, 0], [-1, 3, 1], [0, 1, 4]]
    let x: Tensor<Double> = [1, -2, 0.5]
    let slope = gradient(at: x) { x in
      let g = gradient(at: x) { x in matmul(x, matmul(a, x)) * 0.5 }
      return (g * g).sum()
    }
    let expected = 2 * matmul(a, matmul(a, x))
    for (got, want) in zip(slope.scalars, expected.scalars) { #expect(abs(got - want) < 1e-12) }
  }

  @Test func `reductions have second derivatives`() {
    let x: Tensor<Double> = [[1, 2, 3], [4, 6, 5]]
    // max² along rows: the gradient is 2 max at the largest, its gradient 2 there.
    let second = gradient(at: x) { x in gradient(at: x) { x in x.max(axis: 1).squared().sum() }.sum() }
    #expect(second == [[0, 0, 2], [0, 2, 0]])
    let ofMin = gradient(at: x) { x in gradient(at: x) { x in x.min(axis: 1).squared().sum() }.sum() }
    #expect(ofMin == [[2, 0, 0], [2, 0, 0]])
    // The product a b c: the sum of the gradient is bc + ac + ab, whose gradient is b + c, a + c, a + b.
    let row: Tensor<Double> = [2, 3, 5]
    let ofProduct = gradient(at: row) { x in gradient(at: x) { $0.product() }.sum() }
    for (got, want) in zip(ofProduct.scalars, [8.0, 7, 5]) { #expect(abs(got - want) < 1e-12) }
    let withZero: Tensor<Double> = [2, 0, 5]
    #expect(gradient(at: withZero) { x in gradient(at: x) { $0.product() }.sum() }.scalars == [5, 7, 2])
  }

  @Test func `twenty nested gradients`() {
    // d/dx of x + d/dx of x² + … : each level adds its own.
    func nest(_ depth: Int, _ x: Tensor<Double>) -> Tensor<Double> {
      depth == 0 ? x * x : gradient(at: x) { y in nest(depth - 1, y) * 0 + y * x }
    }
    #expect(nest(20, scalar(3)).item() == 3)
  }

  // MARK: Variables

  @Test func `variables are read where they are current`() {
    let (a, b, unused) = (Variable(scalar(3).erased), Variable(scalar(4).erased), Variable(scalar(1).erased))
    func read(_ variable: Variable) -> Tensor<Double> { Tensor(unchecked: variable.current) }
    let (value, gradients, _) = valueWithGradients(at: [a, b, unused]) { (read(a) * read(a) * read(b)).erased }
    #expect(value.plainValues == [36])
    #expect(gradients[0]?.plainValues == [24])
    #expect(gradients[1]?.plainValues == [9])
    #expect(gradients[2] == nil)
    // Outside nothing is recorded.
    #expect(read(a).erased.node == nil)
  }

  @Test func `gradients at variables nest`() {
    let a = Variable(scalar(3).erased)
    func read(_ variable: Variable) -> Tensor<Double> { Tensor(unchecked: variable.current) }
    // d/da of (d/da a³) = 6a.
    let second = valueWithGradients(at: [a]) {
      valueWithGradients(at: [a]) { (read(a) * read(a) * read(a)).erased }.gradients[0]!
    }
    #expect(second.value.plainValues == [27])
    #expect(second.gradients[0]?.plainValues == [18])
    // A variable within a gradient at a tensor is a constant to it.
    let slope = gradient(at: scalar(2)) { x in x * read(a) }
    #expect(slope.item() == 3)
    // Mixed: d/da of (d/dx a² x² at x = a) = d/da 2a³ = 6a².
    let mixed = valueWithGradients(at: [a]) {
      gradient(at: read(a)) { x in read(a) * read(a) * x * x }.erased
    }
    #expect(mixed.gradients[0]?.plainValues == [54])
  }
}
