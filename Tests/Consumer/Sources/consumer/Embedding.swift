import Martlet

/// A layer that takes integers: a trained vector for each index, `[batch]` to `[batch, size]`.
final class Embedding: Layer {
  @Parameter var vectors: Tensor<Float>

  init(_ count: Int, size: Int) {
    vectors = .randomNormal([count, size], standardDeviation: 0.1)
  }

  func forward(_ indices: Tensor<Int32>) -> Tensor<Float> { vectors.take(indices) }

  func validate(_ indices: Tensor<Int32>) throws(ModuleError) {
    try checkIndices(indices, in: 0..<vectors.shape[0])
  }
}
