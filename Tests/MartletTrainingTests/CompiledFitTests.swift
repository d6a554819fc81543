import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTesting
import TestSupport
import Testing

@testable import MartletTraining

/// A fit whose steps are repeated from a plan gives the same bits as one whose steps are done as they stand.
@Suite struct CompiledFitTests {
  private static func data(rows: Int = 70) -> (x: Tensor<Float>, y: Tensor<Float>, labels: Tensor<Int32>) {
    var generator = RandomGenerator(seed: 4)
    let x = Tensor<Float>.randomNormal([rows, 6], using: &generator)
    return (x, x.sum(axis: 1, keepDims: true), .randomInteger([rows], in: 0..<3, using: &generator))
  }

  private func bits(_ model: Sequential, _ history: History) -> [AnyTensor] {
    let entries = model.parameters() + model.buffers()
    let values = history.names.flatMap { history[$0] }
    return entries.map { $0.variable.value } + [Tensor(values).erased]
  }

  private func expectSame(_ a: [AnyTensor], _ b: [AnyTensor], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(a.count == b.count, sourceLocation: sourceLocation)
    for (a, b) in zip(a, b) {
      #expect(PrimitiveCheck.firstDifference(a, b) == nil, sourceLocation: sourceLocation)
    }
  }

  @Test func `classification with every kind of layer, metrics, clipping, a ragged batch and callbacks`() throws {
    func fit(_ compilation: StepCompilation) throws -> [AnyTensor] {
      let (x, _, labels) = Self.data()
      let model = withRandomSeed(1) {
        Sequential(inputShape: [6]) {
          Dense(8, activation: .relu)
          BatchNorm(8)
          Dropout(0.2)
          Residual { Dense(8, activation: .gelu) }
          LayerNorm(8)
          Dense(3)
        }
      }
      let trainer = Trainer(model, optimizer: AdamW(), loss: .crossEntropy, metrics: [.accuracy])
      var options = FitOptions(epochs: 3, batchSize: 16, validationSplit: 0.2, seed: 2, progress: .none)
      options.compilation = compilation
      let history = try trainer.fit(
        Dataset(x, labels), options: options,
        callbacks: [GradientClipping(norm: 0.3), Scheduled(.exponential(from: 1e-2, factor: 0.9))])
      #expect((trainer.compiledStep == nil) == (compilation == .never))
      return bits(model, history)
    }
    let eager = try fit(.never)
    expectSame(try fit(.automatic), eager)
    expectSame(try fit(.always), eager)
  }

  /// A layer that the trainer knows nothing of.
  private final class Twice: Layer {
    func forward(_ x: Tensor<Float>) -> Tensor<Float> { x * 2 }
    func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
  }

  /// A layer that says it is repeatable, and is not.
  private final class Counting: Layer, RepeatableModule {
    var calls: Float = 0
    func forward(_ x: Tensor<Float>) -> Tensor<Float> {
      calls += 1
      return x * calls
    }
    func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
  }

  /// A layer that looks at elements.
  private final class Looking: Layer, RepeatableModule {
    func forward(_ x: Tensor<Float>) -> Tensor<Float> { x.sum().item() > 0 ? x : x * 2 }
    func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
  }

  private func fit(
    _ layer: any Layer<Tensor<Float>, Tensor<Float>>, _ compilation: StepCompilation,
    loss: Loss<Tensor<Float>, Tensor<Float>> = .meanSquaredError
  ) throws -> (isCompiled: Bool, bits: [AnyTensor]) {
    let (x, y, _) = Self.data()
    let model = withRandomSeed(1) {
      Sequential(inputShape: [6]) {
        Dense(4)
        layer
        Dense(1)
      }
    }
    let trainer = Trainer(model, optimizer: SGD(learningRate: 1e-4), loss: loss)
    var options = FitOptions(epochs: 2, batchSize: 16, seed: 2, progress: .none)
    options.compilation = compilation
    let history = try trainer.fit(Dataset(x, y), options: options)
    return (trainer.compiledStep != nil, bits(model, history))
  }

  @Test func `layers that are not known to be repeatable are left as they stand, unless it is asked for`() throws {
    #expect(try !fit(Twice(), .automatic).isCompiled)
    let always = try fit(Twice(), .always)
    #expect(always.isCompiled)
    expectSame(always.bits, try fit(Twice(), .never).bits)
    let own = Loss<Tensor<Float>, Tensor<Float>>("own", targets: .sameShape) { ($0 - $1).squared().mean() }
    #expect(try !fit(ReLU(), .automatic, loss: own).isCompiled)
    #expect(try fit(ReLU(), .automatic).isCompiled)
    #expect(try fit(Parallel(.added) { Tanh() }, .automatic).isCompiled)
    #expect(try !fit(Parallel(.custom { $0[0] }) { Tanh() }, .automatic).isCompiled)
    #expect(try !fit(Lambda { $0 * 2 }, .automatic).isCompiled)
  }

  /// A model whose layer can be replaced.
  private final class Headed: Layer, RepeatableModule {
    let body = withRandomSeed(1) { Dense(6, 4, activation: .tanh) }
    var head = withRandomSeed(2) { Dense(4, 1) }
    func forward(_ x: Tensor<Float>) -> Tensor<Float> { head(body(x)) }
    func outputShape(for inputShape: Shape?) -> Shape? { [1] }
  }

  @Test func `a layer that is replaced between two fits takes part`() throws {
    func fit(_ compilation: StepCompilation) throws -> [AnyTensor] {
      let (x, y, _) = Self.data()
      let model = Headed()
      let trainer = Trainer(model, optimizer: Adam(), loss: .meanSquaredError)
      let options = FitOptions(epochs: 2, batchSize: 16, seed: 2, progress: .none, compilation: compilation)
      try trainer.fit(Dataset(x, y), options: options)
      model.head = withRandomSeed(3) { Dense(4, 1) }
      try trainer.fit(Dataset(x, y), options: options)
      #expect((trainer.compiledStep == nil) == (compilation == .never))
      return model.parameters().map { $0.variable.value }
    }
    expectSame(try fit(.automatic), try fit(.never))
  }

  @Test func `a step that cannot be repeated is done as it stands, or refused where it must be compiled`() throws {
    for make in [{ Counting() }, { Looking() }] as [() -> any Layer<Tensor<Float>, Tensor<Float>>] {
      let automatic = try fit(make(), .automatic)
      #expect(!automatic.isCompiled)
      expectSame(automatic.bits, try fit(make(), .never).bits)
      let error = #expect(throws: TrainingError.self) { try fit(make(), .always) }
      #expect("\(error!)".contains("expected a step that can be repeated, got one that cannot: "))
    }
  }

  @Test func `weights of rows and losses that look at them are done as they stand`() throws {
    func fit(_ compilation: StepCompilation) throws -> [AnyTensor] {
      let (x, _, labels) = Self.data()
      let model = withRandomSeed(1) { Sequential(inputShape: [6]) { Dense(3) } }
      let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy)
      var options = FitOptions(epochs: 2, batchSize: 16, seed: 2, progress: .none)
      options.compilation = compilation
      let history = try trainer.fit(Dataset(x, labels).weighted(by: x[.ellipsis, 0].abs()), options: options)
      return bits(model, history)
    }
    expectSame(try fit(.automatic), try fit(.never))
  }

  @Test func `an autoencoder whose targets are its inputs`() throws {
    func fit(_ compilation: StepCompilation) throws -> [AnyTensor] {
      let (x, _, _) = Self.data()
      let model = withRandomSeed(1) {
        Sequential(inputShape: [6]) {
          Dense(3, activation: .tanh)
          Dense(6)
        }
      }
      let trainer = Trainer(model, optimizer: Adam(), loss: .meanSquaredError)
      var options = FitOptions(epochs: 3, batchSize: 16, shuffle: false, seed: 2, progress: .none)
      options.compilation = compilation
      return bits(model, try trainer.fit(Dataset(x, x), options: options))
    }
    expectSame(try fit(.automatic), try fit(.never))
  }
}
