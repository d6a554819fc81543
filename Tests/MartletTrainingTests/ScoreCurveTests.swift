import Foundation
import MartletCore
import MartletData
import MartletNN
import MartletTraining
import TestSupport
import Testing

@Suite struct ScoreCurveTests {
  /// Rows whose feature is their number.
  private func numbered(_ count: Int) throws -> Dataset<Tensor<Float>, Tensor<Int32>> {
    try Dataset(
      Tensor((0..<count).map(Float.init)).reshaped(to: [count, 1]), Tensor((0..<count).map { Int32($0 % 2) }))
  }

  private func evaluation(_ loss: Double, _ accuracy: Double = 0) -> Evaluation {
    Evaluation(["loss": loss, "accuracy": accuracy])
  }

  @Test func `folds are measured by turns, with mean and spread`() throws {
    var seen: [[Float]] = []
    let result = try crossValidate(numbered(10), folds: 5, seed: 1) { train, validation, fold in
      #expect(train.count == 8 && validation.count == 2 && fold == seen.count + 1)
      #expect(Set(train.x.scalars).isDisjoint(with: validation.x.scalars))
      seen.append(validation.x.scalars)
      return evaluation(Double(fold))
    }
    #expect(seen.flatMap { $0 }.sorted() == (0..<10).map(Float.init))
    #expect(result.mean("loss") == 3)
    #expect(abs(result.standardDeviation("loss")! - 2.5.squareRoot()) < 1e-15)
    #expect(result.mean("f1") == nil && result.standardDeviation("f1") == nil)
    #expect(result.description.contains("spread"))
  }

  @Test func `a learning curve uses more and more rows of each fold, the smaller part within the larger`() throws {
    var parts: [Int: [Set<Float>]] = [:]
    let curve = try learningCurve(numbered(20), shares: [0.25, 0.5, 1], folds: 4, by: .stratified, seed: 3) {
      train, validation, fold in
      parts[fold, default: []].append(Set(train.x.scalars))
      #expect(parts[fold]!.last!.isDisjoint(with: validation.x.scalars))
      return (evaluation(1 / Double(train.count)), evaluation(2 / Double(train.count)))
    }
    #expect(curve.name == "training rows")
    #expect(curve.points.map(\.value) == [4, 8, 15])
    for sets in parts.values {
      #expect(sets.map(\.count) == [4, 8, 15])
      #expect(sets[0].isSubset(of: sets[1]) && sets[1].isSubset(of: sets[2]))
    }
    #expect(curve.points.map { $0.train.mean("loss")! } == [0.25, 0.125, 1 / 15.0])
    #expect(curve.points.map { $0.validation.mean("loss")! } == [0.5, 0.25, 2 / 15.0])
    #expect(curve.best("loss", .minimum) == 15)
    #expect(curve.best("loss", .maximum) == 4)
    #expect(curve.best("f1", .maximum) == nil)
  }

  @Test func `a series keeps its order`() throws {
    var first: [[Float]] = []
    _ = try learningCurve(numbered(12), shares: [0.5], folds: 3, by: .times((0..<12).map(Double.init))) {
      train, _, _ in
      first.append(train.x.scalars)
      return (evaluation(0), evaluation(0))
    }
    #expect(first.allSatisfy { $0 == $0.sorted() })
  }

  @Test func `a validation curve has the same folds for each value`() throws {
    var folds: [Double: [[Float]]] = [:]
    let curve = try validationCurve(numbered(9), over: [1, 0.1, 0.01], "weight decay", folds: 3, seed: 2) {
      value, train, validation, fold in
      folds[value, default: []].append(validation.x.scalars)
      return (evaluation(value), evaluation(abs(value - 0.1), 1 - abs(value - 0.1)))
    }
    #expect(folds[1] == folds[0.1] && folds[1] == folds[0.01])
    #expect(curve.points.map(\.value) == [1, 0.1, 0.01])
    #expect(curve.best("loss", .minimum) == 0.1)
    #expect(curve.best("accuracy", .maximum) == 0.1)
    #expect(curve.names == ["loss", "accuracy"])
    let lines = curve.description.split(separator: "\n")
    #expect(lines[0].contains("weight decay") && lines[0].contains("val_accuracy"))
    #expect(lines[1].hasPrefix("           1     1.0000 ± 0.0000  0.9000 ± 0.0000"), "\(lines[1])")
    #expect(lines.count == 4)
  }

  @Test func `a real model fits better with more rows`() throws {
    let data = try Datasets.digits()[0..<600]
    let curve = try learningCurve(data, shares: [0.05, 1], folds: 2, by: .stratified, seed: 1) {
      train, validation, fold in
      let model = withRandomSeed(1) { Sequential(inputShape: [64]) { Dense(10) } }
      let trainer = Trainer(model, optimizer: Adam(learningRate: 0.01), loss: .crossEntropy, metrics: [.accuracy])
      try trainer.fit(train, epochs: 10, seed: UInt64(fold), progress: .none)
      return (try trainer.evaluate(train), try trainer.evaluate(validation))
    }
    let means = curve.points.map { $0.validation.mean("accuracy")! }
    #expect(means[1] > means[0] + 0.1)
    #expect(curve.points[0].train.mean("accuracy")! > means[0])
    let directory = TemporaryDirectory()
    try curve.saveSVG(of: "accuracy", to: directory.file("curve.svg"))
    let picture = try String(contentsOfFile: directory.file("curve.svg"), encoding: .utf8)
    #expect(picture.contains("training rows") && picture.contains("validation") && picture.contains("accuracy"))
  }

  @Test func `what makes no sense is refused`() throws {
    let data = try numbered(10)
    for (shares, part) in [
      ([], "at least one, got none"), ([0.0], "got 0.0"), ([1.5], "got 1.5"), ([Double.nan], "got nan"),
    ] {
      let error = #expect(throws: TrainingError.self) {
        try learningCurve(data, shares: shares, folds: 2) { _, _, _ in (evaluation(0), evaluation(0)) }
      }
      #expect("\(error!)".contains(part), "\(error!)")
    }
    let error = #expect(throws: TrainingError.self) {
      try learningCurve(data, shares: [0.01], folds: 2) { _, _, _ in (evaluation(0), evaluation(0)) }
    }
    #expect("\(error!)".contains("got none for 0.01 of the 5 training rows of fold 1"), "\(error!)")
    #expect(throws: TrainingError.self) {
      try validationCurve(data, over: [], "x") { _, _, _, _ in (evaluation(0), evaluation(0)) }
    }
    #expect(throws: DatasetError.self) {
      try validationCurve(data, over: [1], "x", folds: 1) { _, _, _, _ in (evaluation(0), evaluation(0)) }
    }
  }
}
