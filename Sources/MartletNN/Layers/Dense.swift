import MartletCore

/// A fully connected layer: `activation(x · weightᵀ + bias)`, PyTorch's `Linear` with an activation.
///
/// The input is `[…, in]`, the output `[…, out]`. `weight` is `[out, in]` and `bias` is `[out]`, named and laid out as
/// PyTorch's. `Dense(784, 128)` states both sizes; `Dense(128)` learns the first from `Sequential(inputShape:)`.
public final class Dense: Layer {
  /// The weight, `[out, in]`.
  @Parameter public var weight: Tensor<Float>
  private let _bias: Parameter<Float>?
  /// The size of the input's last axis; nil before the layer is built.
  public private(set) var inputSize: Int?
  /// The size of the output's last axis.
  public let outputSize: Int
  /// The function that is applied to every output.
  public let activation: ActivationFunction
  private let initializer: Initializer
  private let biasInitializer: Initializer

  /// A layer for inputs of `inputSize` features.
  ///
  /// Parameters are drawn from the random numbers in scope (`withRandomSeed`); by default as PyTorch does, weights and
  /// biases uniform within ±1/√in. Traps when a size is not positive.
  public convenience init(
    _ inputSize: Int, _ outputSize: Int, activation: ActivationFunction = .identity, useBias: Bool = true,
    initializer: Initializer = .pyTorch, biasInitializer: Initializer = .pyTorch
  ) {
    self.init(
      outputSize, activation: activation, useBias: useBias, initializer: initializer, biasInitializer: biasInitializer)
    if inputSize < 1 { fatalError("Dense(\(inputSize), \(outputSize)): sizes are positive") }
    create(inputSize)
  }

  /// A layer that learns the size of its input from the `Sequential(inputShape:)` that it is in; traps when
  /// `outputSize` is not positive.
  public init(
    _ outputSize: Int, activation: ActivationFunction = .identity, useBias: Bool = true,
    initializer: Initializer = .pyTorch, biasInitializer: Initializer = .pyTorch
  ) {
    if outputSize < 1 { fatalError("Dense(\(outputSize)): sizes are positive") }
    let message =
      "Dense(\(outputSize)) has no parameters yet, because the size of its input is unknown: put it in "
      + "Sequential(inputShape:), or state the size with Dense(inputSize, \(outputSize))"
    _weight = Parameter(deferred: message)
    _bias = useBias ? Parameter(deferred: message) : nil
    self.outputSize = outputSize
    self.activation = activation
    self.initializer = initializer
    self.biasInitializer = biasInitializer
  }

  /// The bias, `[out]`; nil for a layer without one. Setting it traps on such a layer, or if the new value is nil.
  public var bias: Tensor<Float>? {
    get { _bias?.wrappedValue }
    set {
      guard let parameter = _bias, let newValue else { fatalError("Dense: a bias cannot be added or taken away") }
      parameter.wrappedValue = newValue
    }
  }

  /// The variable behind the bias, to freeze it; nil for a layer without a bias.
  public var biasVariable: Variable? { _bias?.variable }

  /// The output for a batch: `[…, in]` in, `[…, out]` out; another last axis traps.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    if let fused = activation.fused { return linear(x, weight: weight, bias: bias, activation: fused) }
    return activation(linear(x, weight: weight, bias: bias))
  }

  /// Creates weight and bias for an input of this shape; does nothing when they exist. Throws when the shape is unknown
  /// or has no features.
  public func build(for inputShape: Shape?) throws(ModuleError) {
    if inputSize != nil { return }
    let inputShape = try knownShape(inputShape, of: "Dense(\(outputSize))", remedy: "Dense(inputSize, \(outputSize))")
    guard let size = inputShape.last, size > 0 else {
      throw .layer(
        path: "", reason: "Dense(\(outputSize)) needs an input of at least one feature, not of shape \(inputShape)")
    }
    create(size)
  }

  /// The input's shape with `outputSize` for its last axis; throws when that axis is not `inputSize`.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    guard var shape = inputShape else { return nil }
    guard let last = shape.last, last == inputSize ?? last else {
      throw .layer(
        path: "",
        reason: "Dense(\(inputSize.map { "\($0), " } ?? "")\(outputSize)) takes \(inputSize ?? 1) features, not an "
          + "input of shape \(shape)")
    }
    shape[shape.rank - 1] = outputSize
    return shape
  }

  private func create(_ inputSize: Int) {
    self.inputSize = inputSize
    weight = initializer([outputSize, inputSize], fanIn: inputSize, fanOut: outputSize)
    _bias?.wrappedValue = biasInitializer([outputSize], fanIn: inputSize, fanOut: outputSize)
  }
}

extension Dense: CustomStringConvertible {
  /// `Dense(784, 128, activation: relu)`, with `?` for an input's size that is not known yet.
  public var description: String {
    "Dense(\(inputSize.map { "\($0)" } ?? "?"), \(outputSize)"
      + (activation == .identity ? "" : ", activation: \(activation)") + (_bias == nil ? ", useBias: false" : "") + ")"
  }
}

extension Dense: EndsInActivation {
  package var lastActivation: ActivationFunction? { activation }
}
