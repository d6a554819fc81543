import MartletSamples
import MartletTesting
import Testing

@testable import MartletCore

/// Every primitive, over all of its samples, in vectorized functions against a loop over the examples.
@Suite struct PrimitiveBatchingTests {
  @Test(arguments: Cases.chosen)
  func `a batch is computed as a loop over its examples`(of example: PrimitiveCheck.Case) {
    #expect(example.batchingProblems() == [])
  }

  /// The number of true elements, and with it the shape, may differ from example to example.
  @Test func `all primitives but the positions of a mask have a batching rule`() {
    #expect(PrimitiveCheck.withoutBatchingRule(in: PrimitiveCatalogue.all) == ["TruePositions"])
  }

  /// A rule that is wrong in any way is found.
  @Test(arguments: [0, 1, 2, 3])
  func `the check finds a wrong rule`(kind: Int) {
    let sample = Sample("negated", WronglyBatched(kind: kind), [.init([2, 3])], reference: { $0[0].map { -$0 } })
    let problems = PrimitiveCheck.Case(WronglyBatched.self, sample).batchingProblems()
    #expect(problems.isEmpty == (kind == 0))
  }
}

/// Negation with a batching rule that is right, or gives other values, forgets the derivative, or mixes examples up.
private struct WronglyBatched: LinearMap, SampledPrimitive {
  let kind: Int

  var name: String { "wronglyBatched" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs { TensorSpecs(operands[0]) }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    Unary(.negate).compute(operands, into: results)
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(-g.first) }

  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let negated = -operands[0]
    switch kind {
    case 1: return [negated * 1.001]
    case 2: return [negated.detached()]
    case 3:
      let last = Int64(operands.size - 1)
      return [apply(Gather(), negated, Tensor<Int64>((0..<operands.size).map { last - Int64($0) }).erased)]
    default: return [negated]
    }
  }

  static var samples: [Sample] { [] }
}
