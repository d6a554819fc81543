import MartletCore
import MartletData
import MartletTraining
import Testing

/// Data sets of anything that holds tensors: the same rows of every tensor, whatever is done.
@Suite struct BatchableTests {
  private typealias Visits = Dataset<Visit, Pair<Tensor<UInt8>, Tensor<Bool>>>

  /// Rows that carry their number in seven tensors.
  private func visits(_ count: Int) throws -> Visits {
    try Dataset(
      Visit.numbered(count),
      Pair(Tensor((0..<count).map { UInt8($0) }), Tensor(shape: [count, 1], scalars: (0..<count).map { $0 % 2 == 0 })))
  }

  /// The rows' numbers, after checking that all tensors are still together.
  private func numbers(_ x: Visit, _ y: Pair<Tensor<UInt8>, Tensor<Bool>>) -> [Int]? {
    guard let numbers = x.numbers else { return nil }
    let isWhole =
      y.first.scalars.map { Int($0) } == numbers && y.second.scalars == numbers.map { $0 % 2 == 0 }
      && y.second.shape == [numbers.count, 1]
    return isWhole ? numbers : nil
  }

  private func numbers(_ data: Visits) -> [Int]? {
    #expect(data.batches(of: 3).map(\.count).reduce(0, +) == data.count)
    let whole = numbers(data.x, data.y)
    #expect(whole?.count == data.count)
    let parts = data.batches(of: 3).map { numbers($0.x, $0.y) }
    #expect(parts.allSatisfy { $0 != nil } && parts.flatMap { $0 ?? [] } == whole)
    return whole
  }

  @Test func `a struct's tensors stay together in slices, picks, shuffles and splits`() throws {
    let data = try visits(20)
    #expect(numbers(data) == Array(0..<20))
    #expect(numbers(data[5..<9]) == [5, 6, 7, 8])
    #expect(numbers(data.rows([9, 3, 3])) == [9, 3, 3])
    #expect(numbers(data.rows([9, 3, 4, 7])[1..<3]) == [3, 4])
    #expect(numbers(data[10..<20].rows([1, 0])) == [11, 10])
    #expect(numbers(data.rows([9, 3, 4, 7]).rows([3, 0])) == [7, 9])
    let shuffled = try #require(numbers(data.shuffled(seed: 4)))
    #expect(shuffled.sorted() == Array(0..<20) && shuffled != Array(0..<20))
    #expect(shuffled == Tensor<Int64>.permutation(20, seed: 4))
    #expect(numbers(data.shuffled(seed: 4)[3..<8]) == Array(shuffled[3..<8]))
    let (train, test) = try data.split(testFraction: 0.3, seed: 2)
    #expect(train.count == 14 && test.count == 6)
    #expect(try (#require(numbers(train)) + #require(numbers(test))).sorted() == Array(0..<20))
  }

  @Test func `data sets of a struct and of a tensor are put in the same order`() throws {
    let plain = try Dataset(Tensor<Float>((0..<20).map { Float($0) }), Tensor<Int32>((0..<20).map { Int32($0 % 4) }))
    let visits = try visits(20)
    #expect(numbers(visits.shuffled(seed: 3)) == plain.shuffled(seed: 3).x.scalars.map { Int($0) })
    #expect(
      numbers(try visits.split(seed: 3).test) == (try plain.split(seed: 3)).test.x.scalars.map { Int($0) })
    // Stratified, by a target that is a tensor of labels of any type.
    let labelled = try visits.mapY { Tensor($0.first.scalars.map { $0 % 4 }) }
    let (train, test) = try labelled.split(testFraction: 0.2, stratified: true, seed: 3)
    #expect(test.y.scalars.sorted() == [0, 1, 2, 3] && train.count == 16)
    let plainTest = try plain.split(testFraction: 0.2, stratified: true, seed: 3).test
    #expect(test.x.numbers == plainTest.x.scalars.map { Int($0) })
    let error = #expect(throws: DatasetError.self) { try visits.split(stratified: true) }
    #expect(error?.description.contains("got [20], [20, 1]") == true)
  }

  @Test func `arrays, optionals, dictionaries and pairs are what their tensors are`() throws {
    let a = Tensor<Float>(shape: [4, 2], scalars: (0..<8).map { Float($0) })
    let b = Tensor<Int32>([5, 6, 7, 8])
    let picks: Tensor<Int64> = [3, 0, 3]
    func check<X: Batchable>(_ x: X, _ tensors: (X) -> [AnyTensor]) throws {
      let data = try Dataset(x)
      let expected = tensors(x)
      #expect(data.count == 4)
      #expect(tensors(data.rows(picks).x) == expected.map { $0[rows: picks] })
      #expect(tensors(data[1..<3].x) == expected.map { $0[rows: [1, 2]] })
      #expect(data.batches(of: 3).map { tensors($0.x)[0].shape[0] } == [3, 1])
      #expect(tensors(data.batches(of: 3)[1].x) == expected.map { $0[rows: [3]] })
    }
    try check([a, a * 2]) { $0.map(\.erased) }
    try check(Optional(a)) { [$0!.erased] }
    try check([b, nil]) { $0.compactMap { $0?.erased } }
    try check(["b": a, "a": -a]) { [$0["b"]!.erased, $0["a"]!.erased] }
    try check(Pair(a, [Pair(b, a)])) { [$0.first.erased, $0.second[0].first.erased, $0.second[0].second.erased] }
    #expect(try Dataset([b, nil]).x.count == 2 && (try Dataset([b, nil]))[0..<1].x[1] == nil)
  }

  @Test func `a dictionary's tensors come in the order of its keys`() throws {
    let names = ["delta", "alpha", "echo", "bravo", "charlie"]
    for order in [names, names.reversed(), names.sorted()] {
      // Columns of 1 to 5, by the alphabet.
      let x = Dictionary(
        uniqueKeysWithValues: order.map { ($0, Tensor<Float>.zeros([3, names.sorted().firstIndex(of: $0)! + 1])) })
      let columns = (1...5).map { "[\($0)] of Float" }.joined(separator: ", ")
      #expect(try "\(Dataset(x))" == "Dataset of 3 rows: x \(columns)")
      #expect(try Dataset(x).rows([0, 0]).x.mapValues { $0.shape[1] } == x.mapValues { $0.shape[1] })
    }
  }

  @Test func `a data set without targets`() throws {
    let data = try Dataset(Visit.numbered(5))
    #expect(data.count == 5 && data.rows([4, 0]).x.numbers == [4, 0])
    let (train, test) = try data.split(testFraction: 0.4, seed: 1)
    #expect(train.count == 3 && test.x.numbers?.count == 2)
    #expect(data.batches(of: 2).map { $0.count } == [2, 2, 1])
    #expect("\(data)" == "Dataset of 5 rows: x [2] of Float, [] of Int32, [] of Double, [] of Int64, [] of Int64")
    let error = #expect(throws: DatasetError.self) { try data.split(stratified: true) }
    #expect(error.map { "\($0)".hasSuffix("got no targets") } == true)
  }

  @Test func `features and targets are mapped to other types`() throws {
    let data = try visits(6).rows([5, 0, 3])
    let plain = try data.mapX { $0.weight.cast(to: Float.self) }
    #expect(plain.x.scalars == [0.625, 0, 0.375] && plain.y.first.scalars == [5, 0, 3])
    let labels = try data.mapY { $0.second }
    #expect(labels.x.numbers == [5, 0, 3] && labels.y.scalars == [false, true, false])
    let swapped = try data.map { x, y in (["y": y.first], Pair(x, NoTarget())) }
    #expect(swapped.x["y"]?.scalars == [5, 0, 3] && swapped.y.first.numbers == [5, 0, 3])
    #expect("\(try visits(1))".hasPrefix("Dataset of 1 row: x [2] of Float, "))
    #expect("\(try visits(1))".hasSuffix(", y [] of UInt8, [1] of Bool"))
    #expect(throws: DatasetError.rowCounts(x: 3, y: 2)) { try data.mapY { $0.first[0..<2] } }
    #expect(throws: DatasetError.rowCounts(x: 1, y: 3)) { try data.mapX { $0.weight[0..<1] } }
  }

  @Test func `values with nodes are taken out of their graph`() throws {
    let slope = gradient(at: Tensor<Float>([1, 2])) { x in
      let data = try! Dataset(Pair(x, [x * 2]), ["y": x * 3])
      return data.x.second[0].sum() + data.y["y"]!.sum() + x.sum()
    }
    #expect(slope.scalars == [1, 1])
  }

  private func reason(_ make: () throws -> Void) -> String {
    do {
      try make()
      return "nothing was thrown"
    } catch {
      return (error as? DatasetError).map { "\($0)" } ?? "another error"
    }
  }

  @Test func `refuses what has not the same rows everywhere`() throws {
    let three = Tensor<Float>.zeros([3, 2])
    let four = Tensor<Int32>.zeros([4])
    #expect(reason { _ = try Dataset(Pair(three, four)) }.contains("as many rows in every tensor of x"))
    #expect(reason { _ = try Dataset([three, three, three[0..<2]]) }.contains("x has shape [3, 2], [3, 2], [2, 2]"))
    #expect(throws: DatasetError.rowCounts(x: 3, y: 4)) { try Dataset(Pair(three, three), four) }
    #expect(throws: DatasetError.rowCounts(x: 3, y: 4)) { try Dataset(three, Pair(three, four)) }
    #expect(throws: DatasetError.rowCounts(x: 3, y: 2)) { try Dataset(three, ["a": three, "b": three[0..<2]]) }
    var visit = Visit.numbered(5)
    visit.notes[1] = [1]
    #expect(reason { _ = try Dataset(visit) }.contains("got others"))
  }

  @Test func `refuses what has no rows or no tensors`() throws {
    let x = Tensor<Float>.zeros([3, 2])
    for text in [
      reason { _ = try Dataset(Pair(x, Tensor<Float>(1))) }, reason { _ = try Dataset(x, ["a": Tensor<Int32>(1)]) },
    ] {
      #expect(text.contains("expected an axis of rows") && text.contains("x[.newAxis]"), "\(text)")
    }
    #expect(reason { _ = try Dataset(Visit.numbered(0)) }.hasPrefix("there are no rows: x has shape [0, 2], [0], [0]"))
    #expect(reason { _ = try Dataset(NoTarget()) } == "expected a tensor in x, got none: NoTarget")
    #expect(reason { _ = try Dataset([Tensor<Float>](), x) }.contains("expected a tensor in x, got none: Array<"))
    #expect(reason { _ = try Dataset(Optional<Tensor<Float>>.none, x) }.contains("got none: Optional<"))
    #expect(reason { _ = try Dataset(Pair(NoTarget(), [String: Tensor<Int32>]()), x) }.contains("got none: Pair<"))
  }
}

extension Tensor where Scalar == Int64 {
  /// The order that belongs to a seed.
  fileprivate static func permutation(_ count: Int, seed: UInt64) -> [Int] {
    var generator = RandomGenerator(seed: seed)
    return randomPermutation(count, using: &generator).scalars.map { Int($0) }
  }
}

extension AnyTensor {
  fileprivate subscript(rows rows: [Int64]) -> AnyTensor { self[rows: Tensor<Int64>(rows)] }

  fileprivate subscript(rows rows: Tensor<Int64>) -> AnyTensor {
    if let floats = try? Tensor<Float>(self) { return floats.take(rows).erased }
    return try! Tensor<Int32>(self).take(rows).erased
  }
}
