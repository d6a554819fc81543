import MartletCore

/// Applies several layers to the same input, and combines what they make.
///
/// ```swift
/// Parallel {
///   Dense(32, activation: .relu)
///   Sequential { Dense(64, activation: .tanh); Dense(32) }
/// }
/// ```
/// Each line is a branch, called `0`, `1`, … The outputs are joined along the last axis, unless another way is stated.
public final class Parallel: Layer, ModuleContainer {
  /// How the branches' outputs become one.
  public enum Combination {
    /// Joined along an axis of the batch; the first axis, the examples, is none of those.
    case concatenated(axis: Int = -1)
    /// Added up; all are of one shape.
    case added
    /// By a function of all outputs, in the order of the branches, whose result is a batch.
    case custom((_ outputs: [Tensor<Float>]) -> Tensor<Float>)
  }

  /// The branches in order.
  public let branches: [any FloatLayer]
  private let combination: Combination
  /// What a function of one's own made of branches' outputs, for an example.
  private var known: (outputs: [Shape], result: Shape)?

  /// A layer of branches; traps when there is none, or axis 0 is stated.
  public init(
    _ combination: Combination = .concatenated(), @LayerBuilder _ branches: () throws -> [any FloatLayer]
  ) rethrows {
    self.branches = try branches()
    self.combination = combination
    if self.branches.isEmpty { fatalError("Parallel: expected at least one branch, got none") }
    if case .concatenated(0) = combination { fatalError("Parallel: axis 0 counts the examples and cannot be joined") }
  }

  package var namedChildren: [(name: String, child: Any)] { branches.enumerated().map { ("\($0)", $1) } }

  /// The output for a batch; traps when the branches' outputs do not fit together.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> { combined(branches.map { $0(x) }) }

  private func combined(_ outputs: [Tensor<Float>]) -> Tensor<Float> {
    switch combination {
    case .concatenated(let axis): return .concatenate(outputs, axis: axis)
    case .added:
      if let other = outputs.first(where: { $0.shape != outputs[0].shape }) {
        trap(TensorError("Parallel", expected: "branches of one shape, \(outputs[0].shape)", got: "\(other.shape)"))
      }
      return outputs.dropFirst().reduce(outputs[0], +)
    case .custom(let function): return function(outputs)
    }
  }

  /// Builds every branch for an input of this shape.
  public func build(for inputShape: Shape?) throws(ModuleError) {
    for (index, branch) in branches.enumerated() {
      try naming("\(index)") { () throws(ModuleError) in try branch.build(for: inputShape) }
    }
  }

  /// The shape of the combined output; throws when a branch does not fit, or the branches do not fit together. For a
  /// function of one's own it is found by applying that to zeros.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    var shapes: [Shape] = []
    for (index, branch) in branches.enumerated() {
      let shape = try naming("\(index)") { () throws(ModuleError) in try branch.outputShape(for: inputShape) }
      guard let shape else { return nil }
      shapes.append(shape)
    }
    var result = shapes[0]
    switch combination {
    case .concatenated(let axis):
      let index = axis < 0 ? result.rank + axis : axis - 1
      func rest(_ shape: Shape) -> [Int] { shape.enumerated().map { $0.offset == index ? 0 : $0.element } }
      if !(0..<result.rank ~= index) || shapes.contains(where: { rest($0) != rest(result) }) {
        throw mistake(shapes, "equal but along axis \(axis)")
      }
      result[index] = shapes.reduce(0) { $0 + $1[index] }
    case .added:
      if shapes.contains(where: { $0 != result }) { throw mistake(shapes, "equal") }
    case .custom:
      if let known, known.outputs == shapes { return known.result }
      let zeros = shapes.map { Tensor<Float>.zeros(Shape([1] + $0)) }
      let output = withMode(.inference) { withoutGradient { combined(zeros).shape } }
      if output.first != 1 {
        throw .layer(path: "", reason: "Parallel: expected a batch of one, [1, …], got \(output)")
      }
      result = Shape(output.dropFirst())
      known = (shapes, result)
    }
    return result
  }

  private func mistake(_ shapes: [Shape], _ wanted: String) -> ModuleError {
    let text = shapes.map { "\($0)" }.joined(separator: ", ")
    return .layer(path: "", reason: "Parallel: expected branches whose outputs are \(wanted), got \(text)")
  }

  /// Throws when a branch does not take the values.
  public func validate(_ x: Tensor<Float>) throws(ModuleError) {
    for branch in branches { try branch.validate(x) }
  }
}

extension Parallel: CustomStringConvertible {
  /// `Parallel(3 branches)`.
  public var description: String { "Parallel(\(branches.count) branches)" }
}

extension Parallel: RepeatableModule {
  /// Whether the outputs are combined in one of the library's ways: a function of one's own may do anything.
  public var isRepeatable: Bool { if case .custom = combination { false } else { true } }
}
