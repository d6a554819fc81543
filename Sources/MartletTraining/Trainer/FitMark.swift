import MartletCore
import MartletNN

/// Marks everything that a fit changes: the trainer's model and optimiser, and the model's parameters and buffers. No
/// two fits in the process have a mark on the same object, whichever trainers, models and threads they belong to.
///
/// Objects are marked by identity, so whoever takes a mark keeps them alive until it is given back. Frozen parameters
/// are marked too, since all parameters are put back after a failed fit.
struct FitMark {
  private static let marked = ProcessTable<Set<ObjectIdentifier>>([])

  private var objects: Set<ObjectIdentifier> = []
  /// The model's structure, as it was marked.
  private(set) var structure: ModuleStructure?

  /// Marks the objects of a fit; throws, and marks nothing, when another fit has marked one of them.
  static func take(_ model: some Module, _ optimizer: any Optimizer) throws(TrainingError) -> FitMark {
    var mark = FitMark()
    // The model comes first: while another fit changes it, its parameters must not even be listed.
    try mark.add([(ObjectIdentifier(model), "model, \(type(of: model)),")])
    do throws(TrainingError) {
      try mark.add([(ObjectIdentifier(optimizer), "optimiser, \(type(of: optimizer)),")])
      let structure = model.structure
      mark.structure = structure
      try mark.add(structure.variables(.parameter).map { (ObjectIdentifier($0.variable), "parameter \"\($0.path)\"") })
      try mark.add(structure.variables(.buffer).map { (ObjectIdentifier($0.variable), "buffer \"\($0.path)\"") })
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
