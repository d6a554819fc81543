import MartletCore

/// A module that computes an output from an input: usually one tensor of floats from another.
///
/// ```swift
/// final class Residual: Layer {
///   let inner = Dense(64, 64, activation: .relu)
///   func forward(_ x: Tensor<Float>) -> Tensor<Float> { x + inner(x) }
///   func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
/// }
/// ```
/// A layer implements `forward` and is called as a function: `inner(x)`. Errors within such a call are reported with
/// the layer's path in the model, `encoder.inner`, and profiles tell layers apart by it. `Input` and `Output` follow
/// from `forward`: tensors of any scalar type, or custom types.
///
/// Shapes of `build` and `outputShape` are those of one example, without the batch axis; nil is an unknown shape, such
/// as that of an input which is not a single tensor.
public protocol Layer<Input, Output>: Module {
  /// The type of the layer's input.
  associatedtype Input
  /// The type of the layer's output.
  associatedtype Output

  /// The output for a batch: `[batch, …]` in, `[batch, …]` out. Layers implement it; callers write `layer(input)`.
  func forward(_ input: Input) -> Output

  /// Creates the parameters whose sizes depend on the input's shape, unless they exist. Does nothing by default.
  ///
  /// Throws when the shape is needed and unknown, or does not fit.
  func build(for inputShape: Shape?) throws(ModuleError)

  /// The shape of the output for an input of this shape; nil, the default, if the layer does not know it.
  ///
  /// Throws when the layer does not take such an input.
  func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape?

  /// Throws when `forward` would stop at the input's values, such as an index beyond a table. Accepts all by default.
  ///
  /// Called before anything is computed from data: by `fit` for all rows, by `evaluate` and `predict` for theirs. A
  /// layer whose values are indices says which it takes, and one that hands its input on asks the layers inside:
  ///
  /// ```swift
  /// func validate(_ words: Tensor<Int32>) throws(ModuleError) {
  ///   try checkIndices(words, in: 0..<vectors.shape[0])
  /// }
  /// ```
  func validate(_ input: Input) throws(ModuleError)
}

extension Layer {
  /// The output for a batch: calls `forward`, with the layer's path for errors and profiles.
  public func callAsFunction(_ input: Input) -> Output { called { forward(input) } }

  /// Runs `body` as a call of this layer.
  @inline(__always)
  func called<R>(_ body: () -> R) -> R {
    LayerPath.within(self, named: modulePath) {
      let output = body()
      if Observation.isOn { Observation.endLayer(output) }
      return output
    }
  }

  /// Does nothing: for layers without parameters that depend on the input's shape.
  public func build(for inputShape: Shape?) throws(ModuleError) {}

  /// Nil: the layer does not know its output's shape.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? { nil }

  /// Accepts all values.
  public func validate(_ input: Input) throws(ModuleError) {}
}

/// The input's shape, for a layer that cannot be built without it; throws when it is unknown.
func knownShape(_ shape: Shape?, of layer: String, remedy: String) throws(ModuleError) -> Shape {
  if let shape { return shape }
  throw .layer(
    path: "",
    reason: "\(layer) cannot be built, because the layer before it does not say its output's shape: implement "
      + "outputShape(for:) there, or state the size with \(remedy)")
}

/// A layer from one tensor of floats to another, as most are.
public typealias FloatLayer = Layer<Tensor<Float>, Tensor<Float>>
