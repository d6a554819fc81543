import MartletCore
import Synchronization

/// Trainable parameters that are read while a gradient at a model is taken, but that are not known to belong to it.
///
/// Mostly they belong to another model (a teacher, a discriminator). But if the model's structure was changed unnoticed,
/// they are its own, and would silently not be trained: that is what this finds.
enum UnwatchedReads {
  private static let openScopes = Atomic<Int>(0)
  private static let log = Mutex<[ObjectIdentifier]>([])
  /// Those that have been found to be foreign since the last parameter was created.
  private static let foreign = Mutex<(generation: Int, pairs: Set<[ObjectIdentifier]>)>((0, []))

  /// Called at every read of a parameter outside the graph: nearly always one load.
  @inline(__always)
  static func note(_ variable: Variable) {
    if openScopes.load(ordering: .relaxed) > 0 { record(variable) }
  }

  @inline(never)
  private static func record(_ variable: Variable) {
    if Mode.current != .training || !variable.isTrainable { return }
    log.withLock { $0.append(ObjectIdentifier(variable)) }
  }

  /// Runs `body`, and stops the program if it has read parameters of the model that are not in `list`.
  static func checked<R>(_ model: any Module, _ list: ParameterList, _ body: () throws -> R) rethrows -> R {
    let start = log.withLock { log in
      openScopes.add(1, ordering: .relaxed)
      return log.count
    }
    defer {
      log.withLock { log in
        if openScopes.subtract(1, ordering: .relaxed).newValue == 0 { log.removeAll(keepingCapacity: true) }
      }
    }
    let result = try body()
    let reads = log.withLock { $0.count > start ? Array($0[start...]) : [] }
    if !reads.isEmpty { examine(Set(reads), model, list) }
    return result
  }

  @inline(never)
  private static func examine(_ reads: Set<ObjectIdentifier>, _ model: any Module, _ list: ParameterList) {
    let generation = ParameterList.generation.load(ordering: .acquiring)
    let root = ObjectIdentifier(model)
    let unknown = foreign.withLock { foreign in
      if foreign.generation != generation { foreign = (generation, []) }
      return reads.filter { !foreign.pairs.contains([root, $0]) }
    }
    if unknown.isEmpty { return }
    let known = Set(list.paths.identities)
    let now = model.structure.parameterList.paths
    for (path, variable) in zip(now.paths, now.identities) where unknown.contains(variable) && !known.contains(variable)
    {
      trap(
        TensorError(
          "gradient",
          "\(type(of: model)) has come to hold \"\(path)\" unnoticed, so no gradient was taken there: call "
            + "refreshStructure() on the model after moving existing modules into it"))
    }
    foreign.withLock { foreign in
      for id in unknown { foreign.pairs.insert([root, id]) }
    }
  }
}
