import MartletCore

/// A layer of any input, then layers of floats one after the other: what `Sequential` is for floats.
///
/// ```swift
/// let model = Chain(Embedding(1000, 16), inputShape: [20]) {
///   Flatten()
///   Dense(1)
/// }
/// ```
/// Children are called `0`, `1`, … as in PyTorch's `Sequential`; the first is `0`.
public final class Chain<First: Layer>: Layer, ModuleContainer where First.Output == Tensor<Float> {
  /// The layer that takes the input.
  public let first: First
  /// The layers behind it, in order.
  public let rest: [any FloatLayer]
  /// The shape of one example, without the batch axis; nil when it was not stated.
  public private(set) var inputShape: Shape?

  /// Makes a model of layers that state their own sizes, or are built later, by `build(for:)`.
  public init(_ first: First, @LayerBuilder _ rest: () throws -> [any FloatLayer]) rethrows {
    self.first = first
    self.rest = try rest()
  }

  /// Makes a model for examples of `inputShape` (without the batch axis), from which the size of each layer follows;
  /// traps with the layer's path when a layer does not fit the one before.
  public convenience init(
    _ first: First, inputShape: Shape, @LayerBuilder _ rest: () throws -> [any FloatLayer]
  ) rethrows {
    try self.init(first, rest)
    do throws(ModuleError) { try build(for: inputShape) } catch {
      fatalError("Chain(inputShape: \(inputShape)): \(error)")
    }
  }

  package var namedChildren: [(name: String, child: Any)] {
    [("0", first)] + rest.enumerated().map { ("\($0 + 1)", $1) }
  }

  /// The output for a batch: that of the last layer.
  public func forward(_ input: First.Input) -> Tensor<Float> { rest.reduce(first(input)) { $1($0) } }

  /// Builds the layers one after the other, each for the output of the one before; throws when one does not fit.
  public func build(for inputShape: Shape?) throws(ModuleError) {
    _ = try shape(after: inputShape) { (layer, shape) throws(ModuleError) in try layer.build(for: shape) }
    if let inputShape { self.inputShape = inputShape }
  }

  /// The shape of the last layer's output; nil when a layer does not state its own. Throws when a layer does not fit.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    try shape(after: inputShape) { (_, _) throws(ModuleError) in }
  }

  private func shape(
    after inputShape: Shape?, _ visit: (any Layer, Shape?) throws(ModuleError) -> Void
  ) throws(ModuleError) -> Shape? {
    var shape = inputShape
    for (index, layer) in ([first] + rest as [any Layer]).enumerated() {
      shape = try naming("\(index)") { () throws(ModuleError) in
        try visit(layer, shape)
        return try layer.outputShape(for: shape)
      }
    }
    return shape
  }

  /// Throws when the first layer does not take the values.
  public func validate(_ input: First.Input) throws(ModuleError) { try first.validate(input) }
}

extension Chain: EndsInActivation {
  package var lastActivation: ActivationFunction? { (rest.last as? any EndsInActivation)?.lastActivation }
}

extension Chain: CustomStringConvertible {
  /// A table of the layers with their output shapes and parameters. Nothing is computed; `summary()` tells more.
  public var description: String { outline }
}
