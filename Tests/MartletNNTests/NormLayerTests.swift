import MartletCore
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

/// What holds of normalising layers beside PyTorch's numbers, which TorchLayerTests has.
@Suite struct NormLayerTests {
  private static let layers: [@Sendable () -> any FloatLayer] = [
    { BatchNorm() }, { LayerNorm() }, { RMSNorm() }, { GroupNorm(2) },
  ]

  @Test(arguments: layers.indices) func `a layer learns its size where it stands`(_ index: Int) throws {
    let layer = Self.layers[index]()
    let model = Sequential(inputShape: [6]) {
      layer
      Dense(2)
    }
    #expect(model.parameters()[0].variable.value.shape == [6])
    let error = #expect(throws: ModuleError.self) { try model.outputShape(for: [7]) }
    #expect(error?.description.contains("not [7]") == true)
    #expect(error?.description.hasPrefix("layer 0: ") == true)
    let unknown = #expect(throws: ModuleError.self) { try Self.layers[index]().build(for: nil) }
    #expect(unknown?.description.contains("cannot be built") == true)
    #expect(throws: ModuleError.self) { try Self.layers[index]().build(for: [0]) }
    #expect(throws: ModuleError.self) { try Self.layers[index]().namedTensors() }
  }

  @Test(arguments: layers.indices) func `gradients are those of differences`(_ index: Int) throws {
    let layer = Self.layers[index]()
    try layer.build(for: [4])
    var random = SplitMix("norms")
    let (x, v, direction) = (random.tensor([5, 4]), random.tensor([5, 4]), random.tensor([5, 4]))
    for mode in [Mode.training, .inference] {
      func value(_ x: Tensor<Float>) -> Tensor<Float> { withMode(mode) { (layer(x) * v).sum() } }
      let buffers = layer.buffers().map(\.variable.value)
      let slope = (gradient(at: x) { value($0) } * direction).sum().item()
      for ((_, variable), kept) in zip(layer.buffers(), buffers) { variable.value = kept }
      let difference = (value(x + direction * 1e-2) - value(x - direction * 1e-2)).item() / 2e-2
      for ((_, variable), kept) in zip(layer.buffers(), buffers) { variable.value = kept }
      #expect(abs(slope - difference) < 2e-3 * max(1, abs(slope)), "\(layer) \(mode)")
    }
  }

  @Test func `BatchNorm keeps statistics in training alone, and none where it is frozen`() {
    let layer = BatchNorm(3)
    let x = Tensor<Float>([[1, 2, 3], [3, 2, 7]])
    _ = layer(x)
    #expect(layer.runningMean == [0, 0, 0])
    #expect(layer.batchCount == 0)
    let trained = withMode(.training) { layer(x) }
    #expect(isClose(trained.erased.doubles, [-1, 0, -1, 1, 0, 1], 1e-4))
    #expect(isClose(layer.runningMean!.erased.doubles, [0.2, 0.2, 0.5], 1e-6))
    // The batch's variances with one degree of freedom less: 2, 0, 8.
    #expect(isClose(layer.runningVariance!.erased.doubles, [1.1, 0.9, 1.7], 1e-6))
    #expect(layer.batchCount == 1)
    layer.freeze()
    #expect(withMode(.training) { layer(x) } == layer(x))
    #expect(layer.batchCount == 1)
    layer.unfreeze()
    #expect(withMode(.training) { layer(x) } == trained)
    #expect(layer.batchCount == 2)
  }

  @Test func `a batch of one row traps in training, and is normalised in inference`() async {
    #expect(isClose(BatchNorm(2, epsilon: 0)([[4, -1]]).erased.doubles, [4, -1], 1e-6))
    #expect(withMode(.training) { BatchNorm(1)(Tensor<Float>.ones([1, 1, 2])) }.shape == [1, 1, 2])
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Sequential(inputShape: [2]) {
        Dense(3)
        BatchNorm()
      }
      _ = gradient(at: model) { $0([[1, 2]]).sum() }
    }
    let text = errorText(result)
    #expect(text.contains("expected more than one value for each channel in training, got [1, 3]"))
    #expect(text.contains("in layer 1"))
  }

  @Test func `mistakes in sizes trap`() async {
    await #expect(processExitsWith: .failure) { _ = BatchNorm(0) }
    await #expect(processExitsWith: .failure) { _ = BatchNorm(2, momentum: 1.5) }
    await #expect(processExitsWith: .failure) { _ = LayerNorm(3, epsilon: -1) }
    await #expect(processExitsWith: .failure) { _ = GroupNorm(3, 4) }
    await #expect(processExitsWith: .failure) { _ = GroupNorm(0, 4) }
    await #expect(processExitsWith: .failure) { _ = LayerNorm(3, affine: false)(Tensor<Float>.zeros([2, 4])) }
    await #expect(processExitsWith: .failure) { _ = RMSNorm(1)(Tensor<Float>.zeros([2, 4])) }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm(3)(Tensor<Float>.zeros([2, 1]))
    }
    #expect(errorText(result).contains("BatchNorm: expected [batch, 3, …], got [2, 1]"))
    let unbuilt = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LayerNorm()(Tensor<Float>.zeros([2, 4]))
    }
    #expect(errorText(unbuilt).contains("LayerNorm() has no parameters yet"))
  }

  @Test func `uneven groups are an error of building`() {
    let error = #expect(throws: ModuleError.self) { try Sequential { GroupNorm(4) }.build(for: [6]) }
    #expect(error?.description == "layer 0: GroupNorm: expected channels in 4 equal groups, got 6 channels")
  }
}
