import MartletCore
import MartletData
import MartletText
import Testing

@Suite struct DatasetTests {
  /// Rows that carry their number in `x` and its negative in `y`.
  private func numbered(_ count: Int) throws -> Dataset<Tensor<Float>, Tensor<Int32>> {
    try Dataset(
      Tensor(shape: [count, 2], scalars: (0..<count).flatMap { [Float($0), Float($0) + 0.5] }),
      Tensor((0..<Int32(count)).map { -$0 }))
  }

  /// The rows' numbers, after checking that features and targets are still together.
  private func numbers(_ x: Tensor<Float>, _ y: Tensor<Int32>) -> [Int] {
    let rows = x.scalars
    #expect(rows.count == 2 * y.count)
    for (index, target) in y.scalars.enumerated() {
      #expect(rows[2 * index] == Float(-target))
      #expect(rows[2 * index + 1] == Float(-target) + 0.5)
    }
    return y.scalars.map { Int(-$0) }
  }

  private func numbers(_ dataset: Dataset<Tensor<Float>, Tensor<Int32>>) -> [Int] {
    #expect(dataset.x.shape == [dataset.count, 2])
    return numbers(dataset.x, dataset.y)
  }

  @Test func `refuses what is not a data set`() {
    #expect(throws: DatasetError.self) { try Dataset(Tensor<Float>.zeros([3, 2]), Tensor<Int32>.zeros([4])) }
    #expect(throws: DatasetError.self) { try Dataset(Tensor<Float>.zeros([0, 2]), Tensor<Int32>.zeros([0])) }
    #expect(throws: DatasetError.self) { try Dataset(Tensor<Float>(1), Tensor<Int32>(1)) }
    do throws(DatasetError) {
      _ = try Dataset(Tensor<Float>.zeros([3, 2]), Tensor<Int32>.zeros([4]))
    } catch {
      #expect(error == .rowCounts(x: 3, y: 4))
      #expect(error.description.contains("x has 3 rows and y has 4"))
    }
  }

  @Test(arguments: [1, 3, 4, 10, 11, .max], [false, true])
  func `batches cover the rows in order`(size: Int, shuffled: Bool) throws {
    let dataset = shuffled ? try numbered(10).shuffled(seed: 3) : try numbered(10)
    let batches = dataset.batches(of: size)
    #expect(batches.flatMap { numbers($0.x, $0.y) } == numbers(dataset))
    #expect(batches.dropLast().allSatisfy { $0.count == size })
    for first in 0..<batches.count {
      var iterator = BatchIterator(batches, from: first)
      for index in first..<batches.count {
        let (read, picked) = (iterator.next(), batches[index])
        #expect(read?.x == picked.x && read?.y == picked.y && read?.count == picked.count)
      }
      #expect(iterator.next() == nil)
    }
    let whole = dataset.batches(of: size, dropLast: true)
    #expect(whole.allSatisfy { $0.count == size })
    #expect(whole.count == 10 / size)
  }

  @Test func `batches that are gathered a few at once`() throws {
    // Of 64 kB, five batches of 32 rows are gathered at once.
    let x = Tensor<Float>.arange(0, 30_000).reshaped(to: [300, 100])
    let weights = Tensor<Float>.arange(0, 300)
    let data = try Dataset(x, x.sum(axis: 1)).weighted(by: weights).shuffled(seed: 5)
    let batches = data.batches(of: 32)
    #expect(batches.count == 10)
    for (index, batch) in batches.enumerated() {
      #expect(batch.x == batches[index].x && batch.y == batches[index].y && batch.weights == batches[index].weights)
      #expect(batch.x.sum(axis: 1) == batch.y && batch.count == (index < 9 ? 32 : 12))
    }
  }

  @Test func `shuffling is seeded and loses nothing`() throws {
    let dataset = try numbered(50)
    let order = numbers(dataset.shuffled(seed: 7))
    #expect(order.sorted() == Array(0..<50))
    #expect(order != Array(0..<50))
    #expect(numbers(dataset.shuffled(seed: 7)) == order)
    #expect(numbers(dataset.shuffled(seed: 8)) != order)
    var generator = RandomGenerator(seed: 7)
    #expect(numbers(dataset.shuffled(using: &generator)) == order)
    #expect(numbers(dataset.shuffled(using: &generator)) != order)
    let scoped = withRandomSeed(9) { dataset.shuffled() }
    #expect(numbers(withRandomSeed(9) { dataset.shuffled() }) == numbers(scoped))
  }

  @Test func `views compose`() throws {
    let dataset = try numbered(20)
    #expect(numbers(dataset[5..<9]) == [5, 6, 7, 8])
    #expect(numbers(dataset[5..<9][1..<3]) == [6, 7])
    let picked = dataset.rows([9, 3, 3])
    #expect(numbers(picked) == [9, 3, 3])
    #expect(numbers(picked.rows([2, 0])) == [3, 9])
    #expect(numbers(picked[0..<2]) == [9, 3])
    #expect(numbers(dataset[10..<20].shuffled(seed: 1)).sorted() == Array(10..<20))
    #expect(dataset.featureShape == [2])
  }

  @Test func `maps both tensors`() throws {
    let doubled = try numbered(4).map { x, y in (x * 2, y.cast(to: Float.self)) }
    #expect(doubled.y == Tensor<Float>([0, -1, -2, -3]))
    #expect(doubled.x[1, 0].item() == 2)
    #expect(throws: DatasetError.self) { try numbered(4).map { x, y in (x[0..<2], y) } }
  }

  @Test(arguments: [(10, 0.2, 2), (10, 0.21, 3), (7, 0.5, 4), (1797, 0.2, 360), (2, 0.01, 1)])
  func splits(count: Int, fraction: Double, expected: Int) throws {
    let dataset = try numbered(count)
    let (train, test) = try dataset.split(testFraction: fraction, seed: 4)
    #expect(test.count == expected)
    #expect((numbers(train) + numbers(test)).sorted() == Array(0..<count))
    #expect(numbers(try dataset.split(testFraction: fraction, seed: 4).test) == numbers(test))
  }

  @Test func `split refuses what leaves nothing`() throws {
    let dataset = try numbered(10)
    for fraction in [0, 1, -0.1, 1.5, .nan, 0.95] {
      #expect(throws: DatasetError.self) { try dataset.split(testFraction: fraction) }
    }
    #expect(throws: DatasetError.self) { try numbered(1).split() }
    let matrix = try Dataset(Tensor<Float>.zeros([4, 2]), Tensor<Float>.zeros([4, 1]))
    #expect(throws: DatasetError.self) { try matrix.split(testFraction: 0.5, stratified: true) }
  }

  @Test(arguments: 0..<5)
  func `stratified keeps the shares`(seed: Int) throws {
    // 60, 30 and 10 rows of a class.
    let labels = (0..<100).map { Int32($0 < 60 ? 0 : $0 < 90 ? 1 : 2) }
    let dataset = try Dataset(Tensor<Float>.zeros([100, 1]), Tensor(labels))
    let (train, test) = try dataset.split(testFraction: 0.2, stratified: true, seed: UInt64(seed))
    #expect((0..<3).map { label in test.y.scalars.filter { $0 == label }.count } == [12, 6, 2])
    #expect((0..<3).map { label in train.y.scalars.filter { $0 == label }.count } == [48, 24, 8])
    let uneven = try dataset.split(testFraction: 0.07, stratified: true, seed: UInt64(seed)).test
    #expect(uneven.count == 7)
  }

  @Test func `mistakes in the program trap`() async {
    await #expect(processExitsWith: .failure) {
      _ = try Dataset(Tensor<Float>.zeros([3, 2]), Tensor<Int32>.zeros([3])).batches(of: 0)
    }
    await #expect(processExitsWith: .failure) {
      _ = try Dataset(Tensor<Float>.zeros([3, 2]), Tensor<Int32>.zeros([3]))[1..<4]
    }
  }
}
