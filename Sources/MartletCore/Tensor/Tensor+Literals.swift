/// A part of a tensor literal: a number, or a list of such parts.
///
/// Only literals can be written so; with variables write `Tensor([x, y])` or `Tensor([[x, y], [z, w]])`.
public struct TensorLiteral<Scalar: TensorScalar>: Sendable {
  fileprivate var shape: Shape
  fileprivate var scalars: [Scalar]

  fileprivate init(_ scalar: Scalar) {
    shape = .scalar
    scalars = [scalar]
  }

  fileprivate init(_ elements: [TensorLiteral]) {
    let inner = elements.first?.shape ?? .scalar
    for (index, element) in elements.enumerated() where element.shape != inner {
      trap("tensor literal", "expected elements of \(inner), as element 0, got \(element.shape) as element \(index)")
    }
    shape = inner.inserting(elements.count, at: 0)
    scalars = elements.flatMap(\.scalars)
  }
}

extension TensorLiteral: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: TensorLiteral...) { self.init(elements) }
}

extension TensorLiteral: ExpressibleByIntegerLiteral where Scalar: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Scalar.IntegerLiteralType) { self.init(Scalar(integerLiteral: value)) }
}

extension TensorLiteral: ExpressibleByFloatLiteral where Scalar: ExpressibleByFloatLiteral {
  public init(floatLiteral value: Scalar.FloatLiteralType) { self.init(Scalar(floatLiteral: value)) }
}

extension TensorLiteral: ExpressibleByBooleanLiteral where Scalar == Bool {
  public init(booleanLiteral value: Bool) { self.init(value) }
}

extension Tensor: ExpressibleByArrayLiteral {
  /// Creates a tensor from nested literals: `let t: Tensor<Float> = [[1, 2], [3, 4]]`. Traps when rows differ in
  /// length.
  public init(arrayLiteral elements: TensorLiteral<Scalar>...) {
    let literal = TensorLiteral(elements)
    self.init(shape: literal.shape, scalars: literal.scalars)
  }
}
