import MartletText

/// Why a model could not be written as ONNX.
public enum ONNXError: Error, Sendable, Equatable {
  /// An operation has no counterpart in ONNX, or none in the form in which the model uses it.
  ///
  /// `layer` is the path of the layer that applies it, empty outside of layers.
  case untranslatable(operation: String, layer: String, reason: String)
  /// The example, the names or another argument do not fit the model.
  case invalidArgument(String)
  /// The file cannot be written.
  case file(FormatError)
}

extension ONNXError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .untranslatable(let operation, let layer, let reason):
      "\(operation): \(reason)" + (layer.isEmpty ? "" : " (in layer \(layer))")
    case .invalidArgument(let message): message
    case .file(let error): "\(error)"
    }
  }
}
