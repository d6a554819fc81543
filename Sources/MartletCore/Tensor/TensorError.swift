/// A mistake in the shapes or scalar types of an operation: which operation, and what does not fit.
///
/// In an expression it traps with this text; functions that meet the outside world throw it.
public struct TensorError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The operation's name, such as `matmul`.
  public let operation: String
  /// What does not fit, with the shapes: `inner dimensions differ: [2, 3] × [4, 5] (3 ≠ 4)`.
  public let message: String

  /// A mistake in the operation of that name; the message says what was expected and what was given, with the shapes.
  public init(_ operation: String, _ message: String) {
    self.operation = operation
    self.message = message
  }

  public var description: String { "\(operation): \(message)" }
}

/// Stops the program with the error's text and, inside a layer, the layer's path.
package func trap(_ error: TensorError) -> Never {
  let path = LayerPath.current
  fatalError(path.isEmpty ? error.description : "\(error) (in layer \(path))")
}

/// Stops the program with a message about an operation.
package func trap(_ operation: String, _ message: String) -> Never {
  trap(TensorError(operation, message))
}

/// What `body` gives; stops the program with the error's text where it throws, in the name of the operation that was called
/// where that is another one.
package func trapping<R>(as operation: String? = nil, _ body: () throws(TensorError) -> R) -> R {
  do throws(TensorError) {
    return try body()
  } catch {
    trap(operation ?? error.operation, error.message)
  }
}
