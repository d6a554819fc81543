/// The error that a hyperparameter of an optimiser is outside its range.
public struct HyperparameterError: Error, Sendable, CustomStringConvertible {
  /// The optimiser's name, such as `Adam`.
  public let optimizer: String
  /// The hyperparameter's name, such as `learningRate`.
  public let name: String
  /// The hyperparameter's value.
  public let value: Double
  /// The range that the value should be in.
  public let range: HyperparameterRange

  /// Makes an error; `HyperparameterRange.check(_:_:of:)` makes it for a value outside its range.
  public init(optimizer: String, name: String, value: Double, range: HyperparameterRange) {
    self.optimizer = optimizer
    self.name = name
    self.value = value
    self.range = range
  }

  public var description: String { "\(optimizer): expected \(name) to be \(range), got \(value)" }
}

extension HyperparameterError: Equatable {
  /// Whether both have the same description, so that NaN equals NaN.
  public static func == (a: HyperparameterError, b: HyperparameterError) -> Bool { a.description == b.description }
}

/// The range of a hyperparameter; NaN and infinity are never in it.
public enum HyperparameterRange: Sendable, CustomStringConvertible {
  /// 0 and above.
  case atLeastZero
  /// From 0 up to, but not including, 1.
  case belowOne

  /// Throws when a hyperparameter is outside the range, with its name and that of the optimiser.
  ///
  /// ```swift
  /// func checkHyperparameters() throws(HyperparameterError) {
  ///   try HyperparameterRange.atLeastZero.check(learningRate, "learningRate", of: "Lion")
  ///   try HyperparameterRange.belowOne.check(beta, "beta", of: "Lion")
  /// }
  /// ```
  public func check(
    _ value: Double, _ name: String, of optimizer: @autoclosure () -> String
  ) throws(HyperparameterError) {
    let isInside = value >= 0 && (self == .belowOne ? value < 1 : value.isFinite)
    if !isInside { throw HyperparameterError(optimizer: optimizer(), name: name, value: value, range: self) }
  }

  public var description: String {
    switch self {
    case .atLeastZero: "finite and at least 0"
    case .belowOne: "at least 0 and less than 1"
    }
  }
}

/// A number or switch of an update rule, with its range and its default.
public struct Hyperparameter: Sendable {
  /// The name, as in the optimiser's initialiser.
  public let name: String
  private let value: Value

  private enum Value {
    case number(Double, HyperparameterRange, default: Double?)
    case flag(Bool, default: Bool)
  }

  /// A number; one without a default is always printed.
  public static func number(
    _ name: String, _ value: Double, _ range: HyperparameterRange, default: Double? = nil
  ) -> Hyperparameter {
    Hyperparameter(name: name, value: .number(value, range, default: `default`))
  }

  /// A switch.
  public static func flag(_ name: String, _ value: Bool, default: Bool = false) -> Hyperparameter {
    Hyperparameter(name: name, value: .flag(value, default: `default`))
  }

  /// Those of the two moments, as in Adam and its kin.
  static func moments(
    _ beta1: Double, _ beta2: Double, _ epsilon: Double, epsilonDefault: Double = 1e-8
  ) -> [Hyperparameter] {
    [
      .number("beta1", beta1, .belowOne, default: 0.9), .number("beta2", beta2, .belowOne, default: 0.999),
      .number("epsilon", epsilon, .atLeastZero, default: epsilonDefault),
    ]
  }

  /// Throws when it is outside its range.
  func check(of optimizer: @autoclosure () -> String) throws(HyperparameterError) {
    if case .number(let value, let range, _) = value { try range.check(value, name, of: optimizer()) }
  }

  /// `name: value`; nil when the value is the default.
  var unusual: String? {
    switch value {
    case .number(let value, _, let usual): value == usual ? nil : "\(name): \(value)"
    case .flag(let value, let usual): value == usual ? nil : "\(name): \(value)"
    }
  }
}

extension Optimizer {
  /// Throws when the learning rate is negative, infinite or NaN.
  public func checkHyperparameters() throws(HyperparameterError) {
    try HyperparameterRange.atLeastZero.check(learningRate, "learningRate", of: "\(type(of: self))")
  }

  /// Traps with the error that `checkHyperparameters()` throws.
  func requireHyperparameters() {
    do {
      try checkHyperparameters()
    } catch {
      fatalError(error.description)
    }
  }
}
