import MartletCore
import MartletData
import MartletNN

/// A model as it was at one moment, for many threads and tasks to predict with at once: what a server shares between
/// its requests.
///
/// ```swift
/// let model = network()
/// try model.load(from: "digits.safetensors")
/// let predictor = try model.predictor()
/// Task { try predictor.predictClasses(images) }
/// Task { try predictor.predictClasses(others) }
/// ```
/// The predictor has the values that parameters and buffers had when it was made. The model may be trained on, by one
/// thread at a time as ever: predictions do not change, and each change in place first gives the model memory of its
/// own, once for each predictor that is made. Nothing is copied before.
///
/// Where every layer is a `RepeatableModule`, as those of the library are, the forward pass for rows of a shape that comes
/// twice running is written down and repeated from a plan from then on, with the same bits: see `compiled(_:)`. Plans
/// take memory of their own, for as many tasks as predict at once and up to 16 shapes each; `compilation: .never` makes
/// none.
///
/// `Input` and `Output` are the model's. The model's layers must be such that `forward` in inference mode reads
/// parameters, buffers and properties that no longer change, as those of the library do: a class of your own with a
/// `var` that `forward` writes, such as a cache, is not safe here. One that gives a parameter or buffer a value while a
/// predictor computes stops the program with a message.
public struct Predictor<Input: Batchable, Output: Batchable>: @unchecked Sendable {
  // `@unchecked Sendable`: of the model only `forward`, `validate` and `outputShape` are called. They read variables,
  // whose values come from the snapshot, which does not change, and properties that the documentation requires not to
  // change.
  private let model: any Layer<Input, Output>
  private let snapshot: VariableSnapshot
  private let knownShapes: [Shape]?
  private let compilation: StepCompilation
  /// Passes that are repeated from plans; nil where none are to be.
  private let passes: ForwardPool<Input, Output>?
  /// What is made of the outputs; nil where they are returned as they are.
  private let finish: (@Sendable (Output) throws(TrainingError) -> Output)?

  init(
    _ model: some Layer<Input, Output>, example: Input?, compilation: StepCompilation,
    finish: (@Sendable (Output) throws(TrainingError) -> Output)? = nil
  ) throws(TrainingError) {
    let structure: ModuleStructure
    do throws(ModuleError) {
      structure = try ModuleStructure.read(model)
    } catch {
      throw .features("\(error)")
    }
    for entry in structure.entries where !entry.variable.isInitialized {
      throw .features(
        "expected a model whose parameters have values, got none for \(entry.path): build it with "
          + "Sequential(inputShape:), build(for:) or a fit, or load a file")
    }
    self.model = model
    self.finish = finish
    self.compilation = compilation
    let snapshot = VariableSnapshot(structure.entries.map(\.variable))
    self.snapshot = snapshot
    let shared = SharedModel(model: model)
    passes =
      compilation.wantsPlans(ifRepeatable: structure.isRepeatable)
      ? ForwardPool { CompiledForward(within: snapshot) { shared.model($0) } } : nil
    knownShapes = example?.rowShapes
    if let example { _ = try model.outputShape(forRowsOf: example, "example", known: knownShapes) }
  }

  /// The model's outputs for all rows of `x` `[n, …]`, in inference mode, computed `batchSize` rows at a time.
  ///
  /// The same as `Trainer.predict(_:batchSize:)`, with the same errors: it throws when `x` is empty or does not fit the
  /// model, when a layer does not state its output shape and there was no example, when the outputs of several batches
  /// do not have rows of the same shapes, when a layer's `validate(_:)` does not take the values, and when `batchSize` is
  /// less than 1. NaN in `x` gives NaN in its row.
  public func predict(_ x: Input, batchSize: Int = 256) throws(TrainingError) -> Output {
    try checkBatchSize(batchSize)
    let outputs = try snapshot.running { () throws(TrainingError) in
      guard let passes else { return try model.outputs(for: x, rows: checkedRows(x), batchSize: batchSize) }
      let pass = passes.take()
      defer { passes.give(pass) }
      let isKnown = withMode(.inference) { pass.hasPlan(for: x) }
      let rows = isKnown ? x.tensors[0].shape[0] : try checkedRows(x)
      let outputs = try model.outputs(for: x, rows: rows, batchSize: batchSize) { pass($0) }
      if compilation == .always, let failure = pass.failure {
        throw .invalidArgument(
          "compilation is .always: expected a model whose forward pass can be repeated, got one that cannot: \(failure)"
        )
      }
      return outputs
    }
    return try finish?(outputs) ?? outputs
  }

  /// The number of rows of an input; throws where they do not fit the model.
  private func checkedRows(_ x: Input) throws(TrainingError) -> Int {
    let rows: Int
    do throws(DatasetError) {
      rows = try Dataset(x).count
    } catch {
      throw TrainingError(error)
    }
    _ = try model.outputShape(forRowsOf: x, "x", known: knownShapes)
    return rows
  }
}

/// A model for closures that several threads call, as a predictor may: see there.
private struct SharedModel<Input, Output>: @unchecked Sendable {
  let model: any Layer<Input, Output>
}

/// A predictor from one tensor of floats to another, as most are.
public typealias FloatPredictor = Predictor<Tensor<Float>, Tensor<Float>>

extension Predictor where Output == Tensor<Float> {
  /// The class with the largest output for every row of `x`, `[n]`: see `Trainer.predictClasses(_:batchSize:)`.
  public func predictClasses(_ x: Input, batchSize: Int = 256) throws(TrainingError) -> Tensor<Int32> {
    try predict(x, batchSize: batchSize).classes()
  }
}

extension Layer where Input: Batchable, Output: Batchable {
  /// The model as it is now, for many threads and tasks to predict with at once: see `Predictor`.
  ///
  /// Throws when a parameter has no value yet, when the model's structure cannot be read, and when the example does not
  /// fit the model.
  ///
  /// - Parameters:
  ///   - example: An input that the model takes, with any number of rows. Needed where a layer does not state its
  ///     `outputShape(for:)`.
  ///   - compilation: Whether forward passes for shapes that come again are repeated from plans, as `compiled(_:)` has
  ///     them: see `Predictor`.
  public func predictor(
    example: Input? = nil, compilation: StepCompilation = .automatic
  ) throws(TrainingError) -> Predictor<Input, Output> {
    try Predictor(self, example: example, compilation: compilation)
  }
}

extension Layer where Input: Batchable, Output == Tensor<Float> {
  /// The model as it is now, as `predictor(example:compilation:)` has it, whose predictions are the probabilities that a
  /// calibrator makes of its outputs; the outputs themselves without one, as in a file that was saved without.
  ///
  /// `predict` then also throws when the outputs do not fit the calibrator. Throws as `predictor(example:compilation:)`
  /// does, and when the model states that it has other outputs than the calibrator was fitted to.
  public func predictor(
    example: Input? = nil, calibrator: Calibrator?, compilation: StepCompilation = .automatic
  ) throws(TrainingError) -> Predictor<Input, Output> {
    guard let calibrator else { return try predictor(example: example, compilation: compilation) }
    if let example, let row = try outputShape(forRowsOf: example, "example", known: example.rowShapes) {
      try calibrating { () throws(CalibrationError) in try calibrator.checkRow(row) }
    }
    return try Predictor(self, example: example, compilation: compilation) { outputs throws(TrainingError) in
      try calibrating { () throws(CalibrationError) in try calibrator.probabilities(of: outputs) }
    }
  }
}

private func calibrating<Value>(_ body: () throws(CalibrationError) -> Value) throws(TrainingError) -> Value {
  do throws(CalibrationError) {
    return try body()
  } catch {
    throw .outputs("the calibrator: \(error)")
  }
}
