import MartletCore
import MartletText

/// What a module holds, with paths: the result of one walk by reflection.
package final class ModuleStructure {
  package enum Kind {
    case parameter
    case buffer
  }

  /// A parameter or buffer.
  package struct Entry {
    /// The first path on which it was found.
    package let path: String
    package let kind: Kind
    package let variable: Variable
    /// The other paths, if it is shared.
    package var aliases: [String] = []

    /// All names that a file has for it.
    package var paths: [String] { [path] + aliases }
  }

  package let entries: [Entry]
  package let modules: [(path: String, module: any Module)]
  /// The parameters in the form that training uses.
  let parameterList: ParameterList
  private let generation: Int

  private init(
    entries: [Entry], modules: [(path: String, module: any Module)], parameterList: ParameterList, generation: Int
  ) {
    self.entries = entries
    self.modules = modules
    self.parameterList = parameterList
    self.generation = generation
  }

  /// Whether no parameter or buffer was made or destroyed since the module was read.
  package var isCurrent: Bool { generation == ParameterList.generation.load(ordering: .acquiring) }

  /// The variables of a kind with their paths, each once.
  package func variables(_ kind: Kind) -> [(path: String, variable: Variable)] {
    entries.lazy.filter { $0.kind == kind }.map { ($0.path, $0.variable) }
  }

  /// Walks the module, and records its parameters for training.
  package static func read(_ module: any Module) throws(ModuleError) -> ModuleStructure {
    let generation = ParameterList.generation.load(ordering: .acquiring)
    var walk = ModuleWalk()
    walk.visit(module, path: "")
    try walk.check()
    let parameters = walk.entries.filter { $0.kind == .parameter }
    let list = ParameterList.remember(
      names: parameters.map(\.paths), variables: parameters.map(\.variable), of: module, modules: walk.modules,
      generation: generation)
    return ModuleStructure(
      entries: walk.entries, modules: walk.modules, parameterList: list, generation: generation)
  }
}

/// Values that hold no module, which the walk skips.
protocol OpaqueToReflection {}
extension Tensor: OpaqueToReflection {}
extension AnyTensor: OpaqueToReflection {}
extension Shape: OpaqueToReflection {}
extension Int: OpaqueToReflection {}
extension Int32: OpaqueToReflection {}
extension Int64: OpaqueToReflection {}
extension UInt8: OpaqueToReflection {}
extension Float: OpaqueToReflection {}
extension Double: OpaqueToReflection {}
extension Bool: OpaqueToReflection {}
extension String: OpaqueToReflection {}
extension Array: OpaqueToReflection where Element: OpaqueToReflection {}

/// The walk, which decides the order that everything has: depth first, in the order in which the stored properties are
/// declared, those of a superclass before its subclass's; arrays by index, dictionaries by key (`PathOrder`).
private struct ModuleWalk {
  var entries: [ModuleStructure.Entry] = []
  var modules: [(path: String, module: any Module)] = []
  private var entryIndices: [ObjectIdentifier: Int] = [:]
  private var seen: Set<ObjectIdentifier> = []
  private var open: Set<ObjectIdentifier> = []
  /// Variables that were found in a place without a path.
  private var hidden: [(variable: Variable, path: String, reason: String)] = []
  private var searched: Set<ObjectIdentifier> = []
  private var dottedKeys: [(path: String, key: String)] = []

  mutating func visit(_ value: Any, path: String) {
    if value is any OpaqueToReflection { return }
    if let reflected = value as? any ReflectedVariable {
      add(reflected.variable, reflected.reflectedKind, path)
      return
    }
    if let variable = value as? Variable {
      hidden.append((variable, path, "a Variable is not trained by itself: declare it as @Parameter"))
      return
    }
    if let module = value as? any Module {
      visit(module: module, path: path)
      return
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      if let wrapped = mirror.children.first { visit(wrapped.value, path: path) }
    case .collection:
      for (index, element) in mirror.children.enumerated() { visit(element.value, path: join(path, "\(index)")) }
    case .dictionary:
      visit(dictionary: mirror, of: type(of: value), path: path)
    case .set:
      search(value, path: path, reason: "a Set has no order to name its elements by: use an Array or a Dictionary")
    case .class:
      search(
        value, path: path,
        reason: "\(type(of: value)) is a class but not a Module: make it conform to Module")
    case .struct, .tuple, .enum:
      visit(fieldsOf: mirror, path: path)
    default:
      // Closures and metatypes, in which reflection shows nothing.
      visit(fieldsOf: mirror, path: path)
    }
  }

  private mutating func visit(module: any Module, path: String) {
    let identity = ObjectIdentifier(module)
    // A reference back to a module that the walk is within.
    if !open.insert(identity).inserted { return }
    defer { open.remove(identity) }
    if seen.insert(identity).inserted { modules.append((path, module)) }
    if let container = module as? any ModuleContainer {
      for (name, child) in container.namedChildren { visit(child, path: join(path, name)) }
      return
    }
    var mirrors: [Mirror] = []
    var next: Mirror? = Mirror(reflecting: module)
    while let mirror = next {
      mirrors.append(mirror)
      next = mirror.superclassMirror
    }
    for mirror in mirrors.reversed() { visit(fieldsOf: mirror, path: path) }
  }

  private mutating func visit(fieldsOf mirror: Mirror, path: String) {
    for (index, child) in mirror.children.enumerated() {
      var name = child.label ?? "\(index)"
      let lazyPrefix = "$__lazy_storage_$_"
      if name.hasPrefix(lazyPrefix) {
        name.removeFirst(lazyPrefix.count)
      } else if name.hasPrefix("_"), isReflectedVariable(child.value) {
        // The storage of `@Parameter var weight` is called `_weight`.
        name.removeFirst()
      } else if name.hasPrefix("."), mirror.displayStyle == .tuple {
        name.removeFirst()
      }
      visit(child.value, path: join(path, name))
    }
  }

  private mutating func visit(dictionary mirror: Mirror, of type: Any.Type, path: String) {
    var pairs: [(key: String, value: Any)] = []
    for child in mirror.children {
      let pair = Mirror(reflecting: child.value).children.map(\.value)
      guard pair.count == 2 else { continue }
      if let key = pair[0] as? String {
        pairs.append((key, pair[1]))
      } else {
        search(pair[1], path: path, reason: "the keys of a \(type) make no paths: use String keys")
      }
    }
    pairs.sort { PathOrder.precedes($0.key, $1.key) }
    for (key, value) in pairs {
      let before = entries.count
      visit(value, path: join(path, key))
      if entries.count > before, key.contains(".") || key.isEmpty { dottedKeys.append((path, key)) }
    }
  }

  private mutating func add(_ variable: Variable, _ kind: ModuleStructure.Kind, _ path: String) {
    if let index = entryIndices[ObjectIdentifier(variable)] {
      entries[index].aliases.append(path)
    } else {
      entryIndices[ObjectIdentifier(variable)] = entries.count
      entries.append(ModuleStructure.Entry(path: path, kind: kind, variable: variable))
    }
  }

  private func isReflectedVariable(_ value: Any) -> Bool {
    if value is any ReflectedVariable { return true }
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional, let wrapped = mirror.children.first else { return false }
    return wrapped.value is any ReflectedVariable
  }

  /// Looks for variables in a value that cannot be walked.
  private mutating func search(_ value: Any, path: String, reason: String) {
    var pending: [Any] = [value]
    while let value = pending.popLast() {
      if value is any OpaqueToReflection { continue }
      if let reflected = value as? any ReflectedVariable {
        hidden.append((reflected.variable, path, reason))
        continue
      }
      if let variable = value as? Variable {
        hidden.append((variable, path, reason))
        continue
      }
      var next: Mirror? = Mirror(reflecting: value)
      if next?.displayStyle == .class, !searched.insert(ObjectIdentifier(value as AnyObject)).inserted { continue }
      while let mirror = next {
        for child in mirror.children { pending.append(child.value) }
        next = mirror.superclassMirror
      }
    }
  }

  func check() throws(ModuleError) {
    for (variable, path, reason) in hidden where entryIndices[ObjectIdentifier(variable)] == nil {
      throw ModuleError.structure(path: path, reason: "there are parameters in it that cannot be reached: \(reason)")
    }
    if let (path, key) = dottedKeys.first {
      throw ModuleError.structure(
        path: path, reason: "the key \"\(key)\" makes no path: a key is not empty and has no dots")
    }
    var names: Set<String> = []
    for entry in entries {
      for path in entry.paths where !names.insert(path).inserted {
        throw ModuleError.structure(path: path, reason: "two parameters or buffers have this path: rename a property")
      }
    }
  }

  private func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
