import MartletCore
import MartletNumerics
import TestSupport
import Testing

/// Vectors of correlated normal numbers.
@Suite struct MultivariateNormalTests {
  private static let covariance: Tensor<Double> = [[4, 1, -0.5], [1, 2, 0.25], [-0.5, 0.25, 0.5]]
  private static let mean: Tensor<Double> = [1, -2, 3]

  @Test func `vectors have the mean and the covariance`() throws {
    let x = try withRandomSeed(3) {
      try Tensor<Double>.randomMultivariateNormal([40_000], mean: Self.mean, covariance: Self.covariance)
    }
    #expect(x.shape == [40_000, 3])
    #expect((x.mean(axis: 0) - Self.mean).abs().max().item() < 0.04)
    let apart = x - x.mean(axis: 0)
    let product = matmul(apart.transposed(), apart) / 40_000
    #expect((product - Self.covariance).abs().max().item() < 0.08)
    // They are mean + l z, for z as `randomNormal` draws them.
    let (l, z) = (try cholesky(Self.covariance), withRandomSeed(3) { Tensor<Double>.randomNormal([40_000, 3]) })
    #expect(x.allClose(to: Self.mean + matmul(z, l.transposed()), relativeTolerance: 1e-12, absoluteTolerance: 1e-12))
  }

  @Test func `covariances and means of a batch broadcast to the shape`() throws {
    let scales = Tensor<Double>([1, 4]).reshaped(to: [2, 1, 1])
    let batch = Self.covariance * scales
    let mean = Tensor<Double>.stack([Self.mean, -Self.mean])
    func draw(_ shape: Shape, _ mean: Tensor<Double>, _ covariance: Tensor<Double>) throws -> Tensor<Double> {
      var generator = RandomGenerator(seed: 5)
      return try Tensor.randomMultivariateNormal(shape, mean: mean, covariance: covariance, using: &generator)
    }
    let x = try draw([7, 2], mean, batch)
    #expect(x.shape == [7, 2, 3])
    // Each vector is drawn with its own covariance, from the same standard normal numbers.
    let one = try draw([7, 2], Self.mean, Self.covariance)
    #expect(x[0..., 0].allClose(to: one[0..., 0], absoluteTolerance: 1e-12))
    #expect(x[0..., 1].allClose(to: (one[0..., 1] - Self.mean) * 2 - Self.mean, absoluteTolerance: 1e-12))
    #expect(try draw([7, 2], mean, batch.swappedAxes(-1, -2)).allClose(to: x, absoluteTolerance: 1e-12))
    #expect(try draw([], Self.mean, Self.covariance).shape == [3])
    #expect(try draw([0], Self.mean, Self.covariance).shape == [0, 3])
    #expect(try draw([2, 0, 2], mean, batch).shape == [2, 0, 2, 3])
    #expect(try draw([4], Tensor(shape: [0], scalars: []), Tensor.zeros([0, 0])).shape == [4, 0])
  }

  @Test func `gradients flow to the mean and the covariance`() {
    func value(_ mean: Tensor<Double>, _ covariance: Tensor<Double>) -> Tensor<Double> {
      let y = try! withRandomSeed(2) {
        try Tensor<Double>.randomMultivariateNormal([4], mean: mean, covariance: covariance)
      }
      return (y * y * y).sum()
    }
    expectDerivatives("the mean", Self.mean) { value($0, Self.covariance) }
    expectDerivatives("the covariance", Self.covariance) { value(Self.mean, ($0 + $0.transposed()) / 2) }
  }

  @Test func `a covariance that is none throws, and shapes that do not fit stop`() async {
    #expect(throws: LinearAlgebraError.self) {
      try Tensor<Double>.randomMultivariateNormal([2], mean: [0, 0], covariance: [[1, 2], [2, 1]])
    }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Tensor<Double>.randomMultivariateNormal([2], mean: [0, 0, 0], covariance: [[1, 0], [0, 1]])
    }
    #expect(
      errorText(result).contains(
        "randomMultivariateNormal: expected a mean [..., n] and a covariance [..., n, n], got shapes [3] and [2, 2]"))
    let other = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Tensor<Double>.randomMultivariateNormal([2], mean: Tensor.zeros([3, 2]), covariance: [[1, 0], [0, 1]])
    }
    #expect(
      errorText(other).contains(
        "randomMultivariateNormal: expected leading axes that broadcast to [2], got a mean [3, 2] and a covariance [2, 2]"
      ))
  }
}
