import CKernels
import Testing

@testable import MartletCore

/// Denormal numbers: flushed within operations where the processor is known to be able to, and the caller's floating-point
/// mode is left as it was.
@Suite struct DenormalTests {
  private func denormalSurvives() -> Bool {
    // Computed where the compiler cannot see it.
    let tiny = [Double.leastNormalMagnitude, Double.leastNormalMagnitude].map { $0 * 0.25 }
    return tiny[0] > 0
  }

  @Test(.enabled(if: mk_can_flush_denormals())) func `tiny results are flushed`() {
    let x = Tensor<Float>.full([100], 1e-30)
    #expect((x * x * 1e20).scalars.allSatisfy { $0 == 0 })
    #expect((x * 1e-10).scalars.allSatisfy { $0 == 0 })
    #expect((Tensor<Double>.full([100], 1e-200) * 1e-110).scalars.allSatisfy { $0 == 0 })
    let many = Tensor<Float>.full([100_000], 1e-30)
    let split = withThreads(4) { (many * 1e-10).scalars }
    #expect(split.allSatisfy { $0 == 0 })
  }

  @Test(.enabled(if: !mk_can_flush_denormals())) func `tiny results are kept where nothing flushes them`() {
    let x = Tensor<Float>.full([100], 0x1p-100)
    #expect((x * 0x1p-40).scalars.allSatisfy { $0 == 0x1p-140 })
    let many = Tensor<Float>.full([100_000], 0x1p-100)
    #expect(withThreads(4) { (many * 0x1p-40).scalars }.allSatisfy { $0 == 0x1p-140 })
    #expect((Tensor<Double>.full([100], 0x1p-600) * 0x1p-440).scalars.allSatisfy { $0 == 0x1p-1040 })
  }

  @Test func `the caller's mode is unchanged`() {
    #expect(denormalSurvives())
    let x = Tensor<Float>.full([50_000], 0.5)
    _ = (x * x).exp().sum()
    _ = gradient(at: x) { ($0 * $0).sum() }
    _ = matmul(Tensor<Float>.ones([70, 80]), Tensor<Float>.ones([80, 90]))
    _ = withThreads(4) { x.tanh() }
    _ = Tensor<Double>.randomNormal([50_000])
    #expect(denormalSurvives())
    // And one that flushes is left flushing.
    let mode = mk_flush_denormals()
    _ = x + x
    let isFlushed = !denormalSurvives()
    mk_restore_float_mode(mode)
    #expect(isFlushed == mk_can_flush_denormals())
    #expect(denormalSurvives())
  }
}
