import MartletCore
import MartletData
import MartletNN

/// Whether a trainer repeats its step from a plan, or a predictor its forward pass: see `compiled(_:)`. The results have
/// the same bits in any case.
public enum StepCompilation: Sendable {
  /// Where every module of the model is a `RepeatableModule` and the loss is one of the library's with a name; what cannot
  /// be repeated is done as it stands.
  case automatic
  /// In any case: the model and the loss do the same at every call. A fit or a prediction throws where the step cannot be
  /// repeated, and says why.
  case always
  /// Never.
  case never

  /// Whether plans are wanted for what may be known to be repeatable.
  func wantsPlans(ifRepeatable isRepeatable: @autoclosure () -> Bool) -> Bool {
    switch self {
    case .never: false
    case .always: true
    case .automatic: isRepeatable()
    }
  }
}

/// A trainer's forward and backward pass over a batch, which is repeated from a plan.
final class CompiledStep<Model: Layer, Target: Batchable> where Model.Input: Batchable, Model.Output: Batchable {
  typealias Step = (_ batch: Batch<Model.Input, Target>) -> (loss: BatchLoss<Model.Output>, gradients: Gradients)

  /// What a run found out besides elements: the loss with its denominators and outputs, whose tensors are replaced, and
  /// which parameters have gradients.
  private final class Note {
    let loss: BatchLoss<Model.Output>
    let gradients: (ArraySlice<AnyTensor>) -> Gradients
    let gradientCount: Int

    init(_ loss: BatchLoss<Model.Output>, _ gradients: Gradients, count: Int) {
      (self.loss, self.gradients, gradientCount) = (loss, gradients.filler, count)
    }
  }

  private let step: Step
  private lazy var function = CompiledTensors { [unowned self] _ in
    let (loss, gradients) = step(batch!)
    let tensors = gradients.map(\.gradient)
    return (loss.tensors + tensors, Note(loss, gradients, count: tensors.count))
  }
  /// The batch of the call that is running.
  private var batch: Batch<Model.Input, Target>?

  init(_ step: @escaping Step) { self.step = step }

  /// The loss and gradients, and why the step cannot be repeated, if so.
  func callAsFunction(_ batch: Batch<Model.Input, Target>) -> (
    loss: BatchLoss<Model.Output>, gradients: Gradients, failure: CompilationError?
  ) {
    self.batch = batch
    defer { self.batch = nil }
    let (results, found, failure) = function.run(batch.tensors)
    // What the function above returns.
    let note = unsafeDowncast(found!, to: Note.self)
    let rest = results.count - note.gradientCount
    return (note.loss.replacing(results[..<rest]), note.gradients(results[rest...]), failure)
  }
}

extension Batch {
  /// All tensors of the batch, the weights last.
  fileprivate var tensors: [AnyTensor] {
    let collector = TensorCollector()
    _ = collector(x)
    _ = collector(y)
    if let weights { _ = collector(weights) }
    return collector.tensors
  }
}

extension BatchLoss {
  /// The loss, its parts and the outputs.
  fileprivate var tensors: [AnyTensor] {
    [loss.erased] + parts.map(\.loss.erased) + (outputs?.tensors ?? [])
  }

  /// The same with other tensors, in this order.
  fileprivate func replacing(_ tensors: ArraySlice<AnyTensor>) -> BatchLoss {
    var result = self
    result.loss = Tensor(unchecked: tensors[tensors.startIndex])
    if tensors.count == 1 { return result }
    let next = Replacements(tensors.dropFirst())
    result.parts = parts.map { ($0.name, next($0.loss), $0.denominator) }
    result.outputs = outputs.map { next($0) }
    return result
  }
}
