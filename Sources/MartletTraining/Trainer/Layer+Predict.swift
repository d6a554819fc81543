import MartletCore
import MartletData
import MartletNN

// What a trainer and a predictor check and compute alike.

extension Layer where Input: Batchable, Output: Batchable {
  /// The shape of the output for a row of `x`; nil when a layer does not state it.
  ///
  /// Throws when `x` does not fit. Where a layer does not state its output shape, this is when the rows do not have the
  /// `known` shapes or none are known: computing rows that do not fit would stop the program.
  func outputShape(forRowsOf x: Input, _ name: String, known: [Shape]?) throws(TrainingError) -> Shape? {
    let rows = x.rowShapes
    do throws(ModuleError) {
      if let output = try outputShape(for: rows.count == 1 ? rows[0] : nil) { return output }
    } catch {
      throw refusal(of: x, name, error)
    }
    guard let known else {
      throw .features(
        "expected a model that tells which rows it takes, got \(type(of: self)), of which a layer does not: write its "
          + "outputShape(for:), fit the model first, or state an input that it takes, Trainer(…, example: x) or "
          + "predictor(example: x)")
    }
    if rows != known {
      let message = "\(name) has rows of shape \(text(rows)); the model takes rows of shape \(text(known))"
      throw .features(x.tensors.map(\.shape) == known ? message + hint : message)
    }
    return nil
  }

  /// The error of rows that a layer does not take.
  func refusal(of x: Input, _ name: String, _ error: ModuleError) -> TrainingError {
    var message = "\(name) has rows of shape \(text(x.rowShapes)), which the model does not take: \(error)"
    let tensors = x.tensors
    if tensors.count == 1, (try? outputShape(for: tensors[0].shape)) ?? nil != nil { message += hint }
    return .features(message)
  }

  /// Throws when a layer does not take the features' values: see `Layer.validate(_:)`.
  func checkValues(_ x: Input, _ name: String) throws(TrainingError) {
    do {
      try running(self) { try validate(x) }
    } catch {
      throw .features("\(name): \(error)")
    }
  }

  /// The outputs for `rows` rows that fit, in inference mode, computed `batchSize` rows at a time.
  package func outputs(for x: Input, rows: Int, batchSize: Int) throws(TrainingError) -> Output {
    try outputs(for: x, rows: rows, batchSize: batchSize) { self($0) }
  }

  /// The same, by a function that gives what the model's forward pass does.
  func outputs(
    for x: Input, rows: Int, batchSize: Int, by forward: (Input) -> Output
  ) throws(TrainingError) -> Output {
    let x = x.detached()
    try checkValues(x, "x")
    if rows <= batchSize { return withMode(.inference) { withoutGradient { forward(x) } } }
    let parts = withMode(.inference) {
      withoutGradient {
        stride(from: 0, to: rows, by: batchSize).map { forward(x.rows($0..<min(rows, $0 + batchSize))) }
      }
    }
    guard let outputs = Output.concatenated(parts) else {
      throw .outputs(
        "expected outputs with rows of the same shapes from every batch, got others; predict with a batchSize of at least "
          + "\(rows), or let the model give a row for each of its input")
    }
    return outputs
  }
}

extension Tensor where Scalar == Float {
  /// The class of the largest of each row's outputs `[n, …, classes]`: `[n, …]`. Throws when there are no two classes,
  /// and when an output is NaN.
  func classes() throws(TrainingError) -> Tensor<Int32> {
    if rank < 2 || shape.last! < 2 {
      var message =
        "classes are predicted from an output for each of them, shape [rows, classes]; the model gives \(shape)"
      if count == shape[0] { message += "; a single logit says yes where predict(x) .> 0" }
      throw .targets(message)
    }
    try checkNumbers()
    return argMax(axis: -1).cast(to: Int32.self)
  }
}

extension Batchable {
  /// Throws when an output is NaN.
  func checkNumbers() throws(TrainingError) {
    for tensor in tensors where Extremes(tensor)?.hasNaN == true {
      if let bad = BadNumber(in: tensor, "outputs", where: \.isNaN) {
        throw .notANumber(
          "expected numbers as the model's outputs, got NaN in row \(bad.row); look at that row's features and the model's "
            + "parameters, or let findingNonFinite find the operation that made it")
      }
    }
  }
}

func checkBatchSize(_ size: Int) throws(TrainingError) {
  if size < 1 { throw .invalidArgument("batchSize is \(size); a batch has at least one row") }
}

private let hint = "; x[.newAxis] makes a single example a row"

private func text(_ shapes: [Shape]) -> String { shapes.map { "\($0)" }.joined(separator: ", ") }
