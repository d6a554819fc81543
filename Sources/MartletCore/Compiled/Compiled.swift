import CKernels

/// A function of tensors that does what another one does, from a plan: see `compiled(_:)`.
///
/// It belongs to one thread at a time, as the function that it was made from does.
public final class CompiledFunction<Input, Output> {
  private let untyped: CompiledTensors<Void>
  private let output: ([AnyTensor]) -> Output

  init(function: @escaping ([AnyTensor]) -> [AnyTensor], output: @escaping ([AnyTensor]) -> Output) {
    untyped = CompiledTensors { (function($0), ()) }
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
  public static var capacity: Int { CompiledTensors<Void>.capacity }
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

/// The untyped core of compiled functions: plans by shapes and scalar types.
///
/// Beside its results, the function returns a note, which calls that repeat it return again: what it found out of shapes
/// alone.
package final class CompiledTensors<Note> {
  private let function: ([AnyTensor]) -> (results: [AnyTensor], note: Note)
  /// Why a program is not to be repeated, if there is a reason besides those that hold for all.
  private let refusal: (Program) -> CompilationError?
  // Accesses cannot overlap: a compiled function belongs to one thread at a time.
  @exclusivity(unchecked) private var entries: [Entry] = []

  static var capacity: Int { 16 }

  /// What was found out for arguments of some shapes.
  private final class Entry {
    let layouts: [Layout]
    let types: [ScalarType]
    let mode: Mode?
    /// For each argument the first one that is the same tensor: the function may have been given one twice.
    let firsts: [Int]
    /// What the last run did.
    var program: Program
    /// How many runs have not done what the one before did.
    var differences = 0
    var planRun: PlanRun?
    var note: Note

    init(_ arguments: [AnyTensor], _ program: Program, _ note: Note) {
      layouts = arguments.map(\.body.layout)
      types = arguments.map(\.scalarType)
      mode = Mode.scoped
      firsts = arguments.indices.map { first($0, arguments) }
      (self.program, self.note) = (program, note)
    }

    func fits(_ arguments: [AnyTensor]) -> Bool {
      if mode != Mode.scoped || types.count != arguments.count { return false }
      for index in arguments.indices {
        if !arguments[index].body.lies(as: layouts[index], types[index]) || firsts[index] != first(index, arguments) {
          return false
        }
      }
      return true
    }
  }

  package init(_ function: @escaping ([AnyTensor]) -> (results: [AnyTensor], note: Note)) {
    self.function = function
    refusal = { _ in nil }
  }

  init(
    refusing refusal: @escaping (Program) -> CompilationError?,
    _ function: @escaping ([AnyTensor]) -> (results: [AnyTensor], note: Note)
  ) {
    (self.function, self.refusal) = (function, refusal)
  }

  var plans: [CompiledPlan] { entries.compactMap { $0.planRun.map { CompiledPlan(plan: $0.plan) } } }

  /// The number of plans that exist.
  package var planCount: Int { plans.count }

  /// The results; traps where the function cannot be repeated.
  func results(_ arguments: [AnyTensor]) -> [AnyTensor] {
    let (results, _, failure) = run(arguments)
    if let failure { fatalError("compiled: \(failure)") }
    return results
  }

  /// The results for arguments that no gradient records, also within one; traps where the function cannot be repeated.
  func repeated(_ arguments: [AnyTensor]) -> [AnyTensor] {
    let (results, _, failure) = withoutGradient { repeating(arguments) }
    if let failure { fatalError("fused: \(failure)") }
    return results
  }

  /// The results, and why the function cannot be repeated, if so.
  package func run(_ arguments: [AnyTensor]) -> (results: [AnyTensor], note: Note, failure: CompilationError?) {
    if GraphSession.current != nil || Observation.refusesPlans {
      let (results, note) = function(arguments)
      return (results, note, nil)
    }
    return repeating(arguments)
  }

  private func repeating(_ arguments: [AnyTensor]) -> (results: [AnyTensor], note: Note, failure: CompilationError?) {
    guard let index = entries.lastIndex(where: { $0.fits(arguments) }) else {
      let (results, note, capture) = captured(arguments)
      if let failure = capture.failure ?? refusal(capture.program) { return (results, note, failure) }
      if entries.count == Self.capacity { entries.removeFirst() }
      entries.append(Entry(arguments, capture.program, note))
      return (results, note, nil)
    }
    if index != entries.count - 1 { entries.append(entries.remove(at: index)) }
    let entry = entries[entries.count - 1]
    if let results = entry.planRun?.run(arguments) { return (results, entry.note, nil) }
    let (results, note, capture) = captured(arguments)
    if let failure = capture.failure ?? refusal(capture.program) { return (results, note, failure) }
    if entry.planRun != nil {
      // Parameters were frozen or replaced by others: begin anew.
      entry.planRun = nil
      entry.differences = 0
    } else if let difference = entry.program.difference(from: capture.program) {
      // The first run may make parameters, whose sizes a model learns from its input.
      entry.differences += 1
      if entry.differences == 2 { return (results, note, difference) }
    } else {
      entry.planRun = PlanRun(Plan(capture.program))
    }
    (entry.program, entry.note) = (capture.program, note)
    return (results, note, nil)
  }

  /// Runs the function and writes it down.
  private func captured(_ arguments: [AnyTensor]) -> (results: [AnyTensor], note: Note, capture: Capture) {
    var note: Note?
    let (results, capture) = Capture.run(arguments) { arguments in
      let (results, made) = function(arguments)
      note = made
      return results
    }
    return (results, note!, capture)
  }
}

/// The first argument that is the same tensor as another one.
private func first(_ index: Int, _ arguments: [AnyTensor]) -> Int {
  var first = 0
  while arguments[first].body !== arguments[index].body { first += 1 }
  return first
}

extension TensorBody {
  /// Whether the body has this scalar type, and this layout wherever in its block it begins.
  func lies(as layout: Layout, _ scalarType: ScalarType) -> Bool {
    self.scalarType == scalarType && self.layout.shape == layout.shape && self.layout.strides == layout.strides
  }
}
