import Martlet

/// A multi-layer perceptron with ReLU between its layers: sizes, data and initial parameters.
///
/// Seeds: the batch's features 1, its targets 2, layer l's weight `[out, in]` 100 + 2 l and bias `[out]` 101 + 2 l, l
/// from 0. Features are in ±1; weights in ±√(6/in), biases in ±1/√in (float64, then rounded with the value). Targets of
/// regression are in ±1; classes are labels.
struct Network: Sendable {
  enum Task: Sendable {
    /// Mean squared error against random targets.
    case regression
    /// Cross-entropy of the softmax with random labels.
    case classification
  }

  /// The sizes of the input, of the hidden layers and of the output.
  let sizes: [Int]
  let task: Task
  /// Adam's learning rate. Large networks get a small one: otherwise rounding alone would move their loss by a percent
  /// in ten steps, and contestants could not be held to the same check value.
  let learningRate: Double

  static let small = Network(sizes: [10, 64, 1], task: .regression, learningRate: 1e-3)
  /// Hidden layers of such a size that others begin to share its products among threads.
  static let middling = Network(sizes: [10, 46, 46, 10], task: .classification, learningRate: 1e-3)
  static let images = Network(sizes: [784, 512, 512, 10], task: .classification, learningRate: 1e-3)
  static let square = Network(
    sizes: [1024, 1024, 1024, 1024, 1024, 10], task: .classification, learningRate: 1e-4)
  static let deep = Network(
    sizes: Array(repeating: 1024, count: 13) + [10], task: .classification, learningRate: 1e-5)
  static let wide = Network(sizes: [784, 4096, 4096, 10], task: .classification, learningRate: 1e-5)

  var parameterCount: Int { zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 } }
  private var weightCount: Int { zip(sizes, sizes.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } }

  /// The initial weight and bias of each layer.
  typealias Parameters = [(weight: Tensor<Float>, bias: Tensor<Float>)]

  func parameters() -> Parameters {
    sizes.indices.dropLast().map { index in
      let (input, output, seed) = (sizes[index], sizes[index + 1], UInt32(100 + 2 * index))
      return (
        WorkloadData.tensor([output, input], seed: seed, scale: (6 / Double(input)).squareRoot()),
        WorkloadData.tensor([output], seed: seed + 1, scale: 1 / Double(input).squareRoot())
      )
    }
  }

  /// The model with its initial parameters.
  func model() -> Sequential { model(parameters()) }

  func model(_ parameters: Parameters) -> Sequential {
    let layers = sizes.indices.dropLast().map { index in
      Dense(
        sizes[index], sizes[index + 1], activation: index + 2 == sizes.count ? .identity : .relu, initializer: .zeros,
        biasInitializer: .zeros)
    }
    for (layer, initial) in zip(layers, parameters) { (layer.weight, layer.bias) = initial }
    return Sequential { layers }
  }

  /// Features `[rows, in]`.
  func features(_ rows: Int) -> Tensor<Float> { WorkloadData.tensor([rows, sizes[0]], seed: 1) }

  /// Targets of regression `[rows, out]`.
  func targets(_ rows: Int) -> Tensor<Float> { WorkloadData.tensor([rows, sizes.last!], seed: 2) }

  /// Labels `[rows]`.
  func labels(_ rows: Int) -> Tensor<Int32> { WorkloadData.labels(rows, classes: sizes.last!, seed: 2) }

  /// The work of a prediction for some rows: one product for each layer; parameters and inputs read, outputs written.
  func predictionWork(_ rows: Int) -> Work {
    Work(
      flop: 2 * Double(rows * weightCount),
      bytes: 4 * Double(parameterCount + rows * (sizes[0] + sizes.last!)))
  }

  /// The work of a training step: the products of forward, of the weights' gradients, and of the gradients of all
  /// layers' inputs but the first's; parameters read twice and their gradients written once, and the optimiser's
  /// `optimizerBytes` for each parameter.
  func stepWork(_ rows: Int, optimizerBytes: Int) -> Work {
    Work(
      flop: 2 * Double(rows * (3 * weightCount - sizes[0] * sizes[1])),
      bytes: Double(parameterCount * (12 + optimizerBytes) + 4 * rows * (sizes[0] + sizes.last!)))
  }
}
