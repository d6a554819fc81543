import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTraining
import Testing

/// Targets of another scalar type than the loss takes are the same numbers, or are refused.
@Suite struct TargetConversionTests {
  private func trainer(_ model: Sequential = classifier()) -> Trainer<Sequential, Tensor<Int32>> {
    Trainer(model, optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
  }

  /// History and parameters of a fit, and what evaluating gives.
  private struct Result: Equatable {
    let history: History
    let state: [AnyTensor]
    let measured: [Double]
  }

  private func fit<S: NumericScalar>(_ y: Tensor<S>) throws -> Result {
    let (x, _) = blobs()
    let trainer = trainer()
    let history = try trainer.fit(x, y, epochs: 2, validationData: (x, y), seed: 1, progress: .none)
    return Result(
      history: history, state: state(of: trainer.model), measured: try trainer.evaluate(x, y).values.map(\.value))
  }

  @Test func `labels of any scalar type give the same fit`() throws {
    let (_, y) = blobs()
    let expected = try fit(y)
    #expect(expected.history.names == ["loss", "accuracy", "val_loss", "val_accuracy"])
    #expect(try fit(y.cast(to: Int64.self)) == expected)
    #expect(try fit(y.cast(to: UInt8.self)) == expected)
    #expect(try fit(y.cast(to: Float.self)) == expected)
    #expect(try fit(y.cast(to: Double.self)) == expected)
  }

  @Test func `data sets of labels of any scalar type give the same fit`() throws {
    let (x, y) = blobs()
    func fit<S: TensorScalar>(_ y: Tensor<S>) throws -> Result {
      let data = try Dataset(x, y).shuffled(seed: 3)
      let trainer = trainer()
      let history = try trainer.fit(
        data[0..<70], validation: data[70..<90], options: FitOptions(epochs: 2, seed: 1, progress: .none))
      return Result(
        history: history, state: state(of: trainer.model), measured: try trainer.evaluate(data).values.map(\.value))
    }
    let expected = try fit(y)
    #expect(try fit(y.cast(to: Int64.self)) == expected)
    #expect(try fit(y.cast(to: UInt8.self)) == expected)
    #expect(try fit(y.cast(to: Double.self)) == expected)
  }

  @Test func `whole numbers and truths are targets of losses of numbers`() throws {
    let (x, y) = blobs()
    let ones = (y .== 1).reshaped(to: [90, 1])
    func fit<Given: Batchable>(_ y: Given) throws -> [AnyTensor] {
      let model = withRandomSeed(1) { Sequential(inputShape: [2]) { Dense(1) } }
      let trainer = Trainer(model, optimizer: Adam(), loss: .binaryCrossEntropy, metrics: [.accuracy])
      try trainer.fit(Dataset(x, y), epochs: 2, seed: 1, progress: .none)
      return state(of: model)
    }
    let expected = try fit(ones.cast(to: Float.self))
    #expect(try fit(ones.cast(to: Int32.self)) == expected)
    #expect(try fit(ones.cast(to: UInt8.self)) == expected)
    #expect(try fit(ones.cast(to: Double.self)) == expected)
    #expect(try fit(ones) == expected)
    // The loss's rule is about the numbers as the loss sees them.
    let two = trainingError { _ = try fit(ones.cast(to: Int32.self) * 2) }
    #expect(two?.description.hasPrefix("binaryCrossEntropy: expected targets within 0…1, got 2 in row 1, col") == true)
    let tooLarge = Tensor<Double>(shape: [90, 1], scalars: (0..<90).map { $0 == 7 ? 1e300 : 0 })
    let large = trainingError { _ = try fit(tooLarge) }
    #expect(large?.description.contains("got inf in row 7, column 0") == true)
  }

  @Test(arguments: [(0.5, "0.5"), (.nan, "nan"), (3e9, "3000000000"), (-.infinity, "-inf")] as [(Double, String)])
  func `numbers that are no labels are refused with their row`(number: Double, text: String) throws {
    let (x, y) = blobs()
    var wrong = y.cast(to: Double.self)
    wrong[41] = Tensor(number)
    let right = y.cast(to: Double.self)
    let floats = wrong.cast(to: Float.self)
    let errors = [
      trainingError { try trainer().fit(x, wrong, progress: .none) },
      trainingError { try trainer().fit(x, floats, progress: .none) },
      trainingError { _ = try trainer().evaluate(x, wrong) },
      trainingError { _ = try trainer().evaluate(Dataset(x, wrong)) },
      trainingError { try trainer().fit(x, right, validationData: (x, wrong), progress: .none) },
      trainingError { try trainer().fit(Dataset(x, right), validation: Dataset(x, wrong), progress: .none) },
      trainingError { try trainer().fit(Dataset(x, wrong), validationSplit: 0.9, progress: .none) },
    ]
    let expected = "crossEntropy: expected whole numbers that are Int32 as targets, got \(text) in row 41; "
    for error in errors { #expect(error?.description.hasPrefix(expected) == true, "\(String(describing: error))") }
  }

  @Test func `whole numbers that are no class are refused as labels of the loss's own type are`() throws {
    let (x, y) = blobs()
    func error(_ label: Int64) -> TrainingError? {
      var wrong = y.cast(to: Int64.self)
      wrong[3] = Tensor(label)
      let labels = wrong
      return trainingError { try trainer().fit(x, labels, progress: .none) }
    }
    #expect(error(-1) == .labelOutOfRange(label: -1, row: 3, classes: 3))
    #expect(error(3) == .labelOutOfRange(label: 3, row: 3, classes: 3))
    #expect(error(Int64(Int32.min)) == .labelOutOfRange(label: Int(Int32.min), row: 3, classes: 3))
    #expect(error(Int64(Int32.max)) == .labelOutOfRange(label: Int(Int32.max), row: 3, classes: 3))
    // 2³² and its neighbours would be 0 and ±1 in 32 bits.
    for label in [.max, .min, 1 << 32, (1 << 32) + 1, Int64(Int32.max) + 1, Int64(Int32.min) - 1] as [Int64] {
      let text = error(label)?.description
      #expect(text?.contains("expected whole numbers that are Int32 as targets") == true, "\(label): \(text ?? "")")
      #expect(text?.contains("in row 3") == true)
    }
    let float = trainingError { try trainer().fit(x, y.cast(to: Float.self) - 1, progress: .none) }
    #expect(float == .labelOutOfRange(label: -1, row: 0, classes: 3))
  }

  /// As with labels of the loss's own type.
  @Test func `rows that are not in use do not matter, and rows have the numbers that the caller knows`() throws {
    let (x, y) = blobs()
    var wrong = y.cast(to: Double.self)
    wrong[41] = Tensor(0.5)
    let data = try Dataset(x, wrong)
    let unused = try Dataset(x, y).rows([40, 42, 0, 7])
    let (model, other) = (classifier(), classifier())
    try trainer(model).fit(data.rows([40, 42, 0, 7]), epochs: 2, seed: 1, progress: .none)
    try trainer(other).fit(unused, epochs: 2, seed: 1, progress: .none)
    #expect(state(of: model) == state(of: other))
    let error = trainingError { try trainer().fit(data.rows([40, 42, 41, 7]), progress: .none) }
    #expect(error?.description.contains("got 0.5 in row 2;") == true, "\(String(describing: error))")
  }

  @Test func `losses of labels of other types`() throws {
    let (x, y) = blobs()
    func check<S: IntegerScalar>(_ type: S.Type, tooLarge: Tensor<Int64>?) throws {
      let loss = Loss<Tensor<Float>, Tensor<S>>("own", targets: .labels) { crossEntropy(logits: $0, labels: $1) }
      let (model, other) = (classifier(), classifier())
      let trainer = Trainer(model, optimizer: Adam(), loss: loss)
      try trainer.fit(x, y, epochs: 2, seed: 1, progress: .none)
      try self.trainer(other).fit(x, y, epochs: 2, seed: 1, progress: .none)
      #expect(state(of: model) == state(of: other))
      #expect(try trainer.evaluate(x, y.cast(to: S.self)).loss == trainer.evaluate(x, y.cast(to: Float.self)).loss)
      #expect(
        trainingError { _ = try trainer.evaluate(x, y.cast(to: Double.self) + 1) }
          == .labelOutOfRange(label: 3, row: 2, classes: 3))
      guard let tooLarge else { return }
      let error = trainingError { _ = try trainer.evaluate(x[0..<2], tooLarge) }
      #expect(error?.description.hasPrefix("own: expected whole numbers that are \(S.self) as targets") == true)
      #expect(error?.description.contains("in row 1") == true)
    }
    try check(UInt8.self, tooLarge: [255, 256])
    try check(UInt8.self, tooLarge: [0, -1])
    try check(Int64.self, tooLarge: nil)
    let large = Loss<Tensor<Float>, Tensor<Int64>>("large", targets: .labels) { outputs, _ in outputs.mean() }
    let error = trainingError {
      _ = try Trainer(classifier(), optimizer: SGD(), loss: large).evaluate(x[0..<2], Tensor<Double>([0, 0x1p63]))
    }
    #expect(error?.description.contains("whole numbers that are Int64 as targets, got 9.223372e+18 in row 1") == true)
  }

  @Test func `targets that have nothing to do with the loss's are refused`() throws {
    let (x, y) = blobs()
    let errors = [
      trainingError { try trainer().fit(Dataset(x, Pair(y, y)), progress: .none) },
      trainingError { try trainer().fit(Dataset(x, [y, y]), progress: .none) },
      trainingError { try trainer().fit(Dataset(x), progress: .none) },
      trainingError { _ = try trainer().evaluate(Dataset(x, Pair(y, y))) },
      trainingError { try trainer().fit(Dataset(x, Pair(y, y)), validation: Dataset(x, Pair(y, y)), progress: .none) },
    ]
    for error in errors {
      guard case .targets(let reason) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(reason.hasPrefix("crossEntropy: expected targets of type Tensor<Int32>, got "), "\(reason)")
    }
    let both = Loss<Tensor<Float>, Pair<Tensor<Int32>, NoTarget>>("both") { crossEntropy(logits: $0, labels: $1.first) }
    let error = trainingError {
      try Trainer(classifier(), optimizer: SGD(), loss: both).fit(Dataset(x, y), progress: .none)
    }
    #expect(error?.description == "both: expected targets of type Pair<Tensor<Int32>, NoTarget>, got Tensor<Int32>")
  }
}
