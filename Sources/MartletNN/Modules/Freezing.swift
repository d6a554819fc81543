import MartletText

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
      throw .structure(
        path: "",
        reason: parameters.isEmpty
          ? "expected parameters whose paths fit \"\(text)\", got a \(type(of: self)) without parameters"
          : pattern.unmatched(among: parameters.flatMap(\.paths)))
    }
    for entry in fitting { entry.variable.isTrainable = isTrainable }
    return fitting.map(\.path)
  }
}
