@testable import MartletCore

/// Every function that draws, once or more, for what holds of all of them. Under these names the first numbers of each
/// stand in `Tests/Fixtures/random-numbers.json`.
enum Draws {
  typealias Draw = @Sendable (_ shape: Shape, _ generator: inout RandomGenerator) -> AnyTensor

  static let all: [(name: String, draw: Draw)] = [
    ("uniform Float", { Tensor<Float>.randomUniform($0, in: -1..<1, using: &$1).erased }),
    ("uniform Double", { Tensor<Double>.randomUniform($0, using: &$1).erased }),
    ("uniform between", { Tensor<Double>.randomUniform($0, low: -3, high: 4.5, using: &$1).erased }),
    ("integer Int64", { Tensor<Int64>.randomInteger($0, in: -1000..<1000, using: &$1).erased }),
    ("integer UInt8", { Tensor<UInt8>.randomInteger($0, in: 3..<200, using: &$1).erased }),
    (
      "integer between", { Tensor<Int32>.randomInteger($0, low: Tensor(-5), high: Tensor(70_000), using: &$1).erased }
    ),
    ("normal Float", { Tensor<Float>.randomNormal($0, mean: 1, standardDeviation: 2, using: &$1).erased }),
    ("normal Double", { Tensor<Double>.randomNormal($0, using: &$1).erased }),
    (
      "normal of tensors",
      { Tensor<Float>.randomNormal($0, mean: Tensor<Float>(1), standardDeviation: 0.5, using: &$1).erased }
    ),
    ("log-normal Float", { Tensor<Float>.randomLogNormal($0, mean: 1, standardDeviation: 0.5, using: &$1).erased }),
    ("log-normal Double", { Tensor<Double>.randomLogNormal($0, using: &$1).erased }),
    (
      "truncated normal",
      {
        Tensor<Double>.randomTruncatedNormal(
          $0, mean: 1, standardDeviation: 2, low: 0, high: 4, using: &$1
        ).erased
      }
    ),
    ("truncated normal, tail", { Tensor<Float>.randomTruncatedNormal($0, low: 3, high: 9, using: &$1).erased }),
    ("exponential", { Tensor<Double>.randomExponential($0, scale: 2, using: &$1).erased }),
    ("laplace", { Tensor<Float>.randomLaplace($0, location: 1, scale: 2, using: &$1).erased }),
    ("gumbel", { Tensor<Double>.randomGumbel($0, location: 1, scale: 2, using: &$1).erased }),
    ("gamma 0.3", { Tensor<Double>.randomGamma($0, concentration: 0.3, using: &$1).erased }),
    ("gamma 7", { Tensor<Float>.randomGamma($0, concentration: 7, scale: 0.5, using: &$1).erased }),
    ("beta 0.4 0.7", { Tensor<Double>.randomBeta($0, alpha: 0.4, beta: 0.7, using: &$1).erased }),
    ("beta 3 2", { Tensor<Double>.randomBeta($0, alpha: 3, beta: 2, using: &$1).erased }),
    ("von Mises", { Tensor<Double>.randomVonMises($0, mean: 3, concentration: 2, using: &$1).erased }),
    (
      "dirichlet",
      { Tensor<Double>.randomDirichlet($0, concentration: Tensor<Double>([0.2, 1, 3]), using: &$1).erased }
    ),
    ("bernoulli Bool", { Tensor<Bool>.randomBernoulli($0, probability: 0.3, using: &$1).erased }),
    (
      "bernoulli of tensors", { Tensor<Float>.randomBernoulli($0, probability: Tensor<Double>(0.3), using: &$1).erased }
    ),
    ("binomial 12", { Tensor<Int64>.randomBinomial($0, trials: 12, probability: 0.3, using: &$1).erased }),
    ("binomial 1000", { Tensor<Int32>.randomBinomial($0, trials: 1000, probability: 0.7, using: &$1).erased }),
    ("poisson 4", { Tensor<Int64>.randomPoisson($0, rate: 4, using: &$1).erased }),
    ("poisson 400", { Tensor<Float>.randomPoisson($0, rate: 400, using: &$1).erased }),
    ("geometric", { Tensor<Int64>.randomGeometric($0, probability: 0.1, using: &$1).erased }),
    ("categorical", { Tensor<Int64>.randomCategorical($0, weights: Tensor<Float>([1, 2, 0, 3]), using: &$1).erased }),
    (
      "categorical by logits",
      { Tensor<Int64>.randomCategorical($0, logits: Tensor<Float>([1, 2, 0, 3]), using: &$1).erased }
    ),
    (
      "multinomial",
      { Tensor<Int64>.randomMultinomial($0, trials: 40, weights: Tensor<Double>([1, 2, 0, 3]), using: &$1).erased }
    ),
    ("choice", { Tensor<Int64>.randomChoice($0, from: 1000, using: &$1).erased }),
    (
      "choice without replacement",
      {
        Tensor<Int64>.randomChoice($0, from: $0.elementCount + 10, replacing: false, using: &$1).erased
      }
    ),
    (
      "weighted choice without replacement",
      {
        let weights = Tensor<Double>.arange(1, Double($0.elementCount + 10))
        return Tensor<Int64>.randomChoice($0, weights: weights, replacing: false, using: &$1).erased
      }
    ),
    ("permutation", { Tensor<Int64>.randomPermutation($0.elementCount, using: &$1).reshaped(to: $0).erased }),
    (
      "shuffled independently",
      {
        Tensor<Int64>.arange(Int64($0.elementCount)).shuffled(independently: true, using: &$1).reshaped(to: $0).erased
      }
    ),
  ]

  static func bytes(_ tensor: AnyTensor) -> [UInt8] { tensor.withUnsafeBytes { Array($0) } }
}
