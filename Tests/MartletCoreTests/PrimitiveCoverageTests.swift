import MartletSamples
import MartletTesting
import Testing

@testable import MartletCore

/// The generic suites try everything, and not less than they did.
@Suite struct PrimitiveCoverageTests {
  private let cases = PrimitiveCheck.cases(of: PrimitiveCatalogue.all)
  private var differentiable: [PrimitiveCheck.Case] { cases.filter(\.sample.isDifferentiable) }

  @Test func `no primitive is left untried`() {
    #expect(PrimitiveCheck.omissions(in: PrimitiveCatalogue.all + [SquaredDistances.self]) == [])
  }

  @Test func `there are enough samples`() {
    #expect(PrimitiveCatalogue.all.count >= 39)
    #expect(cases.count >= 256)
    #expect(differentiable.count >= 314)
  }

  @Test func `there are enough checks of values`() {
    #expect(cases.count * PrimitiveCheck.valueDraws >= 750)
    #expect(cases.reduce(0) { $0 + $1.placements.count } >= 3_400)
    #expect(cases.reduce(0) { $0 + $1.askedSpecs.count } >= 30_000)
  }

  @Test func `there are enough checks of derivatives`() {
    let moving = differentiable.reduce(0) { $0 + $1.moving.count }
    #expect(moving * PrimitiveCheck.gradientDraws >= 870)
    #expect(differentiable.count * PrimitiveCheck.gradientDraws >= 416)
    #expect(moving + differentiable.count >= 640)
    #expect(differentiable.count * PrimitiveCheck.transposeDraws >= 624)
  }

  @Test func `there are enough empty and large operands`() {
    #expect(cases.reduce(0) { $0 + $1.emptyOperands.count } >= 400)
    #expect(cases.reduce(0) { $0 + $1.scalarOperands.count } >= 100)
    #expect(cases.count { $0.large != nil } >= 200)
  }
}
