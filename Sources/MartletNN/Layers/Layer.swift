import MartletCore

/// A module that turns one tensor of floats into another.
///
/// ```swift
/// final class Residual: Layer {
///   let inner = Dense(64, 64, activation: .relu)
///   func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float> { x + inner(x) }
///   func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
/// }
/// ```
/// Shapes of `build` and `outputShape` are those of one example, without the batch axis; nil is an unknown shape.
public protocol Layer: Module {
  /// The output for a batch: `[batch, …]` in, `[batch, …]` out.
  func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float>

  /// Creates the parameters whose sizes depend on the input's shape, when they do not exist yet. Does nothing by default.
  ///
  /// Throws when the shape is needed and unknown, or does not fit.
  func build(for inputShape: Shape?) throws(ModuleError)

  /// The shape of the output for an input of this shape; nil, as by default, when the layer does not know.
  ///
  /// Throws when the layer does not take such an input.
  func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape?
}

extension Layer {
  /// Does nothing: for layers without parameters that depend on the input's shape.
  public func build(for inputShape: Shape?) throws(ModuleError) {}

  /// Nil: the layer does not know.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? { nil }
}
