import MartletCore

/// A way to draw a parameter's initial values.
///
/// Random numbers are those in scope (`withRandomSeed`). The fans are the numbers of inputs and outputs of a unit; not
/// every initialiser uses them. Distributions are those of `torch.nn.init`; normal ones are not truncated.
public struct Initializer: Sendable {
  /// The name, for messages.
  public let name: String
  private let make: @Sendable (_ shape: Shape, _ fanIn: Int, _ fanOut: Int) -> Tensor<Float>

  /// A custom initialiser: `make` returns a tensor of the given shape, and may use the fans.
  public init(
    _ name: String, _ make: @escaping @Sendable (_ shape: Shape, _ fanIn: Int, _ fanOut: Int) -> Tensor<Float>
  ) {
    self.name = name
    self.make = make
  }

  /// A tensor of this shape. Traps when the initialiser makes one of another shape.
  public func callAsFunction(_ shape: Shape, fanIn: Int, fanOut: Int) -> Tensor<Float> {
    let tensor = make(shape, max(1, fanIn), max(1, fanOut))
    if tensor.shape != shape {
      trap(TensorError("Initializer \(name)", "it made a tensor of shape \(tensor.shape), not \(shape)"))
    }
    return tensor
  }

  /// A tensor of this shape, with the fans that PyTorch takes from it: those of `[out, in]` or
  /// `[out, in, …receptive field]`; both are the element count for a rank below 2.
  public func callAsFunction(_ shape: Shape) -> Tensor<Float> {
    if shape.rank < 2 { return self(shape, fanIn: shape.elementCount, fanOut: shape.elementCount) }
    let field = shape.dropFirst(2).reduce(1, *)
    return self(shape, fanIn: shape[1] * field, fanOut: shape[0] * field)
  }

  /// Uniform within ±√(6 / (in + out)) (Glorot and Bengio, 2010; Xavier in PyTorch).
  public static let glorotUniform = Initializer("glorotUniform") { shape, fanIn, fanOut in
    drawUniform(shape, within: (6 / Double(fanIn + fanOut)).squareRoot())
  }

  /// Normal with standard deviation √(2 / (in + out)) (Glorot and Bengio, 2010).
  public static let glorotNormal = Initializer("glorotNormal") { shape, fanIn, fanOut in
    drawNormal(shape, (2 / Double(fanIn + fanOut)).squareRoot())
  }

  /// Uniform within ±√(6 / in), for ReLU (He et al., 2015; Kaiming in PyTorch).
  public static let heUniform = Initializer("heUniform") { shape, fanIn, _ in
    drawUniform(shape, within: (6 / Double(fanIn)).squareRoot())
  }

  /// Normal with standard deviation √(2 / in), for ReLU (He et al., 2015).
  public static let heNormal = Initializer("heNormal") { shape, fanIn, _ in
    drawNormal(shape, (2 / Double(fanIn)).squareRoot())
  }

  /// Uniform within ±√(3 / in), for SELU (LeCun et al., 1998).
  public static let leCunUniform = Initializer("leCunUniform") { shape, fanIn, _ in
    drawUniform(shape, within: (3 / Double(fanIn)).squareRoot())
  }

  /// Normal with standard deviation √(1 / in), for SELU (LeCun et al., 1998).
  public static let leCunNormal = Initializer("leCunNormal") { shape, fanIn, _ in
    drawNormal(shape, (1 / Double(fanIn)).squareRoot())
  }

  /// Uniform within ±1/√in, as PyTorch's `Linear` draws weights (`kaiming_uniform_` with `a = √5`) and biases.
  public static let pyTorch = Initializer("pyTorch") { shape, fanIn, _ in
    drawUniform(shape, within: 1 / Double(fanIn).squareRoot())
  }

  /// All 0.
  public static let zeros = Initializer("zeros") { shape, _, _ in .zeros(shape) }

  /// All 1.
  public static let ones = Initializer("ones") { shape, _, _ in .ones(shape) }

  /// All equal to `value`.
  public static func constant(_ value: Float) -> Initializer {
    Initializer("constant") { shape, _, _ in .full(shape, value) }
  }

  /// Uniform over a range.
  public static func uniform(in range: Range<Float>) -> Initializer {
    Initializer("uniform") { shape, _, _ in .randomUniform(shape, in: range) }
  }

  /// Normal with this mean and standard deviation.
  public static func normal(mean: Float = 0, standardDeviation: Float) -> Initializer {
    Initializer("normal") { shape, _, _ in
      .randomNormal(shape, mean: mean, standardDeviation: standardDeviation)
    }
  }
}

private func drawUniform(_ shape: Shape, within bound: Double) -> Tensor<Float> {
  .randomUniform(shape, in: Float(-bound)..<Float(bound))
}

private func drawNormal(_ shape: Shape, _ standardDeviation: Double) -> Tensor<Float> {
  .randomNormal(shape, standardDeviation: Float(standardDeviation))
}
