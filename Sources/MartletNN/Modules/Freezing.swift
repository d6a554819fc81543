import MartletCore

extension Module {
  /// Freezes all parameters: gradients are not taken at them, and optimisers do not change them.
  ///
  /// A single parameter is frozen by `layer.$weight.isTrainable = false`, those of a part by `freeze("encoder.*")`.
  public func freeze() {
    for (_, variable) in parameters() { variable.isTrainable = false }
  }

  /// Unfreezes all parameters, also those that were frozen singly.
  public func unfreeze() {
    for (_, variable) in parameters() { variable.isTrainable = true }
  }

  /// Freezes the parameters whose paths fit a pattern, and returns the paths.
  ///
  /// In a pattern `*` stands for any characters, also none and also dots, and `?` for one. A pattern fits a parameter if
  /// it fits one of its paths, or that of a module which it is in: `encoder`, `encoder.*`, `*.bias`, `layers.?.weight`.
  /// Throws when it fits no parameter, with paths that come near.
  @discardableResult
  public func freeze(_ pattern: String) throws(ModuleError) -> [String] { try setTrainable(false, pattern) }

  /// Unfreezes the parameters whose paths fit a pattern, as in `freeze(_:)`, and returns the paths; throws when it fits
  /// none.
  @discardableResult
  public func unfreeze(_ pattern: String) throws(ModuleError) -> [String] { try setTrainable(true, pattern) }

  private func setTrainable(_ isTrainable: Bool, _ text: String) throws(ModuleError) -> [String] {
    let pattern = PathPattern(text)
    let parameters = try ModuleStructure.read(self).entries.filter { $0.kind == .parameter }
    let fitting = parameters.filter { $0.paths.contains(where: pattern.fitsParameter) }
    if fitting.isEmpty {
      let near = pattern.nearest(parameters.flatMap(\.paths), count: 5).joined(separator: ", ")
      throw .structure(
        path: "",
        reason: parameters.isEmpty
          ? "expected parameters whose paths fit \"\(text)\", got a \(type(of: self)) without parameters"
          : "expected a pattern that fits a parameter's path, got \"\(text)\"; there are \(near)"
            + (parameters.count > 5 ? " and others" : ""))
    }
    for entry in fitting { entry.variable.isTrainable = isTrainable }
    return fitting.map(\.path)
  }
}

/// A pattern for paths, in which `*` stands for any characters and `?` for one.
struct PathPattern {
  private let pattern: [Character]

  init(_ text: String) { pattern = Array(text) }

  /// Whether the pattern fits a parameter's path, or the path of a module on it.
  func fitsParameter(_ path: String) -> Bool {
    let path = Array(path)
    return fits(path[...]) || path.indices.contains { path[$0] == "." && fits(path[..<$0]) }
  }

  private func fits(_ path: ArraySlice<Character>) -> Bool {
    var (here, there) = (0, path.startIndex)
    // After a star: where it stands, and the first character that it does not cover.
    var star: (pattern: Int, path: Int)?
    while there < path.endIndex {
      if here < pattern.count, pattern[here] == "*" {
        star = (here, there)
        here += 1
      } else if here < pattern.count, pattern[here] == "?" || pattern[here] == path[there] {
        here += 1
        there += 1
      } else if let (place, covered) = star {
        star = (place, covered + 1)
        (here, there) = (place + 1, covered + 1)
      } else {
        return false
      }
    }
    return pattern[here...].allSatisfy { $0 == "*" }
  }

  /// The paths that share the most characters with the pattern at the beginning and at the end, best first.
  func nearest(_ paths: [String], count: Int) -> [String] {
    func common(_ a: some Sequence<Character>, _ b: some Sequence<Character>) -> Int {
      zip(a, b).prefix { $0 == $1 }.count
    }
    let scored = paths.map { ($0, common($0, pattern) + common($0.reversed(), pattern.reversed())) }
    return scored.enumerated().sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }.prefix(count).map(
      \.element.0)
  }
}
