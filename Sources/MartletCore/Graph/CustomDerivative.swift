extension Tensor where Scalar: FloatingScalar {
  /// The same values with another derivative: a backward pass gives the gradient to `pullback` and goes on with its
  /// result.
  ///
  /// Use it to clip, scale, reverse or look at a gradient:
  /// ```swift
  /// let y = x.withPullback { $0 * -1 }  // gradient reversal
  /// ```
  /// `pullback` must return a tensor of the gradient's shape, otherwise the backward pass traps. What it does with
  /// tensor operations can be differentiated again.
  public func withPullback(_ pullback: @escaping @Sendable (_ gradient: Tensor) -> Tensor) -> Tensor {
    let primitive = CustomDerivative { [pullback(Tensor(unchecked: $0)).erased] }
    return Tensor(unchecked: apply(primitive, erased))
  }
}

/// Applies a function of one tensor with a derivative of your own: `function` returns the value and its pullback.
///
/// The operations in `function` are not recorded. Instead, the pullback gets the gradient with respect to the value and
/// returns that with respect to `x`. Use it where this is cheaper or more stable than the derivatives of the
/// operations:
/// ```swift
/// func log1pExp(_ x: Tensor<Float>) -> Tensor<Float> {
///   withPullback(at: x) { x in (x.exp().log1p(), { g in g * x.sigmoid() }) }
/// }
/// ```
/// For second derivatives the pullback must be made of tensor operations on the `x` that `function` is given.
public func withPullback<S: FloatingScalar, R: FloatingScalar>(
  at x: Tensor<S>,
  _ function: @escaping @Sendable (Tensor<S>) -> (value: Tensor<R>, pullback: (_ gradient: Tensor<R>) -> Tensor<S>)
) -> Tensor<R> {
  Tensor(
    unchecked: CustomDerivative.run([x.erased]) { operands in
      let (value, pullback) = function(Tensor(unchecked: operands[0]))
      return (value.erased, { [pullback(Tensor(unchecked: $0)).erased] })
    })
}

/// Applies a function of two tensors with a derivative of your own: `function` returns the value and its pullback,
/// which returns the gradients with respect to both.
public func withPullback<A: FloatingScalar, B: FloatingScalar, R: FloatingScalar>(
  at a: Tensor<A>, _ b: Tensor<B>,
  _ function:
    @escaping @Sendable (Tensor<A>, Tensor<B>) -> (
      value: Tensor<R>, pullback: (_ gradient: Tensor<R>) -> (Tensor<A>, Tensor<B>)
    )
) -> Tensor<R> {
  Tensor(
    unchecked: CustomDerivative.run([a.erased, b.erased]) { operands in
      let (value, pullback) = function(Tensor(unchecked: operands[0]), Tensor(unchecked: operands[1]))
      return (
        value.erased,
        { gradient in
          let (forA, forB) = pullback(Tensor(unchecked: gradient))
          return [forA.erased, forB.erased]
        }
      )
    })
}

/// A primitive whose result is its first operand and whose derivative is a closure.
///
/// The first operand is either the only one (`x.withPullback`) or the value of a function, followed by the function's
/// operands (`withPullback(at:_:)`).
package struct CustomDerivative: ViewMap {
  /// The gradients of the operands, from the operands, the gradient of the value, and whether each is wanted; one that is
  /// not may be nil.
  typealias Gradients = @Sendable ([AnyTensor], AnyTensor, _ wanted: [Bool]) -> [AnyTensor?]
  typealias Function = @Sendable ([AnyTensor]) -> (value: AnyTensor, pullback: (AnyTensor) -> [AnyTensor])

  /// A closure in an object, so that two can be compared by identity.
  private final class Derivative: Sendable {
    let gradients: Gradients

    init(_ gradients: @escaping Gradients) { self.gradients = gradients }
  }

  private let derivative: Derivative
  /// Whether the first operand is a function's value, followed by the function's operands.
  package let hasValue: Bool

  package init(_ derivative: @escaping @Sendable (AnyTensor) -> [AnyTensor]) {
    self.derivative = Derivative { _, gradient, _ in derivative(gradient) }
    hasValue = false
  }

  private init(_ derivative: Derivative, hasValue: Bool) {
    self.derivative = derivative
    self.hasValue = hasValue
  }

  private init(of function: @escaping Function) {
    // The function runs again on the operands that the pass gives, so that what the pullback captures of them is
    // recorded for outer gradients.
    derivative = Derivative { operands, gradient, _ in function(operands).pullback(gradient) }
    hasValue = true
  }

  static func run(_ operands: [AnyTensor], _ function: @escaping Function) -> AnyTensor {
    let value = withoutGradient { function(operands.map { $0.detached() }).value.detached() }
    return apply(CustomDerivative(of: function), [value] + operands)
  }

  /// A value that was computed, with the gradients of its operands.
  static func run(
    _ value: AnyTensor, _ operands: [AnyTensor], gradients: @escaping Gradients
  ) -> AnyTensor {
    apply(CustomDerivative(Derivative(gradients), hasValue: true), [value] + operands)
  }

  package static func == (a: CustomDerivative, b: CustomDerivative) -> Bool { a.derivative === b.derivative }

  package var name: String { "withPullback" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    TensorSpecs(operands[0])
  }

  package func layout(of operand: Layout, result index: Int) -> Layout? { operand }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let places = (hasValue ? 1 : 0)..<saved.count
    let operands = places.map(saved.operand)
    let gradients = derivative.gradients(operands, g.first, places.map(saved.needs))
    for (index, (gradient, operand)) in zip(gradients, operands).enumerated() {
      guard let gradient, gradient.shape != operand.shape else { continue }
      trap(name, "the pullback returned shape \(gradient.shape) for operand \(index), which has shape \(operand.shape)")
    }
    return Cotangents((hasValue ? [nil] : []) + gradients)
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents { transposedPullback(tangents, saved) }

  /// The derivative of a batch is the closure vectorized over the operands and the gradient.
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let (derivative, first) = (derivative, hasValue ? 1 : 0)
    let isBatched = (first..<operands.count).map(operands.isBatched)
    let batched = Derivative { tensors, gradient, wanted in
      let axes: [Int?] = isBatched.map { $0 ? 0 : nil } + [0]
      var isThere: [Bool] = []
      let gradients = vectorize(tensors + [gradient], over: axes) { inputs in
        let gradients = derivative.gradients(Array(inputs.dropLast()), inputs.last!, wanted)
        isThere = gradients.map { $0 != nil }
        return gradients.compactMap(\.self)
      }
      var next = gradients.makeIterator()
      return zip(isThere, isBatched).map { isThere, isBatched in
        guard isThere, let gradient = next.next() else { return nil }
        return isBatched ? gradient : apply(Reduction(.sum, axes: [0]), gradient)
      }
    }
    let tensors = (0..<operands.count).map { $0 < first ? operands.stacked($0) : operands[$0] }
    return [apply(CustomDerivative(batched, hasValue: hasValue), tensors)]
  }
}
