import MartletCore

/// A module that makes an output of an input: mostly one tensor of floats of another.
///
/// ```swift
/// final class Residual: Layer {
///   let inner = Dense(64, 64, activation: .relu)
///   func forward(_ x: Tensor<Float>) -> Tensor<Float> { x + inner(x) }
///   func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
/// }
/// ```
/// It is written as `forward` and called as a function: `inner(x)`. Whatever goes wrong in a layer that was called so is
/// reported with the layer's path in the model, `encoder.inner`, and profiles tell layers apart by it. `Input` and `Output`
/// follow from `forward`: tensors of any scalar type, or types of one's own.
///
/// Shapes of `build` and `outputShape` are those of one example, without the batch axis; nil is an unknown shape, as that
/// of an input which is not a single tensor.
public protocol Layer<Input, Output>: Module {
  /// What the layer takes.
  associatedtype Input
  /// What it makes of it.
  associatedtype Output

  /// The output for a batch: `[batch, …]` in, `[batch, …]` out. To be written, and to be called by `layer(input)`.
  func forward(_ input: Input) -> Output

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
  /// The output for a batch: `forward`, known to messages and profiles by the layer's path.
  public func callAsFunction(_ input: Input) -> Output {
    LayerPath.within(self, named: modulePath) { forward(input) }
  }

  /// Does nothing: for layers without parameters that depend on the input's shape.
  public func build(for inputShape: Shape?) throws(ModuleError) {}

  /// Nil: the layer does not know.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? { nil }
}

/// A layer of one tensor of floats to another, as most are.
public typealias FloatLayer = Layer<Tensor<Float>, Tensor<Float>>
