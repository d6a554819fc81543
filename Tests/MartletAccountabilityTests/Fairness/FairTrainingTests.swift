import MartletAccountability
import MartletCore
import MartletNN
import MartletTraining
import TestSupport
import Testing

@Suite struct FairTrainingTests {
  /// Rows of which one feature tells the label, and the other the group, which the labels depend on.
  private let x: Tensor<Float>
  private let labels: Tensor<Int32>
  private let names: [String]

  init() {
    var (features, labels) = ([[Float]](), [Int32]())
    for row in 0..<40 {
      let (score, isFirst) = (row % 8, row % 3 == 0)
      features.append([Float(score) / 8 - 0.5, isFirst ? 1 : -1])
      labels.append(score > (isFirst ? 2 : 5) ? 1 : 0)
    }
    x = Tensor<Float>(features)
    self.labels = Tensor<Int32>(labels)
    names = (0..<40).map { $0 % 3 == 0 ? "a" : "b" }
  }

  @Test(
    "Gaps of each epoch are in the history, as the counts of the model's own predictions have them, and are monitored")
  func validation() throws {
    let groups = try Groups("g", labels: names)
    let model = withRandomSeed(3) { Sequential(inputShape: [2]) { Dense(2) } }
    let fairness = try FairnessValidation<Sequential>(
      x, labels: labels, groups: groups, gaps: [.demographicParityDifference, .equalizedOddsDifference], batchSize: 7)
    let stopping = EarlyStopping(
      monitoring: "val_demographic_parity_difference", patience: 50, goal: .minimum, restoresBest: false)
    let trainer = Trainer(model, optimizer: Adam(learningRate: 0.1), loss: .crossEntropy)
    let history = try trainer.fit(
      x, labels, epochs: 6, batchSize: 8, seed: 1, progress: .none, callbacks: [fairness, stopping])
    let gaps = history["val_demographic_parity_difference"]
    #expect(gaps.count == 6 && history["val_equalized_odds_difference"].count == 6)
    #expect(stopping.bestValue == gaps.min())
    let decisions = try trainer.predictClasses(x)
    let counts = try GroupCounts(labels: labels, decisions: decisions, groups: groups)
    #expect(try counts.value(of: .demographicParityDifference) == gaps.last)
    #expect(GroupMeasure.accuracy(counts.overall) == history["val_group_accuracy"].last)
    #expect(fairness.counts?.cells.map(\.rowCount) == counts.cells.map(\.rowCount))
  }

  @Test("The validation's own outputs give the same gaps as features that are computed again, of any kind of gap")
  func sharedOutputs() throws {
    let groups = try Groups("g", labels: names)
    for gaps in [[FairnessGap.demographicParityDifference], [.equalizedOddsDifference, .difference(.logLoss)]] {
      let own = try FairnessValidation<Sequential>(labels: labels, groups: groups, gaps: gaps)
      let model = withRandomSeed(3) { Sequential(inputShape: [2]) { Dense(2) } }
      let trainer = Trainer(model, optimizer: Adam(learningRate: 0.1), loss: .crossEntropy)
      // The second of both replaces what the first has recorded.
      var first: [[Double]] = []
      let between = Between { fit in first.append(gaps.map { fit["val_\($0.name)"]! } + [fit["val_group_accuracy"]!]) }
      let again = try FairnessValidation<Sequential>(x, labels: labels, groups: groups, gaps: gaps)
      let history = try trainer.fit(
        x, labels, epochs: 3, batchSize: 8, validationData: (x, labels), seed: 1, progress: .none,
        callbacks: [own, between, again])
      let second = (0..<3).map { epoch in
        gaps.map { history["val_\($0.name)"][epoch] } + [history["val_group_accuracy"][epoch]]
      }
      #expect(first == second && first.count == 3)
      #expect(own.counts == again.counts && own.counts != nil)
      #expect(own.counts?.values(.accuracy).overall == first.last?.last)
    }
  }

  @Test("A fit without validation data, with other rows and with a loss of its own throws") func noOutputs() throws {
    let groups = try Groups("g", labels: names)
    func error(_ trainer: Trainer<Sequential, Tensor<Int32>>, _ rows: Int?) throws -> String {
      let fairness = try FairnessValidation<Sequential>(
        labels: labels, groups: groups, gaps: [.equalizedOddsDifference])
      do {
        try trainer.fit(
          x, labels, validationData: rows.map { (x[0..<$0], labels[0..<$0]) }, progress: .none, callbacks: [fairness])
        return "none"
      } catch { return "\(error)" }
    }
    func model() -> Sequential { withRandomSeed(3) { Sequential(inputShape: [2]) { Dense(2) } } }
    let plain = Trainer<Sequential, Tensor<Int32>>(model(), optimizer: SGD(learningRate: 0.1), loss: .crossEntropy)
    #expect(try error(plain, nil).contains("FairnessValidation: expected validation data, got none"))
    #expect(try error(plain, 30).contains("expected validation data of 40 rows as the groups have, got outputs for 30"))
    let own = Trainer(model(), optimizer: SGD(learningRate: 0.1), targets: Tensor<Int32>.self) { model, batch in
      crossEntropy(logits: model(batch.x), labels: batch.y)
    }
    #expect(try error(own, 40).contains("got outputs for 0, as of a loss that is not one of outputs"))
  }

  @Test("What cannot be measured while training throws before the first epoch") func badInput() throws {
    let groups = try Groups("g", labels: names)
    func error(_ labels: Tensor<Int32>, _ groups: Groups, _ gaps: [FairnessGap]) -> FairnessError? {
      do throws(FairnessError) {
        _ = try FairnessValidation<Sequential>(x, labels: labels, groups: groups, gaps: gaps)
        return nil
      } catch { return error }
    }
    let pair = FairnessGap.Pair("g", unprivileged: ["a"], privileged: ["c"])
    #expect(error(labels, groups, []) == .empty("expected at least one gap, got none"))
    #expect(error(labels, groups, [.disparateImpact(pair)]) != nil)
    #expect(error(labels * 2, groups, [.equalizedOddsDifference]) != nil)
    let few = try Groups("g", labels: ["a"])
    #expect(
      error(labels, few, [.equalizedOddsDifference])
        == .shapes("expected features of 1 rows as the groups have, got 40"))
  }

  @Test("The front has the epochs that none beats, and an epoch is chosen by a limit") func front() throws {
    var history = History()
    for (accuracy, gap) in [(0.7, 0.1), (0.8, 0.3), (0.75, 0.3), (0.9, 0.5), (0.9, 0.4), (.nan, 0), (0.7, 0.2)] {
      history.append([("val_group_accuracy", accuracy), ("gap", gap)], seconds: 1)
    }
    let front = try FairnessFront(history, gap: "gap")
    #expect(front.points.count == 6 && front.front.map(\.epoch) == [1, 2, 5])
    #expect(front.epoch(gapAtMost: 0.35) == 2 && front.epoch(gapAtMost: 0.05) == nil)
    #expect(front.epoch(measureAtLeast: 0.75) == 2 && front.epoch(measureAtLeast: 0.95) == nil)
    #expect(front.chart().svg().hasPrefix("<svg"))
    #expect(throws: FairnessError.self) { try FairnessFront(history, gap: "other") }
  }

  @Test("Penalties are those of plain loops, and so are their gradients") func penalties() {
    let scores: [Double] = [0.2, 0.9, 0.4, 0.7, 0.1, 0.6]
    let (groups, labels): ([Int32], [Int32]) = ([0, 1, 0, 1, 2, 0], [1, 1, 0, 0, 0, 1])
    func covariance(_ scores: [Double]) -> Double {
      let mean = scores.reduce(0, +) / 6
      return (0..<4).reduce(0) { sum, group in
        let held = groups.indices.filter { groups[$0] == group }
        let value = held.reduce(0) { $0 + (scores[$1] - mean) } / 6
        return sum + value * value
      }
    }
    func gap(_ scores: [Double], among: (Int) -> Bool) -> Double {
      let rows = scores.indices.filter(among)
      let mean = rows.reduce(0) { $0 + scores[$1] } / Double(rows.count)
      let squares = Set(rows.map { groups[$0] }).map { group in
        let held = rows.filter { groups[$0] == group }
        let distance = held.reduce(0) { $0 + scores[$1] } / Double(held.count) - mean
        return distance * distance
      }
      return squares.reduce(0, +) / Double(squares.count)
    }
    let (g, y) = (Tensor<Int32>(groups), Tensor<Int32>(labels))
    check(scores, { covariancePenalty($0, groups: g, groupCount: 4) }, covariance)
    check(scores, { softRateGapPenalty($0, groups: g, groupCount: 4) }, { gap($0) { _ in true } })
    check(scores, { softRateGapPenalty($0, groups: g, groupCount: 4, among: y) }, { gap($0) { labels[$0] == 1 } })
    check(
      scores, { softRateGapPenalty($0, groups: g, groupCount: 4, among: y, of: 0) }, { gap($0) { labels[$0] == 0 } })
    check(scores, { softRateGapPenalty($0, groups: g, groupCount: 4, among: y, of: 7) }, { _ in 0 })
  }

  private func check(
    _ scores: [Double], _ penalty: (Tensor<Double>) -> Tensor<Double>, _ plain: ([Double]) -> Double
  ) {
    let (value, gradient) = valueWithGradient(at: Tensor<Double>(scores)) { penalty($0) }
    #expect(isNear(value.item(), plain(scores)))
    for index in scores.indices {
      var (up, down) = (scores, scores)
      up[index] += 1e-4
      down[index] -= 1e-4
      // Central differences of a square are exact but for roundings.
      #expect(isNear(gradient.scalars[index], (plain(up) - plain(down)) / 2e-4, 1e-10))
    }
  }

  @Test("Penalties trap on groups that do not fit the rows") func traps() async {
    let indices = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = covariancePenalty(Tensor<Float>([1, 2]), groups: [0, 3], groupCount: 2)
    }
    #expect(errorText(indices).contains("covariancePenalty: expected groups within 0..<2, got 3 in row 1"))
    let shapes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softRateGapPenalty(Tensor<Float>([1, 2]), groups: [0], groupCount: 2)
    }
    #expect(errorText(shapes).contains("expected rows and groups of one shape [rows], got [2] and [1]"))
  }
}

/// Looks at a fit after each epoch, where it stands among the callbacks.
private final class Between: Callback {
  private let look: (FitState) -> Void
  init(_ look: @escaping (FitState) -> Void) { self.look = look }
  func onEpochEnd(_ fit: FitState) { look(fit) }
}
