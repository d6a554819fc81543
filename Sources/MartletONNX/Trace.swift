import MartletCore

/// What a model did when it ran once, as operations on numbered values.
final class Trace: Observer {
  enum Source {
    case input(Int)
    /// A parameter or buffer, by its path.
    case parameter(String)
    /// What the model holds, or makes of numbers.
    case constant
    /// An operation has made it.
    case made
  }

  struct Value {
    let spec: TensorSpec
    let source: Source
    /// The elements; nil where they follow from the inputs.
    let tensor: AnyTensor?

    var isDependent: Bool { tensor == nil }
  }

  struct Operation {
    let primitive: any Primitive
    let layer: String
    let reads: [Int]
    let writes: [Int]
  }

  private(set) var values: [Value] = []
  private(set) var operations: [Operation] = []
  private(set) var outputs: [Int] = []
  private var failure: ONNXError?
  private var numbers = BodyNumbers()
  private let parameters: [ObjectIdentifier: String]

  private init(_ parameters: [ObjectIdentifier: String]) { self.parameters = parameters }

  /// Runs a function of some inputs. `parameters` are the paths of the tensors that it reads.
  static func run(
    _ inputs: [AnyTensor], parameters: [(path: String, tensor: AnyTensor)], _ function: () -> [AnyTensor]
  ) throws(ONNXError) -> Trace {
    let paths = parameters.map { (ObjectIdentifier($0.tensor.body), $0.path) }
    let trace = Trace(Dictionary(paths) { first, _ in first })
    for (index, input) in inputs.enumerated() { trace.enter(input.body, .input(index), nil) }
    let outputs = Observation.with(trace, function)
    trace.outputs = outputs.map { trace.number(of: $0.body) }
    if let failure = trace.failure { throw failure }
    return withExtendedLifetime((inputs, outputs)) { trace }
  }

  private func fail(_ operation: String, _ layer: String, _ reason: String) {
    if failure == nil { failure = .untranslatable(operation: operation, layer: layer, reason: reason) }
  }

  private func enter(_ body: TensorBody, _ source: Source, _ tensor: AnyTensor?) {
    let number = numbers[body]
    let value = Value(spec: body.spec, source: source, tensor: tensor)
    if number == values.count { values.append(value) } else { values[number] = value }
  }

  /// The number of a tensor; one that was not seen before is a parameter or a constant, and is kept as it is now.
  private func number(of body: TensorBody) -> Int {
    let number = numbers[body]
    if number < values.count { return number }
    let tensor = AnyTensor(body.copied())
    enter(body, parameters[ObjectIdentifier(body)].map { .parameter($0) } ?? .constant, tensor)
    return number
  }

  func willTouch(_ bodies: [TensorBody], overwriting: Bool) {
    if !overwriting { for body in bodies { _ = number(of: body) } }
  }

  func willAccess(_ body: TensorBody, by operation: String) {
    if values[number(of: body)].isDependent {
      fail(
        operation, LayerPath.current,
        "the model looks at elements that depend on its input, so that another input might be computed in another way: "
          + "use tensor operations such as Tensor.where instead")
    }
  }

  func observe(_ event: DoorEvent) {
    let reads = event.reading.map { number(of: $0) }
    let isDependent = reads.contains { values[$0].isDependent }
    switch event.action {
    case .operation(let primitive):
      for body in event.writing { enter(body, .made, isDependent ? nil : AnyTensor(body.copied())) }
      operations.append(
        Operation(
          primitive: primitive, layer: event.layerPath, reads: reads, writes: event.writing.map { numbers[$0] }))
    case .effect(let effect):
      for body in event.writing {
        if isDependent || numbers[body] < values.count && values[numbers[body]].isDependent {
          fail(effect.name, event.layerPath, "ONNX has no assignment to a part of a tensor: compute a new one")
        }
        // What does not depend on the input is the same at every call.
        enter(body, .constant, AnyTensor(body.copied()))
      }
    }
  }
}
