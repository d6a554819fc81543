import MartletCore

/// A linear function of each of two inputs: `yₖ = aᵀ · weightₖ · b + biasₖ`, PyTorch's layer of this name.
///
/// The inputs are `[…, first]` and `[…, second]` with the same axes before; the output is `[…, out]`. `weight` is
/// `[out, first, second]` and `bias` is `[out]`, named and laid out as PyTorch's.
public final class Bilinear: Layer {
  /// The weight, `[out, first, second]`.
  @Parameter public var weight: Tensor<Float>
  private let _bias: Parameter<Float>?

  /// A layer for inputs of `first` and `second` features.
  ///
  /// Parameters are uniform within ±1/√first by default, as PyTorch's. Traps when a size is not positive.
  public init(
    _ first: Int, _ second: Int, _ outputSize: Int, useBias: Bool = true, initializer: Initializer = .pyTorch
  ) {
    if min(first, second, outputSize) < 1 {
      fatalError("Bilinear(\(first), \(second), \(outputSize)): sizes are positive")
    }
    weight = initializer([outputSize, first, second], fanIn: first, fanOut: outputSize)
    _bias = useBias ? Parameter(wrappedValue: initializer([outputSize], fanIn: first, fanOut: outputSize)) : nil
  }

  /// The bias, `[out]`; nil for a layer without one. Setting it traps on such a layer, or if the new value is nil.
  public var bias: Tensor<Float>? {
    get { _bias?.wrappedValue }
    set {
      guard let parameter = _bias, let newValue else { fatalError("Bilinear: a bias cannot be added or taken away") }
      parameter.wrappedValue = newValue
    }
  }

  /// The output for a batch of both inputs: `[batch, …, first]` and `[batch, …, second]` in, `[batch, …, out]` out;
  /// other shapes trap.
  public func forward(_ inputs: (Tensor<Float>, Tensor<Float>)) -> Tensor<Float> {
    let (a, b) = inputs
    let (outputs, first, second) = (weight.shape[0], weight.shape[1], weight.shape[2])
    if a.shape.last != first || b.shape.last != second || !a.shape.dropLast().elementsEqual(b.shape.dropLast()) {
      trap(
        TensorError(
          "Bilinear", expected: "[…, \(first)] and […, \(second)] with the same axes before",
          got: "\(a.shape) and \(b.shape)"))
    }
    // One product for all outputs, then the first input's part row by row.
    let products = linear(b, weight: weight.reshaped(to: [outputs * first, second] as Shape))
      .reshaped(to: [-1, outputs, first])
    let columns = a.reshaped(to: [-1, first, 1])
    let result = matmul(products, columns).reshaped(to: Shape(a.shape.dropLast() + [outputs]))
    return bias.map { result + $0 } ?? result
  }

  /// The output for a batch of both inputs.
  public func callAsFunction(_ first: Tensor<Float>, _ second: Tensor<Float>) -> Tensor<Float> { self((first, second)) }
}

extension Bilinear: CustomStringConvertible {
  /// `Bilinear(20, 30, 40)`.
  public var description: String {
    "Bilinear(\(weight.shape[1]), \(weight.shape[2]), \(weight.shape[0])\(_bias == nil ? ", useBias: false" : ""))"
  }
}
