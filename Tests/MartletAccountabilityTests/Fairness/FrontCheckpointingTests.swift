import Foundation
import MartletAccountability
import MartletCore
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// Records a script of accuracies and gaps.
private final class Script: Callback {
  private let points: [(Double, Double)]
  init(_ points: [(Double, Double)]) { self.points = points }
  func onEpochEnd(_ fit: FitState) {
    fit.record("accuracy", points[fit.epoch - 1].0)
    fit.record("gap", points[fit.epoch - 1].1)
  }
}

@Suite struct FrontCheckpointingTests {
  private let directory = TemporaryDirectory()
  private var folder: String { directory.file("front") }
  private let x = withRandomSeed(1) { Tensor<Float>.randomNormal([12, 2]) }
  private let y = Tensor<Int32>((0..<12).map { Int32($0 % 2) })
  private let points: [(Double, Double)] = [
    (0.7, 0.1), (0.8, 0.3), (0.75, 0.3), (.nan, 0), (0.9, 0.5), (0.9, 0.4), (0.85, 0.2),
  ]

  private func network(_ seed: UInt64 = 2) -> Sequential {
    withRandomSeed(seed) { Sequential(inputShape: [2]) { Dense(2) } }
  }

  private func fit(
    _ model: Sequential, _ callbacks: [any Callback], epochs: Int = 7, from checkpoint: String? = nil
  ) throws {
    let trainer = Trainer(model, optimizer: Adam(learningRate: 0.05), loss: .crossEntropy)
    try trainer.fit(
      x, y, epochs: epochs, batchSize: 4, seed: 3, progress: .none, callbacks: callbacks, resumingFrom: checkpoint)
  }

  private func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

  private func bits(_ model: Sequential) -> [[Float]] {
    model.parameters().map { try! Tensor<Float>($0.variable.value).scalars }
  }

  @Test("Checkpoints of the front alone are kept, and the one that is chosen is loaded") func kept() throws {
    let model = network()
    let saving = FrontCheckpointing(in: folder, measure: "accuracy", gap: "gap")
    // It comes after the callback that records, though it stands before it.
    try fit(model, [saving, Script(points)])
    #expect(try files() == ["epoch-0001.safetensors", "epoch-0006.safetensors", "epoch-0007.safetensors"])
    #expect(saving.front.front.map(\.epoch) == [1, 7, 6] && saving.front.points.count == 3)

    // What each epoch's parameters were, and which files there were, from a fit of the same seed.
    var epochs = [[[Float]]]()
    for count in 1...7 {
      let other = network()
      try fit(other, [], epochs: count)
      epochs.append(bits(other))
    }
    let second = directory.file("second")
    try fit(
      network(), [Script(points), FrontCheckpointing(in: second, measure: "accuracy", gap: "gap")], epochs: 5)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: second).sorted()
        == ["epoch-0001.safetensors", "epoch-0002.safetensors", "epoch-0005.safetensors"])

    let chosen = network(9)
    let point = try saving.load(chosen, gapAtMost: 0.3)
    #expect(point.epoch == 7 && point.measure == 0.85 && point.gap == 0.2)
    #expect(bits(chosen) == epochs[6])
    #expect(try saving.load(chosen, gapAtMost: 0.15).epoch == 1)
    #expect(bits(chosen) == epochs[0])
    #expect(try saving.load(chosen, measureAtLeast: 0.86).epoch == 6)
    #expect(bits(chosen) == epochs[5])
    #expect(throws: FairnessError.self) { try saving.load(chosen, gapAtMost: 0.05) }
    #expect(throws: FairnessError.self) { try saving.load(chosen, measureAtLeast: 0.95) }
    #expect(throws: FairnessError.unknown("expected one of the front's epochs [1, 7, 6], got 2")) {
      try saving.path(ofEpoch: 2)
    }
    // Another program has the directory alone.
    let read = try FairnessFront(checkpoints: folder, measure: "accuracy", gap: "gap")
    #expect(read == saving.front)
    let path = try #require(read.epoch(gapAtMost: 0.3).map { FairnessFront.path(ofEpoch: $0, in: folder) })
    #expect(try Checkpoint(from: path).epoch == 7)
    #expect(try path == saving.path(ofEpoch: 7))
    #expect(throws: FairnessError.self) { try FairnessFront(checkpoints: folder, measure: "accuracy", gap: "other") }
    #expect(throws: FairnessError.self) { try FairnessFront(checkpoints: directory.file("none"), gap: "gap") }
  }

  @Test("A fit that goes on from a checkpoint goes on with its front, also when later epochs had been saved")
  func resumed()
    throws
  {
    let whole = FrontCheckpointing(in: folder, measure: "accuracy", gap: "gap")
    try fit(network(), [Script(points), whole])
    let manager = FileManager.default
    for stop in [3, 6] {
      let (part, file) = (directory.file("part\(stop)"), directory.file("part\(stop).safetensors"))
      let first = FrontCheckpointing(in: part, measure: "accuracy", gap: "gap")
      try fit(network(), [Script(points), first, Checkpointing(to: file)], epochs: stop)
      // The run went on to the end and was killed there: its front is newer than its last checkpoint.
      try manager.removeItem(atPath: part)
      try manager.copyItem(atPath: folder, toPath: part)
      if stop == 3 {
        // Epochs that do not come again leave no files of the run that was killed.
        let shorter = FrontCheckpointing(in: part, measure: "accuracy", gap: "gap")
        try fit(network(5), [Script(points), shorter], epochs: 5, from: file)
        #expect(shorter.front.points.map(\.epoch) == [1, 5])
        #expect(
          try manager.contentsOfDirectory(atPath: part).sorted() == [
            "epoch-0001.safetensors", "epoch-0005.safetensors",
          ])
        try manager.removeItem(atPath: part)
        try manager.copyItem(atPath: folder, toPath: part)
      }
      let rest = FrontCheckpointing(in: part, measure: "accuracy", gap: "gap")
      try fit(network(5), [Script(points), rest, Checkpointing(to: file)], from: file)
      #expect(rest.front == whole.front, "\(stop)")
      #expect(try manager.contentsOfDirectory(atPath: part).sorted() == files())
      #expect(try bits(loaded(rest, 0.3)) == bits(loaded(whole, 0.3)))
    }
  }

  private func loaded(_ saving: FrontCheckpointing, _ limit: Double) throws -> Sequential {
    let model = network(7)
    try saving.load(model, gapAtMost: limit)
    return model
  }

  @Test("A fit without the measures, a directory of another run and one that cannot be written to throw")
  func badInput()
    throws
  {
    let saving = FrontCheckpointing(in: folder, gap: "gap")
    #expect(throws: TrainingError.self) { try fit(network(), [saving, Script(points)]) }
    try fit(network(), [FrontCheckpointing(in: folder, measure: "accuracy", gap: "gap"), Script(points)])
    #expect(throws: TrainingError.self) { try fit(network(), [saving, Script(points)]) }
    let file = directory.file("a file")
    try Data().write(to: URL(fileURLWithPath: file))
    let nowhere = FrontCheckpointing(in: file + "/front", measure: "accuracy", gap: "gap")
    #expect(throws: TrainingError.self) { try fit(network(), [nowhere, Script(points)]) }
    #expect(throws: FairnessError.self) { try nowhere.load(network(), gapAtMost: 1) }
  }

  @Test("What cannot be saved leaves the files that it would have replaced, and the fit throws at its end")
  func failure()
    throws
  {
    let saving = FrontCheckpointing(in: folder, measure: "accuracy", gap: "gap")
    // A directory is where the file of epoch 6 would be.
    let obstacle = Obstacle("\(folder)/epoch-0006.safetensors")
    #expect(throws: TrainingError.self) { try fit(network(), [saving, Script(points), obstacle], epochs: 6) }
    #expect(saving.failure != nil && saving.front.front.map(\.epoch) == [1, 2, 5])
    #expect(try files().contains("epoch-0005.safetensors"))
  }
}

/// Makes a directory after five epochs.
private final class Obstacle: Callback {
  private let path: String
  init(_ path: String) { self.path = path }
  func onEpochBegin(_ fit: FitState) throws {
    if fit.epoch == 6 { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  }
}
