import MartletCore
import MartletNN
import MartletTraining

/// 90 points around three centres, and which each is of.
func blobs(seed: UInt64 = 5) -> (x: Tensor<Float>, y: Tensor<Int32>) {
  var generator = RandomGenerator(seed: seed)
  let noise = Tensor<Float>.randomNormal([90, 2], standardDeviation: 0.3, using: &generator)
  let centres: Tensor<Float> = [[0, 2], [2, -1], [-2, -1]]
  let labels = (0..<90).map { Int32($0 % 3) }
  return (noise + centres.take(Tensor(labels.map(Int64.init))), Tensor(labels))
}

func classifier(seed: UInt64 = 1, dropout: Double? = nil) -> Sequential {
  withRandomSeed(seed) {
    Sequential(inputShape: [2]) {
      Dense(16, activation: .relu)
      if let dropout { Dropout(dropout) }
      Dense(3)
    }
  }
}

/// Every parameter's elements, one after the other.
func parameters(of model: some Module) -> [Float] {
  model.parameters().flatMap { try! Tensor<Float>($0.variable.value).scalars }
}
