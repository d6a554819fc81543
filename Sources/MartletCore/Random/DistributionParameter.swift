import CKernels

/// What the parameter of a distribution may be: an `Int`, `Float` or `Double`, the same for all numbers that are drawn,
/// or a tensor of any numeric type, which broadcasts to their shape.
public protocol DistributionParameter: Sendable {
  /// The parameter as a tensor of a floating-point type; a gradient flows through it to a parameter that is one.
  func parameter<S: FloatingScalar>(as type: S.Type) -> Tensor<S>
}

extension Int: DistributionParameter {
  /// The number as a tensor of shape `[]`.
  public func parameter<S: FloatingScalar>(as type: S.Type) -> Tensor<S> { Tensor(S(self)) }
}

extension Float: DistributionParameter {
  /// The number as a tensor of shape `[]`.
  public func parameter<S: FloatingScalar>(as type: S.Type) -> Tensor<S> { Tensor(S(self)) }
}

extension Double: DistributionParameter {
  /// The number as a tensor of shape `[]`.
  public func parameter<S: FloatingScalar>(as type: S.Type) -> Tensor<S> { Tensor(S(self)) }
}

extension Tensor: DistributionParameter where Scalar: NumericScalar {
  /// The tensor, converted to a floating-point type.
  public func parameter<S: FloatingScalar>(as type: S.Type) -> Tensor<S> { cast(to: S.self) }
}

/// The values that a parameter may have.
struct ParameterBounds: Sendable {
  /// What it is called in messages, in the plural.
  let name: String
  private let text: String
  private let low: Double
  private let excludesLow: Bool
  private let high: Double
  private let excludesHigh: Bool
  private let isWhole: Bool

  private init(
    _ name: String, _ text: String, _ low: Double, above excludesLow: Bool = false, _ high: Double,
    below excludesHigh: Bool = false, whole isWhole: Bool = false
  ) {
    self.name = name
    self.text = text
    self.low = low
    self.excludesLow = excludesLow
    self.high = high
    self.excludesHigh = excludesHigh
    self.isWhole = isWhole
  }

  static func finite(_ name: String) -> ParameterBounds {
    ParameterBounds(name, "that are finite", -.infinity, above: true, .infinity, below: true)
  }
  static func notNaN(_ name: String) -> ParameterBounds {
    ParameterBounds(name, "that are not NaN", -.infinity, .infinity)
  }
  static func atLeast0(_ name: String) -> ParameterBounds {
    ParameterBounds(name, "of at least 0, finite", 0, .infinity, below: true)
  }
  static func above0(_ name: String) -> ParameterBounds {
    ParameterBounds(name, "above 0, finite", 0, above: true, .infinity, below: true)
  }
  /// Below the least of these, logarithms of gamma numbers may be infinite.
  static func concentrations(_ name: String) -> ParameterBounds {
    ParameterBounds(name, "of at least 1e-300, finite", 1e-300, .infinity, below: true)
  }
  static func differences(_ name: String) -> ParameterBounds {
    ParameterBounds(name, "above the lower ones", 0, above: true, .infinity)
  }
  static func lengths(_ name: String) -> ParameterBounds {
    ParameterBounds(name, "above the lower ones, at a finite distance", 0, above: true, .infinity, below: true)
  }
  static let probabilities = ParameterBounds("probabilities", "within 0 ... 1", 0, 1)
  static let probabilitiesAbove0 = ParameterBounds("probabilities", "above 0, at most 1", 0, above: true, 1)
  static let rates = ParameterBounds("rates", "within 0 ... 1e15", 0, 1e15)
  /// Larger numbers of trials are not exact in `Double`.
  static let trials = ParameterBounds("numbers of trials", "that are whole, within 0 ... 2^53", 0, 0x1p53, whole: true)

  /// The parameter in `Double` for a draw of a shape; traps in the name of `operation` when it does not broadcast to
  /// that shape or a value is not allowed.
  func checked(_ parameter: some DistributionParameter, _ operation: String, _ shape: Shape) -> Tensor<Double> {
    let values = parameter.parameter(as: Double.self).detached()
    requireBroadcast(values.shape, to: shape, operation)
    requireValues(values, operation)
    return values
  }

  /// Traps when a parameter does not broadcast to the shape that is drawn.
  func requireBroadcast(_ own: Shape, to shape: Shape, _ operation: String) {
    if !own.canBroadcast(to: shape) { trap(operation, "expected \(name) that broadcast to \(shape), got shape \(own)") }
  }

  /// Traps when a value is not allowed; `got` tells what the message shows of the first one that is not.
  func requireValues(_ values: Tensor<Double>, _ operation: String, got: (Int, Double) -> String = { "\($1)" }) {
    if BatchCapture.isOfNone { return }
    let body = values.erased.body.inOrder()
    let numbers = body.scalars(as: Double.self)
    guard let start = numbers.baseAddress else { return }
    let index = mk_first_outside(start, numbers.count, low, excludesLow, high, excludesHigh, isWhole)
    if index < numbers.count { trap(operation, "expected \(name) \(text), got \(got(index, numbers[index]))") }
    withExtendedLifetime(body) {}
  }
}

extension Tensor {
  /// An element, for a message.
  func shown(at index: Int) -> Scalar { erased.body.inOrder().scalars(as: Scalar.self)[index] }
}
