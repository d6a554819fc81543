/// The untyped core of compiled functions: plans by shapes and scalar types.
///
/// Beside its results, the function returns a note, which calls that repeat it return again: what it found out of shapes
/// alone.
package final class CompiledTensors {
  package typealias Function = ([AnyTensor]) -> (results: [AnyTensor], note: AnyObject?)

  private let function: Function
  /// Why a program is not to be repeated, if there is a reason besides those that hold for all.
  private let refusal: (Program) -> CompilationError?
  private let snapshot: VariableSnapshot?
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
    var note: AnyObject?

    init(_ arguments: [AnyTensor], _ program: Program, _ note: AnyObject?) {
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

  /// `snapshot`: in it the function is run, so that the values of its variables never change.
  package init(within snapshot: VariableSnapshot? = nil, _ function: @escaping Function) {
    (self.function, self.snapshot) = (function, snapshot)
    refusal = { _ in nil }
  }

  init(refusing refusal: @escaping (Program) -> CompilationError?, _ function: @escaping Function) {
    (self.function, self.refusal, snapshot) = (function, refusal, nil)
  }

  var plans: [CompiledPlan] { entries.compactMap { $0.planRun.map { CompiledPlan(plan: $0.plan) } } }

  /// The number of plans that exist.
  package var planCount: Int { plans.count }

  /// Whether arguments of so many shapes and scalar types are known that others would take the place of one.
  package var isFull: Bool { entries.count == Self.capacity }

  /// Whether a call with these arguments would be written down for the second time, or done from a plan.
  package func knows(_ arguments: [AnyTensor]) -> Bool { entries.contains { $0.fits(arguments) } }

  /// Whether there is a plan for these arguments.
  package func hasPlan(for arguments: [AnyTensor]) -> Bool {
    entries.contains { $0.planRun != nil && $0.fits(arguments) }
  }

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
  package func run(
    _ arguments: [AnyTensor]
  ) -> (results: [AnyTensor], note: AnyObject?, failure: CompilationError?) {
    if GraphSession.current != nil || Observation.refusesPlans {
      let (results, note) = function(arguments)
      return (results, note, nil)
    }
    return repeating(arguments)
  }

  private func repeating(
    _ arguments: [AnyTensor]
  ) -> (results: [AnyTensor], note: AnyObject?, failure: CompilationError?) {
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
  private func captured(_ arguments: [AnyTensor]) -> (results: [AnyTensor], note: AnyObject?, capture: Capture) {
    var note: AnyObject?
    let (results, capture) = Capture.run(arguments, fixing: snapshot) { arguments in
      let (results, made) = function(arguments)
      note = made
      return results
    }
    return (results, note, capture)
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
