import MartletCore

/// A layer that applies layers one after the other.
///
/// ```swift
/// let model = Sequential(inputShape: [784]) {
///   Dense(128, activation: .relu)
///   Dropout(0.2)
///   Dense(10)
/// }
/// ```
/// Children are called `0`, `1`, … as in PyTorch. `Dense(128, activation: .relu)` is one child where PyTorch has two,
/// `Linear` and `ReLU`: to load a file of such a model, write `Dense(128); Activation(.relu)`.
public final class Sequential: Layer, ModuleContainer {
  /// The layers, first to last.
  public let layers: [any FloatLayer]
  /// The shape of one example, without the batch axis; nil when it was not stated.
  public private(set) var inputShape: Shape?
  private let names: [String]

  /// Makes a model of layers that state their own sizes, or are built later, by `build(for:)` or by the `Sequential`
  /// that this one is in.
  public init(@LayerBuilder _ layers: () throws -> [any FloatLayer]) rethrows {
    self.layers = try layers()
    names = self.layers.indices.map(String.init)
  }

  /// Makes a model for examples of `inputShape` (without the batch axis), from which the size of each layer follows.
  ///
  /// Traps with the layer's path when a layer does not fit the one before; to have an error thrown instead, make a
  /// `Sequential` without an input shape and call `build(for:)`.
  public convenience init(inputShape: Shape, @LayerBuilder _ layers: () throws -> [any FloatLayer]) rethrows {
    try self.init(layers)
    do throws(ModuleError) {
      try build(for: inputShape)
    } catch {
      fatalError("Sequential(inputShape: \(inputShape)): \(error)")
    }
  }

  /// The layer at a position, counted from 0; traps when there is none.
  public subscript(index: Int) -> any FloatLayer {
    if !layers.indices.contains(index) {
      fatalError("Sequential: there is no layer \(index) among \(layers.count)")
    }
    return layers[index]
  }

  /// The number of layers.
  public var count: Int { layers.count }

  package var namedChildren: [(name: String, child: Any)] { zip(names, layers).map { ($0, $1) } }

  /// The output for a batch: that of the last layer, or the input itself when there are no layers.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    var x = x
    for layer in layers { x = layer(x) }
    return x
  }

  /// Builds the layers one after the other, each for the output of the one before.
  ///
  /// Throws when a layer does not fit or cannot be built, with its path; those before it stay built.
  public func build(for inputShape: Shape?) throws(ModuleError) {
    var shape = inputShape
    for (name, layer) in zip(names, layers) {
      shape = try naming(name) { () throws(ModuleError) in
        try layer.build(for: shape)
        return try layer.outputShape(for: shape)
      }
    }
    if let inputShape { self.inputShape = inputShape }
  }

  /// The shape of the last layer's output; nil when a layer does not state its own. Throws when a layer does not fit.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    var shape = inputShape
    for (name, layer) in zip(names, layers) {
      shape = try naming(name) { () throws(ModuleError) in try layer.outputShape(for: shape) }
    }
    return shape
  }

  /// Throws when the first layer does not take the values.
  public func validate(_ x: Tensor<Float>) throws(ModuleError) {
    try layers.first?.validate(x)
  }
}

/// Runs `body`, whose errors concern the child of this name.
func naming<R>(_ name: String, _ body: () throws(ModuleError) -> R) throws(ModuleError) -> R {
  do throws(ModuleError) { return try body() } catch { throw error.within(name) }
}

extension Sequential: EndsInActivation {
  package var lastActivation: ActivationFunction? { (layers.last as? any EndsInActivation)?.lastActivation }
}

extension Sequential: CustomStringConvertible {
  /// A table of the layers with their output shapes and parameters. Nothing is computed; `summary()` tells more.
  public var description: String { outline }
}

/// Collects layers line by line, with `if`, `switch` and `for`.
@resultBuilder
public enum LayerBuilder {
  /// A layer on a line of its own.
  public static func buildExpression(_ layer: any FloatLayer) -> [any FloatLayer] { [layer] }
  /// A function of a batch on a line of its own, as a `Lambda`.
  public static func buildExpression(_ function: @escaping (Tensor<Float>) -> Tensor<Float>) -> [any FloatLayer] {
    [Lambda(function)]
  }
  /// An array of layers on a line of its own.
  public static func buildExpression(_ layers: [any FloatLayer]) -> [any FloatLayer] { layers }
  /// Lines one after the other.
  public static func buildBlock(_ parts: [any FloatLayer]...) -> [any FloatLayer] { parts.flatMap { $0 } }
  /// `if` without `else`.
  public static func buildOptional(_ part: [any FloatLayer]?) -> [any FloatLayer] { part ?? [] }
  /// The first branch of `if` or `switch`.
  public static func buildEither(first part: [any FloatLayer]) -> [any FloatLayer] { part }
  /// The other branch.
  public static func buildEither(second part: [any FloatLayer]) -> [any FloatLayer] { part }
  /// `for`.
  public static func buildArray(_ parts: [[any FloatLayer]]) -> [any FloatLayer] { parts.flatMap { $0 } }
  /// `if #available`.
  public static func buildLimitedAvailability(_ part: [any FloatLayer]) -> [any FloatLayer] { part }
}
