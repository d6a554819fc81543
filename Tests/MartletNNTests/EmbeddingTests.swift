import MartletCore
import TestSupport
import Testing

@testable import MartletNN

@Suite struct EmbeddingTests {
  @Test func `vectors are looked up by any integers`() {
    let layer = Embedding(3, 2)
    layer.weight = [[1, 2], [3, 4], [5, 6]]
    #expect(layer([[2, 0]]) == Tensor([[[5, 6], [1, 2]]]))
    #expect(layer(Tensor<Int32>([1])) == Tensor([[3, 4]]))
    #expect(layer(Tensor<UInt8>([])).shape == [0, 2])
    #expect(Embedding(3, 2, paddingIndex: 1).weight[1] == [0, 0])
  }

  @Test func `indices are validated with their place`() throws {
    let model = Chain(Embedding(30, 2), inputShape: [4]) { Flatten() }
    let error = #expect(throws: ModuleError.self) {
      try running(model) { try model.validate([[1, 2, 3, 4], [5, 6, 31, 7]]) }
    }
    #expect(error?.description == "layer 0: expected indices in 0..<30, got 31 in row 1, column 2")
    try model.validate([[0, 29, 3, 4]])
    #expect(failure { () throws(ModuleError) in try EmbeddingBag(3, 2).validate([[-1]]) } != nil)
  }

  @Test func `an index out of range traps in the layer`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Chain(Embedding(5, 2)) { Flatten() }([[5]])
    }
    let text = errorText(result)
    #expect(text.contains("0 ..< 5"))
    #expect(text.contains("in layer 0"))
  }

  @Test func `padding is not trained, by any optimiser`() {
    let model = Chain(withRandomSeed(1) { Embedding(4, 2, paddingIndex: 3) }, inputShape: [3]) {
      Flatten()
      Dense(1)
    }
    let before = model.first.weight
    let optimizer = Adam(learningRate: 0.1)
    for _ in 0..<5 { optimizer.update(model, along: gradient(at: model) { $0([[0, 1, 3], [3, 3, 2]]).sum() }) }
    #expect(model.first.weight[3] == [0, 0])
    #expect(!(model.first.weight[0] == before[0]))
  }

  @Test func `long vectors are limited in the table in training, in the result in inference`() {
    let table: Tensor<Float> = [[3, 4], [0.3, 0.4], [0, 0], [6, 8]]
    func layer() -> Embedding {
      let layer = Embedding(4, 2, maxNorm: 1)
      layer.weight = table
      return layer
    }
    let (used, trained, frozen) = (layer(), layer(), layer())
    let output = used([0, 1, 2])
    #expect(isClose(output.erased.doubles, [0.6, 0.8, 0.3, 0.4, 0, 0], 1e-6))
    #expect(used.weight == table)
    #expect(withMode(.training) { trained([0, 1, 2]) } == output)
    // Only what is looked up is limited.
    #expect(trained.weight[0] == output[0] && trained.weight[3] == [6, 8])
    frozen.freeze()
    #expect(withMode(.training) { frozen([0, 1, 2]) } == output)
    #expect(frozen.weight == table)
    // In inference the gradient is that of what is computed: that of a long vector has no part along it. With u the
    // vector's direction and g what it is multiplied by, that is (g - u (u · g)) / 5.
    let slope = withMode(.inference) { gradient(at: used) { ($0([0, 1, 2]) * [1, 2]).sum() } }["weight"]!
    #expect(isClose(slope.doubles, [-0.064, 0.048, 1, 2, 1, 2, 0, 0], 1e-6))
  }

  @Test func `bags of any sizes`() {
    let layer = EmbeddingBag(3, 2, reduction: .sum)
    layer.weight = [[1, 2], [3, 4], [5, 6]]
    #expect(layer([0, 2, 1], offsets: [0, 0, 2]) == Tensor([[0, 0], [6, 8], [3, 4]]))
    #expect(layer([0, 2, 1], offsets: [0, 2], weights: [2, 1, -1]) == Tensor([[7, 10], [-3, -4]]))
    #expect(layer([[0, 2]], weights: [[2, 1]]) == Tensor([[7, 10]]))
    #expect(layer([], offsets: []).shape == [0, 2])
  }

  @Test func `mistakes in bags trap`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = EmbeddingBag(3, 2)([0, 1], offsets: [0, 3])
    }
    #expect(errorText(result).contains("ascending offsets from 0 to n, got indices [2] and offsets [0, 3]"))
    await #expect(processExitsWith: .failure) { _ = EmbeddingBag(3, 2)([0, 1], offsets: [1]) }
    await #expect(processExitsWith: .failure) { _ = EmbeddingBag(3, 2)([[0, 1]], weights: [[1, 1]]) }
    await #expect(processExitsWith: .failure) { _ = EmbeddingBag(3, 2, reduction: .sum)([[0, 1]], weights: [[1]]) }
    await #expect(processExitsWith: .failure) { _ = EmbeddingBag(3, 2)([0, 1]) }
    await #expect(processExitsWith: .failure) { _ = Embedding(0, 2) }
    await #expect(processExitsWith: .failure) { _ = Embedding(2, 2, paddingIndex: 2) }
    await #expect(processExitsWith: .failure) { _ = Embedding(2, 2, maxNorm: 0) }
  }

  @Test func `the weights of a bag have a gradient`() {
    let layer = EmbeddingBag(3, 2, reduction: .sum)
    layer.weight = [[1, 2], [3, 4], [5, 6]]
    let slope = gradient(at: Tensor<Float>([1, 1, 1])) { layer([0, 2, 1], offsets: [0, 2], weights: $0).sum() }
    #expect(slope == [3, 11, 7])
  }
}
