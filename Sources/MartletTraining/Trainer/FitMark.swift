import MartletCore
import MartletNN

/// The mark of a fit on everything that it changes: the trainer's model and optimiser, and the model's parameters and
/// buffers. No two fits in the process have a mark on the same object, whichever trainers, models and threads they are of.
///
/// Marks are on the identities of objects, frozen parameters' too, since what is put back after a fit that went wrong is
/// written to all. Whoever takes a mark keeps the objects alive until it is given back.
struct FitMark {
  private static let marked = ProcessTable<Set<ObjectIdentifier>>([])

  private var objects: Set<ObjectIdentifier> = []

  /// Takes the mark; throws, and marks nothing, when another fit has a part of it.
  static func take(_ model: some Module, _ optimizer: any Optimizer) throws(TrainingError) -> FitMark {
    var mark = FitMark()
    // The model itself first: while another fit changes it, it is not even looked into.
    try mark.add([(ObjectIdentifier(model), "model, \(type(of: model)),")])
    do throws(TrainingError) {
      try mark.add([(ObjectIdentifier(optimizer), "optimiser, \(type(of: optimizer)),")])
      try mark.add(model.parameters().map { (ObjectIdentifier($0.variable), "parameter \"\($0.path)\"") })
      try mark.add(model.buffers().map { (ObjectIdentifier($0.variable), "buffer \"\($0.path)\"") })
    } catch {
      mark.giveBack()
      throw error
    }
    return mark
  }

  func giveBack() {
    FitMark.marked.withLock { $0.subtract(objects) }
  }

  private mutating func add(_ added: [(object: ObjectIdentifier, name: String)]) throws(TrainingError) {
    let taken = FitMark.marked.withLock { marked -> String? in
      if let taken = added.first(where: { marked.contains($0.object) }) { return taken.name }
      for (object, _) in added { marked.insert(object) }
      return nil
    }
    if let taken { throw .beingFitted(taken) }
    for (object, _) in added { objects.insert(object) }
  }
}
