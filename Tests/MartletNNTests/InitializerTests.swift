import MartletCore
import TestSupport
import Testing

@testable import MartletNN

@Suite struct InitializerTests {
  /// Fans 400 and 100.
  static let shape: Shape = [100, 400]

  private func draw(_ initializer: Initializer) -> [Double] {
    withRandomSeed(7) { initializer(Self.shape).erased.doubles }
  }

  /// Initialisers with the square of their bound.
  static let uniformOnes: [(Initializer, Double)] = [
    (.glorotUniform, 6.0 / 500),
    (.heUniform, 6.0 / 400),
    (.leCunUniform, 3.0 / 400),
    (.pyTorch, 1.0 / 400),
    (.uniform(in: -0.3..<0.3), 0.09),
  ]

  @Test(arguments: uniformOnes.indices)
  func `uniform ones stay in bounds and fill them`(_ index: Int) {
    let (initializer, square) = Self.uniformOnes[index]
    let bound = square.squareRoot()
    let values = draw(initializer)
    #expect(values.allSatisfy { abs($0) <= bound * 1.000001 })
    #expect(values.max()! > 0.99 * bound)
    #expect(values.min()! < -0.99 * bound)
    let mean = values.reduce(0, +) / Double(values.count)
    // Five standard errors.
    #expect(abs(mean) < 5 * bound / (3 * Double(values.count)).squareRoot())
    let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    #expect(abs(variance / (bound * bound / 3) - 1) < 0.03)
  }

  /// Initialisers with their variance.
  static let normalOnes: [(Initializer, Double)] = [
    (.glorotNormal, 2.0 / 500),
    (.heNormal, 2.0 / 400),
    (.leCunNormal, 1.0 / 400),
    (.normal(standardDeviation: 0.7), 0.49),
  ]

  @Test(arguments: normalOnes.indices)
  func `normal ones have their deviation`(_ index: Int) {
    let (initializer, square) = Self.normalOnes[index]
    let deviation = square.squareRoot()
    let values = draw(initializer)
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    #expect(abs(mean) < 5 * deviation / count.squareRoot())
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    #expect(abs(variance.squareRoot() / deviation - 1) < 0.02)
    #expect(values.map { abs($0) }.max()! > 3 * deviation)
  }

  @Test func constants() {
    #expect(Initializer.zeros([2, 2]).scalars == [0, 0, 0, 0])
    #expect(Initializer.ones([2]).scalars == [1, 1])
    #expect(Initializer.constant(2.5)([3]).scalars == [2.5, 2.5, 2.5])
  }

  @Test func `fans come from the shape`() {
    let fans = Initializer("fans") { shape, fanIn, fanOut in .full(shape, Float(fanIn * 1000 + fanOut)) }
    #expect(fans([3, 5]).scalars[0] == 5003)
    #expect(fans([3, 5, 2, 2]).scalars[0] == 20012)
    #expect(fans([4]).scalars[0] == 4004)
    let layer = Dense(5, 3, initializer: fans, biasInitializer: fans)
    #expect(layer.weight.scalars[0] == 5003)
    #expect(layer.bias!.scalars[0] == 5003)
  }

  @Test func `Dense starts as PyTorch does`() {
    let layer = withRandomSeed(1) { Dense(100, 50) }
    #expect(layer.weight.scalars.allSatisfy { abs($0) <= 0.1 })
    #expect(layer.weight.scalars.max()! > 0.099)
    #expect(layer.bias!.scalars.allSatisfy { abs($0) <= 0.1 })
    #expect(layer.bias!.scalars.max()! > 0.08)
    let again = withRandomSeed(1) { Dense(100, 50) }
    #expect(layer.weight == again.weight)
  }

  @Test func `a wrong shape is refused`() async {
    await #expect(processExitsWith: .failure) {
      _ = Initializer("wrong") { _, _, _ in .zeros([1]) }([2, 2])
    }
  }
}
