import Foundation
import MartletPlatform
import TestSupport
import Testing

@testable import MartletCore

/// Gradients of compositions.
@Suite struct GraphTests {
  private let x: Tensor<Double> = [0.3, -1.2, 0.7]

  private func close(_ a: Tensor<Double>, _ b: Tensor<Double>, _ tolerance: Double = 1e-12) -> Bool {
    a.shape == b.shape && zip(a.scalars, b.scalars).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
  }

  @Test func `the chain rule`() {
    let slope = gradient(at: x) { ($0.sin() * $0.exp()).sum() }
    #expect(close(slope, x.cos() * x.exp() + x.sin() * x.exp()))
    let (value, same) = valueWithGradient(at: x) { ($0.sin() * $0.exp()).sum() }
    #expect(value == (x.sin() * x.exp()).sum())
    #expect(same == slope)
  }

  @Test func `values that are used several times`() {
    #expect(close(gradient(at: x) { x in (x * x * x).sum() }, 3 * x * x))
    #expect(close(gradient(at: x) { x in (x + x + x - x).sum() }, .full([3], 2)))
    // A diamond: both arms come back to the same value, which has been used by then.
    let slope = gradient(at: x) { x in
      let middle = x.exp()
      return (middle * middle.sin() + middle).sum()
    }
    let e = x.exp()
    #expect(close(slope, (e.sin() + e * e.cos() + 1) * e))
    // The gradient of one use must not be changed by the accumulation of another.
    let (a, b) = gradient(at: x, x) { a, b in
      let sum = a + b
      return (sum * sum).sum() + (a * 3).sum() + sum.sum()
    }
    #expect(close(a, 4 * x + 4))
    #expect(close(b, 4 * x + 1))
  }

  @Test func `accumulation does not write into shared gradients`() {
    // The seed's broadcast reaches both operands of `+`; the second use of `a` is added to it.
    let ones = Tensor<Double>.ones([3])
    let (a, b) = gradient(at: x, x) { a, b in ((a + b) * ones).sum() + (a * 2).sum() }
    #expect(a.scalars == [3, 3, 3])
    #expect(b.scalars == [1, 1, 1])
  }

  @Test func `broadcast operands get summed gradients`() {
    let matrix = Tensor<Double>.arange(12).reshaped(to: [3, 4])
    let row = Tensor<Double>.arange(4)
    let column = Tensor<Double>.arange(3).reshaped(to: [3, 1])
    let scalar = Tensor<Double>(2.5)
    let gradients = gradient(at: [matrix, row, column, scalar]) { t in ((t[0] + t[1]) * t[2] * t[3]).sum() }
    #expect(gradients.map(\.shape) == [[3, 4], [4], [3, 1], []])
    let full = (matrix + row)
    #expect(close(gradients[0], (column * 2.5).broadcast(to: [3, 4])))
    #expect(close(gradients[1], .full([4], 7.5)))
    #expect(close(gradients[2], (full.sum(axis: 1, keepDims: true)) * 2.5))
    #expect(close(gradients[3], (full * column).sum()))
  }

  @Test func `constants and tensors that take no part`() {
    let constant: Tensor<Double> = [1, 2, 3]
    #expect(gradient(at: x) { _ in constant.sum() }.scalars == [0, 0, 0])
    let gradients = gradient(at: [x, constant]) { t in (t[0] * t[0]).sum() }
    #expect(gradients[1].scalars == [0, 0, 0])
    #expect(gradient(at: x) { x in (x * constant).sum() } == constant)
    // Operations whose derivative is zero everywhere.
    #expect(gradient(at: x) { x in (x.floor() + x.sign()).sum() }.scalars == [0, 0, 0])
    // The function's value may be the variable itself, or of one element with axes.
    #expect(gradient(at: Tensor<Double>(3)) { $0 }.item() == 1)
    #expect(gradient(at: Tensor<Double>.full([1, 1], 3)) { $0 * $0 }.scalars == [6])
  }

  @Test func `detached and withoutGradient make constants`() {
    #expect(close(gradient(at: x) { x in (x * x.detached()).sum() }, x))
    #expect(close(gradient(at: x) { x in (x * withoutGradient { x * x }).sum() }, x * x))
    // A gradient within works as ever.
    let slope = gradient(at: x) { x in (x * withoutGradient { gradient(at: x) { ($0 * $0).sum() } }).sum() }
    #expect(close(slope, 2 * x))
    #expect(withoutGradient { gradient(at: x) { ($0 * $0).sum() } } == 2 * x)
  }

  @Test func `masks and indices carry no gradient`() {
    let slope = gradient(at: x) { x in (Tensor.where(x .> 0, x * 2, x * 3)).sum() }
    #expect(slope.scalars == [2, 3, 2])
    // Indices made of the variable: the table is a constant, or takes part as well.
    let table: Tensor<Double> = [10, 20, 30]
    #expect(gradient(at: x) { x in table.take(x.argMax(axis: 0, keepDims: true)).sum() }.scalars == [0, 0, 0])
    #expect(gradient(at: x) { x in x.take(x.argMax(axis: 0, keepDims: true)).sum() }.scalars == [0, 0, 1])
  }

  @Test func `ties of max and min share their gradient`() {
    let tied: Tensor<Double> = [2, 5, 5, 1]
    #expect(gradient(at: tied) { $0.max() }.scalars == [0, 0.5, 0.5, 0])
    #expect(gradient(at: tied) { maximum($0, Tensor(5)).sum() }.scalars == [0, 0.5, 0.5, 0])
    #expect(gradient(at: tied) { minimum($0, Tensor(1)).sum() }.scalars == [0, 0, 0, 0.5])
    // The gradient of max · min adds up to max + min.
    let second = gradient(at: tied) { x in gradient(at: x) { $0.max() * $0.min() }.sum() }
    #expect(second.scalars == [0, 0.5, 0.5, 1])
  }

  @Test func `conversions between Float and Double`() {
    let slope = gradient(at: x) { x in x.cast(to: Float.self).exp().cast(to: Double.self).sum() }
    #expect(close(slope, x.exp(), 1e-6))
    let (double, float) = gradient(at: x, Tensor<Float>(2)) { a, b in (a.cast(to: Float.self) * b).sum() }
    #expect(close(double, .full([3], 2)))
    #expect(abs(float.item() - Float(x.sum().item())) < 1e-6)
  }

  @Test func `views take part`() {
    let matrix = Tensor<Double>.arange(6).reshaped(to: [2, 3])
    let slope = gradient(at: matrix) { m in (m.transposed()[1...] * m[0, 1...].reshaped(to: [2, 1])).sum() }
    // Σ over j = 1, 2 of m0j (m0j + m1j).
    #expect(slope == [[0, 6, 9], [0, 1, 2]])
    let reversed = gradient(at: matrix) { ($0.reversed(axis: 1) * Tensor<Double>([1, 2, 3])).sum() }
    #expect(reversed == [[3, 2, 1], [3, 2, 1]])
  }

  @Test func `a long chain overflows no stack`() {
    // Backward and the release of the graph must both be loops.
    let operations = 200_000
    let slope = gradient(at: Tensor<Double>(1)) { x in
      var y = x
      for _ in 0..<operations { y = y + x * 1e-6 }
      return y
    }
    #expect(abs(slope.item() - (1 + Double(operations) * 1e-6)) < 1e-9)
    // Abandoned without a backward pass.
    let zero = gradient(at: Tensor<Double>(1)) { x in
      var y = x
      for _ in 0..<operations { y = -y }
      return Tensor(0)
    }
    #expect(zero.item() == 0)
  }

  @Test func `a function that throws leaves nothing behind`() {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      _ = try gradient(at: x) { x -> Tensor<Double> in
        _ = x * x
        throw Stop()
      }
    }
    #expect(GraphSession.current == nil)
    #expect(close(gradient(at: x) { ($0 * $0).sum() }, 2 * x))
  }

  @Test func `threads differentiate at once`() {
    let shared = Tensor<Double>.arange(1000) * 0.001
    let expected = (shared * 2) * (shared * shared).cos()
    let failures = Locked(0)
    onThreads(4) { index in
      for _ in 0..<20 {
        let slope = gradient(at: shared) { x in
          let inner = gradient(at: x) { ($0 * Double(index)).sum() }
          return (x * x).sin().sum() + inner.sum() * 0
        }
        let isClose = zip(slope.scalars, expected.scalars).allSatisfy { abs($0 - $1) < 1e-12 }
        if !isClose { failures.withLock { $0 += 1 } }
      }
    }
    #expect(failures.withLock { $0 } == 0)
  }

  @Test func `tasks differentiate at once`() async {
    let shared = Tensor<Double>.arange(100) * 0.01
    let sums = await withTaskGroup(of: Double.self) { group in
      for factor in 1...8 {
        group.addTask { gradient(at: shared) { ($0 * $0 * Double(factor)).sum() }.sum().item() / Double(factor) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    for sum in sums { #expect(abs(sum - 2 * shared.sum().item()) < 1e-9) }
  }

  // MARK: Mistakes

  @Test func `a value that is not one number traps with its shape`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Float>.ones([2, 3])) { $0 * 2 }
    }
    #expect(errorText(result).contains("gradient: the function's value must be one number, not Float of shape [2, 3]"))
  }

  @Test func `an index in the path of the gradient traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Float>([1, 2])) { $0.argMax().cast(to: Float.self).sum() }
    }
    #expect(errorText(result).contains("gradient: argMax has no derivative: its result is an index"))
  }

  @Test func `a comparison in the path of the gradient traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Float>([1, 2])) { ($0 .> 0).cast(to: Float.self).sum() }
    }
    #expect(errorText(result).contains("gradient: greater has no derivative: its result is Bool"))
  }

  @Test func `a recorded value on another thread traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Tensor<Float>([1, 2])) { x in
        onThreads(1) { _ in _ = x * 2 }
        return x.sum()
      }
    }
    #expect(errorText(result).contains("multiply: an operand is being recorded by a gradient on another thread"))
  }
}
