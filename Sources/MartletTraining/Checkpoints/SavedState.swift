import MartletCore
import MartletText

/// What an object needs to go on later as if it had never stopped: tensors, numbers and texts, each by name.
///
/// ```swift
/// final class Warmup: Callback {
///   private var steps = 0
///   var state: SavedState { SavedState(numbers: ["steps": Double(steps)]) }
///   func restore(_ state: SavedState, _ fit: FitState) throws { steps = Int(try state.number("steps")) }
/// }
/// ```
/// A checkpoint stores it with every bit of every number.
public struct SavedState: Sendable {
  /// The tensors.
  public var tensors: [String: AnyTensor]
  /// The numbers, which may be infinite or NaN. Integers are exact up to 2⁵³.
  public var numbers: [String: Double]
  /// The texts.
  public var texts: [String: String]

  /// Makes a state, by default one that holds nothing.
  public init(tensors: [String: AnyTensor] = [:], numbers: [String: Double] = [:], texts: [String: String] = [:]) {
    self.tensors = tensors
    self.numbers = numbers
    self.texts = texts
  }

  /// Whether it holds nothing.
  public var isEmpty: Bool { tensors.isEmpty && numbers.isEmpty && texts.isEmpty }

  /// A number; throws when there is none of that name.
  public func number(_ name: String) throws(CheckpointError) -> Double { try Self.value(name, in: numbers, "a number") }

  /// A whole number; throws when there is none of that name.
  func integer(_ name: String) throws(CheckpointError) -> Int {
    guard let value = Int(exactly: try number(name)) else {
      throw .state("expected a whole number called \(shown(name)), got \(numbers[name]!)")
    }
    return value
  }

  /// A text; throws when there is none of that name.
  public func text(_ name: String) throws(CheckpointError) -> String { try Self.value(name, in: texts, "a text") }

  /// A tensor; throws when there is none of that name.
  public func tensor(_ name: String) throws(CheckpointError) -> AnyTensor {
    try Self.value(name, in: tensors, "a tensor")
  }

  private static func value<V>(_ name: String, in values: [String: V], _ kind: String) throws(CheckpointError) -> V {
    if let value = values[name] { return value }
    let names = values.keys.sorted().map(shown).joined(separator: ", ")
    throw .state("expected \(kind) called \(shown(name)), got \(names.isEmpty ? "none" : names)")
  }

  // MARK: States within states

  /// Adds everything that another state holds, with `prefix` and a point before each name.
  public mutating func add(_ state: SavedState, under prefix: String) {
    for (name, tensor) in state.tensors { tensors["\(prefix).\(name)"] = tensor }
    for (name, number) in state.numbers { numbers["\(prefix).\(name)"] = number }
    for (name, text) in state.texts { texts["\(prefix).\(name)"] = text }
  }

  /// What was added under a prefix; nothing where there is none.
  public func under(_ prefix: String) -> SavedState {
    func part<V>(_ values: [String: V]) -> [String: V] {
      var part: [String: V] = [:]
      for (name, value) in values where name.hasPrefix("\(prefix).") {
        part[String(name.dropFirst(prefix.count + 1))] = value
      }
      return part
    }
    return SavedState(tensors: part(tensors), numbers: part(numbers), texts: part(texts))
  }
}

/// Why a checkpoint cannot be written, read, or gone on from.
public enum CheckpointError: Error, Sendable, Equatable {
  /// The file cannot be read or written.
  case file(FormatError)
  /// A state lacks a value, or holds one that cannot be used.
  case state(String)
  /// The checkpoint in `source` belongs to another fit: what differs, a line each. Nothing was changed.
  case differs(source: String, differences: [String])
}

extension CheckpointError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .state(let reason): "the saved state: \(reason)"
    case .differs(let source, let differences):
      "\(source): expected a checkpoint of this fit, got one of another; go on with what it was made with, or fit without "
        + "resumingFrom:" + differences.map { "\n  \($0)" }.joined()
    }
  }
}
