import MartletAccountability
import MartletCore
import MartletNN

/// ReLU(ReLU(x₁) - 1 - ReLU(x₂)), with one rectifier that is used three times: Captum's BasicModel2.
func basicModel<S: FloatingScalar>(_ x: Tensor<S>) -> Tensor<S> {
  ((x[0..., 0].relu() - 1) - x[0..., 1].relu()).relu()
}

/// Captum's BasicModel_MultiLayer: 3 numbers, 4 rectified units, 2 outputs.
func multiLayer<S: FloatingScalar>(_ x: Tensor<S>) -> Tensor<S> {
  let hidden = x.matmul(Tensor<S>.ones([3, 4])) + Tensor<S>([-10, 1, 1, 1])
  return hidden.relu().matmul(Tensor<S>.ones([4, 2])) + Tensor<S>([-1, 1])
}

/// A classifier with smooth and kinked layers, whose parameters depend on the seed alone.
func classifier(inputs: Int = 5, seed: UInt64 = 3) -> Sequential {
  withRandomSeed(seed) {
    Sequential(inputShape: [inputs]) {
      Dense(16, activation: .relu)
      Dense(8, activation: .tanh)
      Dense(3)
    }
  }
}

func rows(_ count: Int, _ width: Int, seed: UInt64 = 1) -> Tensor<Float> {
  withRandomSeed(seed) { .randomNormal([count, width]) }
}

func near(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
}

extension Attribution {
  var numbers: [Double] { values.scalars.map(\.doubleValue) }
}
