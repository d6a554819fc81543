import Foundation
import LayerSamples
import MartletCore
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

/// What holds of every layer, on the samples of `LayerSample.all`.
@Suite struct LayerLawTests {
  /// The public classes of the module whose declaration names one of these.
  private func classes(of parents: Set<String>) throws -> Set<String> {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/MartletNN").resolvingSymlinksInPath()
    let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    let pattern = /public (?:final )?class (\w+)(?:<[^>]*>)?\s*:\s*([^{]*?)(?:where [^{]*)?\{/
    var found: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
        let names = match.output.2.split(separator: ",").map {
          String($0.prefix { $0 != "<" }).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if !parents.isDisjoint(with: names) { found.insert(String(match.output.1)) }
      }
    }
    return found
  }

  @Test func `every layer in the sources has a sample`() throws {
    // What dropout and noise share is not made by itself.
    let found = try classes(of: ["Layer", "FloatLayer", "Activation", "TrainingNoise"]).subtracting(["TrainingNoise"])
    #expect(found.count >= 40, "the scan of the sources finds only \(found.sorted())")
    #expect(Set(LayerSample.all.map(\.type)) == found)
  }

  @Test func `every optimiser in the sources is tried`() throws {
    let found = try classes(of: ["ElementwiseOptimizer", "Optimizer", "MomentumOptimizer"])
    #expect(found.count >= 11, "the scan of the sources finds only \(found.sorted())")
    #expect(Set(Self.optimizers.map { "\(type(of: $0()))" }) == found)
  }

  // MARK: Values

  @Test(arguments: LayerSample.all) func `inference gives the same bits again, and changes nothing`(
    _ sample: LayerSample
  )
    throws
  {
    let layer = sample.make()
    let batch = sample.batch(5)
    let before = try layer.module.namedTensors()
    let first = withRandomSeed(1) { layer.run(batch) }
    let second = withRandomSeed(2) { layer.run(batch) }
    #expect(bits([first.erased]) == bits([second.erased]))
    #expect(bits(try layer.module.namedTensors().map(\.tensor)) == bits(before.map(\.tensor)))
  }

  @Test(arguments: LayerSample.all) func `a row in inference is what it is alone`(_ sample: LayerSample) {
    let layer = sample.make()
    let batch = sample.batch(5)
    let together = layer.run(batch)
    var greatest = 0.0
    for row in 0..<5 where !(sample.mixesRows && sample.needsRows) {
      let alone = layer.run(batch.map { $0.rows(row..<row + 1) })
      #expect(alone.shape == Shape([1] + together.shape.dropFirst()))
      greatest = max(greatest, distance(alone.erased, together.erased.rows(row..<row + 1)))
    }
    // One that normalises by the batch itself must notice the other rows.
    if sample.mixesRows {
      greatest = distance(layer.run(batch.map { $0.rows(0..<2) }).erased, together.erased.rows(0..<2))
    }
    #expect((greatest <= 1e-5) == !sample.mixesRows, "\(greatest)")
  }

  @Test(arguments: LayerSample.all) func `a batch without rows gives none`(_ sample: LayerSample) {
    let some = sample.make().run(sample.batch(2))
    let layer = sample.make()
    let none = sample.batch(0)
    if !sample.mixesRows { #expect(layer.run(none).shape == Shape([0] + some.shape.dropFirst())) }
    if sample.needsRows || sample.type == "BatchNorm" { return }
    let output = withMode(.training) { withRandomSeed(1) { layer.run(none) } }
    #expect(output.shape == Shape([0] + some.shape.dropFirst()))
    let gradients = lossGradients(Around(layer), none)
    #expect(gradients.isFinite)
  }

  @Test(arguments: LayerSample.all.indices.filter { LayerSample.all[$0].type == "BatchNorm" })
  func `a layer that normalises by the batch says so when it has no rows`(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [index] in
      let sample = LayerSample.all[index]
      let model = Around(sample.make())
      _ = withMode(.training) { model(sample.batch(0)) }
    }
    let text = errorText(result)
    #expect(text.contains("expected more than one value for each channel in training, got [0, 5"), "\(text)")
    #expect(text.contains("in layer inner"), "\(text)")
  }

  @Test(arguments: LayerSample.all.indices.filter { LayerSample.all[$0].wrong != nil })
  func `a wrong shape is named with the layer's path and what it takes`(_ index: Int) async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [index] in
      let sample = LayerSample.all[index]
      let model = Around(sample.make())
      _ = withMode(.training) { model(LayerSample.batch(sample.wrong!.inputs, 3)) }
    }
    let text = errorText(result)
    let sample = LayerSample.all[index]
    let wrong = try #require(sample.wrong)
    #expect(text.contains("in layer inner"), "\(text)")
    #expect(text.contains(wrong.expected), "\(text)")
    for tensor in LayerSample.batch(wrong.inputs, 3) { #expect(text.contains("\(tensor.shape)"), "\(text)") }
  }

  // MARK: Training

  private static let optimizers: [@Sendable () -> any Optimizer] = [
    { SGD(learningRate: 0.1, momentum: 0.9, weightDecay: 0.1) }, { Adam(weightDecay: 0.1) },
    { AdamW(weightDecay: 0.1) }, { Adamax(weightDecay: 0.1) }, { NAdam(weightDecay: 0.1) },
    { RAdam(weightDecay: 0.1) }, { RMSProp(weightDecay: 0.1, momentum: 0.9, centered: true) },
    { Adagrad(weightDecay: 0.1) }, { Adadelta(weightDecay: 0.1) }, { Lion(weightDecay: 0.1) },
    { LAMB(weightDecay: 0.1) },
  ]

  @Test(arguments: LayerSample.all) func `what is frozen keeps its bits in five steps of any optimiser`(
    _ sample: LayerSample
  ) throws {
    for optimizer in Self.optimizers {
      let model = Around(sample.make())
      for (path, variable) in model.parameters() where path != "scale" { variable.isTrainable = false }
      // Of what is not trained, running statistics stay as well where the layer has parameters that can be frozen.
      let kept = model.parameters().filter { $0.path != "scale" } + model.buffers()
      let before = bits(kept.map(\.variable.value))
      let scale = model.scale
      train(model, optimizer(), sample, steps: 0..<5)
      #expect(bits(kept.map(\.variable.value)) == before, "\(type(of: optimizer()))")
      #expect(model.scale != scale, "\(type(of: optimizer()))")
    }
  }

  @Test(arguments: LayerSample.all) func `one thread and several give the same bits`(_ sample: LayerSample) {
    let batch = sample.batch(6000)
    func run(_ threads: Int) -> [[UInt8]] {
      withThreads(threads) {
        let model = Around(sample.make())
        let (value, gradients) = withRandomSeed(3) {
          valueWithGradient(at: model) { model in model(batch).squared().mean() }
        }
        let inputs = sample.floatPlaces.map { slope(model, batch, at: $0).erased }
        let output = withRandomSeed(3) { withMode(.training) { model(batch) } }
        return bits([value.erased, output.erased] + gradients.map(\.gradient) + inputs)
      }
    }
    #expect(run(1) == run(4))
  }

  @Test(arguments: LayerSample.all) func `saved, loaded and continued is continued`(_ sample: LayerSample) throws {
    let (model, optimizer) = (Around(sample.make()), Adam(learningRate: 0.05))
    train(model, optimizer, sample, steps: 0..<3)
    let (other, resumed) = (Around(sample.make(seed: 99)), Adam(learningRate: 0.05))
    try other.load(try model.namedTensors().shuffled())
    try resumed.restoreState(optimizer.state(for: model).shuffled(), for: other)
    train(model, optimizer, sample, steps: 3..<6)
    train(other, resumed, sample, steps: 3..<6)
    #expect(bits(try model.namedTensors().map(\.tensor)) == bits(try other.namedTensors().map(\.tensor)))
    #expect(bits([model(sample.batch(4)).erased]) == bits([other(sample.batch(4)).erased]))
  }

  // MARK: Functions of functions

  @Test(arguments: LayerSample.all) func `in a checkpoint it is what it is without`(_ sample: LayerSample) throws {
    let batch = sample.batch(5)
    let (plain, inside) = (Around(sample.make()), Around(sample.make()))
    let wanted = withRandomSeed(5) { gradient(at: plain) { $0(batch).squared().sum() } }
    let got = withRandomSeed(5) {
      gradient(at: inside) { model in checkpointed { checkpointed { model(batch) } * 1 }.squared().sum() }
    }
    #expect(got.paths == wanted.paths)
    #expect(bits(got.map(\.gradient)) == bits(wanted.map(\.gradient)))
    // Running statistics and vectors that are limited are changed once.
    let state = try plain.namedTensors().map(\.tensor)
    #expect(bits(try inside.namedTensors().map(\.tensor)) == bits(state))
    for index in sample.floatPlaces {
      let alone = slope(plain, batch, at: index)
      let again = slope(inside, batch, at: index) { model, inputs in checkpointed { model(inputs) } }
      #expect(bits([alone.erased]) == bits([again.erased]))
    }
  }

  @Test(arguments: LayerSample.all, [Mode.training, .inference])
  func `forward and backward derivatives agree`(_ sample: LayerSample, _ mode: Mode) {
    let batch = sample.batch(5)
    let model = Around(sample.make())
    for index in sample.floatPlaces {
      let x = Tensor<Float>(unchecked: batch[index])
      let tangent = Tensor<Float>(unchecked: LayerSample.batch(sample.inputs, 5, seed: 11)[index])
      func output(_ x: Tensor<Float>) -> Tensor<Float> {
        var inputs = batch
        inputs[index] = x.erased
        return withMode(mode) { withRandomSeed(5) { model(inputs) } }
      }
      let (value, along) = differential(at: x, of: output)
      let (same, back) = pullback(at: x, of: output)
      if mode == .inference { #expect(bits([value.erased]) == bits([same.erased])) }
      let moved = along(tangent)
      let cotangent = moved + 1
      let forward = (moved * cotangent).sum().item()
      let backward = (back(cotangent) * tangent).sum().item()
      let size = (moved.abs() * cotangent.abs()).sum().item()
      #expect(abs(forward - backward) <= 2e-5 * max(1, size), "\(forward) and \(backward)")
    }
  }

  @Test(arguments: LayerSample.all) func `vectorized over batches it is a loop in inference`(_ sample: LayerSample) {
    if sample.refusal.inference != nil { return }
    let layer = sample.make()
    let batches = (0..<3).map { sample.batch(4, seed: UInt64($0)) }
    let stacked = sample.inputs.indices.map { index in AnyTensor(stacking: batches.map { $0[index] }) }
    let got = sample.vectorized(layer, stacked, mode: .inference)
    let wanted = AnyTensor(stacking: batches.map { layer.run($0).erased })
    #expect(got.shape == wanted.shape && distance(got.erased, wanted) <= 1e-5)
  }

  @Test(arguments: LayerSample.all) func `vectorized over batches it is a loop in training`(_ sample: LayerSample) {
    if sample.refusal.training != nil { return }
    let (layer, other) = (sample.make(), sample.make())
    let batches = (0..<3).map { sample.batch(4, seed: UInt64($0)) }
    let stacked = sample.inputs.indices.map { index in AnyTensor(stacking: batches.map { $0[index] }) }
    let got = withRandomSeed(5) { sample.vectorized(layer, stacked, mode: .training) }
    let wanted = withRandomSeed(5) { withMode(.training) { AnyTensor(stacking: batches.map { other.run($0).erased }) } }
    #expect(got.shape == wanted.shape)
    if !(layer.module is TrainingNoise) {
      #expect(distance(got.erased, wanted) <= 1e-5)
      return
    }
    // Every example has random numbers of its own, and the same with the same seed.
    let again = withRandomSeed(5) { sample.vectorized(layer, stacked, mode: .training) }
    #expect(bits([got.erased]) == bits([again.erased]))
    let ones = stacked.map { _ in Tensor<Float>.ones(Shape([3] + sample.batch(4)[0].shape.dimensions)).erased }
    let noisy = withRandomSeed(5) { sample.vectorized(layer, ones, mode: .training) }
    #expect(noisy[0] != noisy[1] && noisy[1] != noisy[2])
  }

  @Test(arguments: LayerSample.all.indices.filter { LayerSample.all[$0].refusal.training != nil })
  func `what cannot be vectorized in training says why`(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [index] in
      let sample = LayerSample.all[index]
      let stacked = sample.batch(4).map { AnyTensor(stacking: [$0, $0, $0]) }
      _ = sample.vectorized(sample.make(), stacked, mode: .training)
    }
    let wanted = LayerSample.all[index].refusal.training!
    #expect(errorText(result).contains(wanted), "\(errorText(result))")
    #expect(errorText(result).contains("vectorized"), "\(errorText(result))")
  }

  // MARK: What the laws share

  private func train(_ model: Around, _ optimizer: some Optimizer, _ sample: LayerSample, steps: Range<Int>) {
    for step in steps {
      let batch = sample.batch(6, seed: UInt64(step))
      let gradients = withRandomSeed(UInt64(step)) { lossGradients(model, batch) }
      optimizer.update(model, along: gradients)
    }
  }

  private func lossGradients(_ model: Around, _ batch: [AnyTensor]) -> Gradients {
    gradient(at: model) { ($0(batch) - 0.5).squared().sum() }
  }

  /// The gradient at one of the inputs, in training and with the same random numbers each time.
  private func slope(
    _ model: Around, _ batch: [AnyTensor], at index: Int,
    of function: (Around, [AnyTensor]) -> Tensor<Float> = { $0($1) }
  ) -> Tensor<Float> {
    MartletCore.gradient(at: Tensor<Float>(unchecked: batch[index])) { x in
      var inputs = batch
      inputs[index] = x.erased
      return withMode(.training) { withRandomSeed(5) { function(model, inputs).squared().sum() } }
    }
  }

  /// The greatest difference between two tensors, relative to the greatest element.
  private func distance(_ a: AnyTensor, _ b: AnyTensor) -> Double {
    let scale = max(1, b.doubles.reduce(0) { max($0, abs($1)) })
    return zip(a.doubles, b.doubles).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
  }
}

extension AnyTensor {
  /// Rows of a batch.
  fileprivate func rows(_ range: Range<Int>) -> AnyTensor {
    scalarType == .int64
      ? Tensor<Int64>(unchecked: self)[range].erased : Tensor<Float>(unchecked: self)[range].erased
  }
}

extension LayerSample {
  /// The layer applied to each of several batches, which are stacked, by a vectorized function.
  fileprivate func vectorized(_ layer: Instance, _ stacked: [AnyTensor], mode: Mode) -> Tensor<Float> {
    if case .indices = inputs[0] {
      let function: (Tensor<Int64>) -> Tensor<Float> = { x in withMode(mode) { layer.run([x.erased]) } }
      return MartletCore.vectorized(function)(Tensor(unchecked: stacked[0]))
    }
    if inputs.count == 2 {
      let function: (Tensor<Float>, Tensor<Float>) -> Tensor<Float> = { a, b in
        withMode(mode) { layer.run([a.erased, b.erased]) }
      }
      return MartletCore.vectorized(function)(Tensor(unchecked: stacked[0]), Tensor(unchecked: stacked[1]))
    }
    let function: (Tensor<Float>) -> Tensor<Float> = { x in withMode(mode) { layer.run([x.erased]) } }
    return MartletCore.vectorized(function)(Tensor(unchecked: stacked[0]))
  }
}
