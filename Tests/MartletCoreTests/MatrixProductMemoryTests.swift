import Testing

@testable import MartletCore

/// What products of views take from the pool. Its counters are the process's, hence a process to each.
@Suite struct MatrixProductMemoryTests {
  @Test func `transposed, sliced and row-strided matrices are multiplied where they lie`() async {
    await #expect(processExitsWith: .success) {
      // Small enough for the direct kernels, too large for them, and large enough to be packed in panels.
      for n in [24, 160, 512] {
        let stored = Tensor<Float>.ones([2 * n, 2 * n + 3])
        let plain = Tensor<Float>.ones([n, n])
        let views = [
          plain.transposed(), stored[..<n, ..<n], stored[n..., 3..<(n + 3)], stored[.slice(step: 2), ..<n],
          stored[..<n, ..<n].transposed(),
        ]
        func blocks(_ a: Tensor<Float>, _ b: Tensor<Float>) -> (count: Int, peak: Int) {
          BufferPool.resetPeak()
          let before = BufferPool.statistics
          let product = matmul(a, b)
          let after = BufferPool.statistics
          withExtendedLifetime(product) {}
          return (
            after.systemAllocations + after.reuses - before.systemAllocations - before.reuses,
            after.peakBytesInUse - before.bytesInUse
          )
        }
        let usual = blocks(plain, plain)
        for view in views {
          #expect(blocks(view, plain) == usual)
          #expect(blocks(plain, view) == usual)
          #expect(blocks(view, view) == usual)
        }
        // Where neither stride is 1, there is a copy, and the counters show it.
        let scattered = stored[.slice(to: n, step: 2), .slice(to: n, step: 2)]
        let half = plain[..<(n / 2), ..<(n / 2)]
        #expect(blocks(scattered, half) != blocks(half, half))
      }
    }
  }
}
