import MartletCore
import MartletInspection
import MartletNN
import TestSupport
import Testing

/// Modules of the user's own, three levels deep, called as functions.
private final class Model: Layer {
  let encoder: Encoder
  init(_ failing: Failure) { encoder = Encoder(failing) }
  func forward(_ x: Tensor<Float>) -> Tensor<Float> { encoder(x) }
}

private final class Encoder: Layer {
  let blocks: [Block]
  init(_ failing: Failure) { blocks = [Block(.none), Block(failing)] }
  func forward(_ x: Tensor<Float>) -> Tensor<Float> { blocks.reduce(x) { $1($0) } }
}

private final class Block: Layer {
  let mix: Mix
  init(_ failing: Failure) { mix = Mix(failing) }
  func forward(_ x: Tensor<Float>) -> Tensor<Float> { mix(Pair(x: x, scale: 2)) }
}

/// A type of the user's own, so that the innermost is no layer of tensors alone.
private struct Pair {
  var x: Tensor<Float>
  var scale: Float
}

private final class Mix: Layer {
  @Parameter var shift = Tensor<Float>([1, 2, 3])
  let failing: Failure
  init(_ failing: Failure) { self.failing = failing }
  func forward(_ input: Pair) -> Tensor<Float> {
    switch failing {
    case .none: input.x * input.scale + shift
    case .shape: input.x + Tensor<Float>.zeros([4])
    case .number: input.x.log()
    }
  }
}

private enum Failure { case none, shape, number }

@Suite struct ModulePathTests {
  private static let x = Tensor<Float>([[-4, 1, 2]])

  @Test func `a trap names the path`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Model(.shape)(ModulePathTests.x)
    }
    #expect(errorText(result).contains("(in layer encoder.blocks.1.mix)"))
    // As seen from the model at which a gradient is taken, even if only a part of it is called.
    let partial = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient(at: Model(.shape)) { model in model.encoder.blocks[1](ModulePathTests.x).sum() }
    }
    #expect(errorText(partial).contains("(in layer encoder.blocks.1.mix)"))
  }

  @Test func `a report of NaN names the path`() {
    let model = Model(.number)
    let (_, report) = findingNonFinite { model(Self.x) }
    #expect(report?.layerPath == "encoder.blocks.1.mix")
    #expect(report?.operation == "log")
  }

  @Test func `a profile counts by paths, in the backward pass too`() {
    let model = Model(.none)
    let (_, profile) = profile { gradient(at: model) { $0(Self.x).sum() } }
    let paths = Set(profile.events.map(\.operation.layerPath))
    #expect(paths.isSuperset(of: ["encoder.blocks.0.mix", "encoder.blocks.1.mix"]))
    let backward = profile.events.filter { $0.operation.derivativeOf != nil }.map(\.operation.layerPath)
    #expect(backward.contains("encoder.blocks.1.mix"))
  }

  @Test func `a layer that reflection does not find is named by its type`() {
    let model = Lost()
    let (_, report) = findingNonFinite { model(Self.x) }
    #expect(report?.layerPath == "Encoder.blocks.1.mix" || report?.layerPath == "Encoder.Block.Mix")
    #expect(report?.layerPath.hasPrefix("Encoder") == true)
  }

  @Test func `layers within layers' lists are named as PyTorch names them, and removed ones no longer`() {
    let model = Sequential { [Dense(3, 3), Sequential { [Activation(.relu), Logarithm()] }] }
    let (_, report) = findingNonFinite { model(Tensor<Float>.zeros([1, 3])) }
    #expect(report?.layerPath == "1.1")
    let list = Growing()
    #expect(findingNonFinite { list(Self.x) }.report?.layerPath == "layers.0")
    list.layers = [Activation(.relu), Logarithm()]
    #expect(findingNonFinite { list(Tensor<Float>([0])) }.report?.layerPath == "layers.1")
  }
}

private final class Logarithm: Layer {
  func forward(_ x: Tensor<Float>) -> Tensor<Float> { (x * 0 - 1).log() }
}

private final class Growing: Layer {
  var layers: [any FloatLayer] = [Logarithm()]
  func forward(_ x: Tensor<Float>) -> Tensor<Float> { layers.reduce(x) { $1($0) } }
}

/// Holds its layer where no path leads.
private final class Lost: Layer {
  let call: (Tensor<Float>) -> Tensor<Float> = { Encoder(.number)($0) }
  func forward(_ x: Tensor<Float>) -> Tensor<Float> { call(x) }
}
