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
