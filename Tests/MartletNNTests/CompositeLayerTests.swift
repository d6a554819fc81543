import MartletCore
import TestSupport
import Testing

@testable import MartletNN

/// Layers made of layers, and layers that change shapes.
@Suite struct CompositeLayerTests {
  private func message(_ layer: any FloatLayer, _ shape: Shape?) -> String {
    failure { () throws(ModuleError) in
      try layer.build(for: shape)
      _ = try layer.outputShape(for: shape)
    }?.description ?? ""
  }

  @Test func `Residual adds the input, or its shortcut`() throws {
    let model = Sequential(inputShape: [3]) {
      Residual {
        Dense(5, activation: .tanh)
        Dense(3)
      }
      Residual(shortcut: Dense(2, useBias: false)) { Dense(2) }
    }
    #expect(
      model.parameters().map(\.path) == [
        "0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias", "1.0.weight", "1.0.bias", "1.shortcut.weight",
      ])
    let x: Tensor<Float> = [[1, -2, 0.5]]
    let block = try #require(model[0] as? Residual)
    let inner = block.layers[1](block.layers[0](x))
    #expect(block(x) == x + inner)
    let last = try #require(model[1] as? Residual)
    #expect(last(x) == last.shortcut!(x) + last.layers[0](x))
    #expect(try model.outputShape(for: [3]) == [2])
  }

  @Test func `Residual says what does not fit`() {
    #expect(
      message(Sequential { Residual { Dense(4) } }, [3]).hasPrefix(
        "layer 0: expected layers whose output has the shape of what it is added to, [3], got [4]: end in that size"))
    #expect(
      message(Residual(shortcut: Dense(5, 4)) { Dense(4) }, [3])
        == "layer shortcut: Dense(5, 4) takes 5 features, not an input of shape [3]")
    #expect(
      message(
        Residual {
          Dense(4)
          Dense(5, 3)
        }, [3]
      ).hasPrefix("layer 1: Dense(5, 3) takes 5 features"))
  }

  @Test func `Parallel joins, adds, or does as told`() throws {
    func layer(_ combination: Parallel.Combination) -> Parallel {
      Parallel(combination) {
        Dense(3, 2)
        Sequential {
          Dense(3, 4, activation: .relu)
          Dense(4, 2)
        }
      }
    }
    let x: Tensor<Float> = [[1, -2, 0.5], [0, 1, 2]]
    let joined = layer(.concatenated())
    let outputs = joined.branches.map { $0(x) }
    #expect(joined(x) == Tensor.concatenate(outputs, axis: 1))
    #expect(try joined.outputShape(for: [3]) == [4])
    #expect(joined.parameters().map(\.path).contains("1.0.weight"))
    let added = layer(.added)
    #expect(added(x) == added.branches[0](x) + added.branches[1](x))
    #expect(try added.outputShape(for: [3]) == [2])
    let product = layer(.custom { $0[0] * $0[1] })
    #expect(product(x) == product.branches[0](x) * product.branches[1](x))
    #expect(try product.outputShape(for: [3]) == [2])
    let rows = Parallel(.concatenated(axis: 1)) {
      Identity()
      Identity()
    }
    #expect(try rows.outputShape(for: [3, 5]) == [6, 5])
    #expect(rows(Tensor<Float>.zeros([2, 3, 5])).shape == [2, 6, 5])
  }

  @Test func `Parallel says what does not fit`() async {
    #expect(
      message(
        Parallel {
          Flatten()
          Reshape([2, 3])
        }, [6])
        == "Parallel: expected branches whose outputs are equal but along axis -1, got [6], [2, 3]")
    #expect(
      message(
        Parallel(.added) {
          Dense(1)
          Dense(2)
        }, [6])
        == "Parallel: expected branches whose outputs are equal, got [1], [2]")
    #expect(
      message(Parallel(.custom { $0[0].sum() }) { Dense(1) }, [6]).contains("expected a batch of one, [1, …], got []"))
    #expect(
      message(
        Parallel {
          Dense(1)
          Dense(4, 2)
        }, [6]
      ).hasPrefix("layer 1: Dense(4, 2) takes 4 features"))
    await #expect(processExitsWith: .failure) { _ = Parallel { [any FloatLayer]() } }
    await #expect(processExitsWith: .failure) { _ = Parallel(.concatenated(axis: 0)) { Identity() } }
    await #expect(processExitsWith: .failure) {
      _ = Parallel(.added) {
        Dense(2, 1)
        Dense(2, 2)
      }(Tensor<Float>.zeros([1, 2]))
    }
  }

  @Test func reshape() async throws {
    let x = Tensor<Float>.arange(24).reshaped(to: [2, 12])
    #expect(Reshape([3, 4])(x) == x.reshaped(to: [2, 3, 4]))
    #expect(Reshape([3, -1])(x).shape == [2, 3, 4])
    #expect(try Reshape([3, -1]).outputShape(for: [12]) == [3, 4])
    #expect(try Reshape([3, -1]).outputShape(for: nil) == nil)
    #expect(try Reshape([3, 4]).outputShape(for: nil) == [3, 4])
    #expect(Reshape([-1])(Tensor<Float>.zeros([0, 3, 4])).shape == [0, 12])
    #expect(
      message(Reshape([5, -1]), [12])
        == "Reshape([5, -1]) does not fit an input of shape [12], of another element count")
    await #expect(processExitsWith: .failure) { _ = Reshape([-1, -1]) }
    await #expect(processExitsWith: .failure) { _ = Reshape([5])(Tensor<Float>.zeros([2, 12])) }
  }

  @Test func `a stated shape saves Lambda the trial`() throws {
    final class Count { var value = 0 }
    let calls = Count()
    let layer = Lambda(outputShape: [3]) { x in
      calls.value += 1
      return x.sum(axis: 1, keepDims: true) * Tensor<Float>([1, 2, 3])
    }
    let model = Sequential(inputShape: [4]) {
      layer
      Dense(2)
    }
    #expect(calls.value == 0)
    #expect(model(Tensor<Float>.ones([5, 4])).shape == [5, 2])
  }

  @Test func `Chain begins with any layer`() throws {
    let model = Chain(Embedding(9, 4), inputShape: [5]) {
      Flatten()
      Dense(3, activation: .relu)
      Dense(1)
    }
    #expect(model.parameters().map(\.path) == ["0.weight", "2.weight", "2.bias", "3.weight", "3.bias"])
    #expect(model(Tensor<Int64>.zeros([2, 5])).shape == [2, 1])
    #expect(try model.outputShape(for: [5]) == [1])
    #expect(
      failure { () throws(ModuleError) in try Chain(Embedding(9, 4)) { Dense(3, 1) }.build(for: [5]) }?.description
        == "layer 1: Dense(3, 1) takes 3 features, not an input of shape [5, 4]")
  }

  @Test func `activations along an axis`() throws {
    let x = Tensor<Float>([[1, 2, 3, 4], [0, 5, 1, 1]])
    #expect(Softmax(axis: 0)(x) == x.softmax(axis: 0))
    #expect(LogSoftmax()(x) == x.logSoftmax(axis: -1))
    #expect(GLU()(x) == x.glu())
    #expect(try GLU().outputShape(for: [4]) == [2])
    #expect(throws: ModuleError.self) { try GLU().outputShape(for: [3]) }
    #expect(try GLU(axis: 1).outputShape(for: [4, 3]) == [2, 3])
    #expect(throws: ModuleError.self) { try PReLU(3).outputShape(for: [4]) }
  }

  /// Each class of a function applies just that function, with the same defaults.
  private static let activations: [@Sendable () -> (Activation, ActivationFunction)] = [
    { (Identity(), .identity) }, { (ReLU(), .relu) }, { (LeakyReLU(), .leakyReLU()) }, { (ELU(), .elu()) },
    { (SELU(), .selu) }, { (GELU(), .gelu) }, { (GELU(approximate: true), .geluTanh) }, { (SiLU(), .silu) },
    { (Mish(), .mish) }, { (Sigmoid(), .sigmoid) }, { (Tanh(), .tanh) }, { (Softplus(), .softplus) },
    { (LogSigmoid(), .logSigmoid) }, { (CELU(), .celu()) }, { (ReLU6(), .relu6) }, { (HardTanh(), .hardTanh()) },
    { (HardSigmoid(), .hardSigmoid) }, { (HardSwish(), .hardSwish) }, { (Softsign(), .softsign) },
    { (Tanhshrink(), .tanhshrink) }, { (Softshrink(), .softshrink()) }, { (Hardshrink(), .hardshrink()) },
    { (Threshold(0.5, value: 2), .threshold(0.5, value: 2)) }, { (Softmax(), .softmax) },
    { (LogSoftmax(), .logSoftmax) }, { (LeakyReLU(slope: 0.3), .leakyReLU(slope: 0.3)) },
    { (HardTanh(min: -2, max: 3), .hardTanh(min: -2, max: 3)) },
  ]

  @Test(arguments: activations.indices) func `a class for each activation`(_ index: Int) throws {
    let (layer, function) = Self.activations[index]()
    let x = Tensor<Float>([[-7, -1, -0.4, 0], [0.3, 0.7, 2, 8]])
    #expect(layer.function == function)
    #expect(layer(x) == function(x))
    #expect(layer.lastActivation == function)
    #expect(try layer.outputShape(for: [4]) == [4])
  }

  @Test func `a model of two inputs is a module with a method of its own`() throws {
    final class Matching: Module {
      let users = withRandomSeed(1) { Embedding(4, 3) }
      let films = withRandomSeed(2) { Embedding(5, 3) }
      let head = withRandomSeed(3) { Bilinear(3, 3, 1) }
      func score(_ user: Tensor<Int64>, _ film: Tensor<Int64>) -> Tensor<Float> { head(users(user), films(film)) }
    }
    let model = Matching()
    let (users, films): (Tensor<Int64>, Tensor<Int64>) = ([0, 1, 2, 3, 0], [0, 1, 2, 3, 4])
    let wanted: Tensor<Float> = [[1], [0], [1], [0], [1]]
    let optimizer = Adam(learningRate: 0.05)
    var losses: [Float] = []
    for _ in 0..<200 {
      let (loss, gradients) = valueWithGradient(at: model) {
        meanSquaredError(predicted: $0.score(users, films), expected: wanted)
      }
      losses.append(loss.item())
      optimizer.update(model, along: gradients)
    }
    #expect(losses.last! < 0.01 * losses[0])
    #expect(model.summary(rowCount: 5) { $0.score(users, films) }.contains("head (Bilinear)    [?, 1]"))
  }
}
