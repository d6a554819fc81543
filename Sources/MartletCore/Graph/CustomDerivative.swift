extension Tensor where Scalar: FloatingScalar {
  /// The same values; in a backward pass the gradient is handed to `pullback`, and what that returns goes on instead.
  ///
  /// For clipping, scaling, reversing or looking at a gradient on its way:
  /// ```swift
  /// let y = x.withPullback { $0 * -1 }  // gradient reversal
  /// ```
  /// What `pullback` does with tensor operations can be differentiated again. It must return the gradient's shape.
  public func withPullback(_ pullback: @escaping @Sendable (_ gradient: Tensor) -> Tensor) -> Tensor {
    let primitive = CustomDerivative(value: nil) { [pullback(Tensor(unchecked: $0)).erased] }
    return Tensor(unchecked: apply(primitive, erased))
  }
}

/// A function of one tensor with a derivative of one's own: `function` returns the value and its pullback.
///
/// The function is not recorded; its derivative is what the pullback says, which gets the gradient of the value and
/// returns that of `x`. For derivatives that are cheaper or more stable than the composed one:
/// ```swift
/// func log1pExp(_ x: Tensor<Float>) -> Tensor<Float> {
///   withPullback(at: x) { x in (x.exp().log1p(), { g in g * x.sigmoid() }) }
/// }
/// ```
/// To be differentiated twice, the pullback must be made of tensor operations on `x` as it is handed in.
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

/// A function of two tensors with a derivative of one's own.
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

/// A value whose derivative is a closure.
struct CustomDerivative: Primitive {
  typealias Function = @Sendable ([AnyTensor]) -> (value: AnyTensor, pullback: (AnyTensor) -> [AnyTensor])

  /// The value that was computed, nil for the operand itself.
  private let value: TensorBody?
  /// The derivative, from the operands and the gradient of the value.
  private let derivative: @Sendable ([AnyTensor], AnyTensor) -> [AnyTensor]

  init(value: TensorBody?, _ derivative: @escaping @Sendable (AnyTensor) -> [AnyTensor]) {
    self.value = value
    self.derivative = { derivative($1) }
  }

  private init(value: TensorBody, of function: @escaping Function) {
    self.value = value
    // The operands as the passes see them: what the pullback captures of them is then recorded for gradients outside.
    derivative = { operands, gradient in function(operands).pullback(gradient) }
  }

  static func run(_ operands: [AnyTensor], _ function: @escaping Function) -> AnyTensor {
    let value = withoutGradient { function(operands.map { $0.detached() }).value.detached() }
    return apply(CustomDerivative(value: value.body, of: function), Operands(operands))
  }

  var name: String { "withPullback" }
  var saves: SavePolicy { .operands }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let body = value ?? operands.first.body
    return TensorSpec(body.scalarType, body.shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody { value ?? operands.first.body }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    let operands = (0..<saved.count).map(saved.operand)
    let gradients = derivative(operands, cotangent)
    for (index, (gradient, operand)) in zip(gradients, operands).enumerated() where gradient.shape != operand.shape {
      trap(name, "the pullback returned shape \(gradient.shape) for operand \(index), which has shape \(operand.shape)")
    }
    return OperandGradients(gradients[0], gradients.count > 1 ? gradients[1] : nil)
  }

  /// The pullback is linear in the gradient, so that its own pullback is the differential: forward mode as the transpose
  /// of the transpose.
  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let operands = (0..<saved.count).map(saved.operand)
    let derivative = derivative
    let spec = TensorSpec(saved.resultType, saved.resultShape)
    let transpose = Linearization(at: [AnyTensor(zeros: spec.shape, scalarType: spec.scalarType)]) {
      derivative(operands, $0[0])
    }
    let given = operands.enumerated().map { index, operand in
      tangents[index] ?? AnyTensor(zeros: operand.shape, scalarType: operand.scalarType)
    }
    return transpose.pullback(given)[0]
  }

  static var samples: [Sample] {
    [
      Sample(
        "softplus with its own derivative", [.init([3, 4])],
        apply: { operands in
          CustomDerivative.run(operands) { x in
            (x[0].applying(.softplus), { [$0 * x[0].applying(.sigmoid)] })
          }
        }, reference: { $0[0].map { max($0, 0) + CMath.log1p(CMath.exp(-abs($0))) } }),
      Sample(
        "identity", [.init([3])], apply: { applyAny(CustomDerivative(value: nil) { [$0] }, $0) }, reference: { $0[0] }),
    ]
  }
}
