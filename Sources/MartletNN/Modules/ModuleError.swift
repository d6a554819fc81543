import MartletCore
import MartletText

/// An error in a model, in the sizes of its layers, or in a file for it.
public enum ModuleError: Error, Sendable, Equatable {
  /// A module holds parameters where they cannot be found, or two parameters under one path.
  case structure(path: String, reason: String)
  /// A layer cannot be built, or does not fit the shape that it is given.
  case layer(path: String, reason: String)
  /// Named tensors do not fit the model: every problem, in order of the names.
  case mismatch(source: String, problems: [Problem])
  /// Parameters or buffers have no value yet, so there is nothing to save.
  case notBuilt([Problem])
  /// A file cannot be read or written.
  case file(FormatError)

  /// One way in which a named tensor does not fit.
  public enum Problem: Sendable, Equatable {
    /// The model has the tensor, the source does not.
    case missing(name: String, shape: Shape)
    /// The source has the tensor, the model does not.
    case unexpected(name: String, shape: Shape)
    /// The source has a tensor whose name differs only in Unicode normalisation.
    case spelling(name: String, found: String)
    /// The shapes differ.
    case shape(name: String, expected: Shape, found: Shape)
    /// The scalar type cannot be converted to the model's.
    case scalarType(name: String, expected: ScalarType, found: ScalarType)
    /// Some elements are NaN or infinite.
    case notFinite(name: String, count: Int)
    /// An optimiser's number of steps is negative or too large.
    case steps(name: String, found: Int)
    /// A tensor that the model shares has different values under two names.
    case conflict(name: String, other: String)
    /// The model's parameter has no value yet, so its shape is unknown.
    case unbuilt(name: String, reason: String)
  }
}

extension ModuleError: CustomStringConvertible {
  /// The most problems that the text lists; a file may have any number.
  private static let shownCount = 100

  /// The place, what is wrong, and what to do; for a mismatch one line for each problem.
  public var description: String {
    switch self {
    case .structure(let path, let reason):
      path.isEmpty ? reason : "\(path): \(reason)"
    case .layer(let path, let reason):
      path.isEmpty ? reason : "layer \(path): \(reason)"
    case .mismatch(let source, let problems):
      "\(source) does not fit the model, which was left as it was:" + Self.list(problems)
    case .notBuilt(let problems):
      "expected a model whose parameters all have values, got one that is not built; nothing was saved:"
        + Self.list(problems)
    case .file(let error):
      error.description
    }
  }

  private static func list(_ problems: [Problem]) -> String {
    problems.prefix(shownCount).map { "\n  \($0)" }.joined()
      + (problems.count > shownCount ? "\n  and \(problems.count - shownCount) more" : "")
  }

  /// The error as seen from the module that holds the layer under `name`.
  package func within(_ name: String) -> ModuleError {
    switch self {
    case .structure(let path, let reason): .structure(path: path.isEmpty ? name : "\(name).\(path)", reason: reason)
    case .layer(let path, let reason): .layer(path: path.isEmpty ? name : "\(name).\(path)", reason: reason)
    case .mismatch, .notBuilt, .file: self
    }
  }
}

extension ModuleError.Problem: CustomStringConvertible {
  /// The problem in a line: what is wrong, and with which tensor.
  public var description: String {
    switch self {
    case .missing(let name, let shape): "missing: \(shortened(name)) \(shape)"
    case .unexpected(let name, let shape): "not in the model: \(shortened(name)) \(shape)"
    case .spelling(let name, let found):
      "missing: \(shortened(name))\(spellingHint(name, among: [found]))"
    case .shape(let name, let expected, let found):
      "shape of \(shortened(name)): \(found), the model has \(expected)"
    case .scalarType(let name, let expected, let found):
      "type of \(shortened(name)): \(found) is not converted to the model's \(expected)"
    case .steps(let name, let found):
      "\(shortened(name)): expected a number of steps from 0 on, got \(found)"
    case .notFinite(let name, let count):
      "not finite: \(count) elements of \(shortened(name)) are NaN or infinite; load with allowsNonFinite: true to have "
        + "them all the same"
    case .conflict(let name, let other):
      "\(shortened(name)) and \(shortened(other)) are one tensor in the model, but differ"
    case .unbuilt(let name, let reason): "not built: \(shortened(name)): \(reason)"
    }
  }
}
