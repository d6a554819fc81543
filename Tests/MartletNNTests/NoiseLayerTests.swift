import MartletCore
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

/// What dropout and noise do at random, by moments with room of five standard errors.
@Suite struct NoiseLayerTests {
  private static let layers: [@Sendable () -> TrainingNoise] = [
    { Dropout(0.25) }, { Dropout(0.25, wholeFeatures: true) }, { AlphaDropout(0.2) },
    { AlphaDropout(0.2, wholeFeatures: true) }, { GaussianDropout(0.2) }, { GaussianNoise(0.5) },
  ]

  @Test(arguments: layers.indices) func `noise is of training alone, and of the seed`(_ index: Int) throws {
    let layer = Self.layers[index]()
    let x = Tensor<Float>.full([30, 20], 3)
    #expect(layer.forward(x) == x)
    func noisy(_ seed: UInt64) -> Tensor<Float> { withRandomSeed(seed) { withMode(.training) { layer.forward(x) } } }
    #expect(noisy(3) == noisy(3))
    #expect(!(noisy(3) == noisy(4)))
    #expect(!(noisy(3) == x))
    #expect(try layer.outputShape(for: [4, 5]) == [4, 5])
  }

  private func trained(_ layer: TrainingNoise, _ x: Tensor<Float>) -> Tensor<Float> {
    withRandomSeed(8) { withMode(.training) { layer.forward(x) } }
  }

  @Test func `AlphaDropout keeps mean and variance of normal numbers`() {
    let x = withRandomSeed(1) { Tensor<Float>.randomNormal([200, 500]) }
    for probability in [0.05, 0.3, 0.7] {
      let y = trained(AlphaDropout(probability), x)
      #expect(abs(y.mean().item()) < 5 * 1 / 316)
      #expect(abs(y.variance().item() - 1) < 0.03)
      // The dropped ones have one value, that of a·α′ + b.
      let scale = 1 / ((1 - probability) * (1 + probability * 1.7580993408473766 * 1.7580993408473766)).squareRoot()
      let dropped = Float(-1.7580993408473766 * scale * (1 - probability))
      let share = Double(y.scalars.count { abs($0 - dropped) < 1e-5 }) / 100_000
      #expect(abs(share - probability) < 5 * (probability * (1 - probability) / 100_000).squareRoot() + 1e-3)
    }
  }

  @Test func `GaussianDropout and GaussianNoise have the stated moments`() {
    let x = Tensor<Float>.full([200, 500], 2)
    let product = trained(GaussianDropout(0.2), x)
    #expect(abs(product.mean().item() - 2) < 0.02)
    #expect(abs(product.standardDeviation().item() - 2 * 0.5) < 0.02)
    let sum = trained(GaussianNoise(0.3), x)
    #expect(abs(sum.mean().item() - 2) < 0.006)
    #expect(abs(sum.standardDeviation().item() - 0.3) < 0.005)
  }

  @Test func `whole features are dropped together`() {
    let x = Tensor<Float>.full([50, 40, 6], 3)
    for layer in [Dropout(0.5, wholeFeatures: true), AlphaDropout(0.5, wholeFeatures: true)] as [TrainingNoise] {
      let y = trained(layer, x)
      #expect(y.max(axis: 2) == y.min(axis: 2))
      #expect(Set(y.scalars).count == 2)
    }
    #expect(Set(trained(Dropout(0.5), x)[0, 0].scalars).count == 2)
  }

  @Test(arguments: layers.indices) func `the gradient is that of the map which was drawn`(_ index: Int) {
    let layer = Self.layers[index]()
    var random = SplitMix("noise")
    let (x, v) = (random.tensor([8, 9]), random.tensor([8, 9]))
    let slope = withRandomSeed(8) { withMode(.training) { gradient(at: x) { (layer.forward($0) * v).sum() } } }
    // Every one of these maps is affine in the input once the numbers are drawn.
    let difference = trained(layer, x + 1) - trained(layer, x)
    #expect(isClose(slope.erased.doubles, (difference * v).erased.doubles, 1e-5))
  }

  @Test func `other numbers and shapes are refused`() async {
    await #expect(processExitsWith: .failure) { _ = AlphaDropout(1) }
    await #expect(processExitsWith: .failure) { _ = GaussianDropout(-0.5) }
    await #expect(processExitsWith: .failure) { _ = GaussianNoise(-1) }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = withMode(.training) { Dropout(0.5, wholeFeatures: true)(Tensor<Float>.zeros([4])) }
    }
    #expect(errorText(result).contains("Dropout: expected [batch, features, …] for whole features, got [4]"))
  }

  @Test func `they are printed as they are written`() {
    #expect("\(Dropout(0.2)) \(Dropout(0.2, wholeFeatures: true))" == "Dropout(0.2) Dropout(0.2, wholeFeatures: true)")
    #expect("\(AlphaDropout()) \(GaussianNoise(0.1))" == "AlphaDropout(0.5) GaussianNoise(0.1)")
    #expect(
      "\(LeakyReLU(slope: 0.2)) \(ReLU()) \(Activation(.relu))" == "LeakyReLU(slope: 0.2) ReLU() Activation(relu)")
  }
}
