import MartletAccountability
import MartletCore
import MartletData
import Testing

@Suite struct CorruptionTests {
  private let x = Tensor<Float>.full([500, 4], 0.5)

  private func deviation(_ numbers: [Float]) -> Float {
    let mean = numbers.reduce(0, +) / Float(numbers.count)
    return (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(numbers.count)).squareRoot()
  }

  @Test func `Gaussian noise has its deviation, by column too, and stays within its range`() throws {
    let noisy = try Corruption<Tensor<Float>>.gaussianNoise(0.2)(x, seed: 1)
    #expect(abs(deviation(noisy.scalars) - 0.2) < 0.01)
    let scaled = try Corruption.gaussianNoise(0.2, scales: Tensor<Float>([1, 0, 10, 2]))(x, seed: 1)
    let spreads = (0..<4).map { deviation(scaled[.all, $0].scalars) }
    #expect(
      abs(spreads[0] - 0.2) < 0.03 && spreads[1] == 0 && abs(spreads[2] - 2) < 0.3 && abs(spreads[3] - 0.4) < 0.06)
    let kept = try Corruption.gaussianNoise(5, range: 0...1)(x, seed: 1)
    #expect(kept.scalars.allSatisfy { 0...1 ~= $0 })
    #expect(try Corruption<Tensor<Float>>.gaussianNoise(0.2)(x, seed: 1) == noisy)
    #expect(try Corruption<Tensor<Float>>.gaussianNoise(0.2)(x, seed: 2) != noisy)
  }

  @Test func `salt and pepper are a share, either as often`() throws {
    let numbers = try Corruption<Tensor<Float>>.saltAndPepper(0.3)(x, seed: 4).scalars
    let (low, high) = (numbers.count { $0 == 0 }, numbers.count { $0 == 1 })
    #expect(low + high + numbers.count { $0 == 0.5 } == 2000)
    #expect(abs(low - 300) < 50 && abs(high - 300) < 50)
  }

  @Test func `features that are missing become their filling`() throws {
    let filling: Tensor<Float> = [1, 2, 3, 4]
    let numbers = try Corruption<Tensor<Float>>.missing(0.25, filling: filling)(x, seed: 2).scalars
    let lost = numbers.indices.filter { numbers[$0] != 0.5 }
    #expect(abs(lost.count - 500) < 80 && lost.allSatisfy { numbers[$0] == Float($0 % 4 + 1) })
    #expect(try Corruption<Tensor<Float>>.missing(1)(x).scalars.allSatisfy { $0 == 0 })
    let column = try Corruption<Tensor<Float>>.missing(feature: 2, filling: 9)(x)
    #expect(column[0] == [0.5, 0.5, 9, 0.5] && column[499] == column[0])
    #expect(try Corruption<Tensor<Float>>.shifted(feature: 0, by: 2)(x)[3] == [2.5, 0.5, 0.5, 0.5])
    #expect(try Corruption<Tensor<Float>>.scaled(feature: 3, by: 4)(x)[3] == [0.5, 0.5, 0.5, 2])
  }

  private func table() throws -> Table {
    try Table(columns: [
      ("age", .numbers([20, 30, 40, .nan])), ("job", .texts(["a", "b", nil, "a"])),
    ])
  }

  @Test func `columns of tables are lost, moved, scaled and made noisy, and what is missing stays so`() throws {
    let table = try table()
    #expect(try Corruption<Table>.missing("job")(table).texts("job") == [nil, nil, nil, nil])
    #expect(try Corruption<Table>.missing("job")(table).column("age") == table.column("age"))
    #expect(try Corruption<Table>.missing()(table).numbers("age").allSatisfy(\.isNaN))
    #expect(try Corruption<Table>.missing("age", share: 0)(table) == table)
    #expect(try Corruption<Table>.shifted("age", by: 5)(table).column("age") == .numbers([25, 35, 45, .nan]))
    #expect(try Corruption<Table>.scaled("age", by: 2)(table).column("age") == .numbers([40, 60, 80, .nan]))
    let moved = try Corruption<Table>.shifted("age", byDeviations: 3)(table).numbers("age")
    #expect(abs(moved[0] - (20 + 3 * (200.0 / 3).squareRoot())) < 1e-9 && moved[3].isNaN)
    let noisy = try Corruption<Table>.gaussianNoise("age", deviations: 1)(table, seed: 1)
    #expect(try noisy.numbers("age")[0] != 20 && noisy.columns == table.columns)
  }

  @Test func `accuracy is measured as it is and under each corruption`() throws {
    // The class is whether feature 0 is above 0, so that moving it by 1 makes half of the rows wrong.
    let rows = Tensor<Float>((0..<200).map { [$0 % 2 == 0 ? 0.5 : -0.5, 3] })
    let labels = Tensor<Int32>((0..<200).map { $0 % 2 == 0 ? 1 : 0 })
    let found = try CorruptedAccuracy(
      rows, labels: labels,
      under: [.shifted(feature: 0, by: 1), .missing(feature: 1), .gaussianNoise(1), .scaled(feature: 0, by: -1)],
      repeats: 4, predict: { ($0[.all, 0] .> 0).cast(to: Int32.self) })
    #expect(found.accuracy == 1)
    #expect(found.rows.map(\.name).first == "feature 0 shifted by 1.0")
    #expect(found.rows[0].accuracy == 0.5 && found.rows[1].accuracy == 1 && found.rows[3].accuracy == 0)
    // The normal distribution is below a half deviation with probability 0.6915.
    #expect(abs(found.rows[2].accuracy - 0.6915) < 0.06 && found.rows[2].spread > 0 && found.rows[0].spread == 0)
    #expect(found.description.contains("feature 0 shifted by 1.0    0.5000"))
    #expect(found.markdown.contains("| feature 1 missing | 1.0000 | 0.0000 | 0.0000 |"))
  }

  private func fails(_ body: () throws -> Void) -> Bool {
    do { try body() } catch { return error is RobustnessError || error is TableError }
    return false
  }

  @Test func `what does not fit the data throws`() throws {
    let table = try table()
    #expect(fails { _ = try Corruption<Tensor<Float>>.gaussianNoise(-1)(x) })
    #expect(fails { _ = try Corruption.gaussianNoise(1, scales: Tensor<Float>([1, 2]))(x) })
    #expect(fails { _ = try Corruption<Tensor<Float>>.saltAndPepper(1.5)(x) })
    #expect(fails { _ = try Corruption.missing(0.1, filling: Tensor<Float>([1]))(x) })
    #expect(fails { _ = try Corruption<Tensor<Float>>.missing(feature: 4)(x) })
    #expect(fails { _ = try Corruption<Table>.missing("name")(table) })
    #expect(fails { _ = try Corruption<Table>.missing("age", share: -0.1)(table) })
    #expect(fails { _ = try Corruption<Table>.shifted("job", by: 1)(table) })
    #expect(fails { _ = try CorruptedAccuracy(x, labels: [0], under: []) { _ in [0, 1] } })
    #expect(fails { _ = try CorruptedAccuracy(x, labels: [0], under: [], repeats: 0) { _ in [0] } })
    #expect(fails { _ = try CorruptedAccuracy(x, labels: Tensor<Int32>([]), under: []) { _ in [] } })
  }
}
