import Foundation
import LayerSamples
import MartletCore
import MartletData
import MartletNN
import MartletTraining
import Synchronization
import TestSupport
import Testing

/// Predictions that are repeated from plans.
@Suite struct CompiledPredictionTests {
  private static func draw(_ shape: Shape, _ seed: UInt64) -> Tensor<Float> {
    var generator = RandomGenerator(seed: seed)
    return .randomNormal(shape, using: &generator)
  }

  private func network() -> Sequential {
    withRandomSeed(3) {
      Sequential(inputShape: [6]) {
        Dense(16, activation: .sigmoid)
        BatchNorm()
        Activation(.gelu)
        Dropout(0.5)
        Dense(3)
      }
    }
  }

  /// Counts its calls.
  private class Counting: FloatLayer {
    let calls: Counter
    let looks: Bool

    init(_ calls: Counter, looks: Bool = false) { (self.calls, self.looks) = (calls, looks) }

    func forward(_ x: Tensor<Float>) -> Tensor<Float> {
      calls.value.add(1, ordering: .relaxed)
      return looks && x.sum().item() < 0 ? -x : x + x
    }
    func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
  }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
    var count: Int { value.load(ordering: .relaxed) }
  }

  /// Says that it does the same at every call.
  private final class Repeating: Counting, RepeatableModule {}

  @Test func `the same bits as without plans, for rows that come in batches and alone`() throws {
    let model = network()
    let (automatic, always, never) = (
      try model.predictor(), try model.predictor(compilation: .always), try model.predictor(compilation: .never)
    )
    for seed in 0..<4 as Range<UInt64> {
      for rows in [1, 5, 5, 64, 64, 150, 150] {
        let x = Self.draw([rows, 6], seed)
        let expected = try never.predict(x, batchSize: 64)
        #expect(try automatic.predict(x, batchSize: 64) == expected)
        #expect(try always.predict(x, batchSize: 64) == expected)
        #expect(try never.predict(x) == automatic.predict(x))
      }
    }
  }

  @Test(arguments: LayerSample.all) func `each layer`(_ sample: LayerSample) throws {
    func check<Scalar: TensorScalar>(_ layer: some Layer<Tensor<Scalar>, Tensor<Float>>) throws {
      let batches = (0..<5).map { Tensor<Scalar>(unchecked: sample.batch(3, seed: $0)[0]) }
      // It may learn its parameters' shapes from an input.
      _ = withMode(.inference) { layer(batches[0]) }
      // A bag looks at its indices, and is so done as it stands.
      let compilation = sample.type == "EmbeddingBag" ? StepCompilation.automatic : .always
      let predictor = try layer.predictor(example: batches[0], compilation: compilation)
      for x in batches {
        let (got, wanted) = (try predictor.predict(x), withMode(.inference) { layer(x) })
        #expect(got.shape == wanted.shape)
        #expect(zip(got.scalars, wanted.scalars).allSatisfy { $0.bitPattern == $1.bitPattern })
      }
    }
    let module = sample.make().module
    if let layer = module as? any Layer<Tensor<Float>, Tensor<Float>> {
      try check(layer)
    } else if let layer = module as? any Layer<Tensor<Int64>, Tensor<Float>> {
      try check(layer)
    } else {
      #expect(sample.inputs.count != 1)
    }
  }

  @Test func `the forward pass runs until a shape has come twice running, and then not again`() throws {
    let calls = Counter()
    let predictor = try Repeating(calls).predictor()
    func predict(_ rows: Int) throws {
      let x = Self.draw([rows, 2], UInt64(rows))
      #expect(try predictor.predict(x) == x + x)
    }
    for rows in [1, 2, 3, 1, 2, 3] { try predict(rows) }
    #expect(calls.count == 6)
    // It is written down at the next two calls.
    for _ in 0..<6 { try predict(3) }
    #expect(calls.count == 8)
    for _ in 0..<6 { try predict(2) }
    #expect(calls.count == 11)
    try predict(3)
    #expect(calls.count == 11)
  }

  @Test func `plans stay when there are as many as there may be`() throws {
    let calls = Counter()
    let predictor = try Repeating(calls).predictor()
    for rows in 1...16 {
      for _ in 0..<4 { _ = try predictor.predict(.ones([rows, 2])) }
    }
    #expect(calls.count == 3 * 16)
    for _ in 0..<5 { #expect(try predictor.predict(.ones([17, 2])) == .full([17, 2], 2)) }
    #expect(calls.count == 3 * 16 + 5)
    for rows in 1...16 { _ = try predictor.predict(.ones([rows, 2])) }
    #expect(calls.count == 3 * 16 + 5)
  }

  @Test func `what happens to the model's parameters is nothing to a plan`() throws {
    final class Scaled: FloatLayer, RepeatableModule {
      @Parameter var factor: Tensor<Float> = [2, 3]
      let calls: Counter
      init(_ calls: Counter) { self.calls = calls }
      func forward(_ x: Tensor<Float>) -> Tensor<Float> {
        calls.value.add(1, ordering: .relaxed)
        return x * factor
      }
      func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
    }
    let calls = Counter()
    let layer = Scaled(calls)
    let predictor = try layer.predictor()
    func predict() throws { #expect(try predictor.predict([[1, 1]]) == [[2, 3]]) }
    for _ in 0..<4 { try predict() }
    layer.freeze()
    try predict()
    layer.factor = [5]
    try predict()
    #expect(calls.count == 3)
  }

  @Test func `layers that are not known to be repeatable, and predictors without plans, compute as they stand`() throws
  {
    let x = Self.draw([2, 3], 1)
    func count(_ compilation: StepCompilation, isRepeatable: Bool) throws -> Int {
      let calls = Counter()
      let layer = isRepeatable ? Repeating(calls) : Counting(calls)
      let predictor = try layer.predictor(compilation: compilation)
      for _ in 0..<9 { #expect(try predictor.predict(x) == x + x) }
      return calls.count
    }
    #expect(try count(.automatic, isRepeatable: false) == 9)
    #expect(try count(.never, isRepeatable: true) == 9)
    #expect(try count(.always, isRepeatable: false) == 3)
    #expect(try count(.automatic, isRepeatable: true) == 3)
  }

  @Test func `a layer that looks at elements is done as it stands, or refused where it must be compiled`() throws {
    let calls = Counter()
    let layer = Repeating(calls, looks: true)
    let automatic = try layer.predictor()
    let x = Tensor<Float>([[1, 2]])
    for isPositive in [true, true, true, false, false, true] {
      #expect(try automatic.predict(isPositive ? x : -x) == (isPositive ? x + x : x))
    }
    #expect(calls.count == 6)
    let always = try layer.predictor(compilation: .always)
    let error = trainingError { for _ in 0..<2 { _ = try always.predict(x) } }
    guard case .invalidArgument(let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("compilation is .always: expected a model whose forward pass can be repeated"))
    #expect(reason.contains("cannot look at elements"))
  }

  @Test func `more shapes than there are plans for`() throws {
    let model = network()
    let (predictor, never) = (try model.predictor(), try model.predictor(compilation: .never))
    for _ in 0..<3 {
      for rows in 1...30 {
        let x = Self.draw([rows, 6], UInt64(rows))
        for _ in 0..<3 { #expect(try predictor.predict(x) == never.predict(x)) }
      }
    }
  }

  @Test func `what does not fit throws with a plan too`() throws {
    let predictor = try network().predictor()
    for _ in 0..<4 { _ = try predictor.predict(Self.draw([2, 6], 1)) }
    for shape in [[2, 5], [6], [0, 6], [2, 6, 1]] as [Shape] {
      #expect(throws: TrainingError.self) { try predictor.predict(.zeros(shape)) }
    }
    #expect(throws: TrainingError.self) { try predictor.predict(Self.draw([2, 6], 1), batchSize: 0) }
    let table = withRandomSeed(2) { Chain(Embedding(9, 4), inputShape: [3]) { Flatten() } }
    let words = try table.predictor()
    for _ in 0..<4 { _ = try words.predict([[0, 1, 8]]) }
    #expect(throws: TrainingError.self) { try words.predict([[0, 1, 9]]) }
    #expect(try words.predict([[8, 8, 8]]) == table([[8, 8, 8]]))
  }

  @Test func `plans keep the values that the model had`() throws {
    let model = network()
    let x = Self.draw([40, 6], 1)
    let y = Tensor<Int32>((0..<40).map { Int32($0 % 3) })
    let before = model(x)
    let predictor = try model.predictor()
    for _ in 0..<2 { #expect(try predictor.predict(x) == before) }
    try Trainer(model, optimizer: SGD(learningRate: 0.1), loss: .crossEntropy).fit(
      x, y, epochs: 2, seed: 1, progress: .none)
    #expect(model(x) != before)
    for _ in 0..<4 { #expect(try predictor.predict(x) == before) }
    // What a prediction gave stays as it was when the next one is made.
    let first = try predictor.predict(x)
    _ = try predictor.predict(x * 2)
    #expect(first == before)
  }

  @Test func `children of a process whose threads predict can predict as well`() async {
    await #expect(processExitsWith: .success) {
      let predictor = try Sequential(inputShape: [6]) { Dense(3) }.predictor()
      let x = Tensor<Float>.ones([1, 6])
      let expected = try predictor.predict(x)
      let predictions = Counter()
      for _ in 0..<3 {
        Thread.detachNewThread {
          while true {
            if (try? predictor.predict(x)) != expected { fatalError("a thread predicts otherwise") }
            predictions.value.add(1, ordering: .relaxed)
          }
        }
      }
      // What a thread does for the first time may hold a lock of Swift's own: see "Processes that fork" in Deploying.
      while predictions.count < 1000 { usleep(1000) }
      for _ in 0..<200 {
        let child = fork()
        if child == 0 {
          // A child that hangs is ended.
          alarm(60)
          for _ in 0..<4 where try predictor.predict(x) != expected { _exit(1) }
          _exit(0)
        }
        var status: Int32 = 0
        if child < 0 || waitpid(child, &status, 0) != child || status != 0 {
          fatalError("child \(child) ended with status \(status)")
        }
      }
    }
  }

  @Test func `two inputs and a pair of outputs`() throws {
    final class Twins: Layer, RepeatableModule {
      let calls: Counter
      init(_ calls: Counter) { self.calls = calls }
      func forward(_ x: Pair<Tensor<Float>, Tensor<Int64>>) -> Pair<Tensor<Float>, Tensor<Float>> {
        calls.value.add(1, ordering: .relaxed)
        return Pair(x.first * 2, x.first + x.second.cast(to: Float.self))
      }
    }
    let calls = Counter()
    let x = Pair(Self.draw([3, 2], 1), Tensor<Int64>([[1, 2], [3, 4], [5, 6]]))
    let predictor = try Twins(calls).predictor(example: x)
    for factor in [1, 2, 3, 4, 5] as [Float] {
      let y = try predictor.predict(Pair(x.first * factor, x.second))
      #expect(y.first == x.first * factor * 2)
      #expect(y.second == x.first * factor + x.second.cast(to: Float.self))
    }
    #expect(calls.count == 3)
    #expect(throws: TrainingError.self) { try predictor.predict(Pair(x.first[..<2], x.second)) }
  }
}
