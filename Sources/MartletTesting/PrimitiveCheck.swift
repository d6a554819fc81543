import MartletCore

/// Checks primitives by their samples: values, derivatives, batches, empty operands, threads, compiled functions. A test suite calls them,
/// with any testing library.
///
/// ```swift
/// @Test(arguments: PrimitiveCheck.cases(of: [SquaredDistances.self]))
/// func `is right`(_ example: PrimitiveCheck.Case) {
///   #expect(example.problems() == [])
/// }
///
/// @Test func `is tried in all ways`() {
///   #expect(PrimitiveCheck.omissions(in: [SquaredDistances.self]) == [])
/// }
/// ```
/// A check returns what is wrong, in words; nothing if all is well. Its random numbers depend only on the names of the
/// primitive and the sample, so that a problem comes back when the check is run again.
public enum PrimitiveCheck {
  /// A sample of a primitive, which one run of a check tests.
  public struct Case: Sendable, Identifiable, CustomStringConvertible {
    /// The primitive.
    public let primitive: any SampledPrimitive.Type
    /// The primitive's sample.
    public let sample: Sample

    /// A sample of a primitive.
    public init(_ primitive: any SampledPrimitive.Type, _ sample: Sample) {
      self.primitive = primitive
      self.sample = sample
    }

    /// The primitive's name, then the sample's.
    public var description: String { "\(primitive), \(sample.label)" }

    /// The description, which tells it from other cases.
    public var id: String { description }

    /// The random generator for one purpose.
    func random(_ purpose: String) -> SplitMix { SplitMix("\(purpose) \(description)") }
  }

  /// Every sample of some primitives.
  public static func cases(of primitives: [any SampledPrimitive.Type]) -> [Case] {
    primitives.flatMap { primitive in primitive.samples.map { Case(primitive, $0) } }
  }

  /// What the samples of some primitives do not cover: a primitive without samples, without one on empty operands,
  /// without one that is large enough for threads, without one whose derivatives are checked; labels that occur twice.
  public static func omissions(in primitives: [any SampledPrimitive.Type]) -> [String] {
    primitives.flatMap { primitive -> [String] in
      let cases = cases(of: [primitive])
      if cases.isEmpty { return ["\(primitive) has no samples"] }
      var omissions: [String] = []
      let labels = cases.map(\.sample.label)
      if Set(labels).count != labels.count {
        omissions.append("\(primitive) has several samples of one name: \(labels)")
      }
      if cases.allSatisfy({ $0.emptyOperands.isEmpty }) {
        omissions.append("\(primitive) has no sample whose operands can be empty, and none that is")
      }
      if cases.contains(where: \.computes) && cases.allSatisfy({ $0.large == nil }) {
        omissions.append("\(primitive) has no sample that can be enlarged, and none with a large case")
      }
      let hasDerivative = cases.contains { $0.sample.primitive.derivativeRefusal == nil }
      if hasDerivative && !cases.contains(where: \.sample.isDifferentiable) {
        omissions.append("\(primitive) has no sample whose derivatives are checked")
      }
      return omissions
    }
  }
}

extension PrimitiveCheck.Case {
  /// The problems that all checks find.
  public func problems() -> [String] {
    [ScalarType.float32, .float64].flatMap { valueProblems(floating: $0) + stridedValueProblems(floating: $0) }
      + ruleProblems() + emptyProblems() + threadProblems() + gradientProblems() + secondDerivativeProblems()
      + differentialProblems() + transposeProblems() + stridedGradientProblems() + batchingProblems()
      + compilationProblems()
  }

  /// Operands drawn from the sample's ranges, with floating-point ones of the type given.
  func draw(_ floating: ScalarType, _ random: inout SplitMix) -> [PlainTensor] {
    sample.operands.map { PlainTensor(drawing: $0, floating: floating, &random) }
  }

  /// Whether a kernel is called, at least for operands that are not contiguous; otherwise all results are views.
  var computes: Bool {
    [Placement.rowMajor, .columnMajor].contains { placement in
      guard let first = sample.operands.first,
        let results = try? sample.primitive.specs(of: OperandSpecs(sample.operands.map { $0.spec(.float32) }))
      else { return true }
      let layout = placement.layout(first.shape.dimensions)
      return (0..<results.count).contains { sample.primitive.layout(of: layout, result: $0) == nil }
    }
  }
}

extension Sample.Operand {
  /// The shape and scalar type, where floating-point operands are of the type given.
  func spec(_ floating: ScalarType) -> TensorSpec { TensorSpec(scalarType ?? floating, shape) }

  /// The same with another shape.
  func reshaped(_ shape: Shape, in range: ClosedRange<Double>? = nil) -> Sample.Operand {
    Sample.Operand(shape, in: range ?? self.range, type: scalarType, transform: transform)
  }

  /// Whether the values are indices along an axis of this length.
  func indexes(_ length: Int) -> Bool {
    scalarType == .int64 && range.lowerBound == 0 && range.upperBound == Double(length - 1)
  }
}
