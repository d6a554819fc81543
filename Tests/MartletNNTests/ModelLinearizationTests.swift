import MartletCore
import MartletNN
import Testing

/// Derivatives at a model agree with one another and with differences of the function.
@Suite struct ModelLinearizationTests {
  private let x: Tensor<Float> = [[0.5, -1, 2], [1, 0.25, -0.5]]
  private let model = withRandomSeed(11) {
    Sequential(inputShape: [3]) {
      Dense(4, activation: .tanh)
      Dense(2)
    }
  }

  /// A direction in the space of the parameters.
  private func direction(_ seed: UInt64) -> Gradients {
    withRandomSeed(seed) {
      Gradients(
        model.parameters().map { path, variable in
          (path, Tensor<Float>.randomNormal(variable.value.shape).erased)
        })
    }
  }

  private func dot(_ a: Gradients, _ b: Gradients) -> Double {
    a.reduce(0) { sum, entry in
      guard let other = b[entry.path] else { return sum }
      let product = Tensor<Float>(unchecked: entry.gradient) * Tensor<Float>(unchecked: other)
      return sum + Double(product.sum().item())
    }
  }

  @Test func `pullback and differential are transposes`() {
    let (value, pullback) = pullback(at: model) { $0(x) }
    let (same, differential) = differential(at: model) { $0(x) }
    #expect(value == same && value == model(x))
    let along = direction(1)
    let weight = withRandomSeed(2) { Tensor<Float>.randomNormal(value.shape) }
    let forward = Double((differential(along) * weight).sum().item())
    let backward = dot(pullback(weight), along)
    #expect(abs(forward - backward) < 1e-5 * max(1, abs(forward)))
    #expect(abs(forward) > 1e-3)
  }

  @Test func `the Jacobian holds the pullbacks of the basis`() {
    let rows = jacobian(at: model) { $0(x) }
    let (value, pullback) = pullback(at: model) { $0(x) }
    #expect(rows["1.weight"]?.shape == [2, 2, 2, 4])
    var seed = Tensor<Float>.zeros(value.shape)
    seed[1, 0] = Tensor(1)
    let gradients = pullback(seed)
    for (path, jacobian) in rows {
      #expect(Tensor<Float>(unchecked: jacobian)[1, 0] == Tensor<Float>(unchecked: gradients[path]!), "\(path)")
    }
  }

  @Test func `the Hessian times a vector is the product`() {
    func loss(_ model: Sequential) -> Tensor<Float> { model(x).squared().sum() }
    let along = direction(3)
    let product = hessianVectorProduct(at: model, along: along, of: loss)
    let blocks = hessian(at: model, of: loss)
    #expect(blocks.count == 4 && product.count == 4)
    for (path, expected) in product {
      var sum = Tensor<Float>.zeros([expected.count])
      for (other, block) in blocks[path]! {
        let matrix = Tensor<Float>(unchecked: block).reshaped(to: [expected.count, along[other]!.count])
        sum += matmul(matrix, Tensor<Float>(unchecked: along[other]!).flattened())
      }
      let difference = (sum - Tensor<Float>(unchecked: expected).flattened()).abs().max().item()
      #expect(difference < 1e-4, "\(path)")
    }
    // The Hessian is symmetric.
    let upper = Tensor<Float>(unchecked: blocks["0.bias"]!["1.bias"]!)
    let lower = Tensor<Float>(unchecked: blocks["1.bias"]!["0.bias"]!)
    #expect((upper - lower.transposed()).abs().max().item() < 1e-5)
    #expect(upper.abs().max().item() > 1e-3)
  }

  @Test func `frozen parameters stand still`() {
    model.parameters().first { $0.path == "0.weight" }!.variable.isTrainable = false
    let (_, pullback) = pullback(at: model) { $0(x) }
    #expect(pullback(.ones([2, 2]))["0.weight"] == nil)
    let (_, differential) = differential(at: model) { $0(x) }
    var only = direction(4)
    for path in ["0.bias", "1.weight", "1.bias"] { only[path] = nil }
    #expect(differential(only) == .zeros([2, 2]))
  }
}
