import LayerSamples
import MartletCore

@testable import MartletNN

/// A model around a layer: its output times a trained number, so that the layer has a path and something beside it.
final class Around: Module {
  let inner: any Module
  @Parameter var scale: Tensor<Float>
  private let run: ([AnyTensor]) -> Tensor<Float>

  init(_ instance: LayerSample.Instance) {
    inner = instance.module
    run = instance.run
    scale = Tensor(1.5)
  }

  func callAsFunction(_ inputs: [AnyTensor]) -> Tensor<Float> { running(self) { run(inputs) * scale } }
}
