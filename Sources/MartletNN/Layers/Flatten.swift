import MartletCore

/// Joins all axes but the first: `[batch, 28, 28]` in, `[batch, 784]` out.
public final class Flatten: Layer {
  /// A layer that joins all axes but the first.
  public init() {}

  /// The output for a batch: `[batch, …]` in, `[batch, features]` out; a scalar traps.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    if x.rank == 0 { trap(TensorError("Flatten", "the input is a scalar; it takes a batch, [batch, …]")) }
    return x.reshaped(to: [x.shape[0], x.shape.dropFirst().reduce(1, *)])
  }

  /// One axis with as many elements as the input has.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    inputShape.map { [$0.elementCount] }
  }
}

extension Flatten: CustomStringConvertible {
  /// `Flatten()`.
  public var description: String { "Flatten()" }
}
