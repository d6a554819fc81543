import MartletCore

/// Writes nodes into a graph, with names that are used once.
final class GraphWriter {
  var graph = ONNXGraph()
  /// What names of the values that are being written begin with, such as `encoder.0.linear`.
  var prefix = ""
  private var names: Set<String> = []
  private var constants: [ConstantKey: String] = [:]
  private var rowCount: String?

  private struct ConstantKey: Hashable {
    let type: ScalarType
    let shape: Shape
    let bytes: [UInt8]
  }

  /// A name that no value has yet.
  func unique(_ wanted: String) -> String {
    var (name, number) = (wanted, 2)
    while !names.insert(name).inserted {
      name = "\(wanted)_\(number)"
      number += 1
    }
    return name
  }

  // MARK: Nodes

  /// Adds a node with one result, and returns the result's name.
  func callAsFunction(
    _ operation: String, _ inputs: String..., domain: String = "", with attributes: [ONNXGraph.Attribute] = []
  ) -> String {
    node(operation, inputs, domain: domain, with: attributes, results: 1)[0]
  }

  func node(
    _ operation: String, _ inputs: [String], domain: String = "", with attributes: [ONNXGraph.Attribute] = [],
    results: Int = 1
  ) -> [String] {
    let outputs = (0..<results).map { _ in unique(prefix) }
    graph.nodes.append(
      .init(
        operation: operation, name: "\(outputs[0])/\(operation)", domain: domain, inputs: inputs, outputs: outputs,
        attributes: attributes))
    return outputs
  }

  func cast(_ value: String, to type: ONNXGraph.ElementType) -> String {
    self("Cast", value, with: [.init("to", .integer(type.rawValue))])
  }

  // MARK: Constants

  /// The name of a tensor that is part of the file; small ones that are the same are there once.
  func constant(_ tensor: AnyTensor, named name: String = "constant") -> String {
    if tensor.count > 16 { return initializer(.tensor(tensor), named: name) }
    let body = tensor.body.inOrder()
    let bytes = withExtendedLifetime(body) {
      Array(UnsafeRawBufferPointer(start: body.pointer, count: body.count * body.scalarType.size))
    }
    let key = ConstantKey(type: tensor.scalarType, shape: tensor.shape, bytes: bytes)
    if let known = constants[key] { return known }
    let result = initializer(.tensor(tensor), named: name)
    constants[key] = result
    return result
  }

  func initializer(_ content: ONNXGraph.Initializer.Content, named name: String) -> String {
    let name = unique(name)
    graph.initializers.append(.init(name: name, content: content))
    return name
  }

  /// A number of a scalar type, without axes.
  func number(_ value: Double, _ type: ScalarType) -> String {
    constant(Tensor<Double>(value).erased.converted(to: type))
  }

  /// A list of integers, as operators take shapes and axes.
  func integers(_ values: [Int]) -> String { constant(Tensor<Int64>(values.map { Int64($0) }).erased) }

  /// A shape, which has the number of rows of the graph's first input where it depends on it.
  func shape(_ dims: [RowDim]) -> String {
    if dims.allSatisfy({ $0.fixed != nil }) { return integers(dims.map { $0.fixed! }) }
    let parts = dims.map { dim in
      switch dim {
      case .fixed(let length): integers([length])
      case .rows(1): rows
      case .rows(let multiple): self("Mul", rows, integers([multiple]))
      }
    }
    return parts.count == 1 ? parts[0] : node("Concat", parts, with: [.init("axis", .integer(0))])[0]
  }

  private var rows: String {
    if let rowCount { return rowCount }
    let count = self("Shape", graph.inputs[0].name, with: [.init("start", .integer(0)), .init("end", .integer(1))])
    rowCount = count
    return count
  }

  // MARK: Outputs

  /// Makes values the graph's outputs, under names of their own. The names were taken by `unique`.
  func finish(_ values: [(value: String, port: ONNXGraph.Port)]) {
    for (value, port) in values {
      graph.nodes.append(
        .init(
          operation: "Identity", name: "\(port.name)/Identity", inputs: [value], outputs: [port.name], attributes: []))
      graph.outputs.append(port)
    }
    graph.removeIdentities()
  }
}

extension ONNXGraph {
  /// Gives what `Identity` nodes copy to an output the output's name at once, where it has no other use.
  fileprivate mutating func removeIdentities() {
    for identity in nodes where identity.operation == "Identity" {
      let (value, output) = (identity.inputs[0], identity.outputs[0])
      let uses = nodes.reduce(0) { $0 + $1.inputs.filter { $0 == value }.count }
      guard uses == 1, let maker = nodes.firstIndex(where: { $0.outputs.contains(value) }) else { continue }
      nodes[maker].outputs = nodes[maker].outputs.map { $0 == value ? output : $0 }
      nodes.removeAll { $0.name == identity.name }
    }
  }

  /// Leaves out what no output needs.
  mutating func removeUnused() {
    var needed = Set(outputs.map(\.name))
    var kept: [Node] = []
    for node in nodes.reversed() where node.outputs.contains(where: needed.contains) {
      needed.formUnion(node.inputs)
      kept.append(node)
    }
    nodes = kept.reversed()
    initializers.removeAll { !needed.contains($0.name) }
  }
}
