import Martlet

/// Trains by a `Trainer` with this package's own model, input type, loss, metric, callback and optimiser.
func checkTraining() throws {
  // A rating is the inner product of a user's and a film's hidden tastes, plus the hour: it is higher in the evening.
  let (visits, ratings) = withRandomSeed(5) {
    let tastes = (Tensor<Float>.randomNormal([20, 3]), Tensor<Float>.randomNormal([30, 3]))
    let visit = Visit(
      user: .randomInteger([1200], in: 0..<20), film: .randomInteger([1200], in: 0..<30),
      hour: .randomUniform([1200, 1]))
    let rating = (tastes.0.take(visit.user) * tastes.1.take(visit.film)).sum(axis: 1) + visit.hour.flattened()
    return (visit, rating)
  }
  let (training, testing) = try Dataset(visits, ratings).split(testFraction: 0.2, seed: 6)
  let model = withRandomSeed(7) { RatingModel(users: 20, films: 30, size: 4) }
  let trainer = Trainer(
    model, optimizer: Lion(LionRule(learningRate: 0.01)), loss: .ratingHuber(delta: 1), metrics: [.within(0.5)])
  let stopping = EarlyStopping(monitoring: "val_within", patience: 10)
  let history = try trainer.fit(
    training, validation: testing, epochs: 60, seed: 8, progress: .none, callbacks: [WarmUp(over: 50), stopping])
  let result = try trainer.evaluate(testing)
  print("ratings: \(result) after \(history.epochs) epochs, the best \(stopping.bestEpoch ?? 0)")
  demand(result["within"]! > 0.8, "four in five ratings should be within 0.5: \(result)")
  demand(result["within"]! == stopping.bestValue, "the best epoch's weights are not back")
  demand(history["learning_rate"].first! < 0.01 && history["learning_rate"].last! == 0.01, "no warm-up: \(history)")
  demand(try trainer.predict(testing.x).shape == [testing.count], "predictions are not one a visit")

  // What a layer does not take is an error that names it, not the end of the program.
  do {
    _ = try trainer.predict(Visit(user: [0, 1], film: [2, 30], hour: [[0], [0]]))
    demand(false, "a film beyond the table was predicted")
  } catch {
    demand("\(error)".contains("layer films: expected indices in 0..<30, got 30 in row 1"), "unclear: \(error)")
  }

  // Reports and profiles name the layers' paths.
  let (_, report) = findingNonFinite { model(Visit(user: [0], film: [0], hour: Tensor([[Float.nan]]))) }
  demand(report?.layerPath == "mood", "the report of NaN names \(report?.layerPath ?? "nothing")")
  let (_, profile) = profile { model(testing.x) }
  let table = profile.table(by: .layer)
  demand(table.contains("films"), "the profile does not name films:\n\(table)")
}
