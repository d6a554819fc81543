import MartletCore
import Testing

@Suite struct NonzeroTests {
  @Test func `positions are those of the elements, axis by axis`() {
    let x: Tensor<Float> = [[0, 3, 0], [-1, 0, 2]]
    let positions = x.nonzero()
    #expect(positions.count == 2)
    #expect(positions[0].scalars == [0, 1, 1] && positions[1].scalars == [1, 0, 2])
    #expect(x.argWhere().scalars == [0, 1, 1, 0, 1, 2] && x.argWhere().shape == [3, 2])
    // Of a view in its own order, and of masks.
    #expect(x.transposed().nonzero()[0].scalars == [0, 1, 2])
    #expect((x .> 1).argWhere().scalars == [0, 1, 1, 2])
    #expect(Tensor<Int32>.zeros([2, 0]).argWhere().shape == [0, 2])
    #expect(Tensor<Double>([.nan, 0]).nonzero()[0].scalars == [0])
  }

  @Test func `what they find is what there is`() {
    let x = withRandomSeed(4) { Tensor<Int64>.randomInteger([5, 7, 3], in: 0..<3) }
    let places = x.nonzero().map(\.scalars)
    for place in places[0].indices {
      #expect(x[Int(places[0][place]), Int(places[1][place]), Int(places[2][place])].item() != 0)
    }
    #expect(places[0].count == x.scalars.count { $0 != 0 })
  }
}
