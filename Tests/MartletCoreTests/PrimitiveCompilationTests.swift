import MartletTesting
import Testing

@testable import MartletCore

@Suite struct PrimitiveCompilationTests {
  @Test(arguments: Cases.chosen)
  func `a sample has the same bits from a plan`(of example: PrimitiveCheck.Case) {
    #expect(example.compilationProblems() == [])
  }
}
