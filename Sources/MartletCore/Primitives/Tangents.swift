// A type of its own around the list: `Few<AnyTensor?>` alone is released by way of type metadata at run time, which is
// slower.

/// Tangents or gradients, one for each operand or result; nil where there is none.
public struct Tangents: Sendable {
  private var tensors: Few<AnyTensor?>

  /// Creates a list of one.
  @inline(__always)
  public init(_ first: AnyTensor?) { tensors = Few(first) }

  /// Creates a list of two.
  @inline(__always)
  public init(_ first: AnyTensor?, _ second: AnyTensor?) { tensors = Few(first, second) }

  /// Creates a list of three.
  @inline(__always)
  public init(_ first: AnyTensor?, _ second: AnyTensor?, _ third: AnyTensor?) { tensors = Few(first, second, third) }

  /// Creates a list of any number.
  public init(_ tensors: [AnyTensor?] = []) { self.tensors = Few(tensors) }

  /// The number of operands or results.
  @inline(__always)
  public var count: Int { tensors.count }

  /// The tangent or gradient at a position; traps when the list has no such position.
  public subscript(index: Int) -> AnyTensor? {
    @inline(__always) get { tensors[index] }
    @inline(__always) set { tensors[index] = newValue }
  }

  /// The first one; traps when it is nil, which it never is in the pullback of an operation with one result.
  @inline(__always)
  public var first: AnyTensor { tensors[0]! }

  /// Removes and returns the first one, so that its memory can be used again after its last use; traps when it is nil.
  @inline(__always)
  public mutating func takeFirst() -> AnyTensor {
    let first = tensors[0]!
    tensors[0] = nil
    return first
  }

  /// Adds one at the end.
  @inline(__always)
  public mutating func append(_ tensor: AnyTensor?) { tensors.append(tensor) }

  /// All of them, in order.
  public var array: [AnyTensor?] { tensors.array }

  /// The sum of two tangents or gradients; where one is nil, the other.
  public static func sum(_ a: AnyTensor?, _ b: AnyTensor?) -> AnyTensor? {
    guard let a else { return b }
    guard let b else { return a }
    return a + b
  }
}

/// Gradients, one for each operand or result; nil where there is none.
public typealias Cotangents = Tangents
