import MartletCore
import MartletData
import MartletNN

/// A model's forward pass with the values that its variables had at one moment, which is repeated from plans, by one
/// thread at a time.
///
/// A plan is made for a shape that comes twice running, and stays: where shapes go on changing, the passes are done as they
/// stand.
final class CompiledForward<Input: Batchable, Output: Batchable> {
  private let forward: (Input) -> Output
  private let function: CompiledTensors
  private let current: Current
  private var last: [TensorSpec] = []
  /// Why no plans are made, if so.
  private(set) var failure: CompilationError?

  /// The input of the call that is running.
  private final class Current {
    var x: Input?
  }

  /// Outputs, whose tensors calls from a plan replace.
  private final class Note {
    let output: Output
    init(_ output: Output) { self.output = output }
  }

  init(within snapshot: VariableSnapshot, _ forward: @escaping (Input) -> Output) {
    let current = Current()
    self.forward = forward
    self.current = current
    function = CompiledTensors(within: snapshot) { _ in
      let output = forward(current.x!)
      return (output.tensors, Note(output))
    }
  }

  /// Whether there is a plan for an input as it stands, which has been found to fit the model then.
  func hasPlan(for x: Input) -> Bool { function.hasPlan(for: x.tensors) }

  func callAsFunction(_ x: Input) -> Output {
    let tensors = x.tensors
    if failure != nil || !function.knows(tensors) && !isWorthAPlan(tensors.map(\.spec)) { return forward(x) }
    current.x = x
    defer { current.x = nil }
    let (results, found, failure) = function.run(tensors)
    self.failure = failure
    // What the function above returns.
    return unsafeDowncast(found!, to: Note.self).output.mapTensors(Replacements(results[...]))
  }

  private func isWorthAPlan(_ specs: [TensorSpec]) -> Bool {
    defer { last = specs }
    return specs == last && !function.isFull
  }
}

/// Forward passes of one model for as many threads as compute at once.
final class ForwardPool<Input: Batchable, Output: Batchable>: Sendable {
  private let make: @Sendable () -> CompiledForward<Input, Output>

  init(_ make: @escaping @Sendable () -> CompiledForward<Input, Output>) { self.make = make }

  deinit {
    let own = idlePasses.withLock { $0.removeValue(forKey: ObjectIdentifier(self)) }
    withExtendedLifetime(own) {}  // They are freed without the lock.
  }

  /// A pass that belongs to the caller until it gives it back.
  func take() -> CompiledForward<Input, Output> {
    // Only passes of these types are given back.
    idlePasses.withLock { $0[ObjectIdentifier(self)]?.objects.popLast() }
      .map { unsafeDowncast($0, to: CompiledForward<Input, Output>.self) } ?? make()
  }

  func give(_ pass: CompiledForward<Input, Output>) {
    idlePasses.withLock { $0[ObjectIdentifier(self), default: IdlePasses()].objects.append(pass) }
  }
}

/// The passes that no thread uses, by their pool.
private let idlePasses = ProcessTable<[ObjectIdentifier: IdlePasses]>([:])

/// `@unchecked Sendable`: a pass that lies here is used by nobody, and belongs to the thread that takes it away.
private struct IdlePasses: @unchecked Sendable {
  var objects: [AnyObject] = []
}
