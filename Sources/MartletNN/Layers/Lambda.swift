import MartletCore

/// A layer that applies a function to a tensor and has no parameters, such as a change of shape.
///
/// ```swift
/// let model = Sequential(inputShape: [64]) {
///   Lambda { x in x.reshaped(to: [-1, 8, 8]).mean(axis: 2) }
///   Dense(10)
/// }
/// ```
/// A function on a line of its own in a `Sequential`, such as `relu`, becomes such a layer too. A closure there would
/// be parsed as the trailing closure of the line before: write `Lambda`.
public final class Lambda: Layer {
  private let function: (Tensor<Float>) -> Tensor<Float>
  private let stated: Shape?
  private var known: (input: Shape, output: Shape)?

  /// A layer that applies `function` to a batch: `[batch, …]` in, `[batch, …]` out.
  ///
  /// - Parameters:
  ///   - outputShape: The shape of the output for one example, without the batch axis. When it is not stated, the function
  ///     is tried on zeros to find it.
  ///   - function: The function of a batch.
  public init(outputShape: Shape? = nil, _ function: @escaping (_ x: Tensor<Float>) -> Tensor<Float>) {
    self.function = function
    stated = outputShape
  }

  /// Applies the function to a batch.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> { function(x) }

  /// Applies the function to a batch of one example of zeros, in inference mode, to find the output's shape, unless that
  /// was stated.
  ///
  /// Throws when the output is not a batch of one.
  public func build(for inputShape: Shape?) throws(ModuleError) {
    guard stated == nil, let inputShape, inputShape != known?.input else { return }
    let example = Tensor<Float>.zeros(Shape([1] + inputShape))
    let output = withMode(.inference) { withoutGradient { function(example).shape } }
    if output.first != 1 {
      throw .layer(
        path: "", reason: "Lambda: expected an output of shape [1, …] for an input of \(example.shape), got \(output)")
    }
    known = (inputShape, Shape(output.dropFirst()))
  }

  /// The stated shape; else that for the input shape which the layer was built for, nil before it is built. Throws for
  /// an input shape that it was not built for.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    if let stated { return stated }
    guard let inputShape, let known else { return nil }
    if inputShape != known.input {
      throw .layer(path: "", reason: "Lambda: expected an input of shape \(known.input), got \(inputShape)")
    }
    return known.output
  }
}
