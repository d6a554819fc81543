import Foundation
import MartletCore
import MartletNN
import MartletTraining
import Synchronization
import TestSupport
import Testing

/// One model is in one fit at a time, whichever trainers and threads they are of.
@Suite struct FitMarkTests {
  /// What a fit throws while another is under way: in the other's `onEpochEnd`, so that both are for certain.
  private func second(
    during first: Trainer<Sequential, Tensor<Int32>>, _ fit: @escaping () throws(TrainingError) -> Void
  ) throws -> TrainingError? {
    let (x, y) = blobs()
    var found: TrainingError?
    try first.fit(x, y, epochs: 2, progress: .none) { _ in
      do throws(TrainingError) {
        try fit()
      } catch {
        found = error
      }
      return .proceed
    }
    #expect(first.history.epochs == 2)
    return found
  }

  private func trainer(
    _ model: Sequential, _ optimizer: any Optimizer = Adam()
  ) -> Trainer<Sequential, Tensor<Int32>> {
    Trainer(model, optimizer: optimizer, loss: .crossEntropy)
  }

  @Test func `a second fit of the same model, parameter or optimiser`() throws {
    let (x, y) = blobs()
    let model = classifier()
    let first = trainer(model)
    func expectRefusal(of other: Trainer<Sequential, Tensor<Int32>>, naming name: String) throws {
      let error = try second(during: first) { () throws(TrainingError) in try other.fit(x, y, progress: .none) }
      #expect(error?.description.contains("whose \(name)") == true, "\(String(describing: error))")
      // Given back, and nothing was left of the fit that was refused.
      try other.fit(x, y, progress: .none)
    }
    try expectRefusal(of: first, naming: "model, Sequential,")
    try expectRefusal(of: trainer(model), naming: "model, Sequential,")
    let last = try #require(model.modules().last?.module as? Dense)
    let sharing = Sequential {
      Dense(2, 16)
      last
    }
    try expectRefusal(of: trainer(sharing), naming: "parameter \"1.weight\"")
    try expectRefusal(of: trainer(classifier(), first.optimizer), naming: "optimiser, Adam,")
  }

  @Test func `fits of models that share nothing`() throws {
    let (x, y) = blobs()
    let other = trainer(classifier())
    let error = try second(during: trainer(classifier())) { () throws(TrainingError) in
      try other.fit(x, y, progress: .none)
    }
    #expect(error == nil)
    #expect(other.history.epochs == 1)
  }

  @Test func `a fit that throws gives the mark back`() throws {
    let (x, y) = blobs()
    let trainer = trainer(classifier(), SGD())
    #expect(throws: TrainingError.self) { try trainer.fit(x, y, batchSize: 0, progress: .none) }
    #expect(throws: TrainingError.self) {
      try trainer.fit(x, y, epochs: 3, progress: .none) { _ in
        trainer.optimizer.learningRate = .nan
        return .proceed
      }
    }
    trainer.optimizer.learningRate = 0.01
    #expect(throws: Never.self) { try trainer.fit(x, y, progress: .none) }
  }

  @Test func `two threads`() throws {
    let shared = Unchecked(trainer(classifier()))
    let (x, y) = blobs()
    let (started, refused) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let epochs = Unchecked([0, 0])
    onThreads(2) { index in
      if index == 0 {
        _ = try? shared.value.fit(x, y, epochs: 3, progress: .none) { report in
          if report.epoch == 1 {
            started.signal()
            refused.wait()
          }
          epochs.value[0] += 1
          return .proceed
        }
        // Where it did not even begin.
        started.signal()
      } else {
        started.wait()
        for _ in 0..<20 {
          do throws(TrainingError) {
            try shared.value.fit(x, y, progress: .none)
          } catch {
            if case .beingFitted = error { epochs.value[1] += 1 }
          }
        }
        refused.signal()
      }
    }
    #expect(epochs.value == [3, 20])
    #expect(shared.value.history.epochs == 3)
  }

  /// Whoever comes first, fits; nothing is torn.
  @Test func `many threads at once`() throws {
    let (x, y) = blobs()
    let shared = Unchecked(trainer(classifier()))
    let counts = Counts()
    onThreads(4) { _ in
      for _ in 0..<25 {
        do throws(TrainingError) {
          try shared.value.fit(x, y, progress: .none)
          counts.fits.add(1, ordering: .relaxed)
        } catch {
          if case .beingFitted = error { continue }
          counts.otherErrors.add(1, ordering: .relaxed)
        }
      }
    }
    #expect(counts.otherErrors.load(ordering: .relaxed) == 0)
    #expect(counts.fits.load(ordering: .relaxed) > 0)
    #expect(parameters(of: shared.value.model).allSatisfy { $0.isFinite })
  }
}

private final class Counts: Sendable {
  let fits = Atomic<Int>(0)
  let otherErrors = Atomic<Int>(0)
}

/// What is handed to several threads though it is not `Sendable`: what these tests are about.
private final class Unchecked<Value>: @unchecked Sendable {
  var value: Value

  init(_ value: Value) { self.value = value }
}
