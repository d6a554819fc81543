import MartletCore

/// A layer that applies an activation function. It has no parameters.
///
/// Each function has a class of its own too, named as in PyTorch: `ReLU()` is `Activation(.relu)`.
public class Activation: Layer {
  /// The function that is applied.
  public let function: ActivationFunction

  /// A layer that applies `function`.
  public init(_ function: ActivationFunction) {
    self.function = function
  }

  /// The output for a batch: any shape in, the same out.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> { function(x) }

  /// The input's shape.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? { inputShape }
}

extension Activation: CustomStringConvertible {
  /// `Activation(relu)`, `LeakyReLU(slope: 0.2)`.
  public var description: String {
    if Self.self == Activation.self { return "Activation(\(function))" }
    let values = "\(function)".drop { $0 != "(" }
    return "\(Self.self)\(values.isEmpty ? "()" : values)"
  }
}

/// A layer whose last activation is known.
package protocol EndsInActivation {
  /// The activation that the layer's output comes from; nil if it is not known.
  var lastActivation: ActivationFunction? { get }
}

extension Activation: EndsInActivation {
  package var lastActivation: ActivationFunction? { function }
}

// A class for each function. What they compute stands at the function.

/// A layer that applies `identity`.
public final class Identity: Activation {
  /// The layer.
  public init() { super.init(.identity) }
}
/// A layer that applies `relu`.
public final class ReLU: Activation {
  /// The layer.
  public init() { super.init(.relu) }
}
/// A layer that applies `leakyReLU`.
public final class LeakyReLU: Activation {
  /// The layer, with the function's parameters.
  public init(slope: Float = 0.01) { super.init(.leakyReLU(slope: slope)) }
}
/// A layer that applies `elu`.
public final class ELU: Activation {
  /// The layer, with the function's parameters.
  public init(alpha: Float = 1) { super.init(.elu(alpha: alpha)) }
}
/// A layer that applies `selu`.
public final class SELU: Activation {
  /// The layer.
  public init() { super.init(.selu) }
}
/// A layer that applies `gelu`, or its approximation by `tanh`.
public final class GELU: Activation {
  /// The layer; `approximate` takes the approximation by `tanh`.
  public init(approximate: Bool = false) { super.init(approximate ? .geluTanh : .gelu) }
}
/// A layer that applies `silu`.
public final class SiLU: Activation {
  /// The layer.
  public init() { super.init(.silu) }
}
/// A layer that applies `mish`.
public final class Mish: Activation {
  /// The layer.
  public init() { super.init(.mish) }
}
/// A layer that applies `sigmoid`.
public final class Sigmoid: Activation {
  /// The layer.
  public init() { super.init(.sigmoid) }
}
/// A layer that applies `tanh`.
public final class Tanh: Activation {
  /// The layer.
  public init() { super.init(.tanh) }
}
/// A layer that applies `softplus`.
public final class Softplus: Activation {
  /// The layer.
  public init() { super.init(.softplus) }
}
/// A layer that applies `logSigmoid`.
public final class LogSigmoid: Activation {
  /// The layer.
  public init() { super.init(.logSigmoid) }
}
/// A layer that applies `celu`.
public final class CELU: Activation {
  /// The layer, with the function's parameters.
  public init(alpha: Float = 1) { super.init(.celu(alpha: alpha)) }
}
/// A layer that applies `relu6`.
public final class ReLU6: Activation {
  /// The layer.
  public init() { super.init(.relu6) }
}
/// A layer that applies `hardTanh`.
public final class HardTanh: Activation {
  /// The layer, with the function's parameters.
  public init(min: Float = -1, max: Float = 1) { super.init(.hardTanh(min: min, max: max)) }
}
/// A layer that applies `hardSigmoid`.
public final class HardSigmoid: Activation {
  /// The layer.
  public init() { super.init(.hardSigmoid) }
}
/// A layer that applies `hardSwish`.
public final class HardSwish: Activation {
  /// The layer.
  public init() { super.init(.hardSwish) }
}
/// A layer that applies `softsign`.
public final class Softsign: Activation {
  /// The layer.
  public init() { super.init(.softsign) }
}
/// A layer that applies `tanhshrink`.
public final class Tanhshrink: Activation {
  /// The layer.
  public init() { super.init(.tanhshrink) }
}
/// A layer that applies `softshrink`.
public final class Softshrink: Activation {
  /// The layer, with the function's parameters.
  public init(lambda: Float = 0.5) { super.init(.softshrink(lambda: lambda)) }
}
/// A layer that applies `hardshrink`.
public final class Hardshrink: Activation {
  /// The layer, with the function's parameters.
  public init(lambda: Float = 0.5) { super.init(.hardshrink(lambda: lambda)) }
}
/// A layer that applies `threshold`.
public final class Threshold: Activation {
  /// The layer, with the function's parameters.
  public init(_ threshold: Float, value: Float) { super.init(.threshold(threshold, value: value)) }
}

/// A layer that applies `softmax` along an axis.
public final class Softmax: Activation {
  private let axis: Int

  /// A layer for an axis of the batch, by default the last.
  public init(axis: Int = -1) {
    self.axis = axis
    super.init(.softmax)
  }

  /// The output for a batch: any shape in, the same out.
  override public func forward(_ x: Tensor<Float>) -> Tensor<Float> { x.softmax(axis: axis) }
}

/// A layer that applies `logSoftmax` along an axis.
public final class LogSoftmax: Activation {
  private let axis: Int

  /// A layer for an axis of the batch, by default the last.
  public init(axis: Int = -1) {
    self.axis = axis
    super.init(.logSoftmax)
  }

  /// The output for a batch: any shape in, the same out.
  override public func forward(_ x: Tensor<Float>) -> Tensor<Float> { x.logSoftmax(axis: axis) }
}

/// A layer that multiplies the first half of an axis by the `sigmoid` of the second (Dauphin et al., 2016,
/// arXiv:1612.08083): half as long along the axis.
public final class GLU: Layer, CustomStringConvertible {
  private let axis: Int

  /// A layer for an axis of the batch, by default the last.
  public init(axis: Int = -1) { self.axis = axis }

  /// The output for a batch; an odd length along the axis traps.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> { x.glu(axis: axis) }

  /// The input's shape, half as long along the axis; throws when that is odd, or there is no such axis.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    guard var shape = inputShape else { return nil }
    let index = axis < 0 ? shape.rank + axis : axis - 1
    if !(0..<shape.rank ~= index) || shape[index] % 2 != 0 {
      throw .layer(path: "", reason: "GLU(axis: \(axis)) takes an even length along its axis, not an input of \(shape)")
    }
    shape[index] /= 2
    return shape
  }

  /// `GLU(axis: -1)`.
  public var description: String { "GLU(axis: \(axis))" }
}

/// A layer that applies a leaky ReLU whose slope below 0 is trained (He et al., 2015, arXiv:1502.01852).
///
/// `weight` is `[1]`, or `[channels]` for inputs `[batch, channels, …]`, named as PyTorch's.
public final class PReLU: Layer, CustomStringConvertible {
  /// The slopes below 0, `[1]` or `[channels]`.
  @Parameter public var weight: Tensor<Float>

  /// A layer with one slope for all elements, or one for each of `channelCount` channels; traps when there are none.
  public init(_ channelCount: Int = 1, initial: Float = 0.25) {
    if channelCount < 1 { fatalError("PReLU(\(channelCount)): the number of slopes is positive") }
    weight = .full([channelCount], initial)
  }

  /// The output for a batch: any shape in, the same out; another number of channels traps.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> { x.prelu(weight: weight) }

  /// The input's shape; throws when it has another number of channels.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    let count = weight.count
    if let inputShape, count > 1, inputShape.first != count {
      throw .layer(path: "", reason: "\(self) takes inputs of shape [\(count), …], not \(inputShape)")
    }
    return inputShape
  }

  /// `PReLU(64)`.
  public var description: String { "PReLU(\(weight.count))" }
}
