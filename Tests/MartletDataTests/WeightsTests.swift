import MartletCore
import MartletData
import TestSupport
import Testing

@Suite struct WeightsTests {
  private func numbered(_ count: Int) throws -> Dataset<Tensor<Float>, Tensor<Int32>> {
    try Dataset(Tensor((0..<count).map { Float($0) }), Tensor((0..<Int32(count)).map { $0 % 3 }))
  }

  @Test func `weights stay with their rows`() throws {
    let data = try numbered(10).weighted(by: Tensor((0..<10).map { Float($0) + 0.5 }))
    for part in [
      data, data.shuffled(seed: 3), data[2..<7], data.shuffled(seed: 1)[4..<9], data.rows([3, 3, 0]),
      try data.split(testFraction: 0.3, stratified: true, seed: 2).train, try data.mapX { $0 * 1 },
      try data.mapY { $0.cast(to: Int32.self) }, try data.map { ($0, $1) },
    ] {
      #expect(part.weights == part.x + 0.5)
      for batch in part.batches(of: 4) { #expect(batch.weights == batch.x + 0.5) }
    }
    #expect(try numbered(3).batches(of: 2)[0].weights == nil)
    // Weights of weighted rows are products.
    #expect(try data.weighted(by: .full([10], 2)).weights == data.weights! * 2)
    #expect(data.description == "Dataset of 10 rows: x [] of Float, y [] of Int32, weighted")
  }

  @Test(
    arguments: [
      ([1, 1], "expected a weight for each of 3 rows, shape [3], got [2]"),
      ([1, -1, 1], "expected weights that are finite and not negative, got -1.0 for row 1"),
      ([1, 1, .nan], "expected weights that are finite and not negative, got nan for row 2"),
      ([.infinity, 1, 1], "expected weights that are finite and not negative, got inf for row 0"),
      ([0, 0, 0], "expected a weight above 0, got none in 3 rows"),
    ] as [([Float], String)])
  func `what is no weight throws`(weights: [Float], message: String) throws {
    #expect(throws: DatasetError.invalid(message)) { try numbered(3).weighted(by: Tensor(weights)) }
  }

  @Test func `class weights are weights of rows`() throws {
    let data = try Dataset(Tensor<Float>.zeros([6]), Tensor<Int32>([0, 0, 0, 1, 1, 7]))
    // scikit-learn's compute_class_weight("balanced", …): 6 / (3 · count).
    #expect(try data.weighted(by: .balanced).weights?.scalars == [2, 2, 2, 3, 3, 6].map { Float($0) / 3 })
    #expect(try data.weighted(by: [1: 4, 7: 0]).weights?.scalars == [1, 1, 1, 4, 4, 0])
    #expect(throws: DatasetError.invalid("class weights: expected classes [0, 1, 7], which have rows, got 2")) {
      try data.weighted(by: [2: 1, 1: 2])
    }
    #expect(throws: DatasetError.self) { try data.weighted(by: [1: -1]) }
    let numbers = try Dataset(Tensor<Float>.zeros([2]), Tensor<Float>([0.5, 1]))
    #expect(throws: DatasetError.self) { try numbers.weighted(by: .balanced) }
  }
}
