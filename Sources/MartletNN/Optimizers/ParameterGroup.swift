import MartletCore
import MartletText

/// Parameters, by a pattern for their paths, that an optimiser changes with hyperparameters of their own.
///
/// ```swift
/// optimizer.groups = [
///   ParameterGroup("encoder", learningRateScale: 0.1),
///   ParameterGroup("*.bias", weightDecay: 0),
/// ]
/// ```
/// In a pattern `*` stands for any characters, also none and also dots, and `?` for one. A pattern fits a parameter if it
/// fits its path or that of a module which it is in. Where several groups fit, the last that says something of a
/// hyperparameter holds.
public struct ParameterGroup: Sendable {
  /// The pattern for the parameters' paths: `*.bias`, `encoder`, `layers.?.weight`.
  public let pattern: String
  /// The step size, in place of the optimiser's, whatever a schedule makes of that; nil leaves the optimiser's.
  public var learningRate: Double?
  /// What the step size is multiplied by, so that it follows the optimiser's schedule.
  public var learningRateScale: Double?
  /// The factor of the weight decay, in place of the optimiser's; nil leaves the optimiser's.
  public var weightDecay: Double?

  /// Makes a group; traps for a number that is negative, infinite or NaN.
  public init(
    _ pattern: String, learningRate: Double? = nil, learningRateScale: Double? = nil, weightDecay: Double? = nil
  ) {
    self.pattern = pattern
    self.learningRate = learningRate
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
    for (name, value) in values {
      do {
        try HyperparameterRange.atLeastZero.check(value, name, of: "ParameterGroup(\"\(pattern)\")")
      } catch {
        fatalError(error.description)
      }
    }
  }

  fileprivate var values: [(name: String, value: Double)] {
    let all = [("learningRate", learningRate), ("learningRateScale", learningRateScale), ("weightDecay", weightDecay)]
    return all.compactMap { name, value in value.map { (name, $0) } }
  }
}

extension ParameterGroup: CustomStringConvertible {
  /// `"*.bias" weightDecay: 0.0`.
  public var description: String {
    (["\"\(pattern)\""] + values.map { "\($0.name): \($0.value)" }).joined(separator: " ")
  }
}

/// Which parameters an optimiser's weight decay changes, apart from its groups'.
public enum DecayedParameters: Sendable {
  /// All.
  case all
  /// Those of two and more axes: weights, but no biases and no scales of normalisations.
  case weightsOnly
}

/// An optimiser's groups, and what they come to for a model's parameters.
struct ParameterGroups {
  var groups: [ParameterGroup] = [] {
    didSet { layout = nil }
  }
  var decayed = DecayedParameters.all

  /// What differs from the optimiser's own hyperparameters for a parameter.
  struct Settings: Hashable {
    var learningRate: Double?
    var scale: Double?
    var weightDecay: Double?

    func apply(to rule: inout some UpdateRule) {
      rule.learningRate = (learningRate ?? rule.learningRate) * (scale ?? 1)
      if let weightDecay { rule.weightDecay = weightDecay }
    }
  }

  private var layout: ParameterPaths?
  private var settings: [Settings] = []

  /// The settings of a model's parameters, in their order; nil where all have the optimiser's. Throws when a pattern fits
  /// no parameter.
  mutating func settings(for list: ParameterList) throws(ModuleError) -> [Settings]? {
    if groups.isEmpty { return decayed == .all ? nil : [Settings](repeating: Settings(), count: list.count) }
    if layout === list.paths { return settings }
    let paths = list.paths.paths
    var found = [Settings](repeating: Settings(), count: list.count)
    for group in groups {
      let pattern = PathPattern(group.pattern)
      let fitting = paths.indices.filter { pattern.fitsParameter(paths[$0]) }
      if fitting.isEmpty { throw .structure(path: "", reason: "a parameter group: \(pattern.unmatched(among: paths))") }
      for index in fitting {
        if let rate = group.learningRate { found[index].learningRate = rate }
        if let scale = group.learningRateScale { found[index].scale = scale }
        if let decay = group.weightDecay { found[index].weightDecay = decay }
      }
    }
    (layout, settings) = (list.paths, found)
    return found
  }

  /// As an optimiser's description shows them; nil where there is nothing of its own.
  var description: String? {
    let parts =
      (decayed == .all ? [] : ["decayedParameters: weightsOnly"])
      + (groups.isEmpty ? [] : ["groups: [\(groups.map(\.description).joined(separator: ", "))]"])
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
