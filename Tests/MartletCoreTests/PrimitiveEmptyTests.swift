import MartletSamples
import MartletTesting
import Testing

@testable import MartletCore

/// Operands without elements, and of rank 0, through every primitive whose rule allows them.
@Suite struct PrimitiveEmptyTests {
  @Test(arguments: Cases.chosen)
  func `a sample takes empty operands`(of example: PrimitiveCheck.Case) {
    #expect(example.emptyProblems() == [])
  }

  // MARK: Values where there is something left, and shapes that no sample is turned into

  private func zeros(_ shape: Shape, _ type: ScalarType = .float32) -> AnyTensor {
    AnyTensor(zeros: shape, scalarType: type)
  }

  private func expect(
    _ result: AnyTensor, _ shape: [Int], _ values: [Double] = [], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(result.shape.dimensions == shape, sourceLocation: sourceLocation)
    #expect(result.plainValues == values, sourceLocation: sourceLocation)
  }

  /// The gradients of the result's sum have the operands' shapes, and are zeros.
  private func expectZeroGradients(
    _ operands: [AnyTensor], sourceLocation: SourceLocation = #_sourceLocation, _ function: ([AnyTensor]) -> AnyTensor
  ) {
    let gradients = valueWithGradients(at: operands) { function($0).sum() }.gradients
    for (gradient, operand) in zip(gradients, operands) {
      #expect(gradient.shape == operand.shape, sourceLocation: sourceLocation)
      #expect(gradient.plainValues.allSatisfy { $0 == 0 }, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [[0], [3, 0], [0, 3], [2, 0, 3]] as [Shape])
  func `elementwise operations with a scalar`(shape: Shape) {
    for operation in BinaryOperation.allCases {
      let type = operation.sample.type ?? .float32
      expect(apply(Binary(operation), zeros(shape, type), zeros([], type)), shape.dimensions)
      if type != .float32 || !operation.sample.isDifferentiable { continue }
      expectZeroGradients([zeros(shape), zeros([])]) { apply(Binary(operation), $0[0], $0[1]) }
      expectZeroGradients([zeros(shape), zeros([1])]) { apply(Binary(operation), $0[1], $0[0]) }
    }
    expect(apply(Select(), zeros([], .bool), zeros(shape), zeros([1])), shape.dimensions)
    for type in ScalarType.allCases { expect(apply(Convert(to: type), zeros(shape)), shape.dimensions) }
  }

  @Test func `broadcasting an axis of 1 to 0`() {
    expect(apply(Binary(.add), zeros([0, 3]), zeros([1, 3])), [0, 3])
    expect(apply(BroadcastTo([0, 3]), zeros([1, 3])), [0, 3])
    expectZeroGradients([zeros([1, 3])]) { apply(BroadcastTo([0, 3]), $0[0]) }
  }

  @Test func `reductions give what they begin with`() {
    let identities: [(ReductionKind, ScalarType, Double)] = [
      (.sum, .float32, 0), (.product, .float32, 1), (.sumOfSquares, .float64, 0), (.sum, .int32, 0),
      (.product, .int64, 1), (.any, .bool, 0), (.all, .bool, 1),
    ]
    for (kind, type, identity) in identities {
      expect(apply(Reduction(kind, axes: [0]), zeros([0, 3], type)), [3], [identity, identity, identity])
      expect(apply(Reduction(kind, axes: [1]), zeros([2, 0], type)), [2], [identity, identity])
      expect(apply(Reduction(kind, axes: [0]), zeros([2, 0], type)), [0])
      expect(
        apply(Reduction(kind, axes: [1]), zeros([2, 0, 3], type)), [2, 3], Array(repeating: identity, count: 6))
      expect(apply(Reduction(kind, allOf: 2), zeros([0, 0], type)), [], [identity])
    }
    // Only the axes that are reduced must have elements.
    for kind in [ReductionKind.min, .max] { expect(apply(Reduction(kind, axes: [1]), zeros([0, 3])), [0]) }
    expect(apply(ArgExtreme(largest: true, axis: 1), zeros([0, 3])), [0])
    expect(apply(LogSumExp(), zeros([2, 0])), [2], [-.infinity, -.infinity])
  }

  @Test(
    arguments: [
      ([3, 0], [0, 2], [3, 2]), ([0, 3], [3, 2], [0, 2]), ([2, 3], [3, 0], [2, 0]), ([0], [0], []), ([0], [0, 2], [2]),
      ([3, 0], [0], [3]), ([2, 3, 0], [0, 4], [2, 3, 4]), ([2, 3, 0], [2, 0, 4], [2, 3, 4]),
      ([0, 3, 2], [2, 4], [0, 3, 4]), ([0, 3, 2], [0, 2, 4], [0, 3, 4]), ([2, 0, 2], [2, 4], [2, 0, 4]),
      ([3, 2], [0, 2, 4], [0, 3, 4]),
    ] as [(Shape, Shape, [Int])])
  func `matrix products are zeros`(a: Shape, b: Shape, shape: [Int]) {
    expect(apply(MatMul(), zeros(a), zeros(b)), shape, Array(repeating: 0, count: shape.reduce(1, *)))
    expectZeroGradients([zeros(a), zeros(b)]) { apply(MatMul(), $0[0], $0[1]) }
  }

  @Test(
    arguments: [
      ([0, 3], [4, 3]), ([2, 0], [4, 0]), ([2, 5, 0], [4, 0]), ([2, 0, 3], [4, 3]), ([2, 3], [0, 3]),
      ([2, 5, 3], [0, 3]),
    ] as [(Shape, Shape)], FusedActivation.allCases)
  func `linear layers have gradients of the operands' shapes`(_ shapes: (Shape, Shape), activation: FusedActivation) {
    let operands = [zeros(shapes.0), zeros(shapes.1), zeros([shapes.1[0]])]
    let gradients = valueWithGradients(at: operands) {
      apply(Linear(activation: activation), $0[0], $0[1], $0[2]).sum()
    }.gradients
    #expect(gradients.map(\.shape) == operands.map(\.shape))
  }

  @Test func `a linear layer without features gives its bias`() {
    let bias = AnyTensor(PlainTensor(.float32, Reference([4], [1, 2, 3, 4])))
    let layer = Linear(activation: .relu)
    expect(apply(layer, zeros([2, 0]), zeros([4, 0]), bias), [2, 4], [1, 2, 3, 4, 1, 2, 3, 4])
  }

  @Test func `copies keep what is not replaced`() {
    let (six, none) = ([0, 0, 0, 0, 0, 0] as [Double], zeros([0], .int64))
    expect(Concatenate.apply([zeros([0, 3]), zeros([2, 3])], axis: 0), [2, 3], six)
    expect(apply(Replace(), zeros([2, 3]), zeros([0, 3]), none), [2, 3], six)
    expect(apply(ScatterAdd(lengths: AxisList([2])), zeros([0, 3]), none), [2, 3], six)
    expect(apply(Gather(), zeros([5, 0]), zeros([2], .int64)), [2, 0])
    expectZeroGradients([zeros([5, 3])]) { apply(Gather(), $0[0], none) }
    let nothing = Slice(of: [2, 2], axis: 0, start: 0, count: 0)
    expect(apply(UpdateSlice(nothing), zeros([2, 2]), zeros([])), [2, 2], [0, 0, 0, 0])
    expect(apply(Slice(of: [4, 0], axis: 1, start: 0, step: -1, count: 0), zeros([4, 0])), [4, 0])
    expect(apply(ReshapeView(to: [5, 0, 2]), zeros([0, 3])), [5, 0, 2])
  }
}
