import MartletTesting
import Testing

@testable import MartletCore

/// First and second derivatives of all primitives, over all of their samples, against finite differences in `Double`.
@Suite struct PrimitiveDerivativeTests {
  @Test(arguments: Cases.differentiable)
  func `gradients agree with finite differences`(of example: PrimitiveCheck.Case) {
    #expect(example.gradientProblems() == [])
  }

  @Test(arguments: Cases.differentiable)
  func `gradients' gradients agree with finite differences`(of example: PrimitiveCheck.Case) {
    #expect(example.secondDerivativeProblems() == [])
  }

  @Test(arguments: Cases.differentiable)
  func `differentials agree with finite differences`(of example: PrimitiveCheck.Case) {
    #expect(example.differentialProblems() == [])
  }

  /// A gradient with respect to a view must come back in the operand's own order.
  @Test(arguments: Cases.differentiable)
  func `gradients over strided operands are those over contiguous ones`(of example: PrimitiveCheck.Case) {
    #expect(example.stridedGradientProblems() == [])
  }

  /// One zero and several along the axis: the products of the others are right, and so are the gradients' gradients.
  @Test(arguments: [[2, 0, 3, -1.5], [0, 0, 3, 2], [0, 0, 0, 2], [0, 0, 0, 0], [1, 2, 3, 4]] as [[Double]])
  func `products differentiate at zeros`(values: [Double]) {
    let primitives: [any Primitive] = [
      Reduction(.product, axes: [0]), Cumulative(isProduct: true, axis: 0),
      Cumulative(isProduct: true, axis: 0, fromBack: true),
    ]
    for primitive in primitives {
      let sample = Sample("of \(values)", primitive, [.init([4])], reference: { $0[0] })
      var random = SplitMix("\(values)")
      let probe = Probe(sample, [PlainTensor(.float64, Reference([4], values))], &random)
      #expect(probe.gradientProblem(at: [0], &random) == nil, "\(primitive)")
      #expect(probe.secondProblem(&random) == nil, "\(primitive)")
    }
  }
}
