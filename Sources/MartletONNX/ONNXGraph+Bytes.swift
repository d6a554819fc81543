import MartletCore
import MartletFormats
import MartletText

// The fields are those of onnx.proto of the release with operator set 17.

extension ONNXGraph {
  /// The version of the standard's operators, which ONNX Runtime knows from 1.12 (2022) on.
  static let operatorSet = 17
  /// The version of the operators for preprocessing, `ai.onnx.ml`.
  static let preprocessingSet = 3
  static let preprocessing = "ai.onnx.ml"
  private static let version = 8

  /// The file's bytes.
  var bytes: [UInt8] {
    var model = ProtocolMessage()
    model.integer(1, Self.version)
    model.text(2, "Martlet")
    model.text(3, martletVersion)
    model.message(7, message)
    model.message(8, Self.operators("", Self.operatorSet))
    if nodes.contains(where: { $0.domain == Self.preprocessing }) {
      model.message(8, Self.operators(Self.preprocessing, Self.preprocessingSet))
    }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      var entry = ProtocolMessage()
      entry.text(1, key)
      entry.text(2, value)
      model.message(14, entry)
    }
    return model.bytes
  }

  /// The bytes of all initialisers, which a file can hold 2 GiB of.
  var parameterBytes: Int { initializers.reduce(0) { $0 + $1.byteCount } }

  private static func operators(_ domain: String, _ version: Int) -> ProtocolMessage {
    var set = ProtocolMessage()
    set.text(1, domain)
    set.integer(2, version)
    return set
  }

  private var message: ProtocolMessage {
    var graph = ProtocolMessage()
    for node in nodes { graph.message(1, node.message) }
    graph.text(2, "model")
    for initializer in initializers { graph.message(5, initializer.message) }
    for port in inputs { graph.message(11, port.message) }
    for port in outputs { graph.message(12, port.message) }
    return graph
  }
}

extension ONNXGraph.Node {
  fileprivate var message: ProtocolMessage {
    var node = ProtocolMessage()
    for input in inputs { node.text(1, input) }
    for output in outputs { node.text(2, output) }
    node.text(3, name)
    node.text(4, operation)
    for attribute in attributes { node.message(5, attribute.message) }
    if !domain.isEmpty { node.text(7, domain) }
    return node
  }
}

extension ONNXGraph.Attribute {
  fileprivate var message: ProtocolMessage {
    var attribute = ProtocolMessage()
    attribute.text(1, name)
    let type: Int
    switch value {
    case .float(let number):
      attribute.float(2, number)
      type = 1
    case .integer(let number):
      attribute.integer(3, number)
      type = 2
    case .text(let text):
      attribute.text(4, text)
      type = 3
    case .integers(let numbers):
      attribute.integers(8, numbers)
      type = 7
    case .texts(let texts):
      for text in texts { attribute.text(9, text) }
      type = 8
    }
    attribute.integer(20, type)
    return attribute
  }
}

extension ONNXGraph.Initializer {
  fileprivate var byteCount: Int {
    switch content {
    case .tensor(let tensor): tensor.count * tensor.scalarType.size
    case .texts(let texts): texts.reduce(0) { $0 + $1.utf8.count }
    }
  }

  fileprivate var message: ProtocolMessage {
    var proto = ProtocolMessage()
    switch content {
    case .tensor(let tensor):
      if tensor.rank > 0 { proto.integers(1, Array(tensor.shape)) }
      proto.integer(2, ONNXGraph.ElementType(tensor.scalarType).rawValue)
      proto.text(8, name)
      // Elements are stored as they lie in memory, in little-endian order.
      let body = tensor.body.inOrder()
      proto.data(9, UnsafeRawBufferPointer(start: body.pointer, count: byteCount))
      withExtendedLifetime(body) {}
    case .texts(let texts):
      proto.integers(1, [texts.count])
      proto.integer(2, ONNXGraph.ElementType.string.rawValue)
      for text in texts { proto.text(6, text) }
      proto.text(8, name)
    }
    return proto
  }
}

extension ONNXGraph.Port {
  fileprivate var message: ProtocolMessage {
    var shape = ProtocolMessage()
    for dim in dims {
      var length = ProtocolMessage()
      if let count = dim.fixed { length.integer(1, count) } else { length.text(2, dim.text) }
      shape.message(1, length)
    }
    var (tensor, kind, port) = (ProtocolMessage(), ProtocolMessage(), ProtocolMessage())
    tensor.integer(1, type.rawValue)
    tensor.message(2, shape)
    kind.message(1, tensor)
    port.text(1, name)
    port.message(2, kind)
    return port
  }
}
