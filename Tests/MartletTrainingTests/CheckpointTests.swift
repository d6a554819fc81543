import Foundation
import MartletCore
import MartletFormats
import MartletMetrics
import MartletNN
import MartletText
import MartletTraining
import Synchronization
import TestSupport
import Testing

/// A fit whose every part has a state: dropout, an optimiser with moments, a learning rate that changes at each step,
/// validation, early stopping.
struct ResumableFit {
  let model = classifier(dropout: 0.2)
  let optimizer: any Optimizer
  let stopping = EarlyStopping(monitoring: "val_loss", patience: 3)
  var batchSize = 25
  var seed: UInt64? = 7
  var epochs = 4
  var data = blobs()

  init(_ optimizer: any Optimizer = Adam(learningRate: 0.02, amsgrad: true)) { self.optimizer = optimizer }

  @discardableResult
  func run(
    _ callbacks: [any Callback] = [], from checkpoint: String? = nil, progress: ProgressStyle = .none,
    metrics: [Metric<Tensor<Float>, Tensor<Int32>>] = [.accuracy]
  ) throws(TrainingError) -> Trainer<Sequential, Tensor<Int32>> {
    let decay = Hooks(stepEnd: { $0.optimizer.learningRate *= 0.95 })
    let trainer = Trainer(model, optimizer: optimizer, loss: .crossEntropy, metrics: metrics)
    try trainer.fit(
      data.x, data.y, epochs: epochs, batchSize: batchSize, validationData: blobs(seed: 6), seed: seed,
      progress: progress, callbacks: callbacks + [decay, stopping], resumingFrom: checkpoint)
    return trainer
  }

  /// The bits of all parameters and of what the optimiser keeps.
  var bits: [[UInt8]] {
    (state(of: model) + optimizer.state(for: model).map(\.tensor)).map { $0.withUnsafeBytes { Array($0) } }
      + ["\(optimizer.learningRate)".utf8.map { $0 }]
  }
}

@Suite struct CheckpointTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.file("run.safetensors") }

  /// A fit's checkpoint after so many steps of 4 in each epoch.
  private func save(_ fit: ResumableFit = ResumableFit(), steps: Int) throws {
    try fit.run([
      Hooks(stepEnd: { if $0.stepsTaken == steps { $0.interrupt("a test") } }), Checkpointing(to: path),
    ])
  }

  @Test(arguments: [7, nil] as [UInt64?])
  func `a fit that goes on from any step or epoch ends with the same bits`(seed: UInt64?) throws {
    var whole = ResumableFit()
    whole.seed = seed
    let history = try withRandomSeed(3) { try whole.run([Checkpointing(in: path, everySteps: 1, keep: nil)]).history }
    #expect(whole.stopping.bestEpoch != nil && Set(history["val_loss"]).count == 4)
    let files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    #expect(files.count == 16 && files[0] == "step-0000000001.safetensors")
    for file in files {
      var rest = ResumableFit()
      rest.seed = seed
      // Neither another generator in scope nor the number of threads decides anything.
      let resumed = try withThreads(1) { try withRandomSeed(4) { try rest.run(from: "\(path)/\(file)") } }
      #expect(rest.bits == whole.bits, "\(file)")
      #expect(resumed.history == history)
      // The times of epochs that ended before are kept.
      let ended = try Checkpoint(from: "\(path)/\(file)").history.epochs
      #expect(resumed.history.seconds.prefix(ended) == history.seconds.prefix(ended))
      #expect(
        rest.stopping.bestEpoch == whole.stopping.bestEpoch && rest.stopping.bestValue == whole.stopping.bestValue)
    }
  }

  @Test func `a fit is interrupted, and goes on with the same objects or others`() throws {
    var whole = ResumableFit()
    whole.epochs = 6
    let history = try whole.run().history
    for steps in [6, 8] {
      var part = ResumableFit()
      part.epochs = 6
      let lines = Mutex<[String]>([])
      let interrupted = try part.run(
        [Hooks(stepEnd: { if $0.stepsTaken == steps { $0.interrupt("a test") } }), Checkpointing(to: path)],
        progress: .lines(to: { line in lines.withLock { $0.append(line) } }))
      #expect(interrupted.wasInterrupted)
      // The epoch that is cut short is not recorded; one that has just ended is.
      #expect(interrupted.history.epochs == steps / 4)
      let text = lines.withLock { $0.joined() }
      #expect(text.contains("interrupted by a test in epoch 2, step \(steps - 4) of 4; go on with resumingFrom: \""))
      let place = steps == 8 ? "epoch 2\n" : "epoch 2, step 2 of 4\n"
      lines.withLock { $0 = [] }
      let resumed = try part.run(from: path, progress: .lines(to: { line in lines.withLock { $0.append(line) } }))
      #expect(!resumed.wasInterrupted && resumed.history == history && part.bits == whole.bits)
      #expect(lines.withLock { $0.joined() }.contains("resumed after \(place)"))
    }
  }

  @Test func `a fit that had ended early does not go on, and puts the best back`() throws {
    var whole = ResumableFit(SGD(learningRate: 0))
    whole.epochs = 40
    let trainer = try whole.run([Checkpointing(to: path)])
    try #require(whole.stopping.hasStopped && trainer.history.epochs < 40)
    var again = ResumableFit(SGD(learningRate: 0))
    again.epochs = 40
    let history = try again.run(from: path).history
    #expect(history == trainer.history && again.bits == whole.bits && again.stopping.hasStopped)
  }

  @Test func `what was the best before a checkpoint stays the best after it`() throws {
    let (script, data) = ([3.0, 1, 2, 2, 2, 2], blobs())
    func run(_ model: Sequential, _ callbacks: [any Callback] = [], from source: String? = nil) throws -> Checkpointing
    {
      let own = Hooks(epochEnd: { $0.record("own", script[$0.epoch - 1]) })
      let stopping = EarlyStopping(monitoring: "own", patience: 9, goal: .minimum)
      let saving = Checkpointing(to: path, best: "own", goal: .minimum)
      try Trainer(model, optimizer: Adam(), loss: .crossEntropy).fit(
        data.x, data.y, epochs: 6, batchSize: 30, seed: 1, progress: .none,
        callbacks: [own, stopping] + callbacks + [saving], resumingFrom: source)
      return saving
    }
    var best: [Float] = []
    let (first, second) = (classifier(seed: 1), classifier(seed: 2))
    let note = Hooks(epochEnd: { if $0.epoch == 2 { best = parameters(of: first) } })
    let saving = try run(first, [note, StepBudget(11)])
    #expect(parameters(of: first) == best && saving.latest == path)
    let again = try run(second, from: path)
    #expect(parameters(of: second) == best)
    #expect(try Checkpoint(from: #require(again.best)).epoch == 2)
  }

  @Test func `a fit goes on for more epochs than it was asked for`() throws {
    let first = ResumableFit()
    try first.run([Checkpointing(to: path)])
    var (more, whole) = (ResumableFit(), ResumableFit())
    (more.epochs, whole.epochs) = (6, 6)
    let history = try more.run(from: path).history
    #expect(try whole.run().history == history && more.bits == whole.bits && history.epochs == 6)
  }

  @Test func `a loss of parts goes on within an epoch`() throws {
    func fit(_ from: String? = nil, _ callbacks: [any Callback] = []) throws -> History {
      let trainer = Trainer(classifier(), optimizer: SGD(), targets: Tensor<Int32>.self) { model, batch in
        let outputs = model(batch.x)
        return ["a": crossEntropy(logits: outputs, labels: batch.y), "b": outputs.squared().mean() * 0.1]
      }
      let data = blobs()
      return try trainer.fit(
        data.x, data.y, epochs: 3, seed: 1, progress: .none, callbacks: callbacks, resumingFrom: from)
    }
    let history = try fit()
    _ = try fit(nil, [Hooks(stepEnd: { if $0.stepsTaken == 5 { $0.interrupt("a test") } }), Checkpointing(to: path)])
    #expect(try fit(path) == history && history.names == ["loss", "a", "b"])
  }

  @Test func `a loss of NaN after going on puts back what the checkpoint had, not what the model began with`() throws {
    func fit(_ model: Sequential, _ from: String?, _ callbacks: [any Callback]) throws {
      let data = blobs()
      try Trainer(model, optimizer: SGD(learningRate: 0.1), loss: .crossEntropy).fit(
        data.x, data.y, epochs: 3, batchSize: 25, seed: 1, progress: .none, callbacks: callbacks, resumingFrom: from)
    }
    let trained = classifier()
    try fit(
      trained, nil, [Hooks(stepEnd: { if $0.stepsTaken == 6 { $0.interrupt("a test") } }), Checkpointing(to: path)])
    let resumed = classifier()
    #expect(parameters(of: resumed) != parameters(of: trained))
    let error = trainingError {
      try fit(resumed, path, [Hooks(stepEnd: { if $0.stepsTaken == 7 { $0.optimizer.learningRate = 1e38 } })])
    }
    #expect(error == .nonFiniteLoss(epoch: 3, step: 1))
    #expect(parameters(of: resumed) == parameters(of: trained))
  }

  private func difference(_ change: (inout ResumableFit) -> Void) -> [String] {
    var other = ResumableFit()
    change(&other)
    let before = other.bits
    let error = trainingError { try other.run(from: path) }
    #expect(other.bits == before)
    guard case .checkpoint(.differs(let source, let differences)) = error else {
      return ["\(String(describing: error))"]
    }
    #expect(source == path && "\(error!)".contains("expected a checkpoint of this fit, got one of another"))
    return differences
  }

  @Test func `a checkpoint of another fit is refused, with all that differs`() throws {
    try save(steps: 6)
    #expect(difference { $0.batchSize = 30 } == ["batchSize: the checkpoint has 25, this fit 30"])
    #expect(difference { $0.epochs = 1 } == ["epochs: the checkpoint has 2, this fit 1"])
    let two = difference { ($0.seed, $0.data) = (8, blobs(seed: 9)) }
    #expect(two.count == 2 && two[0].hasPrefix("data: ") && two[1] == "seed: the checkpoint has 7, this fit 8")
    let optimizer = difference { $0 = ResumableFit(Adam(learningRate: 5)) }
    #expect(optimizer.count == 1 && optimizer[0].contains("amsgrad: true), this fit Adam("))

    let data = blobs()
    func error(_ model: Sequential, _ callbacks: [any Callback]) -> String {
      let trainer = Trainer(
        model, optimizer: Adam(learningRate: 0.02, amsgrad: true), loss: .crossEntropy, metrics: [.accuracy])
      let error = trainingError {
        try trainer.fit(
          data.x, data.y, epochs: 4, batchSize: 25, validationData: blobs(seed: 6), seed: 7, progress: .none,
          callbacks: callbacks, resumingFrom: path)
      }
      return error.map { "\($0)" } ?? "none"
    }
    let other = withRandomSeed(1) {
      Sequential(inputShape: [2]) {
        Dense(17)
        Dense(3)
      }
    }
    let before = parameters(of: other)
    #expect(error(other, [EarlyStopping()]).contains("shape of 0.weight"))
    #expect(parameters(of: other) == before)
    #expect(
      error(classifier(dropout: 0.2), []).contains(
        "callbacks: the checkpoint has the state of EarlyStopping, which this fit does not have"))
  }

  @Test func `a file that is no checkpoint is refused`() throws {
    func reason(_ path: String) -> FormatError? {
      guard case .checkpoint(.file(let error)) = trainingError({ try ResumableFit().run(from: path) }) else {
        return nil
      }
      return error
    }
    #expect(reason(path)?.kind == .missing)
    #expect(reason(directory.path)?.reason.contains("got none in it") == true)
    try classifier().save(to: path)
    #expect(reason(path)?.kind == .unrecognized)
    try save(steps: 5)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for count in [0, 7, 8, 100, bytes.count / 2, bytes.count - 1] {
      directory.write(Array(bytes[..<count]), to: "cut.safetensors")
      #expect(reason(directory.file("cut.safetensors")) != nil, "\(count)")
    }
    // Whatever a byte of the header becomes, the file is refused or goes on; nothing traps.
    for place in stride(from: 8, to: 3000, by: 37) {
      var bytes = bytes
      bytes[place] ^= 1
      directory.write(bytes, to: "changed.safetensors")
      let (fit, file) = (ResumableFit(), directory.file("changed.safetensors"))
      _ = trainingError { try fit.run(from: file) }
    }
    // A later format.
    let (tensors, metadata) = try Safetensors.read(from: path)
    var later = metadata
    later["martlet.checkpoint"] = "2"
    try Safetensors.write(tensors, metadata: later, to: path)
    #expect(reason(path)?.kind == .unsupported)
    #expect(reason(path)?.reason.contains("a later version of the library") == true)
  }

  @Test func `a checkpoint's parts are read alone`() throws {
    let fit = ResumableFit()
    try save(fit, steps: 6)
    let checkpoint = try Checkpoint(from: path)
    #expect("\(checkpoint)" == "Checkpoint after epoch 2, step 2 of 4")
    #expect(checkpoint.epoch == 2 && checkpoint.step == 2 && checkpoint.stepsTaken == 6)
    #expect(checkpoint.history.names == ["loss", "accuracy", "val_loss", "val_accuracy"])
    #expect(checkpoint.history.run["seed"] == "7" && checkpoint.history.run["rows"] == "90")
    let model = classifier(seed: 9, dropout: 0.2)
    try model.load(checkpoint.model)
    #expect(checkpoint.model.count == 4 && checkpoint.optimizer.count == 16)
    let other = directory.file("other.safetensors")
    try checkpoint.save(to: other)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: other)) == Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func `a directory keeps the last and the best`() throws {
    let fit = ResumableFit(SGD(learningRate: 1))
    let saving = Checkpointing(in: directory.file("a/b"), everySteps: 3, everyEpochs: 2, keep: 2, best: "val_loss")
    try fit.run([saving])
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.file("a/b")).sorted()
    #expect(files == ["best.safetensors", "step-0000000015.safetensors", "step-0000000016.safetensors"])
    #expect(saving.latest == directory.file("a/b/step-0000000016.safetensors"))
    #expect(Checkpoint.latest(in: directory.file("a/b")) == saving.latest && Checkpoint.latest(in: "none") == nil)
    #expect(try Checkpoint(from: #require(saving.best)).epoch == fit.stopping.bestEpoch)
    let again = trainingError { try ResumableFit().run([Checkpointing(in: directory.file("a/b"))]) }
    #expect(again.map { "\($0)" }?.contains("expected a directory without checkpoints of another run") == true)
  }

  @Test func `a place that cannot be written to is refused before the first step`() throws {
    let steps = Mutex(0)
    for saving in [Checkpointing(to: "/proc/nowhere/run.safetensors"), Checkpointing(in: "/proc/nowhere")] {
      let error = trainingError {
        try ResumableFit().run([Hooks(stepEnd: { _ in steps.withLock { $0 += 1 } }), saving])
      }
      guard case .checkpoint(.file(let format)) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(format.kind == .unwritable)
    }
    #expect(steps.withLock { $0 } == 0)
  }

  @Test func `a disk that is full costs neither the model nor the checkpoint before`() async throws {
    await #expect(processExitsWith: .success) { [path = path as String] in
      let (fit, whole) = (ResumableFit(), ResumableFit())
      let lines = Mutex("")
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      signal(SIGXFSZ, SIG_IGN)
      let fill = Hooks(stepEnd: { fit in
        if fit.stepsTaken != 6 { return }
        limit.rlim_cur = 512
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      })
      let saving = Checkpointing(to: path, everySteps: 1)
      let error = trainingError {
        try fit.run([fill, saving], progress: .lines(to: { line in lines.withLock { $0 += line } }))
      }
      guard case .checkpoint(.file(let reason)) = error, reason.kind == .unwritable else {
        fatalError("\(String(describing: error))")
      }
      try whole.run()
      if fit.bits != whole.bits { fatalError("the model is not what it would be") }
      if !lines.withLock({ $0 }).contains("Checkpointing, epoch 2, step 2: ") { fatalError(lines.withLock { $0 }) }
      if "\(try Checkpoint(from: path))" != "Checkpoint after epoch 2, step 1 of 4" { fatalError("another checkpoint") }
    }
    // With room again, what was saved before goes on.
    let (rest, whole) = (ResumableFit(), ResumableFit())
    try rest.run(from: path)
    try whole.run()
    #expect(rest.bits == whole.bits)
  }

  @Test func `numbers that make no sense trap`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Checkpointing(to: "x", everySteps: 0)
    }
    #expect(errorText(result).contains("Checkpointing: expected everySteps of at least 1, got 0"))
  }
}
