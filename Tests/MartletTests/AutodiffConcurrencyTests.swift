import Foundation
import Martlet
import Testing

/// Several tasks and threads differentiate at once, over the same parameters, with operations large enough for the worker
/// pool. `Scripts/sanitize` runs this under the thread sanitizer.
@Suite struct AutodiffConcurrencyTests {
  /// A model that many read and nobody changes.
  private struct Shared: @unchecked Sendable {
    let model: Sequential
    let x: Tensor<Float>

    init(width: Int, rows: Int) {
      model = withRandomSeed(21) {
        Sequential(inputShape: [24]) {
          Dense(width, activation: .gelu)
          Dropout(0.25)
          Dense(width, activation: .relu)
          Dense(3)
        }
      }
      x = withRandomSeed(4) { Tensor<Float>.randomNormal([rows, 24]) }
    }

    func gradients(checkpointing: Bool) -> Gradients {
      withRandomSeed(7) {
        gradient(at: model) { model in
          let y = checkpointing ? checkpointed { model(x) } : model(x)
          return y.logSoftmax().squared().mean()
        }
      }
    }
  }

  @Test func `tasks differentiate the same model at once`() async {
    let shared = Shared(width: 32, rows: 96)
    let expected = shared.gradients(checkpointing: false)
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<6 {
        group.addTask {
          (0..<3).allSatisfy { round in
            let gradients = shared.gradients(checkpointing: (task + round) % 2 == 0)
            return expected.allSatisfy { gradients[$0.path] == $0.gradient }
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test func `tasks nest gradients at once, forward and backward`() async {
    await withTaskGroup(of: Bool.self) { group in
      for task in 1...6 {
        group.addTask {
          let x = Tensor<Double>([1, Double(task)])
          let diagonal = Tensor<Double>([6, 6 * Double(task)])
          return (0..<10).allSatisfy { _ in
            let forward = hessianVectorProduct(at: x, along: .ones([2])) { ($0 * $0 * $0).sum() }
            let reverse = pullback(at: x) { gradient(at: $0) { ($0 * $0 * $0).sum() } }.pullback(.ones([2]))
            return near(forward, diagonal) && near(reverse, diagonal)
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test func `threads share the worker pool while they differentiate`() {
    // Elementwise passes over 131,072 elements are split over the pool, which one thread has at a time.
    let x = withRandomSeed(1) { Tensor<Float>.randomNormal([512, 256]) }
    @Sendable func slope() -> Tensor<Float> { gradient(at: x) { ($0.tanh() * $0.exp()).sum() } }
    let expected = slope()
    let results = Results()
    let done = DispatchSemaphore(value: 0)
    // Threads, not a dispatch queue: the sanitizer takes everything on one of those for ordered.
    for index in 0..<4 {
      Thread {
        let got = withThreads(1 + index % 3) { (0..<3).map { _ in slope() } }
        results.add(got.allSatisfy { $0 == expected })
        done.signal()
      }.start()
    }
    for _ in 0..<4 { done.wait() }
    #expect(results.all == [true, true, true, true])
  }

  @Test func `a pullback is handed to another thread`() async {
    // One thread at a time: the recorded function goes with the closure.
    struct Box: @unchecked Sendable {
      let back: (Tensor<Double>) -> Tensor<Double>
    }
    let x: Tensor<Double> = [1, 2, 3]
    let box = Box(back: pullback(at: x) { $0 * $0 }.pullback)
    let slope = await Task.detached { box.back(.ones([3])) }.value
    #expect(slope == 2 * x)
  }

  private final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Bool] = []
    func add(_ value: Bool) { lock.withLock { values.append(value) } }
    var all: [Bool] { lock.withLock { values } }
  }
}
