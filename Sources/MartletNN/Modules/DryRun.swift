import MartletCore

/// A run of a model on few examples, and what the door and the layers tell of it: shapes, work and memory.
final class DryRun: Observer {
  /// The shapes of what each layer made last, by path.
  private(set) var outputs: [String: [Shape]] = [:]
  /// Floating-point operations outside of derivatives, by layer.
  private(set) var flops: [String: Int] = [:]
  /// All floating-point operations, those of derivatives too.
  private(set) var totalFlops = 0
  /// Bytes of the tensors that the run has made and that are still in use, after each operation.
  private(set) var liveBytes: [Int] = []
  private var blocks: [UnsafeMutableRawPointer: Block] = [:]

  /// Memory that operations of the run have made, and the bodies that see it.
  private struct Block {
    let byteCount: Int
    var bodies: [Reference]

    struct Reference { weak var body: TensorBody? }
  }

  /// Applies the model in inference mode; `step` gives its output.
  static func inference<M: Module>(of model: M, _ step: (M) -> Any) -> DryRun {
    observing(model) { withMode(.inference) { withoutGradient { _ = running(model) { step(model) } } } }
  }

  /// Takes the gradient of the sum of the model's output, in training mode, and leaves parameters and buffers as they
  /// were.
  static func training<M: Module>(of model: M, _ step: (M) -> Any) -> DryRun {
    observing(model) {
      withMode(.training) {
        _ = gradient(at: model) { model in
          let sums = tensors(in: step(model)).filter { $0.scalarType == .float32 || $0.scalarType == .float64 }.map {
            tensor in
            Tensor<Float>(unchecked: apply(Reduction(.sum, allOf: tensor.rank), tensor).converted(to: .float32))
          }
          return sums.dropFirst().reduce(sums.first ?? Tensor(0), +)
        }
      }
    }
  }

  private static func observing(_ model: some Module, _ body: () -> Void) -> DryRun {
    let run = DryRun()
    let kept = model.structure.entries.map(\.variable).filter(\.isInitialized).map { ($0, $0.value) }
    // A scope of its own, so that the caller's random numbers are not used up.
    withRandomSeed(0) { Observation.with(run, body) }
    for (variable, value) in kept where variable.value.body !== value.body { variable.value = value }
    return run
  }

  func didRunLayer(_ output: Any) { outputs[LayerPath.current] = DryRun.tensors(in: output).map(\.shape) }

  func observe(_ event: DoorEvent) {
    if !event.isAlias {
      totalFlops += event.cost.flops
      if event.derivativeOf == nil { flops[event.layerPath, default: 0] += event.cost.flops }
    }
    for (address, block) in blocks {
      let used = block.bodies.filter { $0.body != nil }
      blocks[address] = used.isEmpty ? nil : Block(byteCount: block.byteCount, bodies: used)
    }
    for body in event.writing {
      if blocks[body.block] != nil {
        blocks[body.block]?.bodies.append(.init(body: body))
      } else if !event.isInPlace, !event.reading.contains(where: { $0.sharesBlock(with: body) }) {
        blocks[body.block] = Block(byteCount: body.count * body.scalarType.size, bodies: [.init(body: body)])
      }
    }
    liveBytes.append(blocks.values.reduce(0) { $0 + $1.byteCount })
  }

  /// The tensors in a value, in order.
  static func tensors(in value: Any) -> [AnyTensor] {
    if let tensor = value as? any TensorOfAnyType { return [tensor.erasedTensor] }
    return Mirror(reflecting: value).children.flatMap { tensors(in: $0.value) }
  }

  /// The most bytes that a step of `batchSize` examples would have in use, from steps of two and of three: every tensor
  /// has a part that is fixed and one for each example.
  static func peakBytes(_ two: DryRun, _ three: DryRun, batchSize: Int) -> Int {
    func scaled(_ atTwo: Int, _ atThree: Int) -> Int { atTwo + (atThree - atTwo) * (batchSize - 2) }
    let (a, b) = (two.liveBytes, three.liveBytes)
    if a.count != b.count { return scaled(a.max() ?? 0, b.max() ?? 0) }
    return zip(a, b).map(scaled).max() ?? 0
  }
}

/// What a value is recognised by as a tensor.
protocol TensorOfAnyType {
  var erasedTensor: AnyTensor { get }
  static func allZero(_ shape: Shape) -> Self
}

extension Tensor: TensorOfAnyType {
  var erasedTensor: AnyTensor { erased }

  static func allZero(_ shape: Shape) -> Tensor {
    Tensor(unchecked: AnyTensor(full: shape, 0, scalarType: Scalar.scalarType))
  }
}
