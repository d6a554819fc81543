import MartletCore
import MartletNN
import Testing

/// A layer as the laws see it: how it is made, what batches it takes, and which one it refuses.
package struct LayerSample: Sendable, CustomTestStringConvertible {
  /// One input of a batch, without the axis of the examples.
  package enum Input: Sendable {
    case floats(Shape)
    case indices(Shape, below: Int)
  }

  /// A layer that was made, behind the same interface whatever its input is.
  package struct Instance {
    package let module: any Module
    package let run: ([AnyTensor]) -> Tensor<Float>
  }

  /// The layer's type, as in the sources.
  package let type: String
  package let label: String
  package let inputs: [Input]
  /// Inputs that the layer does not take, and what it says it takes; nil for a layer that takes all.
  package let wrong: (inputs: [Input], expected: String)?
  /// Whether a row's output in inference depends on the other rows.
  package let mixesRows: Bool
  /// Whether training needs several rows.
  package let needsRows: Bool
  /// Why the layer cannot be vectorized over examples in training and in inference; nil where it can.
  package let refusal: (training: String?, inference: String?)
  private let create: @Sendable () -> Instance

  package var testDescription: String { label == "" ? type : "\(type), \(label)" }

  private init(
    _ type: String, _ label: String, _ inputs: [Input], wrong: (inputs: [Input], expected: String)?, mixesRows: Bool,
    needsRows: Bool, refusal: (training: String?, inference: String?), _ create: @escaping @Sendable () -> Instance
  ) {
    (self.type, self.label, self.inputs, self.wrong) = (type, label, inputs, wrong)
    (self.mixesRows, self.needsRows, self.refusal, self.create) = (mixesRows, needsRows, refusal, create)
  }

  /// The layer with parameters from this seed.
  package func make(seed: UInt64 = 1) -> Instance { withRandomSeed(seed) { create() } }

  /// A batch of `rows` examples.
  package func batch(_ rows: Int, seed: UInt64 = 7) -> [AnyTensor] { LayerSample.batch(inputs, rows, seed: seed) }

  package static func batch(_ inputs: [Input], _ rows: Int, seed: UInt64 = 7) -> [AnyTensor] {
    var generator = RandomGenerator(seed: seed)
    return inputs.map { input in
      switch input {
      case .floats(let shape): Tensor<Float>.randomNormal(Shape([rows] + shape), using: &generator).erased
      case .indices(let shape, let count):
        Tensor<Int64>.randomInteger(Shape([rows] + shape), in: 0..<Int64(count), using: &generator).erased
      }
    }
  }

  /// The places of the inputs that a gradient can be taken at.
  package var floatPlaces: [Int] { inputs.indices.filter { if case .floats = inputs[$0] { true } else { false } } }

  // MARK: Samples by the kind of input

  static func floats(
    _ type: String, _ shape: Shape, label: String = "", wrong: (Shape, String)? = nil, mixesRows: Bool = false,
    needsRows: Bool = false, refusal: (training: String?, inference: String?) = (nil, nil),
    _ layer: @escaping @Sendable () -> any FloatLayer
  ) -> LayerSample {
    LayerSample(
      type, label, [.floats(shape)], wrong: wrong.map { ([.floats($0.0)], $0.1) }, mixesRows: mixesRows,
      needsRows: needsRows, refusal: refusal
    ) {
      let layer = layer()
      return Instance(module: layer) { layer(Tensor(unchecked: $0[0])) }
    }
  }

  static func indices(
    _ type: String, _ shape: Shape, below count: Int, label: String = "", wrong: (Shape, String)? = nil,
    refusal: (training: String?, inference: String?) = (nil, nil),
    _ layer: @escaping @Sendable () -> any Layer<Tensor<Int64>, Tensor<Float>>
  ) -> LayerSample {
    LayerSample(
      type, label, [.indices(shape, below: count)], wrong: wrong.map { ([.indices($0.0, below: count)], $0.1) },
      mixesRows: false, needsRows: false, refusal: refusal
    ) {
      let layer = layer()
      return Instance(module: layer) { layer(Tensor(unchecked: $0[0])) }
    }
  }

  static func pair(
    _ type: String, _ first: Shape, _ second: Shape, wrong: (Shape, Shape, String),
    _ layer: @escaping @Sendable () -> Bilinear
  ) -> LayerSample {
    LayerSample(
      type, "", [.floats(first), .floats(second)], wrong: ([.floats(wrong.0), .floats(wrong.1)], wrong.2),
      mixesRows: false, needsRows: false, refusal: (nil, nil)
    ) {
      let layer = layer()
      return Instance(module: layer) { layer(Tensor(unchecked: $0[0]), Tensor(unchecked: $0[1])) }
    }
  }
}

extension LayerSample {
  /// Every layer of the library.
  package static let all: [LayerSample] = [affine, norms, noise, tables, shapes, containers, activations].flatMap { $0 }

  private static let affine: [LayerSample] = [
    .floats("Dense", [6], wrong: ([7], "6")) { Dense(6, 4, activation: .gelu) },
    .floats("Dense", [3, 6], label: "positions, no bias", wrong: ([6, 3], "6")) { Dense(6, 4, useBias: false) },
    .pair("Bilinear", [3], [5], wrong: ([4], [5], "[…, 3] and […, 5]")) { Bilinear(3, 5, 2) },
  ]

  private static let norms: [LayerSample] = [
    .floats("BatchNorm", [5], wrong: ([6], "[batch, 5, …]"), needsRows: true, refusal: (tracking, nil)) {
      BatchNorm(5)
    },
    .floats("BatchNorm", [5, 2, 3], label: "images", wrong: ([2, 5, 3], "[batch, 5, …]"), refusal: (tracking, nil)) {
      BatchNorm(5, momentum: nil)
    },
    .floats("BatchNorm", [5], label: "trackless", wrong: ([6], "[batch, 5, …]"), mixesRows: true, needsRows: true) {
      BatchNorm(5, tracksStatistics: false)
    },
    .floats("LayerNorm", [6], wrong: ([7], "[…, 6]")) { LayerNorm(6) },
    .floats("LayerNorm", [2, 6], label: "shape", wrong: ([6, 2], "[…, 2, 6]")) { LayerNorm([2, 6], useBias: false) },
    .floats("RMSNorm", [6], wrong: ([7], "[…, 6]")) { RMSNorm(6) },
    .floats("GroupNorm", [6], wrong: ([7], "[batch, 6, …]")) { GroupNorm(2, 6) },
    .floats("GroupNorm", [6, 2, 2], label: "images", wrong: ([3, 2, 2], "[batch, 6, …]")) { GroupNorm(3, 6) },
  ]

  private static let noise: [LayerSample] = [
    .floats("Dropout", [6]) { Dropout(0.4) },
    .floats("Dropout", [6, 3], label: "whole features", wrong: ([], "[batch, features, …]")) {
      Dropout(0.4, wholeFeatures: true)
    },
    .floats("AlphaDropout", [6]) { AlphaDropout(0.4) },
    .floats("GaussianDropout", [6]) { GaussianDropout(0.4) },
    .floats("GaussianNoise", [6]) { GaussianNoise(0.4) },
  ]

  private static let tables: [LayerSample] = [
    .indices("Embedding", [3], below: 9) { Embedding(9, 4, paddingIndex: 2) },
    .indices("Embedding", [3], below: 9, label: "maxNorm", refusal: (limiting, nil)) { Embedding(9, 4, maxNorm: 1) },
    .indices("EmbeddingBag", [3], below: 9, wrong: ([], "[batch, width]"), refusal: (reading, reading)) {
      EmbeddingBag(9, 4, paddingIndex: 2)
    },
    .indices(
      "EmbeddingBag", [3], below: 9, label: "max", wrong: ([2, 2], "[batch, width]"), refusal: (reading, reading)
    ) {
      EmbeddingBag(9, 4, reduction: .max)
    },
  ]

  private static let shapes: [LayerSample] = [
    .floats("Flatten", [2, 3]) { Flatten() },
    .floats("Reshape", [6], wrong: ([7], "a batch of examples of that many elements")) { Reshape([2, 3]) },
    .floats("Lambda", [6]) { Lambda { $0 * 2 } },
    .floats("GLU", [6], wrong: ([7], "even")) { GLU() },
    .floats("PReLU", [6], wrong: ([7], "[6]")) { PReLU(6) },
    .floats("PReLU", [6], label: "one slope") { PReLU() },
    .floats("Softmax", [6]) { Softmax() },
    .floats("LogSoftmax", [6]) { LogSoftmax() },
    .floats("Activation", [6]) { Activation(.tanh) },
  ]

  private static let containers: [LayerSample] = [
    .floats("Sequential", [6], wrong: ([7], "6"), needsRows: true, refusal: (tracking, nil)) {
      Sequential(inputShape: [6]) {
        Dense(5, activation: .relu)
        BatchNorm()
        Dropout(0.3)
        Dense(3)
      }
    },
    .floats("Residual", [6], wrong: ([7], "6")) {
      Residual {
        Dense(6, 5, activation: .relu)
        Dense(5, 6)
      }
    },
    .floats("Parallel", [6], wrong: ([7], "6")) {
      Parallel {
        Dense(6, 5, activation: .relu)
        Dense(6, 2)
      }
    },
    .indices("Chain", [3], below: 9) {
      Chain(Embedding(9, 4), inputShape: [3]) {
        Flatten()
        Dense(2)
      }
    },
  ]

  /// The activations that have layers of their own.
  private static let activations: [LayerSample] = [
    .floats("Identity", [6]) { Identity() },
    .floats("ReLU", [6]) { ReLU() },
    .floats("LeakyReLU", [6]) { LeakyReLU() },
    .floats("ELU", [6]) { ELU() },
    .floats("SELU", [6]) { SELU() },
    .floats("GELU", [6]) { GELU() },
    .floats("SiLU", [6]) { SiLU() },
    .floats("Mish", [6]) { Mish() },
    .floats("Sigmoid", [6]) { Sigmoid() },
    .floats("Tanh", [6]) { Tanh() },
    .floats("Softplus", [6]) { Softplus() },
    .floats("LogSigmoid", [6]) { LogSigmoid() },
    .floats("CELU", [6]) { CELU() },
    .floats("ReLU6", [6]) { ReLU6() },
    .floats("HardTanh", [6]) { HardTanh() },
    .floats("HardSigmoid", [6]) { HardSigmoid() },
    .floats("HardSwish", [6]) { HardSwish() },
    .floats("Softsign", [6]) { Softsign() },
    .floats("Tanhshrink", [6]) { Tanhshrink() },
    .floats("Softshrink", [6]) { Softshrink() },
    .floats("Hardshrink", [6]) { Hardshrink() },
    .floats("Threshold", [6]) { Threshold(0.1, value: -1) },
  ]

  private static let tracking = "running statistics"
  private static let limiting = "Embedding(maxNorm:)"
  private static let reading = "cannot ask for the elements"
}
