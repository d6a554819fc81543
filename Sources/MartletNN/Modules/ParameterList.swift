import MartletCore
import Synchronization

/// The paths of a model's parameters. One object stands for one reading of one model: whatever is lined up with it needs
/// no look-up by name.
final class ParameterPaths: Sendable {
  let paths: [String]
  let indices: [String: Int]

  init(_ paths: [String]) {
    self.paths = paths
    indices = Dictionary(uniqueKeysWithValues: paths.enumerated().map { ($1, $0) })
  }
}

/// A model's parameters as a training step wants them, kept from step to step.
///
/// A module is any object, so what is known of it is kept beside it, by identity and weakly: nothing here keeps a model
/// or its parameters alive. What is kept holds until a parameter or buffer is created anywhere (`generation`) or one of
/// its own is gone. `UnwatchedReads` notices what these two miss.
struct ParameterList {
  let paths: ParameterPaths
  let variables: [Variable]

  /// How many parameters and buffers have been created in this process.
  static let generation = Atomic<Int>(0)

  static func variableWasCreated() {
    generation.add(1, ordering: .acquiringAndReleasing)
  }

  /// The parameters of a model; reflects only when the structure may have changed. Traps where it cannot be read.
  static func of(_ module: any Module) -> ParameterList {
    let now = generation.load(ordering: .acquiring)
    let known = table.withLock { table -> Known? in
      guard let entry = table.entries[ObjectIdentifier(module)], entry.generation == now else { return nil }
      return entry
    }
    if let known, known.root === module, let list = known.live { return list }
    return module.structure.parameterList
  }

  /// Keeps what a walk has found. When it is what was known before, the same `ParameterPaths` stays in use.
  static func remember(
    paths: [String], variables: [Variable], of module: any Module, generation: Int
  ) -> ParameterList {
    let identity = ObjectIdentifier(module)
    let known = table.withLock { $0.entries[identity] }
    var list = ParameterList(paths: ParameterPaths(paths), variables: variables)
    if let known, known.root === module, let old = known.live, old.paths.paths == paths,
      old.variables.elementsEqual(variables, by: ===)
    {
      list = old
    }
    let entry = Known(root: module, generation: generation, paths: list.paths, variables: variables)
    table.withLock { $0.set(identity, entry) }
    return list
  }

  // MARK: What is kept

  private struct WeakVariable {
    weak var variable: Variable?
  }

  /// `@unchecked Sendable`: never changed after its creation but by the runtime, which empties weak references atomically.
  private final class Known: @unchecked Sendable {
    private(set) weak var root: AnyObject?
    let generation: Int
    let paths: ParameterPaths
    private let variables: [WeakVariable]

    init(root: AnyObject, generation: Int, paths: ParameterPaths, variables: [Variable]) {
      self.root = root
      self.generation = generation
      self.paths = paths
      self.variables = variables.map { WeakVariable(variable: $0) }
    }

    /// The list, nil when a variable is gone.
    var live: ParameterList? {
      var result: [Variable] = []
      result.reserveCapacity(variables.count)
      for weak in variables {
        guard let variable = weak.variable else { return nil }
        result.append(variable)
      }
      return ParameterList(paths: paths, variables: result)
    }
  }

  private struct Table {
    private(set) var entries: [ObjectIdentifier: Known] = [:]
    private var limit = 16

    /// Adds or replaces; now and then forgets the models that are gone.
    mutating func set(_ identity: ObjectIdentifier, _ entry: Known) {
      entries[identity] = entry
      if entries.count > limit {
        entries = entries.filter { $0.value.root != nil }
        limit = max(16, entries.count * 2)
      }
    }
  }

  private static let table = Mutex(Table())
}
