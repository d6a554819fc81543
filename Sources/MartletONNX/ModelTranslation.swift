import MartletCore
import MartletData
import MartletNN
import MartletTraining

/// The translation of a model's two runs, with 2 rows and with 3, into operators.
///
/// What is the same in both does not depend on the number of rows. What the inputs do not change, such as the products
/// of parameters alone, is computed now.
struct ModelTranslation {
  private let first: Trace
  private let second: Trace
  private let write: GraphWriter
  /// The names that values have in the graph.
  private var names: [Int: String] = [:]

  /// Writes the operators of a model into a graph that has `inputs` for its tensors; returns its outputs.
  static func write<M: Layer>(
    _ model: M, _ example: M.Input, inputs: [String], into write: GraphWriter
  ) throws(ONNXError) -> [TracedValue] where M.Input: Batchable, M.Output: Batchable {
    let parameters = try parameters(of: model)
    let traces = [try trace(model, example, rows: 2, parameters), try trace(model, example, rows: 3, parameters)]
    var translation = ModelTranslation(first: traces[0], second: traces[1], write: write)
    try translation.requireSameRuns()
    for (number, value) in traces[0].values.enumerated() {
      if case .input(let index) = value.source { translation.names[number] = inputs[index] }
    }
    for index in traces[0].operations.indices { try translation.writeOperation(index) }
    return try traces[0].outputs.map { number throws(ONNXError) in try translation.value(number, "output", "") }
  }

  private init(first: Trace, second: Trace, write: GraphWriter) {
    (self.first, self.second, self.write) = (first, second, write)
  }

  private static func parameters(of model: some Module) throws(ONNXError) -> [(path: String, tensor: AnyTensor)] {
    do throws(ModuleError) {
      return try ModuleStructure.read(model).entries.map { ($0.path, $0.variable.value) }
    } catch {
      throw .invalidArgument("\(error)")
    }
  }

  private static func trace<M: Layer>(
    _ model: M, _ example: M.Input, rows: Int, _ parameters: [(path: String, tensor: AnyTensor)]
  ) throws(ONNXError) -> Trace where M.Input: Batchable, M.Output: Batchable {
    let count = example.tensors[0].shape[0]
    let x = example.rows(at: Tensor((0..<rows).map { Int64($0 % count) })).detached()
    return try Trace.run(x.tensors, parameters: parameters) {
      // Other random numbers in each run, so that drawing them is found out.
      withRandomSeed(UInt64(rows)) { withMode(.inference) { withoutGradient { model(x).tensors } } }
    }
  }

  // MARK: Whether both runs did the same

  private func requireSameRuns() throws(ONNXError) {
    func different(_ operation: Trace.Operation?, _ what: String) -> ONNXError {
      .untranslatable(
        operation: operation?.primitive.name ?? "model", layer: operation?.layer ?? "",
        reason: "\(what) depends on the number of rows, so that it cannot be exported for any number")
    }
    for (mine, other) in zip(first.operations, second.operations) {
      if !mine.primitive.isSameForOtherRows(as: other.primitive) {
        throw different(mine, "it or one of its settings")
      }
      if mine.reads != other.reads || mine.writes != other.writes {
        throw different(mine, "what it is applied to")
      }
    }
    if first.operations.count != second.operations.count || first.outputs != second.outputs
      || first.values.count != second.values.count
    {
      throw different(nil, "what it computes")
    }
  }

  // MARK: Values

  /// A value with its name; `operation` and `layer` say who asks for it.
  private mutating func value(_ number: Int, _ operation: String, _ layer: String) throws(ONNXError) -> TracedValue {
    let dims = try dims(of: number, operation, layer)
    let type = first.values[number].spec.scalarType
    if let name = names[number] { return TracedValue(name: name, type: type, dims: dims) }
    guard let tensor = first.values[number].tensor, let other = second.values[number].tensor else {
      fatalError("ONNX: value \(number) is used before it is made")
    }
    let name = try fixed(tensor, other, dims, source: first.values[number].source, operation, layer)
    names[number] = name
    return TracedValue(name: name, type: type, dims: dims)
  }

  /// The name of a tensor that does not depend on the inputs.
  private func fixed(
    _ tensor: AnyTensor, _ other: AnyTensor, _ dims: [RowDim], source: Trace.Source, _ operation: String,
    _ layer: String
  ) throws(ONNXError) -> String {
    if tensor.body.hasSameBits(as: other.body) {
      switch source {
      case .parameter(let path): return write.initializer(.tensor(tensor), named: path)
      case .made: return write.constant(tensor, named: write.prefix)
      default: return write.constant(tensor)
      }
    }
    // As many times the same number as there are rows can be made for any number of them.
    let sample = AnyTensor(tensor.body.inOrder())
    let one = apply(
      Slice(of: [sample.count], axis: 0, start: 0, count: 1), apply(ReshapeView(to: [sample.count]), sample))
    if tensor.count > 0, dims.contains(where: { $0.fixed == nil }),
      [tensor, other].allSatisfy({ $0.body.hasSameBits(as: apply(BroadcastTo($0.shape), one).body) })
    {
      return write("Expand", write.constant(AnyTensor(one.body.copied())), write.shape(dims))
    }
    throw .untranslatable(
      operation: operation, layer: layer,
      reason:
        "a tensor that is made outside of the operations on the input depends on the number of rows, or is another "
        + "one at every call")
  }

  private func dims(of number: Int, _ operation: String, _ layer: String) throws(ONNXError) -> [RowDim] {
    let (mine, others) = (first.values[number].spec.shape, second.values[number].spec.shape)
    let dims = mine.rank == others.rank ? zip(mine, others).map { RowDim($0, $1) } : []
    if dims.count < mine.rank || dims.contains(nil) {
      throw .untranslatable(
        operation: operation, layer: layer,
        reason: "a tensor's shape is \(mine) for 2 rows and \(others) for 3, which does not grow with them")
    }
    return dims.map { $0! }
  }

  // MARK: Operations

  private mutating func writeOperation(_ index: Int) throws(ONNXError) {
    let operation = first.operations[index]
    let name = operation.primitive.name
    write.prefix = operation.layer.isEmpty ? name : "\(operation.layer).\(name)"
    let isFixed = operation.writes.allSatisfy { number in
      guard let mine = first.values[number].tensor, let other = second.values[number].tensor else { return false }
      return mine.body.hasSameBits(as: other.body)
    }
    if isFixed { return }
    guard let primitive = operation.primitive as? any TranslatablePrimitive else {
      throw .untranslatable(operation: name, layer: operation.layer, reason: Untranslatable().reason)
    }
    var operands: [TracedValue] = []
    for number in operation.reads { operands.append(try value(number, name, operation.layer)) }
    var results: [TracedValue] = []
    for number in operation.writes {
      let type = first.values[number].spec.scalarType
      results.append(TracedValue(name: "", type: type, dims: try dims(of: number, name, operation.layer)))
    }
    do throws(Untranslatable) {
      let made = try primitive.translate(TracedStep(operands: operands, results: results), write)
      for (number, name) in zip(operation.writes, made) { names[number] = name }
    } catch {
      throw .untranslatable(operation: name, layer: operation.layer, reason: error.reason)
    }
  }
}
