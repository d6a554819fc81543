/// A function of tensors that does what another one does, from a plan: see `compiled(_:)`.
///
/// It belongs to one thread at a time, as the function that it was made from does.
public final class CompiledFunction<Input, Output> {
  private let untyped: CompiledTensors
  private let output: ([AnyTensor]) -> Output

  init(function: @escaping ([AnyTensor]) -> [AnyTensor], output: @escaping ([AnyTensor]) -> Output) {
    untyped = CompiledTensors { (function($0), nil) }
    self.output = output
  }

  /// The function's results for these arguments.
  ///
  /// Traps where the function does what cannot be repeated, with the operation's name and what to do instead.
  public func callAsFunction<each A: TensorScalar>(
    _ arguments: repeat Tensor<each A>
  ) -> Output where Input == (repeat Tensor<each A>) {
    output(untyped.results(erased(repeat each arguments)))
  }

  /// The plans that exist, each for arguments of its own shapes, the one that was used last at the end; none before the
  /// third call with the same shapes.
  public var plans: [CompiledPlan] { untyped.plans }

  /// How many plans are kept; the one whose last use is longest ago is dropped first.
  public static var capacity: Int { CompiledTensors.capacity }
}

/// A function that is done from a plan once it has run twice with arguments of the same shapes.
///
/// ```swift
/// let gelu = compiled { (x: Tensor<Float>) in x * 0.5 * (1 + (x * 0.7071).erf()) }
/// let y = gelu(x)  // from the third call on in one pass over x
/// ```
/// The first two calls run the function as it stands and write down what it does: operations, reads of parameters,
/// random draws, optimisers' steps. When both did the same, later calls with arguments of the same shapes, scalar types
/// and strides repeat it without running the function: no rules are applied and no graph is recorded, what no result
/// depends on is left out, what is computed twice is computed once, elementwise operations that follow each other are
/// done together, tile by tile, and memory is laid out once. The results have the same bits.
///
/// What may change from call to call: the arguments' elements; the values of parameters and buffers of models, which are
/// read anew, and written where the function assigns them; random numbers, which come from the generator in scope;
/// optimisers' steps, with their learning rates, and gradients' clipping, which are done anew. Everything else that the
/// function reads is fixed at the second call: tensors and numbers from outside, and the branches that it took. A model
/// whose parameters were frozen or unfrozen, or got other shapes, is run and written down again; so is a call in another
/// mode of training.
///
/// Within a gradient, a profile or another observation, the function runs as it stands.
///
/// A call traps where the function looks at elements that depend on the arguments (`item()`, `scalars`, a mask in
/// brackets, printing), draws random numbers from a generator of its own, keeps a value outside, or does something else
/// at each call.
///
/// - Complexity: A call costs its operations and some ten nanoseconds for each. Finding a plan is linear in the number
///   of plans.
public func compiled<each A: TensorScalar, R: TensorScalar>(
  _ function: @escaping (repeat Tensor<each A>) -> Tensor<R>
) -> CompiledFunction<(repeat Tensor<each A>), Tensor<R>> {
  CompiledFunction(
    function: { tensors in
      var next = TensorQueue(tensors)
      return [function(repeat next.take((each A).self)).erased]
    },
    output: { Tensor(unchecked: $0[0]) })
}

/// A function with two results that is done from a plan once it has run twice with arguments of the same shapes.
///
/// It is as for one result.
public func compiled<each A: TensorScalar, R: TensorScalar, S: TensorScalar>(
  _ function: @escaping (repeat Tensor<each A>) -> (Tensor<R>, Tensor<S>)
) -> CompiledFunction<(repeat Tensor<each A>), (Tensor<R>, Tensor<S>)> {
  CompiledFunction(
    function: { tensors in
      var next = TensorQueue(tensors)
      let (r, s) = function(repeat next.take((each A).self))
      return [r.erased, s.erased]
    },
    output: { (Tensor(unchecked: $0[0]), Tensor(unchecked: $0[1])) })
}

/// A function with three results that is done from a plan once it has run twice with arguments of the same shapes.
///
/// It is as for one result.
public func compiled<each A: TensorScalar, R: TensorScalar, S: TensorScalar, T: TensorScalar>(
  _ function: @escaping (repeat Tensor<each A>) -> (Tensor<R>, Tensor<S>, Tensor<T>)
) -> CompiledFunction<(repeat Tensor<each A>), (Tensor<R>, Tensor<S>, Tensor<T>)> {
  CompiledFunction(
    function: { tensors in
      var next = TensorQueue(tensors)
      let (r, s, t) = function(repeat next.take((each A).self))
      return [r.erased, s.erased, t.erased]
    },
    output: { (Tensor(unchecked: $0[0]), Tensor(unchecked: $0[1]), Tensor(unchecked: $0[2])) })
}

func erased<each S: TensorScalar>(_ tensors: repeat Tensor<each S>) -> [AnyTensor] {
  var all: [AnyTensor] = []
  all.reserveCapacity(4)
  repeat all.append((each tensors).erased)
  return all
}

/// Tensors that get their types back one after the other.
struct TensorQueue {
  private let tensors: [AnyTensor]
  private var next = 0

  init(_ tensors: [AnyTensor]) { self.tensors = tensors }

  mutating func take<S: TensorScalar>(_: S.Type) -> Tensor<S> {
    defer { next += 1 }
    return Tensor(unchecked: tensors[next])
  }
}

/// What a compiled function does at a call.
public struct CompiledPlan: CustomStringConvertible {
  let plan: Plan

  /// The floating-point operations of a call, without those of work that the host does anew.
  public var flops: Int { plan.flops }

  /// The most bytes of memory that a call holds at once, besides its arguments, constants and parameters and what single
  /// operations and the host take for themselves.
  public var peakBytes: Int { plan.peakBytes }

  /// The number of steps: a chain of elementwise operations is one.
  public var stepCount: Int { plan.steps.count }

  package var steps: [PlanStep] { plan.facts }

  /// The scalar type and shape of each buffer, by number: those of the value that fills it.
  package var buffers: [(ScalarType, Shape)] {
    var found: [Int: (ScalarType, Shape)] = [:]
    for value in plan.program.values where found[value.buffer] == nil {
      found[value.buffer] = (value.scalarType, value.layout.shape)
    }
    return plan.program.buffers.indices.map { found[$0] ?? (.float32, .scalar) }
  }

  /// A line for each step: what it makes, what it does, what it reads.
  public var description: String { plan.description }
}
