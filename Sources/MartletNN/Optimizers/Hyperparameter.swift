/// A hyperparameter of an optimiser that is outside its range: which one of which optimiser, and its value.
public struct HyperparameterError: Error, Sendable, CustomStringConvertible {
  /// The optimiser's name, such as `Adam`.
  public let optimizer: String
  /// The hyperparameter's name, such as `learningRate`.
  public let name: String
  /// What it is.
  public let value: Double
  /// Where it may be.
  public let range: HyperparameterRange

  /// An error about one of an optimiser's numbers; see `HyperparameterRange.check(_:_:of:)`.
  public init(optimizer: String, name: String, value: Double, range: HyperparameterRange) {
    self.optimizer = optimizer
    self.name = name
    self.value = value
    self.range = range
  }

  public var description: String { "\(optimizer): expected \(name) to be \(range), got \(value)" }
}

extension HyperparameterError: Equatable {
  /// Whether two say the same; NaN is NaN here.
  public static func == (a: HyperparameterError, b: HyperparameterError) -> Bool { a.description == b.description }
}

/// Where a hyperparameter may be: never NaN or infinite.
public enum HyperparameterRange: Sendable, CustomStringConvertible {
  /// 0 and above.
  case atLeastZero
  /// From 0 up to, but not including, 1.
  case belowOne

  /// Throws when a hyperparameter is outside.
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

/// One of an update rule's numbers or switches, with what is known of it: where it may be, and what it mostly is.
public struct Hyperparameter: Sendable {
  /// The name, as the optimiser's initialiser has it.
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

  /// Throws when it is outside its range.
  func check(of optimizer: @autoclosure () -> String) throws(HyperparameterError) {
    if case .number(let value, let range, _) = value { try range.check(value, name, of: optimizer()) }
  }

  /// `name: value`, unless it is as by default.
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

  /// Stops the program with what `checkHyperparameters()` throws.
  func requireHyperparameters() {
    do {
      try checkHyperparameters()
    } catch {
      fatalError(error.description)
    }
  }
}
