import MartletTesting
import Testing

@testable import MartletCore

/// Products that a plan computes together with what follows them.
@Suite struct CompiledProductTests {
  private typealias Function<S: TensorScalar> = (Tensor<S>, Tensor<S>, Tensor<S>) -> Tensor<S>

  private func draw<S: FloatingScalar>(_ shape: Shape, _ seed: UInt64, _: S.Type) -> Tensor<S> {
    var generator = RandomGenerator(seed: seed)
    return .randomNormal(shape, using: &generator)
  }

  /// Compares a function of x, a matrix and a row with its plan, and returns the names of the plan's steps.
  private func steps<S: FloatingScalar>(
    _ x: Shape, _ weight: Shape, _ bias: Shape, of _: S.Type, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ function: @escaping Function<S>
  ) -> [String] {
    let compiled = compiled { (x: Tensor<S>, w: Tensor<S>, b: Tensor<S>) in function(x, w, b) }
    for seed in 0..<4 as Range<UInt64> {
      let operands = (draw(x, seed, S.self), draw(weight, seed + 10, S.self), draw(bias, seed + 20, S.self))
      let got = compiled(operands.0, operands.1, operands.2)
      let wanted = function(operands.0, operands.1, operands.2)
      #expect(got.shape == wanted.shape, comment, sourceLocation: sourceLocation)
      #expect(
        PrimitiveCheck.firstDifference(got.erased, wanted.erased) == nil, comment, sourceLocation: sourceLocation)
    }
    return compiled.plans[0].steps.map(\.name)
  }

  /// A bias of shape [n] for `[m, k]` times `[k, n]`.
  private func steps<S: FloatingScalar>(
    _ m: Int, _ k: Int, _ n: Int, of type: S.Type, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ function: @escaping Function<S>
  ) -> [String] {
    steps([m, k], [k, n], [n], of: type, comment, sourceLocation: sourceLocation, function)
  }

  private static let sizes = [
    (1, 64, 10), (1, 3, 1), (7, 5, 1), (40, 70, 1), (8, 784, 32), (5, 300, 10), (33, 17, 65), (130, 64, 48),
    (200, 90, 333), (3, 0, 4),
  ]

  @Test(arguments: sizes) func `the bias and the activation have the same bits as by themselves`(
    m: Int, k: Int, n: Int
  ) {
    func check<S: FloatingScalar>(_ type: S.Type) {
      let activations: [(String, (Tensor<S>) -> Tensor<S>)] = [
        ("none", { $0 }), ("relu", { $0.relu() }), ("tanh", { $0.tanh() }), ("sigmoid", { $0.sigmoid() }),
      ]
      for (name, activation) in activations {
        let label: Comment = "\(type) \(name)"
        #expect(steps(m, k, n, of: type, label) { activation($0.matmul($1) + $2) } == ["linear"], label)
        #expect(steps(m, k, n, of: type, label) { activation($2 + $0.matmul($1)) } == ["linear"], label)
        let plain = steps(m, k, n, of: type, label) { x, w, _ in activation(x.matmul(w)) }
        #expect(plain == [name == "none" ? "matmul" : "linear"], label)
        let transposed = steps([m, k], [n, k], [n], of: type, label) { x, w, b in
          activation(x.matmul(w.transposed()) + b)
        }
        #expect(transposed == ["linear"], label)
        let layer = steps([m, k], [n, k], [n], of: type, label) { x, w, b in
          activation(linear(x, weight: w, bias: b))
        }
        #expect(layer == ["linear"], label)
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test func `operands of other ranks and with other strides`() {
    let type = Float.self
    #expect(steps([70], [70, 20], [20], of: type) { ($0.matmul($1) + $2).relu() } == ["linear"])
    #expect(steps([2, 9, 70], [70, 20], [20], of: type) { ($0.matmul($1) + $2).relu() } == ["linear"])
    #expect(steps([9, 70], [70, 20], [1, 20], of: type) { ($0.matmul($1) + $2).relu() } == ["linear"])
    #expect(steps([9, 70], [70, 20], [3, 20], of: type) { ($0.matmul($1) + $2[1]).relu() } == ["linear"])
    #expect(steps([70, 9], [70, 20], [20], of: type) { ($0.transposed().matmul($1) + $2).tanh() } == ["linear"])
    #expect(
      steps([9, 140], [70, 20], [20], of: type) { ($0[.all, .slice(step: 2)].matmul($1) + $2).tanh() } == ["linear"])
    #expect(
      steps([9, 2, 70], [70, 20], [20], of: type) { ($0.permuted(1, 0, 2).matmul($1) + $2).sigmoid() } == ["linear"])
  }

  @Test func `what is no row, or is needed otherwise, stays by itself`() {
    let type = Float.self
    // A column, a whole matrix, a number, a row that is a column of something, and a matrix that has to be copied.
    #expect(steps([9, 7], [7, 9], [9, 1], of: type) { ($0.matmul($1) + $2).relu() }.count == 2)
    #expect(steps([9, 7], [7, 9], [9, 9], of: type) { ($0.matmul($1) + $2).relu() }.count == 2)
    #expect(steps([9, 7], [7, 9], [], of: type) { ($0.matmul($1) + $2).relu() }.count == 2)
    #expect(steps([9, 7], [7, 9], [9, 5], of: type) { ($0.matmul($1) + $2[.all, 1]).relu() }.count == 2)
    #expect(
      steps([9, 7], [14, 18], [9], of: type) { ($0.matmul($1[.slice(step: 2), .slice(step: 2)]) + $2).relu() }.count
        == 2)
    // One row that is added to each of several.
    #expect(steps([1, 7], [7, 9], [4, 9], of: type) { ($0.matmul($1) + $2).relu() }.count == 2)
    // Two rows: the second is added afterwards.
    #expect(steps([9, 7], [7, 9], [9], of: type) { ($0.matmul($1) + $2 + $2).relu() } == ["linear", "add, relu"])
    // The product or the sum is read twice, is a result, or is added to itself.
    #expect(
      steps([9, 7], [7, 9], [9], of: type) { x, w, b in
        let product = x.matmul(w)
        return (product + b).relu() * product
      } == ["matmul", "add, relu, multiply"])
    #expect(
      steps([9, 7], [7, 9], [9], of: type) { x, w, b in
        let sum = x.matmul(w) + b
        return sum.relu() * sum
      } == ["linear", "relu, multiply"])
    #expect(
      steps([1, 7], [7, 9], [9], of: type) { x, w, _ in
        let product = x.matmul(w)
        return product + product
      } == ["matmul", "add"])
    #expect(steps([9, 7], [7, 9], [9], of: type) { ($0.matmul($1).transposed() + $2).relu() }.count == 2)
    // A row that is added to one row as often as to several, and a matrix that is changed after the product.
    #expect(
      steps([1, 7], [7, 9], [9], of: type) { ($0.matmul($1) + $2.broadcast(to: [4, 9])).relu() }.count == 2)
    let changing = steps([9, 7], [7, 9], [9], of: type) { x, w, b in
      var matrix = w * 2
      let product = x.matmul(matrix)
      matrix[0] = b
      return (product + b).relu() + matrix.sum()
    }
    #expect(changing.contains("matmul") && !changing.contains("linear"), "\(changing)")
    // Products of integers.
    let integers = compiled { (x: Tensor<Int64>, w: Tensor<Int64>) in x.matmul(w) + w[0] }
    for _ in 0..<3 { #expect(integers([[1, 2]], [[3, 4], [5, 6]]) == [[16, 20]]) }
  }

  @Test func `a product whose matrix the host changes before the bias is added`() {
    let weight = Variable(Tensor<Float>([[1, 2], [3, 4]]).erased)
    let step = compiled { (x: Tensor<Float>) in
      let product = x.matmul(Tensor(unchecked: weight.current))
      _ = onHost("double", []) { _ in
        weight.value = weight.value * 2
        return []
      }
      return product + x[0]
    }
    var factor: Float = 1
    for _ in 0..<5 {
      #expect(step([[1, 10]]) == Tensor([[31, 42]]) * factor + [1, 10])
      factor *= 2
    }
  }

  @Test func `a product that is a result itself`() {
    func both(_ x: Tensor<Float>, _ w: Tensor<Float>) -> (Tensor<Float>, Tensor<Float>) {
      let product = x.matmul(w)
      return (product, (product + x[0]).relu())
    }
    let compiled = compiled { (x: Tensor<Float>, w: Tensor<Float>) in both(x, w) }
    for seed in 0..<4 as Range<UInt64> {
      let (x, w) = (draw([4, 6], seed, Float.self), draw([6, 6], seed, Float.self))
      #expect(compiled(x, w) == both(x, w))
    }
    #expect(compiled.plans[0].steps.map(\.name) == ["matmul", "add, relu"])
  }

  @Test func `gradients through products that are written out`() {
    func slopes(_ x: Tensor<Float>, _ w: Tensor<Float>, _ b: Tensor<Float>) -> (Tensor<Float>, Tensor<Float>) {
      gradient(at: w, b) { w, b in (x.matmul(w) + b).tanh().squared().sum() }
    }
    let compiled = compiled { (x: Tensor<Float>, w: Tensor<Float>, b: Tensor<Float>) in slopes(x, w, b) }
    for seed in 0..<4 as Range<UInt64> {
      let (x, w, b) = (
        draw([12, 30], seed, Float.self), draw([30, 20], seed, Float.self), draw([20], seed, Float.self)
      )
      let (got, wanted) = (compiled(x, w, b), slopes(x, w, b))
      #expect(PrimitiveCheck.firstDifference(got.0.erased, wanted.0.erased) == nil)
      #expect(PrimitiveCheck.firstDifference(got.1.erased, wanted.1.erased) == nil)
    }
    let names = compiled.plans[0].steps.map(\.name)
    #expect(names.first == "linear" && names.filter { $0 == "matmul" }.count == 1, "\(names)")
  }
}
