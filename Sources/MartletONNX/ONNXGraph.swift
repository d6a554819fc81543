import MartletCore
import MartletFormats

/// A graph of ONNX operators: what a file holds (onnx.ai/onnx/repo-docs/IR.html).
struct ONNXGraph {
  /// A tensor's element type, by its number in `TensorProto.DataType`.
  enum ElementType: Int {
    case float = 1
    case uint8 = 2
    case int32 = 6
    case int64 = 7
    case string = 8
    case bool = 9
    case float16 = 10
    case double = 11
    case bfloat16 = 16

    init(_ type: ScalarType) {
      self =
        switch type {
        case .float32: .float
        case .float64: .double
        case .int32: .int32
        case .int64: .int64
        case .uint8: .uint8
        case .bool: .bool
        case .float16: .float16
        case .bfloat16: .bfloat16
        }
    }
  }

  struct Node {
    let operation: String
    let name: String
    /// The set of operators that it is of; the standard's own by default.
    var domain = ""
    var inputs: [String]
    var outputs: [String]
    let attributes: [Attribute]
  }

  struct Attribute {
    enum Value {
      case integer(Int)
      case integers([Int])
      case float(Float)
      case text(String)
      case texts([String])
    }

    let name: String
    let value: Value

    init(_ name: String, _ value: Value) { (self.name, self.value) = (name, value) }
  }

  /// An input or an output of the graph.
  struct Port {
    let name: String
    let type: ElementType
    let dims: [RowDim]
  }

  /// A value that is part of the file, such as a parameter.
  struct Initializer {
    enum Content {
      case tensor(AnyTensor)
      case texts([String])
    }

    let name: String
    let content: Content
  }

  var inputs: [Port] = []
  var outputs: [Port] = []
  var nodes: [Node] = []
  var initializers: [Initializer] = []
  var metadata: [String: String] = [:]
}

/// The length of an axis: a number, or so many times the number of rows.
enum RowDim: Hashable {
  case fixed(Int)
  case rows(Int)

  /// The length that was `first` with 2 rows and `second` with 3; nil where it is neither fixed nor a multiple.
  init?(_ first: Int, _ second: Int) {
    if first == second {
      self = .fixed(first)
    } else if first % 2 == 0 && first / 2 * 3 == second {
      self = .rows(first / 2)
    } else {
      return nil
    }
  }

  var fixed: Int? { if case .fixed(let length) = self { length } else { nil } }

  /// `784`, `batch` or `2*batch`.
  var text: String {
    switch self {
    case .fixed(let length): "\(length)"
    case .rows(1): "batch"
    case .rows(let multiple): "\(multiple)*batch"
    }
  }
}
