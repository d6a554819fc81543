import MartletCore

/// Gives every example another shape with as many elements: `Reshape([8, 8])` takes `[batch, 64]` to `[batch, 8, 8]`.
public final class Reshape: Layer {
  private let dimensions: [Int]

  /// A layer for a shape without the batch axis, in which one axis may be -1: its length follows from the others. Traps
  /// when two are, or another length is negative.
  public init(_ dimensions: [Int]) {
    if dimensions.count(where: { $0 == -1 }) > 1 || dimensions.contains(where: { $0 < -1 }) {
      fatalError("Reshape: expected lengths of at least 0, and -1 once at most, got \(dimensions)")
    }
    self.dimensions = dimensions
  }

  /// The output for a batch: `[batch, …]` in, `[batch]` and the stated shape out; another number of elements traps.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    guard let batch = x.shape.first, let shape = resolved(Shape(x.shape.dropFirst())) else {
      trap(TensorError("\(self)", expected: "a batch of examples of that many elements", got: "\(x.shape)"))
    }
    return x.reshaped(to: Shape([batch] + shape))
  }

  /// The stated shape; throws when the input has another number of elements.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    guard let inputShape else { return dimensions.contains(-1) ? nil : Shape(dimensions) }
    if let shape = resolved(inputShape) { return shape }
    throw .layer(path: "", reason: "\(self) does not fit an input of shape \(inputShape), of another element count")
  }

  /// The shape with its free axis filled in; nil when it does not fit.
  private func resolved(_ input: Shape) -> Shape? {
    let known = dimensions.reduce(1) { $1 == -1 ? $0 : $0 * $1 }
    guard let free = dimensions.firstIndex(of: -1) else {
      return known == input.elementCount ? Shape(dimensions) : nil
    }
    if known == 0 || input.elementCount % known != 0 { return nil }
    var result = dimensions
    result[free] = input.elementCount / known
    return Shape(result)
  }
}

extension Reshape: CustomStringConvertible {
  /// `Reshape([8, 8])`.
  public var description: String { "Reshape(\(dimensions))" }
}
