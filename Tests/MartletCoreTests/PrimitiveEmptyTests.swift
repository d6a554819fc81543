import Testing

@testable import MartletCore

/// Operands without elements, and of rank 0, through every primitive whose rule allows them.
@Suite struct PrimitiveEmptyTests {
  private func zeros(_ shape: Shape, _ type: ScalarType = .float32) -> AnyTensor {
    AnyTensor(zeros: shape, scalarType: type)
  }

  private func expectValues(_ result: AnyTensor, _ shape: [Int], _ values: [Double], _ label: String) {
    #expect(result.shape.dimensions == shape, "\(label)")
    #expect(result.plainValues == values, "\(label)")
  }

  /// The value is empty or as told, and the gradients have the operands' shapes and are zeros.
  private func expectEmptyGradients(_ operands: [AnyTensor], _ label: String, _ function: ([AnyTensor]) -> AnyTensor) {
    let result = valueWithGradients(at: operands) { at in
      let value = function(at)
      return apply(Reduction(.sum, allOf: value.rank), value)
    }
    for (gradient, operand) in zip(result.gradients, operands) {
      #expect(gradient.shape == operand.shape, "\(label)")
    }
  }

  @Test(arguments: [[0], [3, 0], [0, 3], [2, 0, 3]] as [Shape])
  func elementwise(shape: Shape) {
    for operation in UnaryOperation.allCases {
      expectValues(apply(Unary(operation), zeros(shape)), shape.dimensions, [], "\(operation)")
      expectEmptyGradients([zeros(shape)], "\(operation)") { apply(Unary(operation), $0[0]) }
    }
    for operation in BinaryOperation.allCases {
      let type: ScalarType = operation.isLogical ? .bool : .float32
      expectValues(
        apply(Binary(operation), zeros(shape, type), zeros(shape, type)), shape.dimensions, [], "\(operation)")
      expectValues(apply(Binary(operation), zeros(shape, type), zeros([], type)), shape.dimensions, [], "\(operation)")
      if operation.isLogical { continue }
      expectEmptyGradients([zeros(shape), zeros([])], "\(operation)") { apply(Binary(operation), $0[0], $0[1]) }
      expectEmptyGradients([zeros(shape), zeros([1])], "\(operation)") { apply(Binary(operation), $0[1], $0[0]) }
    }
    for comparison in Comparison.allCases {
      expectValues(apply(Compare(comparison), zeros(shape), zeros([])), shape.dimensions, [], "\(comparison)")
    }
    for test in ElementTest.allCases {
      expectValues(apply(Test(test), zeros(shape, test == .not ? .bool : .float32)), shape.dimensions, [], "\(test)")
    }
    expectValues(apply(Select(), zeros([], .bool), zeros(shape), zeros([1])), shape.dimensions, [], "where")
    expectValues(apply(Contiguous(), zeros(shape)), shape.dimensions, [], "contiguous")
    expectValues(apply(Alias(), zeros(shape)), shape.dimensions, [], "alias")
    for type in ScalarType.allCases where type.isNumeric {
      expectValues(apply(Convert(to: type), zeros(shape)), shape.dimensions, [], "to \(type)")
    }
  }

  @Test func `broadcasting an axis of 1 to 0`() {
    expectValues(apply(Binary(.add), zeros([0, 3]), zeros([1, 3])), [0, 3], [], "add")
    expectValues(apply(BroadcastTo([0, 3]), zeros([1, 3])), [0, 3], [], "broadcast")
    expectEmptyGradients([zeros([1, 3])], "broadcast") { apply(BroadcastTo([0, 3]), $0[0]) }
    let gradient = valueWithGradients(at: [zeros([1, 3])]) {
      apply(Reduction(.sum, allOf: 2), apply(BroadcastTo([0, 3]), $0[0]))
    }.gradients[0]
    #expect(gradient.plainValues == [0, 0, 0])
  }

  @Test func reductions() {
    let identities: [(ReductionKind, ScalarType, Double)] = [
      (.sum, .float32, 0), (.product, .float32, 1), (.sumSquares, .float64, 0), (.sum, .int32, 0),
      (.product, .int64, 1),
      (.any, .bool, 0), (.all, .bool, 1),
    ]
    for (kind, type, identity) in identities {
      expectValues(
        apply(Reduction(kind, axes: [0], rank: 2), zeros([0, 3], type)), [3], [identity, identity, identity], "\(kind)")
      expectValues(
        apply(Reduction(kind, axes: [1], rank: 2), zeros([2, 0], type)), [2], [identity, identity], "\(kind)")
      expectValues(apply(Reduction(kind, axes: [0], rank: 2), zeros([2, 0], type)), [0], [], "\(kind)")
      expectValues(
        apply(Reduction(kind, axes: [1], rank: 3), zeros([2, 0, 3], type)), [2, 3],
        Array(repeating: identity, count: 6), "\(kind)")
      expectValues(apply(Reduction(kind, allOf: 2), zeros([0, 0], type)), [], [identity], "\(kind)")
    }
    for kind in [ReductionKind.min, .max] {
      // Only the axes that are reduced must have elements.
      expectValues(apply(Reduction(kind, axes: [1], rank: 2), zeros([0, 3])), [0], [], "\(kind)")
      expectEmptyGradients([zeros([0, 3])], "\(kind)") { apply(Reduction(kind, axes: [1], rank: 2), $0[0]) }
    }
    for kind in [ReductionKind.sum, .product, .sumSquares] {
      expectEmptyGradients([zeros([0, 3])], "\(kind)") { apply(Reduction(kind, axes: [0], rank: 2), $0[0]) }
    }
    expectValues(apply(ArgExtreme(largest: true, axis: 1), zeros([0, 3])), [0], [], "argMax")
  }

  @Test func `softmax and its kin`() {
    for shape in [[0], [0, 3], [3, 0]] as [Shape] {
      for isLogarithmic in [false, true] {
        expectValues(apply(Softmax(isLogarithmic: isLogarithmic), zeros(shape)), shape.dimensions, [], "softmax")
        expectEmptyGradients([zeros(shape)], "softmax") { apply(Softmax(isLogarithmic: isLogarithmic), $0[0]) }
      }
    }
    expectValues(apply(LogSumExp(), zeros([2, 0])), [2], [-.infinity, -.infinity], "logSumExp")
    expectValues(apply(LogSumExp(), zeros([0, 2])), [0], [], "logSumExp")
    expectValues(apply(CrossEntropy(), zeros([0, 3]), zeros([0], .int64)), [0], [], "crossEntropy")
    expectEmptyGradients([zeros([0, 3])], "crossEntropy") { apply(CrossEntropy(), $0[0], zeros([0], .int64)) }
  }

  @Test func `normalisation, running totals and order`() {
    for shape in [[0], [0, 3], [3, 0]] as [Shape] {
      expectValues(apply(Normalize(epsilon: 1e-5), zeros(shape)), shape.dimensions, [], "normalize")
      expectEmptyGradients([zeros(shape)], "normalize") { apply(Normalize(epsilon: 1e-5), $0[0]) }
      expectValues(apply(ArgSort(descending: true), zeros(shape)), shape.dimensions, [], "argSort")
      for isProduct in [false, true] {
        for axis in 0..<shape.rank {
          let primitive = Cumulative(isProduct: isProduct, axis: axis, fromBack: isProduct)
          expectValues(apply(primitive, zeros(shape)), shape.dimensions, [], "cumulative")
          expectEmptyGradients([zeros(shape)], "cumulative") { apply(primitive, $0[0]) }
        }
      }
    }
    expectValues(
      apply(ReplaceRows(), zeros([2, 3]), zeros([0, 3]), zeros([0], .int64)), [2, 3], [0, 0, 0, 0, 0, 0], "replaceRows")
    expectEmptyGradients([zeros([2, 3]), zeros([0, 3])], "replaceRows") {
      apply(ReplaceRows(), $0[0], $0[1], zeros([0], .int64))
    }
  }

  @Test func products() {
    let cases: [(Shape, Shape, [Int])] = [
      ([3, 0], [0, 2], [3, 2]), ([0, 3], [3, 2], [0, 2]), ([2, 3], [3, 0], [2, 0]), ([0], [0], []), ([0], [0, 2], [2]),
      ([3, 0], [0], [3]), ([2, 3, 0], [0, 4], [2, 3, 4]), ([2, 3, 0], [2, 0, 4], [2, 3, 4]),
      ([0, 3, 2], [2, 4], [0, 3, 4]),
      ([0, 3, 2], [0, 2, 4], [0, 3, 4]), ([2, 0, 2], [2, 4], [2, 0, 4]), ([3, 2], [0, 2, 4], [0, 3, 4]),
    ]
    for (a, b, shape) in cases {
      let zerosOfResult = Array(repeating: 0.0, count: shape.reduce(1, *))
      expectValues(apply(MatMul(), zeros(a), zeros(b)), shape, zerosOfResult, "\(a) × \(b)")
      expectEmptyGradients([zeros(a), zeros(b)], "\(a) × \(b)") { apply(MatMul(), $0[0], $0[1]) }
    }
    let bias = AnyTensor(PlainTensor(.float32, Reference([4], [1, 2, 3, 4])))
    expectValues(apply(Linear(activation: .relu), zeros([0, 3]), zeros([4, 3]), bias), [0, 4], [], "linear, no rows")
    expectValues(
      apply(Linear(activation: .relu), zeros([2, 0]), zeros([4, 0]), bias), [2, 4], [1, 2, 3, 4, 1, 2, 3, 4],
      "linear, no features")
    for (x, weight) in [
      ([0, 3], [4, 3]), ([2, 0], [4, 0]), ([2, 5, 0], [4, 0]), ([2, 0, 3], [4, 3]), ([2, 3], [0, 3]),
      ([2, 5, 3], [0, 3]),
    ] as [(Shape, Shape)] {
      for activation in FusedActivation.allCases {
        expectEmptyGradients([zeros(x), zeros(weight), zeros([weight[0]])], "linear \(x) \(weight)") {
          apply(Linear(activation: activation), $0[0], $0[1], $0[2])
        }
      }
    }
  }

  @Test func `copies and views`() {
    expectValues(
      apply(Concatenate([zeros([0, 3]), zeros([2, 3])], axis: 0), zeros([0, 3]), zeros([2, 3])), [2, 3],
      [0, 0, 0, 0, 0, 0], "concatenate")
    expectEmptyGradients([zeros([0, 3]), zeros([2, 3])], "concatenate") {
      apply(Concatenate($0, axis: 0), $0[0], $0[1])
    }
    expectValues(apply(GatherRows(), zeros([5, 3]), zeros([0], .int64)), [0, 3], [], "gather nothing")
    expectValues(apply(GatherRows(), zeros([5, 0]), zeros([2], .int64)), [2, 0], [], "gather empty rows")
    expectEmptyGradients([zeros([5, 3])], "gather") { apply(GatherRows(), $0[0], zeros([0], .int64)) }
    expectValues(
      apply(ScatterAddRows(rows: 2), zeros([0, 3]), zeros([0], .int64)), [2, 3], [0, 0, 0, 0, 0, 0], "scatterAdd")
    expectValues(apply(Permute(AxisList([1, 0])), zeros([0, 3])), [3, 0], [], "permute")
    expectValues(apply(Reshape(to: [5, 0, 2]), zeros([0, 3])), [5, 0, 2], [], "reshape")
    expectValues(apply(Slice(axis: 0, start: 0, step: 1, count: 0), zeros([4, 2])), [0, 2], [], "slice")
    expectValues(apply(Slice(axis: 1, start: 0, step: -1, count: 0), zeros([4, 0])), [4, 0], [], "slice")
    expectEmptyGradients([zeros([4, 2])], "slice") { apply(Slice(axis: 0, start: 0, step: 1, count: 0), $0[0]) }
    let update = Slice(axis: 0, start: 0, step: 1, count: 0)
    expectValues(apply(UpdateSlice(update), zeros([2, 2]), zeros([])), [2, 2], [0, 0, 0, 0], "updateSlice")
  }
}
