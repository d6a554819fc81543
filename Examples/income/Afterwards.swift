import Martlet
import MartletAccountability

/// Decisions about the test rows by thresholds for each sex, on the model as it comes: a way that comes after training.
///
/// The thresholds are those that make both rates equal for the rows of the folds, each with the probability that a model
/// which has not seen it gave it. Where they lie between two cuts, decisions are drawn.
func thresholdCounts(
  _ recipe: Recipe, _ folds: [(train: Rows, held: Rows)], _ model: Sequential, _ test: Rows,
  _ options: Options
) throws -> GroupCounts {
  var (scores, labels, sexes) = ([Float](), [Int32](), [String]())
  for (train, held) in folds {
    scores += try probabilities(recipe.train(train, []), held.x).scalars
    labels += held.labels.scalars
    sexes += held.sex.indices.map { held.sex.levels.name(at: Int($0)) }
  }
  let thresholds = try ThresholdOptimizer(
    fittedTo: Tensor<Float>(scores), labels: Tensor<Int32>(labels),
    groups: Groups("sex", labels: sexes),
    constraint: .equalizedOdds)
  let decisions = try thresholds.predict(
    probabilities(model, test.x), groups: test.sex, seed: options.seed)
  return try GroupCounts(labels: test.labels, decisions: decisions, groups: test.sex)
}

/// What the model's answers rest on: how much accuracy is lost when a column is shuffled among some of the test rows.
func importance(
  _ model: Sequential, _ preprocessor: Preprocessor, _ encoder: LabelEncoder, _ table: Table
) throws -> PermutationImportance {
  let contents = ModelContents(preprocessor: preprocessor, classes: encoder.classes)
  let explainer = TableExplainer(try TablePredictor(model, contents), target: .output(1))
  return try explainer.permutationImportance(
    of: table, encoder.encode(table), metric: .accuracy, repeats: 5)
}
