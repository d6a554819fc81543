import MartletCore
import MartletPlatform
import MartletText
import Synchronization

/// The paths of a model's parameters. One object stands for one reading of one model: whatever is lined up with it needs
/// no look-up by name.
final class ParameterPaths: Sendable {
  let paths: [String]
  private let indices: [ExactName: Int]
  /// The variables' identities, empty for paths that come from elsewhere.
  let identities: [ObjectIdentifier]

  init(_ paths: [String], _ identities: [ObjectIdentifier] = []) {
    self.paths = paths
    self.identities = identities
    indices = Dictionary(uniqueKeysWithValues: paths.enumerated().map { (ExactName($1), $0) })
  }

  /// The place of a path; nil where it is not among these.
  func index(of path: String) -> Int? { indices[ExactName(path)] }
}

/// A model's parameters as a training step wants them, kept from step to step.
///
/// A module is any object, so what is known of it is kept beside it, by identity: nothing here keeps a model or its
/// parameters alive. What is kept holds until a parameter or buffer is created or destroyed anywhere (`generation`), which
/// also tells that the references are valid. `check(_:of:)` notices the changes that this misses.
final class ParameterList: Sendable {
  let paths: ParameterPaths
  private let variables: [Reference]
  private let root: Root
  private let generation: Int
  /// The paths of the modules, for messages.
  private let modulePaths: [ObjectIdentifier: String]
  /// Variables that have been found not to be the model's.
  private let foreign = Locked<Set<ObjectIdentifier>>([])

  /// Not `weak`: a weakly referenced object is counted through a side table, which would slow down every read of it.
  /// `@unchecked Sendable`: variables are handed out only to whoever has the model that they belong to.
  private struct Reference: @unchecked Sendable {
    unowned let variable: Variable
  }

  /// `@unchecked Sendable`: a weak reference is emptied atomically, and otherwise never changed.
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

  /// The variable of a parameter, frozen ones too.
  @inline(__always)
  subscript(index: Int) -> Variable { variables[index].variable }

  /// The parameters of a model; reflects only when the structure may have changed. Traps where it cannot be read.
  ///
  /// - Parameter known: What was found before, perhaps of this model: no look-up where it still holds.
  static func of(_ module: any Module, known: ParameterList? = nil) -> ParameterList {
    let now = generation.load(ordering: .acquiring)
    if let known, known.holds(for: module, at: now) { return known }
    let kept = table.withLock { $0.entries[ObjectIdentifier(module)] }
    if let kept, kept.holds(for: module, at: now) { return kept }
    return module.structure.parameterList
  }

  @inline(__always)
  private func holds(for module: any Module, at now: Int) -> Bool { generation == now && root.module === module }

  /// The path of a module in another; nil when reflection does not find it there. Known modules are not looked for again.
  static func modulePath(of module: AnyObject, in root: any Module) -> String? {
    let known = table.withLock { $0.entries[ObjectIdentifier(root)] }
    if let known, known.root.module === root, let path = known.modulePaths[ObjectIdentifier(module)] { return path }
    return (try? ModuleStructure.read(root))?.parameterList.modulePaths[ObjectIdentifier(module)]
  }

  /// Keeps what a walk has found. When it is what was known before, the same `ParameterPaths` stays in use, and all that
  /// is lined up with it.
  static func remember(
    paths: [String], variables: [Variable], of module: any Module, modules: [(path: String, module: any Module)],
    generation: Int
  ) -> ParameterList {
    let identity = ObjectIdentifier(module)
    let identities = variables.map { ObjectIdentifier($0) }
    let modulePaths = Dictionary(
      modules.map { (ObjectIdentifier($0.module), $0.path) }, uniquingKeysWith: { first, _ in first })
    return table.withLock { table in
      var layout: ParameterPaths?
      if let known = table.entries[identity], known.root.module === module, known.paths.paths == paths,
        known.paths.identities == identities
      {
        layout = known.paths
      }
      let list = ParameterList(
        layout ?? ParameterPaths(paths, identities), variables, of: module, modulePaths, generation: generation)
      table.set(identity, list)
      return list
    }
  }

  /// Stops the program if `unwatched`, trainable variables at which no gradient was taken though they were read, are the
  /// model's after all: then existing modules were moved into it unnoticed, and would silently not be trained. Mostly they
  /// are another model's, a teacher's or a discriminator's.
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

  /// How many parameters and buffers have been created and destroyed in this process.
  static let generation = Atomic<Int>(0)

  /// What a parameter or buffer has so that its creation and its end are noticed.
  final class Presence: Sendable {
    init() { ParameterList.generation.add(1, ordering: .acquiringAndReleasing) }
    deinit { ParameterList.generation.add(1, ordering: .acquiringAndReleasing) }
  }

  private struct Table {
    private(set) var entries: [ObjectIdentifier: ParameterList] = [:]
    private var limit = 16

    /// Adds or replaces; now and then forgets the models that are gone.
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
