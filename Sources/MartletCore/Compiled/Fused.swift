/// A function of tensors that is done from a plan, and whose derivative is done from another: see `fused(_:)`.
///
/// It belongs to one thread at a time, as the function that it was made from does.
public final class FusedFunction<Input, Output> {
  private let untyped: FusedTensors
  private let output: (AnyTensor) -> Output

  init(function: @escaping ([AnyTensor]) -> AnyTensor, output: @escaping (AnyTensor) -> Output) {
    untyped = FusedTensors(function)
    self.output = output
  }

  /// The function's result for these arguments; inside of a gradient, recorded as one operation.
  ///
  /// Traps where the function does what cannot be repeated, with the operation's name and what to do instead.
  public func callAsFunction<each A: FloatingScalar>(
    _ arguments: repeat Tensor<each A>
  ) -> Output where Input == (repeat Tensor<each A>) {
    output(untyped.result(erased(repeat each arguments)))
  }

  /// The plans of the function, each for arguments of its own shapes; none before the third call with the same shapes.
  public var plans: [CompiledPlan] { untyped.value.plans }

  /// The plans of the derivative, which are given the arguments and the gradient of the result; each set of arguments
  /// whose gradients are wanted has its own.
  public var derivativePlans: [CompiledPlan] { untyped.derivatives.flatMap(\.gradients.plans) }
}

/// An expression of tensors that is computed in one pass, with its derivative in another.
///
/// ```swift
/// let activation = fused { (x: Tensor<Float>, slope: Tensor<Float>) in x * (x * slope).sigmoid() + 0.1 * x }
/// let gradients = gradient(at: x, slope) { x, slope in activation(x, slope).sum() }
/// ```
/// As a compiled function it is run twice as it stands and repeated afterwards; see `compiled(_:)`, which also says what
/// cannot be repeated. A gradient records it as one operation that keeps its arguments alone: its derivative computes
/// again what it needs of the values between, tile by tile, and nothing between goes through memory. That pays for chains
/// of elementwise operations; a product of matrices would be computed twice.
///
/// The result and the gradients have the bits that they have without `fused`. Derivatives of higher order are taken at the
/// function as it stands. Traps where the function draws random numbers, reads a parameter that is not an argument, or
/// changes one.
public func fused<each A: FloatingScalar, R: FloatingScalar>(
  _ function: @escaping (repeat Tensor<each A>) -> Tensor<R>
) -> FusedFunction<(repeat Tensor<each A>), Tensor<R>> {
  FusedFunction(
    function: { tensors in
      var next = TensorQueue(tensors)
      return function(repeat next.take((each A).self)).erased
    },
    output: { Tensor(unchecked: $0) })
}

/// The untyped core of fused functions.
private final class FusedTensors: @unchecked Sendable {
  // `@unchecked Sendable`: a pass runs on the thread that has recorded, so that only that thread uses the plans.

  private let function: ([AnyTensor]) -> AnyTensor
  let value: CompiledTensors
  /// For each set of operands whose gradients have been wanted, these gradients, from all operands and the gradient of
  /// the value.
  private(set) var derivatives: [(wanted: [Bool], gradients: CompiledTensors)] = []

  init(_ function: @escaping ([AnyTensor]) -> AnyTensor) {
    self.function = function
    value = CompiledTensors(refusing: Self.refusal) { ([function($0)], nil) }
  }

  func result(_ operands: [AnyTensor]) -> AnyTensor {
    if Observation.refusesPlans { return function(operands) }
    let result = value.repeated(operands.map { $0.detached() })[0]
    if !operands.contains(where: \.isBeingRecorded) { return result }
    return CustomDerivative.run(result, operands) { operands, gradient, wanted in
      if Observation.refusesPlans || (operands + [gradient]).contains(where: \.isBeingRecorded) {
        return Self.spread(Self.gradients(of: self.function, operands, gradient, wanted), wanted)
      }
      let gradients = self.derivative(wanted).repeated((operands + [gradient]).map { $0.detached() })
      return Self.spread(gradients, wanted)
    }
  }

  private func derivative(_ wanted: [Bool]) -> CompiledTensors {
    if let known = derivatives.first(where: { $0.wanted == wanted }) { return known.gradients }
    let gradients = CompiledTensors(refusing: Self.refusal) { [function] inputs in
      (Self.gradients(of: function, Array(inputs.dropLast()), inputs[inputs.count - 1], wanted), nil)
    }
    derivatives.append((wanted, gradients))
    return gradients
  }

  /// The gradients of the wanted operands alone.
  private static func gradients(
    of function: ([AnyTensor]) -> AnyTensor, _ operands: [AnyTensor], _ gradient: AnyTensor, _ wanted: [Bool]
  ) -> [AnyTensor] {
    GraphSession.withLevel { session, level in
      let leaves = zip(operands, wanted).map { $1 ? session.leaf(for: $0, level) : nil }
      let output = function(zip(operands, leaves).map { $1 == nil ? $0 : AnyTensor($0.body, node: $1) })
      let found = Pass(session: session, level: level)
        .backward(from: [output], seeds: [gradient], to: leaves.compactMap(\.self))
      let differentiated = zip(operands, wanted).filter(\.1).map(\.0)
      return zip(found, differentiated).map { $0 ?? AnyTensor(zeros: $1.shape, scalarType: $1.scalarType) }
    }
  }

  /// The gradients in the places of their operands.
  private static func spread(_ gradients: [AnyTensor], _ wanted: [Bool]) -> [AnyTensor?] {
    var next = gradients.makeIterator()
    return wanted.map { $0 ? next.next() : nil }
  }

  /// Why a function is more than an expression, if it is.
  private static func refusal(_ program: Program) -> CompilationError? {
    if !program.variables.isEmpty {
      return CompilationError(
        operation: "a parameter", layerPath: "",
        message: "a fused function has no derivative at parameters that it reads: give it their values as arguments")
    }
    for entry in program.entries {
      switch entry.action {
      case .draw, .host, .store:
        return CompilationError(
          operation: entry.action.name, layerPath: entry.layerPath,
          message:
            "a fused function is an expression of its arguments, which is computed again for its derivative: draw "
            + "random numbers and change parameters outside of it, or use compiled")
      case .operation, .effect: continue
      }
    }
    return nil
  }
}

extension AnyTensor {
  /// Whether an operation on it would be recorded.
  fileprivate var isBeingRecorded: Bool {
    guard let node, let session = GraphSession.current else { return false }
    return node.session === session && node.levels & session.active != 0
  }
}
