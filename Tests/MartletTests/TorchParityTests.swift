import Martlet
import TestSupport
import Testing

/// PyTorch's training run and its model file, from the same numbers.
@Suite struct TorchParityTests {
  /// Dense(32) and its activation apart, as PyTorch's model has them: the names of the parameters must agree.
  private func network() -> Sequential {
    Sequential(inputShape: [64]) {
      Dense(32)
      Activation(.relu)
      Dense(10)
    }
  }

  @Test
  func `100 Adam steps on digits follow PyTorch's loss to 1e-4 at each step`() throws {
    let fixture = try Fixture("parity")
    let x = try fixture.tensor("pixels", as: UInt8.self).cast(to: Float.self) / 16
    let labels = try fixture.tensor("labels", as: Int32.self)
    let batches = try fixture.tensor("batches", as: Int32.self).cast(to: Int64.self)
    let expected = try fixture.tensor("losses", as: Float.self).scalars
    #expect(expected.count == 100)

    let model = network()
    try model.load(fixture.entries(under: "initial."), source: "parity.safetensors")
    let optimizer = Adam(learningRate: 1e-3)
    for step in 0..<expected.count {
      let rows = batches[step]
      let (loss, gradients) = valueWithGradient(at: model) { model in
        crossEntropy(logits: model(x.take(rows)), labels: labels.take(rows))
      }
      #expect(
        abs(loss.item() - expected[step]) <= 1e-4 * expected[step],
        "step \(step): the loss is \(loss.item()), PyTorch's \(expected[step])")
      optimizer.update(model, along: gradients)
    }

    for (path, variable) in model.parameters() {
      let weights = try Tensor<Float>(variable.value)
      let final = try fixture.tensor("final.\(path)", as: Float.self)
      #expect(difference(weights, final, tolerance: 1e-4, floor: 1e-2) == nil, "\(path)")
    }
  }

  @Test
  func `a model file written by PyTorch loads and predicts the same to 1e-6`() throws {
    let outputs = try Fixture("torch-model-outputs")
    let model = network()
    try model.load(from: Fixture.path("torch-model"))
    let predicted = model(try outputs.tensor("inputs"))
    let expected: Tensor<Float> = try outputs.tensor("outputs")
    let largest = expected.abs().max().item()
    #expect(difference(predicted, expected, tolerance: 1e-6, floor: largest) == nil)
  }

  @Test
  func `a file that PyTorch wrote and one that Martlet writes hold the same tensors`() throws {
    let model = network()
    try model.load(from: Fixture.path("torch-model"))
    let original = try Fixture("torch-model").tensors
    let written = try Safetensors.read(bytes: Safetensors.bytes(of: model.namedTensors()), source: "bytes").tensors
    #expect(Set(written.map(\.name)) == Set(original.keys))
    for (name, tensor) in written {
      let before = try #require(original[name])
      #expect(try Tensor<Float>(tensor) == Tensor<Float>(before), "\(name)")
    }
  }
}
