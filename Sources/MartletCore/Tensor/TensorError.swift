/// A mistake in the shapes, scalar types or values of an operation: which operation, and what does not fit.
///
/// In an expression it traps with this text; functions that meet the outside world throw it.
public struct TensorError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The operation's name, such as `matmul`.
  public let operation: String
  /// What does not fit, with the shapes: `inner dimensions differ: [2, 3] × [4, 5] (3 ≠ 4)`, or `expected …, got …`.
  public let message: String
  /// What the operation takes, where the mistake is in one thing: `a bias of [5] of Float`.
  public let expected: String?
  /// What it was given instead: `[4] of Float`.
  public let got: String?
  /// The shapes of the operands, in order, where the operation was reached.
  public private(set) var shapes: [Shape]

  /// A mistake in words.
  public init(_ operation: String, _ message: String, shapes: [Shape] = []) {
    self.operation = operation
    self.message = message
    self.shapes = shapes
    (expected, got) = (nil, nil)
  }

  /// A mistake in one thing; the message is "expected …, got …".
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

/// Stops the program with the error's text and, inside a layer, the layer's path.
package func trap(_ error: TensorError) -> Never {
  let path = LayerPath.current
  fatalError(path.isEmpty ? error.description : "\(error) (in layer \(path))")
}

/// Stops the program with a message about an operation.
package func trap(_ operation: String, _ message: String) -> Never {
  trap(TensorError(operation, message))
}

/// What `body` gives; stops the program with the error's text where it throws, in the name of the operation that was
/// called where that is another one.
package func trapping<R>(as operation: String? = nil, _ body: () throws(TensorError) -> R) -> R {
  do throws(TensorError) {
    return try body()
  } catch {
    trap(operation ?? error.operation, error.message)
  }
}

/// Stops the program where the one number is taken from a tensor of more or none.
func refuseItem(of shape: Shape) -> Never {
  trap(
    TensorError(
      "item", expected: "a tensor with one element", got: "\(shape.elementCount) elements, of shape \(shape)"))
}
