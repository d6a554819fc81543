import Testing

@testable import MartletCore

/// What differentiation keeps alive. The pool's counters are the process's, hence a process to each.
@Suite struct GraphMemoryTests {
  @Test func `nothing is kept when a gradient has been taken`() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor<Float>.ones([1000])
      func step() -> Tensor<Float> {
        gradient(at: x) { x in
          var y = x
          for _ in 0..<10 { y = (y * y).tanh() + x }
          return y.sum()
        }
      }
      _ = step()
      let before = BufferPool.statistics.bytesInUse
      _ = step()
      _ = gradient(at: x) { x in gradient(at: x) { ($0 * $0 * $0).sum() }.sum() }
      _ = pullback(at: x) { $0 * $0 }.pullback(x)
      #expect(BufferPool.statistics.bytesInUse == before)
    }
  }

  @Test func `saved values are dropped as the backward pass goes`() async {
    await #expect(processExitsWith: .success) {
      // The forward pass of n operations keeps n results; the backward pass must never need many more.
      let (count, length) = (50, 10_000)
      let x = Tensor<Float>.ones([length])
      BufferPool.resetPeak()
      let before = BufferPool.statistics.bytesInUse
      _ = gradient(at: x) { x in
        var y = x
        for _ in 0..<count { y = y.tanh() }
        return y.sum()
      }
      let peak = BufferPool.statistics.peakBytesInUse - before
      #expect(peak < (count + 6) * 4 * length * 5 / 4)
      #expect(BufferPool.statistics.bytesInUse == before)
    }
  }

  @Test func `values that the derivative does not need are not kept`() async {
    await #expect(processExitsWith: .success) {
      let length = 10_000
      let x = Tensor<Float>.ones([length])
      let before = BufferPool.statistics.bytesInUse
      BufferPool.resetPeak()
      _ = gradient(at: x) { x in
        var y = x
        // Sums need nothing: at any time only a few tensors are alive.
        for _ in 0..<50 { y = -(y + x) }
        return y.sum()
      }
      #expect(BufferPool.statistics.peakBytesInUse - before < 8 * 4 * length * 5 / 4)
    }
  }

  @Test func `a constant's product keeps one operand only`() async {
    await #expect(processExitsWith: .success) {
      let length = 10_000
      let x = Tensor<Float>.ones([length])
      let before = BufferPool.statistics.bytesInUse
      BufferPool.resetPeak()
      _ = gradient(at: x) { x in
        var y = x
        for _ in 0..<50 { y = y * 1.01 }
        return y.sum()
      }
      #expect(BufferPool.statistics.peakBytesInUse - before < 8 * 4 * length * 5 / 4)
    }
  }
}
