import MartletCore

/// Adds its input to the output of the layers within: a residual block (He et al., 2015, arXiv:1512.03385).
///
/// ```swift
/// Residual { Dense(64, activation: .relu); Dense(64) }
/// Residual(shortcut: Dense(32)) { Dense(64, activation: .relu); Dense(32) }
/// ```
/// Where the layers change the shape, a `shortcut` brings the input to the new one. Children are called `0`, `1`, …
/// and `shortcut`.
public final class Residual: Layer, ModuleContainer {
  private let body: Sequential
  /// The layer that the input passes on its way around the others; nil for the input as it is.
  public let shortcut: (any FloatLayer)?

  /// A block of layers, one after the other.
  public init(shortcut: (any FloatLayer)? = nil, @LayerBuilder _ layers: () throws -> [any FloatLayer]) rethrows {
    body = try Sequential(layers)
    self.shortcut = shortcut
  }

  /// The layers, first to last.
  public var layers: [any FloatLayer] { body.layers }

  package var namedChildren: [(name: String, child: Any)] { body.namedChildren + [("shortcut", shortcut as Any)] }

  /// The output for a batch: the layers' output and the input, or the shortcut's output. Traps when their shapes differ.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    let (around, through) = (shortcut.map { $0(x) } ?? x, body.forward(x))
    if around.shape != through.shape { trap(TensorError("Residual", Self.mismatch(around.shape, through.shape))) }
    return around + through
  }

  /// Builds the layers and the shortcut for an input of this shape; throws when one of them does not fit.
  public func build(for inputShape: Shape?) throws(ModuleError) {
    try body.build(for: inputShape)
    guard let shortcut else { return }
    try naming("shortcut") { () throws(ModuleError) in try shortcut.build(for: inputShape) }
  }

  /// The shape of the layers' output; throws when the input, or the shortcut's output, has another.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    let through = try body.outputShape(for: inputShape)
    var around = inputShape
    if let shortcut {
      around = try naming("shortcut") { () throws(ModuleError) in try shortcut.outputShape(for: inputShape) }
    }
    if let through, let around, through != around {
      throw .layer(path: "", reason: Self.mismatch(around, through))
    }
    return through ?? around
  }

  /// Throws when a layer that takes the input does not take the values.
  public func validate(_ x: Tensor<Float>) throws(ModuleError) {
    try body.validate(x)
    try shortcut?.validate(x)
  }

  private static func mismatch(_ around: Shape, _ through: Shape) -> String {
    "expected layers whose output has the shape of what it is added to, \(around), got \(through): end in that size, or "
      + "state a layer that brings the input to the new one, Residual(shortcut: …)"
  }
}

extension Residual: CustomStringConvertible {
  /// `Residual(2 layers)`.
  public var description: String { "Residual(\(layers.count) layers\(shortcut == nil ? "" : ", with a shortcut"))" }
}
