import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTraining
import Testing

/// Rows that are split off for validation have to hold classes that are trained with.
@Suite struct ValidationSplitTests {
  private let x = blobs().x
  private let sorted = Tensor<Int32>((0..<90).map { Int32($0 / 30) })

  private func error(
    _ data: Dataset<Tensor<Float>, Tensor<Int32>>, split: Double,
    loss: Loss<Tensor<Float>, Tensor<Int32>> = .crossEntropy
  ) -> TrainingError? {
    let model = classifier()
    let before = state(of: model)
    let trainer = Trainer(model, optimizer: Adam(), loss: loss)
    let found = trainingError { try trainer.fit(data, validationSplit: split, progress: .none) }
    #expect((state(of: model) == before) == (found != nil))
    return found
  }

  @Test(arguments: [(0.1, 9, 2), (0.34, 31, 2), (0.5, 45, 2), (0.7, 63, 1)])
  func `sorted labels are refused, and a label is named`(split: Double, rows: Int, label: Int) throws {
    // Up to a third, the last class alone is split off, all of it or some.
    let data = try Dataset(x, sorted)
    let found = error(data, split: split)
    if split < 1.0 / 3 {
      #expect(found == nil)
      return
    }
    guard case .invalidArgument(let reason) = found else {
      Issue.record("\(String(describing: found))")
      return
    }
    #expect(reason.hasPrefix("validationSplit takes the last \(rows) rows: expected classes that the rows before them"))
    #expect(reason.contains("got label \(label) only among the last"))
    #expect(reason.contains("data.shuffled(seed: 1)"))
    #expect(reason.contains("data.split(testFraction: \(split), stratified: true)"))
  }

  @Test func `what the message says to do is taken`() throws {
    let data = try Dataset(x, sorted)
    #expect(error(data.shuffled(seed: 1), split: 0.34) == nil)
    let (train, test) = try data.split(testFraction: 0.34, stratified: true)
    let trainer = Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy)
    #expect(try trainer.fit(train, validation: test, progress: .none)["val_loss"].count == 1)
  }

  @Test func `labels of other types are looked at as well`() throws {
    let trainer = Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy)
    for error in [
      trainingError { try trainer.fit(x, sorted.cast(to: UInt8.self), validationSplit: 0.5, progress: .none) },
      trainingError { try trainer.fit(x, sorted.cast(to: Double.self), validationSplit: 0.5, progress: .none) },
    ] {
      #expect(error?.description.contains("got label 2 only among the last") == true)
    }
    // Classes that are trained with alone are no mistake.
    #expect(error(try Dataset(x, sorted).rows(Tensor((0..<90).map { Int64(89 - $0) })), split: 0.1) == nil)
    #expect(error(try Dataset(x, Tensor(sorted.scalars.map { $0 == 0 ? 1 : 0 })), split: 0.2) == nil)
  }

  @Test func `validation data of one's own may hold any class`() throws {
    let trainer = Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy)
    try trainer.fit(
      x[0..<60], sorted[0..<60], validationData: (x[60...], sorted[60...]), progress: .none)
  }

  @Test func `numbers, and targets of which nothing is said, are not looked at`() throws {
    let model = Sequential(inputShape: [2]) { Dense(1) }
    let numbers = sorted.cast(to: Float.self).reshaped(to: [90, 1])
    try Trainer(model, optimizer: Adam(), loss: .meanSquaredError).fit(
      x, numbers, validationSplit: 0.5, progress: .none)
    let own = Loss<Tensor<Float>, Tensor<Int32>>("own") { crossEntropy(logits: $0, labels: $1) }
    #expect(error(try Dataset(x, sorted), split: 0.5, loss: own) == nil)
    #expect(error(try Dataset(x, sorted), split: 0.5, loss: .crossEntropy) != nil)
    let function = Trainer(classifier(), optimizer: SGD(), targets: Tensor<Int32>.self) { model, batch in
      crossEntropy(logits: model(batch.x), labels: batch.y)
    }
    try function.fit(x, sorted, validationSplit: 0.5, progress: .none)
  }
}
