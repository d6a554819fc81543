import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// Batch normalisation of batches that are summed in parts, against its composition; the samples' suites have small ones.
@Suite struct BatchNormTests {
  /// More rows than one part has, and channels that do not fill a tile; long channels; many short ones.
  static let shapes: [Shape] = [[4200, 5], [70, 67], [3, 2, 4200], [600, 3, 2, 5], [2, 40, 3]]

  private func normal(_ shape: Shape, _ seed: UInt64, mean: Double = 0) -> AnyTensor {
    var generator = RandomGenerator(seed: seed)
    return Tensor<Double>.randomNormal(shape, mean: mean, using: &generator).erased
  }

  private func expectClose(_ got: AnyTensor, _ wanted: AnyTensor, _ tolerance: Double, _ what: String) {
    #expect(got.shape == wanted.shape)
    let scale = max(1e-6, wanted.doubles.reduce(0) { max($0, abs($1)) })
    let error = zip(got.doubles, wanted.doubles).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(error <= tolerance * scale, "\(what): \(error) of \(scale)")
  }

  @Test(arguments: shapes) func `values and gradients are the composition's`(shape: Shape) {
    let row: Shape = [shape[1]]
    let operands = [normal(shape, 1, mean: 3), normal(row, 2), normal(row, 3)]
    let seeds = [normal(shape, 4), normal(row, 5), normal(row, 6)]
    let norm = BatchNormChannels(epsilon: 1e-3)
    let fused = Linearization(at: operands) { applyAll(norm, $0) }
    let composed = Linearization(at: operands) { norm.composition($0[0], scale: $0[1], shift: $0[2]) }
    for index in 0..<3 { expectClose(fused.values[index], composed.values[index], 1e-12, "result \(index)") }
    let (got, wanted) = (fused.pullback(seeds), composed.pullback(seeds))
    for index in 0..<3 { expectClose(got[index], wanted[index], 1e-11, "gradient \(index)") }
  }

  @Test(arguments: [[4200, 3], [2, 3, 2100]] as [Shape])
  func `the variance of numbers far from 0 is exact`(shape: Shape) {
    // Whole numbers about 10⁶, whose squares have more digits than a Float; the spread is 1, or 4 in channel 1.
    let count = shape.elementCount
    let inner = shape.dropFirst(2).reduce(1, *)
    let values = (0..<count).map { index -> Float in
      let channel = index / inner % 3
      let place = index / (3 * inner) * inner + index % inner
      return 1e6 + Float(channel == 1 ? 2 : 1) * (place % 2 == 0 ? 1 : -1)
    }
    let x = Tensor<Float>(shape: shape, scalars: values)
    let results = applyAll(
      BatchNormChannels(epsilon: 0), [x.erased, Tensor<Float>.ones([3]).erased, Tensor<Float>.zeros([3]).erased])
    #expect(results[1].doubles == [1e6, 1e6, 1e6])
    #expect(results[2].doubles == [1, 4, 1])
    #expect(Set(results[0].doubles) == [-1, 1])
  }

  @Test(arguments: shapes) func `the bits do not depend on the number of threads`(shape: Shape) {
    let row: Shape = [shape[1]]
    let x = normal(shape, 1).converted(to: .float32)
    let rows = [normal(row, 2), normal(row, 3)].map { $0.converted(to: .float32) }
    let g = normal(shape, 4).converted(to: .float32)
    func run(_ threads: Int) -> [[Double]] {
      withThreads(threads) {
        let forward = applyAll(BatchNormChannels(epsilon: 1e-5), [x] + rows)
        return (forward + applyAll(BatchNormBackward(epsilon: 1e-5), [x, rows[0], g])).map(\.doubles)
      }
    }
    #expect(run(1) == run(4))
  }

  @Test func `shapes that do not fit are mistakes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (x, row) = (Tensor<Float>.zeros([4, 3]).erased, Tensor<Float>.zeros([2]).erased)
      _ = applyAll(BatchNormChannels(epsilon: 1e-5), [x, row, row])
    }
    #expect(errorText(result).contains("batchNorm: expected a scale and a shift of [3] of Float, got [2] of Float"))
    let vector = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor<Float>.zeros([4]).erased
      _ = applyAll(BatchNormChannels(epsilon: 1e-5), [x, x, x])
    }
    #expect(errorText(vector).contains("batchNorm: expected [batch, channels, …], got [4]"))
  }
}
