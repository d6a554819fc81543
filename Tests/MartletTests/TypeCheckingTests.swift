import Martlet
import Testing

/// Expressions as people write them: this file is here to be compiled, which takes the compiler milliseconds or, with
/// overloads that do not suit it, more than it is willing to spend.
@Suite struct TypeCheckingTests {
  @Test func `long expressions with literals`() {
    let x: Tensor<Float> = [0.5]
    let z = ((x * 2 + 1) / 3 - 0.25) * (x + 1) * 2 / (1 - x * 0.5)
    let r = 1 / (1 + x * 2 * 3 / 4)
    let p = 1 + x * (2 + x * (3 + x * (4 + x * (5 + x * 6))))
    #expect(abs(z.item() - 5 / 3) < 1e-6)
    #expect(abs(r.item() - 4 / 7) < 1e-6)
    #expect(p.item() == 3.75)
  }

  @Test func `generic code`() {
    func logistic<S: FloatingScalar>(_ x: Tensor<S>) -> Tensor<S> { 1 / (1 + (-x).exp()) }
    #expect(logistic(Tensor<Float>(0)).item() == 0.5)
    #expect(logistic(Tensor<Double>(0)).item() == 0.5)
  }

  @Test func `brackets with arrays, masks and numbers`() {
    var x = Tensor<Float>.arange(60).reshaped(to: [3, 4, 5])
    let y = x[[0, 2], .all, [1, 3]] * 2 + x[..<2, .all, -1] - x[[1, 0], ..., [4, 4]] / 3
    x[[0, 2], 1...2, [[1], [3]]] = 0
    x[x .> 30] += 1
    x[0, [true, false, true, false], [0, 1]] = x[1, [0, 1], 0] * 0.5
    x[[0], [1], [2]] = -1
    #expect(y.shape == [2, 4] && x[0, 1, 2].item() == -1 && x[2, 3, 4].item() == 60)
  }
}
