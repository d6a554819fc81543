/// An application of a primitive that the generic tests check: in value against plain loops, over strides, on empty
/// operands, with one thread and with many, in first and second derivative.
public struct Sample: Sendable {
  /// An operand to make up.
  public struct Operand: Sendable {
    /// The lengths of the axes.
    public let shape: Shape
    /// Nil: a floating-point type, whichever is being tested.
    public let scalarType: ScalarType?
    /// Values are drawn from here, uniformly.
    public let range: ClosedRange<Double>
    /// What is made of the values that were drawn; nil leaves them as they are.
    public let transform: (@Sendable (Double) -> Double)?

    /// An operand of a shape, with values from a range.
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

  /// What is special about this application.
  public let label: String
  /// The operation with its arguments.
  public let primitive: any Primitive
  /// The operands to make up.
  public let operands: [Operand]
  /// The results in plain loops over `Double`.
  public let reference: @Sendable ([Reference]) -> [Reference]
  /// Whether the derivatives are checked too.
  public let isDifferentiable: Bool
  /// Relative error allowed to `Float`; `Double` is held to 5e-7 of that, 1e-12 where nothing else is said.
  public let tolerance: Double
  /// The same with operands so large that the work is split over threads, where the operation's arguments depend on the
  /// shapes; nil where the operands can be made longer as they are.
  public let large: (primitive: any Primitive, operands: [Operand])?

  /// An application with several results.
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

  /// An application with one result.
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
