import MartletTesting
import Testing

@testable import MartletCore

/// Forward mode against reverse mode for every sample of every primitive: ⟨J v, w⟩ = ⟨v, Jᵀ w⟩, in `Double`, and the same of
/// the gradients' derivatives.
@Suite struct ForwardModeTests {
  @Test(arguments: Cases.differentiable)
  func `differentials are the transposes of pullbacks`(of example: PrimitiveCheck.Case) {
    #expect(example.transposeProblems() == [])
  }
}
