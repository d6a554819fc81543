import MartletCore
import MartletData
import MartletNN

/// A model as it was at one moment with the preprocessing that it was trained with: predicts from raw values, for many
/// threads and tasks at once.
///
/// ```swift
/// let model = network()
/// let predictor = try TablePredictor(model, model.load(from: "titanic.safetensors"))
/// print(try predictor.predictClasses(Table(rows: [["age": 22, "sex": "male", "port": nil]])))
/// ```
/// The columns are found by name, in any order; others are not looked at. Like a `Predictor`, it does not change when the
/// model is trained on.
public struct TablePredictor: Sendable {
  /// What makes the model's features.
  public let preprocessor: Preprocessor
  /// The names of the classes, class 0's first; empty where there are none.
  public let classes: [String]
  /// What makes the model's outputs the probabilities that are predicted; nil where they are returned as they are.
  public let calibrator: Calibrator?
  private let predictor: FloatPredictor

  /// Makes a predictor of a model and what its file holds beside its parameters.
  ///
  /// Throws when there is no preprocessor, when it makes another number of features than the model takes, when the
  /// calibrator was fitted to other outputs, and as `Layer.predictor(example:compilation:)` does.
  public init(
    _ model: some Layer<Tensor<Float>, Tensor<Float>>, _ contents: ModelContents
  ) throws(TrainingError) {
    guard let preprocessor = contents.preprocessor else {
      throw .invalidArgument(
        "expected a model saved with its preprocessor, got none: save(to: path, ModelContents(preprocessor: …))")
    }
    self.preprocessor = preprocessor
    classes = contents.classes
    calibrator = contents.calibrator
    predictor = try model.predictor(
      example: .zeros([1, preprocessor.featureNames.count]), calibrator: contents.calibrator)
  }

  /// The model's outputs for all rows of a table, `[rows, …]`; their probabilities where there is a calibrator.
  ///
  /// Throws `TrainingError.columns` when a column is missing or of the wrong type, when a value is missing where none was
  /// in training, and when a category is unknown and such are refused; and as `Predictor.predict(_:batchSize:)` does.
  public func predict(_ table: Table, batchSize: Int = 256) throws(TrainingError) -> Tensor<Float> {
    try predictor.predict(features(table), batchSize: batchSize)
  }

  /// The names of the classes with the largest output, one for each row; their numbers where they have no names.
  ///
  /// Throws as `predict(_:batchSize:)` and `Predictor.predictClasses(_:batchSize:)` do, and when the model has other
  /// classes than there are names.
  public func predictClasses(_ table: Table, batchSize: Int = 256) throws(TrainingError) -> [String] {
    let outputs = try predictor.predict(features(table), batchSize: batchSize)
    let labels = try outputs.classes().scalars
    if classes.isEmpty { return labels.map { "\($0)" } }
    if outputs.shape.last != classes.count {
      throw .outputs("expected an output for each of \(classes.count) classes, got shape \(outputs.shape)")
    }
    return labels.map { classes[Int($0)] }
  }

  private func features(_ table: Table) throws(TrainingError) -> Tensor<Float> {
    do throws(TableError) {
      return try preprocessor.transform(table)
    } catch {
      throw .columns(error)
    }
  }
}
