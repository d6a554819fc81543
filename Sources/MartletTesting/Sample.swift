import MartletCore

/// An application of a primitive that tests check.
///
/// `PrimitiveCheck` checks its values against plain loops, with strided and with empty operands, with one thread and with many, and
/// its first and second derivatives.
public struct Sample: Sendable {
  /// An operand that the tests make.
  public struct Operand: Sendable {
    /// The lengths of the axes.
    public let shape: Shape
    /// The scalar type; nil for the floating-point type that is being tested.
    public let scalarType: ScalarType?
    /// The range that values are drawn from, uniformly.
    public let range: ClosedRange<Double>
    /// What is applied to the values that were drawn; nil leaves them as they are.
    public let transform: (@Sendable (Double) -> Double)?

    /// Creates an operand of a shape, with values from a range.
    public init(
      _ shape: Shape, in range: ClosedRange<Double> = -2...2, type: ScalarType? = nil,
      transform: (@Sendable (Double) -> Double)? = nil
    ) {
      self.shape = shape
      self.range = range
      self.transform = transform
      scalarType = type
    }
  }

  /// What is special about this sample.
  public let label: String
  /// The operation with its arguments.
  public let primitive: any Primitive
  /// The operands that the tests make.
  public let operands: [Operand]
  /// Computes the results in plain loops over `Double`.
  public let reference: @Sendable ([Reference]) -> [Reference]
  /// Whether the derivatives are checked too.
  public let isDifferentiable: Bool
  /// The relative error that is allowed for `Float`; for `Double` it is 5e-7 times that, by default 1e-12.
  public let tolerance: Double
  /// The same application with operands so large that the work is split over threads, where the operation's arguments
  /// depend on the shapes; nil where the tests can make the operands larger without changing the arguments.
  public let large: (primitive: any Primitive, operands: [Operand])?

  /// Creates a sample with several results.
  public init(
    _ label: String, _ primitive: any Primitive, _ operands: [Operand],
    references: @escaping @Sendable ([Reference]) -> [Reference], isDifferentiable: Bool = true,
    tolerance: Double = 2e-6, large: (any Primitive, [Operand])? = nil
  ) {
    self.label = label
    self.primitive = primitive
    self.operands = operands
    reference = references
    self.isDifferentiable = isDifferentiable
    self.tolerance = tolerance
    self.large = large
  }

  /// Creates a sample with one result.
  public init(
    _ label: String, _ primitive: any Primitive, _ operands: [Operand],
    reference: @escaping @Sendable ([Reference]) -> Reference, isDifferentiable: Bool = true, tolerance: Double = 2e-6,
    large: (any Primitive, [Operand])? = nil
  ) {
    self.init(
      label, primitive, operands, references: { [reference($0)] }, isDifferentiable: isDifferentiable,
      tolerance: tolerance, large: large)
  }

  /// The results of the operation on tensors.
  public func apply(_ operands: [AnyTensor]) -> [AnyTensor] { applyAll(primitive, operands) }
}
