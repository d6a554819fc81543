// A type of its own around the list: `Few<AnyTensor?>` as such is let go of by way of its metadata at run time.

/// Tangents or gradients, one per operand or result; nil where there is none.
public struct Tangents: Sendable {
  private var tensors: Few<AnyTensor?>

  /// One.
  @inline(__always)
  public init(_ first: AnyTensor?) { tensors = Few(first) }

  /// Two.
  @inline(__always)
  public init(_ first: AnyTensor?, _ second: AnyTensor?) { tensors = Few(first, second) }

  /// Three.
  @inline(__always)
  public init(_ first: AnyTensor?, _ second: AnyTensor?, _ third: AnyTensor?) { tensors = Few(first, second, third) }

  /// Any number.
  public init(_ tensors: [AnyTensor?] = []) { self.tensors = Few(tensors) }

  /// The number of operands or results.
  @inline(__always)
  public var count: Int { tensors.count }

  /// That of an operand or result; traps where there is none.
  public subscript(index: Int) -> AnyTensor? {
    @inline(__always) get { tensors[index] }
    @inline(__always) set { tensors[index] = newValue }
  }

  /// The first one, of an operation that has one result: there is always one.
  @inline(__always)
  public var first: AnyTensor { tensors[0]! }

  /// The first one, which is forgotten here: its memory is free for what comes next.
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

  /// Both, added where both are there.
  public static func sum(_ a: AnyTensor?, _ b: AnyTensor?) -> AnyTensor? {
    guard let a else { return b }
    guard let b else { return a }
    return a + b
  }
}

/// Gradients, one per operand or result; nil where there is none.
public typealias Cotangents = Tangents
