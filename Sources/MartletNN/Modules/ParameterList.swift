import MartletCore
import MartletPlatform
import MartletText
import Synchronization

/// The paths of a model's parameters, as one walk over the model found them.
///
/// Whatever is in the order of the same `ParameterPaths` object needs no look-up by name.
final class ParameterPaths: Sendable {
  let paths: [String]
  /// All paths of each parameter, the first one first.
  let names: [[String]]
  private let indices: [ExactName: Int]
  /// The identities of the variables; empty for paths that do not come from a model.
  let identities: [ObjectIdentifier]

  init(_ names: [[String]], _ identities: [ObjectIdentifier] = []) {
    paths = names.map { $0[0] }
    self.names = names
    self.identities = identities
    indices = Dictionary(uniqueKeysWithValues: paths.enumerated().map { (ExactName($1), $0) })
  }

  /// The position of a path; nil where it is not among these.
  func index(of path: String) -> Int? { indices[ExactName(path)] }
}

/// A model's parameters in order, kept from one training step to the next.
///
/// A module can be any object, so its list is kept in a table, by its identity; the list keeps neither the model nor
/// its parameters alive. It is valid until a parameter or buffer is created or destroyed anywhere (`generation`), and
/// so long its references to variables are valid too. `check(_:of:)` notices the changes that this misses.
final class ParameterList: Sendable {
  let paths: ParameterPaths
  private let variables: [Reference]
  private let root: Root
  private let generation: Int
  /// The paths of the modules, for messages.
  private let modulePaths: [ObjectIdentifier: String]
  /// Variables that are known not to be the model's.
  private let foreign = Locked<Set<ObjectIdentifier>>([])

  /// Not `weak`: a weakly referenced object is counted through a side table, which would slow down every read of it.
  /// `@unchecked Sendable`: variables are returned only to code that has the model that they belong to.
  private struct Reference: @unchecked Sendable {
    unowned let variable: Variable
  }

  /// `@unchecked Sendable`: a weak reference is set to nil atomically, and otherwise never changed.
  private final class Root: @unchecked Sendable {
    private(set) weak var module: AnyObject?

    init(_ module: AnyObject) { self.module = module }
  }

  private init(
    _ paths: ParameterPaths, _ variables: [Variable], of root: AnyObject, _ modulePaths: [ObjectIdentifier: String],
    generation: Int
  ) {
    self.modulePaths = modulePaths
    self.paths = paths
    self.variables = variables.map { Reference(variable: $0) }
    self.root = Root(root)
    self.generation = generation
  }

  /// The number of parameters.
  var count: Int { variables.count }

  /// The variable of a parameter, which may be frozen.
  @inline(__always)
  subscript(index: Int) -> Variable { variables[index].variable }

  /// The parameters of a model. The model is read by reflection only when its structure may have changed; traps when it
  /// cannot be read.
  ///
  /// - Parameter known: A list from before, perhaps of this model: while it is valid, nothing is looked up.
  static func of(_ module: any Module, known: ParameterList? = nil) -> ParameterList {
    let now = generation.load(ordering: .acquiring)
    if let known, known.holds(for: module, at: now) { return known }
    let kept = table.withLock { $0.entries[ObjectIdentifier(module)] }
    if let kept, kept.holds(for: module, at: now) { return kept }
    return module.structure.parameterList
  }

  @inline(__always)
  private func holds(for module: any Module, at now: Int) -> Bool { generation == now && root.module === module }

  /// The path of a module in another; nil when reflection does not find it there. A module that is known is not looked
  /// for again.
  static func modulePath(of module: AnyObject, in root: any Module) -> String? {
    let known = table.withLock { $0.entries[ObjectIdentifier(root)] }
    if let known, known.root.module === root, let path = known.modulePaths[ObjectIdentifier(module)] { return path }
    return (try? ModuleStructure.read(root))?.parameterList.modulePaths[ObjectIdentifier(module)]
  }

  /// Keeps what a walk over a model has found. When that is the same as before, the list keeps the same
  /// `ParameterPaths`, and what is in their order stays valid.
  static func remember(
    names: [[String]], variables: [Variable], of module: any Module, modules: [(path: String, module: any Module)],
    generation: Int
  ) -> ParameterList {
    let identity = ObjectIdentifier(module)
    let identities = variables.map { ObjectIdentifier($0) }
    let modulePaths = Dictionary(
      modules.map { (ObjectIdentifier($0.module), $0.path) }, uniquingKeysWith: { first, _ in first })
    return table.withLock { table in
      var layout: ParameterPaths?
      if let known = table.entries[identity], known.root.module === module, known.paths.names == names,
        known.paths.identities == identities
      {
        layout = known.paths
      }
      let list = ParameterList(
        layout ?? ParameterPaths(names, identities), variables, of: module, modulePaths, generation: generation)
      table.set(identity, list)
      return list
    }
  }

  /// Traps when one of `unwatched`, trainable variables that were read though no gradient was taken at them, belongs to
  /// the model: existing modules were then moved into it unnoticed, and would not be trained. Mostly such variables are
  /// another model's, a teacher's or a discriminator's.
  @inline(__always)
  func check(_ unwatched: Set<ObjectIdentifier>, of model: any Module) {
    if !unwatched.isEmpty { examine(unwatched, model) }
  }

  @inline(never)
  private func examine(_ unwatched: Set<ObjectIdentifier>, _ model: any Module) {
    let unknown = foreign.withLock { unwatched.subtracting($0) }.subtracting(paths.identities)
    if unknown.isEmpty { return }
    let now = model.structure.parameterList.paths
    for (path, variable) in zip(now.paths, now.identities) where unknown.contains(variable) {
      trap(
        TensorError(
          "gradient",
          "\(type(of: model)) has come to hold \"\(path)\" unnoticed, so no gradient was taken there: call "
            + "refreshStructure() on the model after moving existing modules into it"))
    }
    foreign.withLock { $0.formUnion(unknown) }
  }

  // MARK: What is kept

  /// How often a parameter or buffer has been created or destroyed in this process.
  static let generation = Atomic<Int>(0)

  /// An object that each parameter or buffer holds, so that its creation and its end are counted.
  final class Presence: Sendable {
    init() { ParameterList.generation.add(1, ordering: .acquiringAndReleasing) }
    deinit { ParameterList.generation.add(1, ordering: .acquiringAndReleasing) }
  }

  private struct Table {
    private(set) var entries: [ObjectIdentifier: ParameterList] = [:]
    private var limit = 16

    /// Adds or replaces a list; from time to time removes those of models that no longer exist.
    mutating func set(_ identity: ObjectIdentifier, _ entry: ParameterList) {
      entries[identity] = entry
      if entries.count > limit {
        entries = entries.filter { $0.value.root.module != nil }
        limit = max(16, entries.count * 2)
      }
    }
  }

  private static let table = ProcessTable(Table())
}
