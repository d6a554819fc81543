import MartletCore
import MartletData
import Testing

@Suite struct SplitTests {
  /// Rows that carry their number.
  private func numbered(_ labels: [Int32]) throws -> Dataset<Tensor<Float>, Tensor<Int32>> {
    try Dataset(Tensor(shape: [labels.count, 1], scalars: labels.indices.map { Float($0) }), Tensor(labels))
  }

  private func rows(_ data: Dataset<Tensor<Float>, Tensor<Int32>>) -> [Int] { data.x.scalars.map { Int($0) } }

  @Test(arguments: 0..<8)
  func `groups stay together`(seed: Int) throws {
    let groups = (0..<60).map { ["a", "b", "c", "d", "e", "f"][$0 * $0 % 7 % 6] }
    let data = try numbered([Int32](repeating: 0, count: 60))
    let (train, test) = try data.split(testFraction: 0.3, by: .groups(groups), seed: UInt64(seed))
    #expect((rows(train) + rows(test)).sorted() == Array(0..<60))
    #expect(Set(rows(train).map { groups[$0] }).isDisjoint(with: Set(rows(test).map { groups[$0] })))
    for (train, validation) in try data.folds(3, by: .groups(groups), seed: UInt64(seed)) {
      #expect(Set(rows(train).map { groups[$0] }).isDisjoint(with: Set(rows(validation).map { groups[$0] })))
    }
  }

  @Test func `no row for training is later than one for testing`() throws {
    let times = (0..<30).map { Double(($0 * 7) % 30) }
    let data = try numbered([Int32](repeating: 0, count: 30))
    let (train, test) = try data.split(testFraction: 0.2, by: .times(times))
    #expect(test.count == 6)
    #expect(rows(train).map { times[$0] }.max()! < rows(test).map { times[$0] }.min()!)
    let folds = try data.folds(5, by: .times(times))
    #expect(folds.map(\.train.count) == [6, 12, 18, 24])
    for (train, validation) in folds {
      #expect(rows(train).map { times[$0] }.max()! < rows(validation).map { times[$0] }.min()!)
    }
  }

  @Test func `sorted labels are not split in order`() throws {
    let sorted = try numbered((0..<30).map { Int32($0 / 10) })
    let error = #expect(throws: DatasetError.self) { try sorted.split(testFraction: 0.4, by: .ordered) }
    #expect(error?.description.contains("rows seem to be sorted") == true)
    let mixed = try numbered((0..<30).map { Int32($0 % 3) })
    #expect(rows(try mixed.split(testFraction: 0.2, by: .ordered).test) == Array(24..<30))
  }

  @Test func `every row is validated with once`() throws {
    let data = try numbered((0..<23).map { Int32($0 % 2) })
    for rule in [SplitRule.random, .ordered, .stratified] {
      let folds = try data.folds(5, by: rule, seed: 3)
      #expect(folds.flatMap { rows($0.validation) }.sorted() == Array(0..<23))
      #expect(folds.allSatisfy { (rows($0.train) + rows($0.validation)).sorted() == Array(0..<23) })
      #expect(folds.allSatisfy { [4, 5].contains($0.validation.count) })
    }
    #expect(
      try data.folds(4, seed: 1).map { rows($0.validation) } == data.folds(4, seed: 1).map { rows($0.validation) })
    #expect(
      try data.folds(4, seed: 1).map { rows($0.validation) } != data.folds(4, seed: 2).map { rows($0.validation) })
  }

  @Test func `stratified folds have each class's share`() throws {
    let data = try numbered((0..<50).map { $0 < 35 ? 0 : 1 })
    for (_, validation) in try data.folds(5, by: .stratified, seed: 2) {
      #expect(validation.y.scalars.count { $0 == 1 } == 3)
    }
    #expect(throws: DatasetError.self) { try numbered([0, 0, 0, 1]).folds(3, by: .stratified) }
  }

  @Test func `mistakes throw`() throws {
    let data = try numbered([0, 1, 2, 3])
    #expect(throws: DatasetError.self) { try data.folds(1) }
    #expect(throws: DatasetError.self) { try data.folds(5) }
    #expect(throws: DatasetError.self) { try data.split(by: .groups([1, 2, 3])) }
    #expect(throws: DatasetError.self) { try data.split(by: .groups([1, 1, 1, 1])) }
    #expect(throws: DatasetError.self) { try data.split(by: .times([1, 2, 3, .nan])) }
    #expect(throws: DatasetError.self) { try data.folds(3, by: .groups([1, 1, 2, 2])) }
  }

  // MARK: Other rows

  @Test func `rows are filtered, repeated and joined`() throws {
    let data = try numbered([5, 6, 7, 8])
    #expect(rows(try data.filter { _, y in y .> 6 }) == [2, 3])
    #expect(throws: DatasetError.self) { try data.filter { _, y in y .> 60 } }
    #expect(throws: DatasetError.self) { try data.filter { x, _ in x .> 1 } }
    #expect(rows(data.prefix(2)) == [0, 1] && rows(data.prefix(9)) == [0, 1, 2, 3])
    #expect(rows(data.dropFirst(3)) == [3])
    #expect(rows(data[1..<3].repeated(3)) == [1, 2, 1, 2, 1, 2])
    #expect(rows(try data.shuffled(seed: 1).appending(data)).suffix(4) == [0, 1, 2, 3])
    let other = try Dataset(Tensor<Float>.zeros([2, 3]), Tensor<Int32>.zeros([2]))
    #expect(throws: DatasetError.self) { try data.appending(other) }
  }

  @Test func `draws follow the weights`() throws {
    let data = try numbered([0, 1, 2])
    let counts = rows(try data.sampled(30_000, weights: [1, 0, 3], seed: 5)).reduce(into: [0, 0, 0]) { $0[$1] += 1 }
    #expect(counts[1] == 0)
    // Five standard deviations of 75 each.
    #expect(abs(counts[0] - 7500) < 375)
    #expect(rows(try data.sampled(9, seed: 1)) == rows(try data.sampled(9, seed: 1)))
    for weights in [[1, 2], [1, -1, 1], [0, 0, 0], [1, .nan, 1], [.infinity, 1, 1]] {
      #expect(throws: DatasetError.self) { try data.sampled(2, weights: weights) }
    }
    #expect(throws: DatasetError.self) { try data.sampled(0) }
  }

  @Test func `sequences are padded and trimmed`() throws {
    let words = PaddedSequences<Int32>([[5, 2, 9], [7], []])
    #expect(words.values == Tensor<Int32>([[5, 2, 9], [7, 0, 0], [0, 0, 0]]))
    #expect(words.mask == Tensor<Bool>([[true, true, true], [true, false, false], [false, false, false]]))
    #expect(words.lengths == Tensor<Int64>([3, 1, 0]))
    let data = try Dataset(words, Tensor<Int32>([0, 1, 2]))
    #expect(data[1..<3].x.trimmed().values == Tensor<Int32>([[7], [0]]))
    #expect(
      PaddedSequences<Int32>([[5, 2, 9], [7]], length: 2, padding: -1).values == Tensor<Int32>([[5, 2], [7, -1]]))
    let vectors = PaddedSequences([Tensor<Float>([[1, 2]]), Tensor<Float>([[3, 4], [5, 6]])])
    #expect(vectors.values == Tensor<Float>([[[1, 2], [0, 0]], [[3, 4], [5, 6]]]))
    #expect(vectors.mask == Tensor<Bool>([[true, false], [true, true]]))
  }
}
