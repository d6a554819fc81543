import Foundation
import MartletCore
import MartletData
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// Makes a child process take signals as a program does that a shell has started.
private func takeSignals() {
  var all = sigset_t()
  sigemptyset(&all)
  for number in [SIGINT, SIGTERM] {
    signal(number, SIG_DFL)
    sigaddset(&all, number)
  }
  pthread_sigmask(Int32(SIG_UNBLOCK), &all, nil)
}

/// Fits that are killed, and fits that get signals.
@Suite struct InterruptionTests {
  private let directory = TemporaryDirectory()

  /// A fit that saves at every step, each save being several times as long as a step, and goes on from where it was.
  private static func goOn(_ path: String, _ callbacks: [any Callback] = []) throws -> [[UInt8]] {
    var fit = ResumableFit()
    fit.epochs = 40
    fit.batchSize = 45
    let saving = Checkpointing(to: path, everySteps: 1)
    try fit.run(callbacks + [saving], from: saving.latest)
    return fit.bits
  }

  @Test func `a fit that is killed 25 times ends with the same bits`() async throws {
    // The instants lie within the time of some steps with their saves, however long that is here.
    let began = ContinuousClock.now
    let whole = try InterruptionTests.goOn(directory.file("whole.safetensors"))
    let steps = try Checkpoint(from: directory.file("whole.safetensors")).stepsTaken
    let most = Int((ContinuousClock.now - began) / .microseconds(1)) / steps * 8
    let path = directory.file("run.safetensors")
    var places: [Int] = []
    for attempt in 0..<25 {
      let microseconds = Int.random(in: 0...most)
      await #expect(processExitsWith: .signal(SIGKILL), "\(attempt), \(microseconds) µs") {
        [path = path as String, microseconds = microseconds as Int] in
        var hasStep = false
        let kill = Hook(onStepEnd: { _ in
          if hasStep { return }
          hasStep = true
          Thread.detachNewThread {
            usleep(UInt32(microseconds))
            Foundation.kill(getpid(), SIGKILL)
          }
        })
        _ = try InterruptionTests.goOn(path, [kill])
        // It had ended already, or was faster.
        Foundation.kill(getpid(), SIGKILL)
      }
      if access(path, F_OK) == 0 { places.append(try Checkpoint(from: path).stepsTaken) }
    }
    #expect(zip(places, places.dropFirst()).allSatisfy { $0 <= $1 } && Set(places).count > 3, "\(places)")
    #expect(try InterruptionTests.goOn(path) == whole)
  }

  @Test func `Ctrl-C ends the fit after the step, saves, and puts the best back`() async throws {
    let path = directory.file("run.safetensors")
    await #expect(processExitsWith: .success) { [path = path as String] in
      takeSignals()
      var fit = ResumableFit()
      fit.epochs = 6
      let send = Hooks(gradients: { _, fit in if fit.stepsTaken == 9 { raise(SIGINT) } })
      var steps = 0
      let count = Hooks(stepEnd: { _ in steps += 1 })
      let trainer = try fit.run([send, count, Checkpointing(to: path)])
      if !trainer.wasInterrupted || trainer.history.epochs != 2 || steps != 10 { fatalError("\(steps) steps") }
      var best = ResumableFit()
      best.epochs = fit.stopping.bestEpoch!
      try best.run()
      if parameters(of: fit.model) != parameters(of: best.model) { fatalError("not the best epoch's parameters") }
      // A second fit is not ended by what ended the first.
      let again = try fit.run(from: path)
      if again.wasInterrupted || again.history.epochs != 6 { fatalError("\(again.history)") }
    }
    var (whole, rest) = (ResumableFit(), ResumableFit())
    (whole.epochs, rest.epochs) = (6, 6)
    try whole.run()
    try rest.run(from: path)
    #expect(whole.bits == rest.bits)
  }

  @Test func `a second Ctrl-C ends the program`() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      takeSignals()
      let send = Hooks(gradients: { _, _ in
        raise(SIGINT)
        raise(SIGINT)
      })
      try ResumableFit().run([send])
      exit(3)
    }
  }

  @Test func `SIGTERM saves and ends the program`() async throws {
    let path = directory.file("run.safetensors")
    await #expect(processExitsWith: .signal(SIGTERM)) { [path = path as String] in
      takeSignals()
      let send = Hooks(gradients: { _, fit in if fit.stepsTaken == 5 { raise(SIGTERM) } })
      try ResumableFit().run([send, Checkpointing(to: path, everyEpochs: 100)])
      exit(3)
    }
    #expect(try Checkpoint(from: path).stepsTaken == 6)
    // With nothing to save it, the program ends at once.
    await #expect(processExitsWith: .signal(SIGTERM)) {
      takeSignals()
      let send = Hooks(gradients: { _, _ in raise(SIGTERM) }, stepEnd: { _ in exit(3) })
      try ResumableFit().run([send])
      exit(4)
    }
  }

  #if os(Linux)
    @Test func `a step that lasts too long after a SIGTERM is not waited for`() async {
      await #expect(processExitsWith: .signal(SIGTERM)) {
        takeSignals()
        let send = Hooks(gradients: { _, _ in
          raise(SIGTERM)
          sleep(30)
          sleep(30)
          exit(3)
        })
        let saving = Checkpointing(to: "never.safetensors", everyEpochs: 100)
        saving.terminationDeadline = 1
        try ResumableFit().run([send, saving])
      }
    }
  #endif

  @Test func `signals are handled as before after a fit, and by the program's own handlers`() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      takeSignals()
      try ResumableFit().run()
      raise(SIGINT)
      exit(3)
    }
    await #expect(processExitsWith: .exitCode(7)) {
      takeSignals()
      signal(SIGINT) { _ in exit(7) }
      let send = Hooks(gradients: { _, _ in raise(SIGINT) })
      try ResumableFit().run([send])
      exit(3)
    }
    await #expect(processExitsWith: .success) {
      takeSignals()
      signal(SIGINT, SIG_IGN)
      let trainer = try ResumableFit().run([Hooks(gradients: { _, _ in raise(SIGINT) })])
      if trainer.wasInterrupted { fatalError("an ignored signal interrupted the fit") }
    }
    await #expect(processExitsWith: .signal(SIGINT)) {
      takeSignals()
      let (fit, data) = (classifier(), blobs())
      var options = FitOptions(progress: .none)
      options.answersSignals = false
      try Trainer(fit, optimizer: Adam(), loss: .crossEntropy).fit(
        Dataset(data.x, data.y), options: options, callbacks: [Hooks(gradients: { _, _ in raise(SIGINT) })])
      exit(3)
    }
  }

  @Test func `one Ctrl-C ends all fits that run`() async {
    await #expect(processExitsWith: .success) {
      takeSignals()
      let began = DispatchSemaphore(value: 0)
      let ended = DispatchSemaphore(value: 0)
      for _ in 0..<3 {
        Thread.detachNewThread {
          var fit = ResumableFit()
          fit.epochs = 1_000_000
          let tell = Hooks(stepEnd: { if $0.stepsTaken == 1 { began.signal() } })
          let trainer = Trainer(fit.model, optimizer: fit.optimizer, loss: .crossEntropy)
          _ = try? trainer.fit(
            fit.data.x, fit.data.y, epochs: 1_000_000, progress: .none, callbacks: [tell])
          if trainer.wasInterrupted { ended.signal() }
        }
      }
      for _ in 0..<3 { began.wait() }
      raise(SIGINT)
      for _ in 0..<3 where ended.wait(timeout: .now() + 60) == .timedOut { fatalError("a fit goes on") }
    }
  }
}
