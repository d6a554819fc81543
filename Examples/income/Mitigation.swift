import Foundation
import Martlet
import MartletAccountability

/// Rows as a model takes them, with what fairness is measured by.
struct Rows {
  let x: Tensor<Float>
  let labels: Tensor<Int32>
  let sex: Groups
  let race: Groups

  init(_ table: Table, _ preprocessor: Preprocessor, _ encoder: LabelEncoder) throws {
    x = try preprocessor.transform(table)
    labels = try encoder.encode(table)
    sex = try Groups(table, columns: ["sex"])
    race = try Groups(table, columns: ["race"])
  }
}

/// A way to train.
struct Recipe {
  let name: String
  let train: (_ rows: Rows, _ callbacks: [any Callback]) throws -> Sequential
}

/// The gap that is to become small.
let gap = FairnessGap.equalizedOddsDifference

/// The network: its outputs are logits, `[rows, 2]`.
func network(features: Int, seed: UInt64) -> Sequential {
  withRandomSeed(seed) {
    Sequential(inputShape: [features]) {
      Dense(64, activation: .relu)
      Dropout(0.2)
      Dense(2)
    }
  }
}

/// The probability of the higher income for each row, `[rows]`.
func probabilities(_ model: Sequential, _ x: Tensor<Float>) throws -> Tensor<Float> {
  try model.predictor().predict(x).softmax()[..., 1]
}

func counts(_ model: Sequential, _ rows: Rows, by groups: Groups) throws -> GroupCounts {
  try GroupCounts(labels: rows.labels, probabilities: probabilities(model, rows.x), groups: groups)
}

/// The learning rate rises and falls to nothing, so that little of the result is the last batches'.
func schedule(_ rows: Rows, _ options: Options) -> any Callback {
  let steps = options.epochs * ((rows.x.shape[0] + options.batchSize - 1) / options.batchSize)
  return Scheduled(.oneCycle(peak: 4e-3, steps: steps))
}

/// A fit by the cross-entropy; with weights of rows under which sex and income are independent, if it is `reweighed`.
func plain(_ rows: Rows, reweighed: Bool, _ callbacks: [any Callback], _ options: Options) throws
  -> Sequential
{
  let model = network(features: rows.x.shape[1], seed: options.seed)
  var data = try Dataset(rows.x, rows.labels)
  if reweighed {
    let reweighing = try Reweighing(labels: rows.labels, groups: rows.sex)
    data = try data.weighted(by: reweighing.weights(labels: rows.labels, groups: rows.sex))
  }
  let trainer = Trainer(model, optimizer: AdamW(), loss: .crossEntropy, metrics: [.accuracy])
  try trainer.fit(
    data, epochs: options.epochs, batchSize: options.batchSize, seed: options.seed, progress: .none,
    callbacks: [schedule(rows, options)] + callbacks)
  return model
}

/// A fit by the cross-entropy and a penalty on gaps between the sexes among the rows of each label: what has a gradient in
/// place of the gaps of true and of false positive rates.
///
/// Rates count decisions. Logits times the sharpness make probabilities that are nearer to decisions, and their means
/// nearer to rates.
func penalised(
  _ rows: Rows, strength: Float, sharpness: Float, _ callbacks: [any Callback], _ options: Options
) throws -> Sequential {
  let model = network(features: rows.x.shape[1], seed: options.seed)
  let groupCount = rows.sex.levels.count
  let data = try Dataset(rows.x, Pair(rows.labels, Tensor<Int32>(rows.sex.indices)))
  let trainer = Trainer(
    model, optimizer: AdamW(), targets: Pair<Tensor<Int32>, Tensor<Int32>>.self
  ) { model, batch in
    let (labels, groups) = (batch.y.first, batch.y.second)
    let logits = model(batch.x)
    let decided = (logits * sharpness).softmax()[..., 1]
    let ofPositives = softRateGapPenalty(
      decided, groups: groups, groupCount: groupCount, among: labels)
    let ofNegatives = softRateGapPenalty(
      decided, groups: groups, groupCount: groupCount, among: labels, of: 0)
    return [
      "error": crossEntropy(logits: logits, labels: labels),
      "gap": strength * (ofPositives + ofNegatives),
    ]
  }
  try trainer.fit(
    data, epochs: options.epochs, batchSize: options.batchSize, seed: options.seed, progress: .none,
    callbacks: [schedule(rows, options)] + callbacks)
  return model
}

func recipes(_ options: Options) -> [Recipe] {
  var recipes = [
    Recipe(name: "as it comes") { try plain($0, reweighed: false, $1, options) },
    Recipe(name: "reweighed") { try plain($0, reweighed: true, $1, options) },
  ]
  for sharpness: Float in [1, 3] {
    for strength: Float in [2, 4, 8, 16] {
      recipes.append(
        Recipe(name: "penalty of \(strength), sharpness \(sharpness)") {
          try penalised($0, strength: strength, sharpness: sharpness, $1, options)
        })
    }
  }
  return recipes
}

/// The rows in folds, each with what its training rows have taught the preprocessor.
func folds(_ table: Table, _ encoder: LabelEncoder, _ options: Options) throws -> [(
  train: Rows, held: Rows
)] {
  let strata = SplitRule.stratified(by: try encoder.encode(table).scalars)
  return try table.folds(3, by: strata, seed: options.seed).map { train, held in
    let preprocessor = try preprocessor(train)
    return (try Rows(train, preprocessor, encoder), try Rows(held, preprocessor, encoder))
  }
}

/// The counts by sex of all rows, each predicted by a model that was not trained with it.
func crossValidated(_ recipe: Recipe, _ folds: [(train: Rows, held: Rows)]) throws -> GroupCounts {
  var sum: GroupCounts?
  for (train, held) in folds {
    let found = try counts(recipe.train(train, []), held, by: held.sex)
    if sum == nil { sum = found } else { try sum!.merge(found) }
  }
  return sum!
}
