/// A mistake in the shapes, scalar types or values of an operation: which operation, and what does not fit.
///
/// Expressions trap with its text; functions that meet the outside world throw it.
public struct TensorError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The operation's name, such as `matmul`.
  public let operation: String
  /// What does not fit, with the shapes: `inner dimensions differ: [2, 3] × [4, 5] (3 ≠ 4)`, or `expected …, got …`.
  public let message: String
  /// What the operation expects, where the mistake is in one thing: `a bias of [5] of Float`.
  public let expected: String?
  /// What it got instead: `[4] of Float`.
  public let got: String?
  /// The shapes of the operands, in order, where they are known.
  public private(set) var shapes: [Shape]

  /// Creates an error with a message.
  public init(_ operation: String, _ message: String, shapes: [Shape] = []) {
    self.operation = operation
    self.message = message
    self.shapes = shapes
    (expected, got) = (nil, nil)
  }

  /// Creates an error about one thing, with the message "expected …, got …".
  public init(_ operation: String, expected: String, got: String, shapes: [Shape] = []) {
    self.operation = operation
    self.expected = expected
    self.got = got
    self.shapes = shapes
    message = "expected \(expected), got \(got)"
  }

  /// The operation and the message: `linear: expected a bias of [5] of Float, got [4] of Float`.
  public var description: String { "\(operation): \(message)" }

  func withShapes(_ shapes: [Shape]) -> TensorError {
    var result = self
    result.shapes = shapes
    return result
  }
}

/// Traps with the error's text and, inside a layer, the layer's path.
package func trap(_ error: TensorError) -> Never {
  let path = LayerPath.current
  fatalError(path.isEmpty ? error.description : "\(error) (in layer \(path))")
}

/// Traps with a message about an operation.
package func trap(_ operation: String, _ message: String) -> Never {
  trap(TensorError(operation, message))
}

/// The result of `body`; traps with the error's text when it throws, in the name of `operation` if one is given.
package func trapping<R>(as operation: String? = nil, _ body: () throws(TensorError) -> R) -> R {
  do throws(TensorError) {
    return try body()
  } catch {
    trap(operation ?? error.operation, error.message)
  }
}

/// Traps because `item()` was called on a tensor with more than one element, or none.
func refuseItem(of shape: Shape) -> Never {
  trap(
    TensorError(
      "item", expected: "a tensor with one element", got: "\(shape.elementCount) elements, of shape \(shape)"))
}
