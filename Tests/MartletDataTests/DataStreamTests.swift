import MartletCore
import MartletData
import MartletFormats
import MartletText
import Synchronization
import TestSupport
import Testing

@Suite struct DataStreamTests {
  typealias Stream = DataStream<Tensor<Float>, Tensor<Int32>>

  /// Blocks of rows that carry their number, and its negative in `y`.
  private func numbered(_ blocks: [Range<Int32>]) -> Stream {
    DataStream(count: blocks.map(\.count).reduce(0, +)) {
      var rest = blocks[...]
      return {
        guard let block = rest.popFirst() else { return nil }
        return try Dataset(Tensor(block.map { [Float($0)] }), Tensor(block.map { -$0 }))
      }
    }
  }

  private let ten: [Range<Int32>] = [0..<3, 3..<4, 4..<9, 9..<10]

  /// The rows' numbers by batch, after checking that features and targets are still together.
  private func numbers(_ stream: Stream, of size: Int, dropLast: Bool = false, seed: UInt64 = 1) throws -> [[Int]] {
    var batches = try stream.batches(of: size, dropLast: dropLast, seed: seed)
    var result: [[Int]] = []
    while let batch = try batches.next() {
      #expect(batch.x.shape == [batch.count, 1] && batch.y.shape == [batch.count])
      #expect(batch.x.scalars.map { -Int32($0) } == batch.y.scalars)
      result.append(batch.y.scalars.map { -Int($0) })
    }
    #expect(try batches.next()?.count == nil)
    return result
  }

  @Test(arguments: [1, 2, 3, 4, 7, 10, 99])
  func `batches are cut without regard to blocks`(size: Int) throws {
    let whole = Array(0..<10)
    let expected = stride(from: 0, to: 10, by: size).map { Array(whole[$0..<min(10, $0 + size)]) }
    #expect(try numbers(numbered(ten), of: size) == expected)
    #expect(try numbers(numbered(ten), of: size, dropLast: true) == expected.filter { $0.count == size })
    #expect(try numbers(numbered(ten).prefetched(), of: size) == expected)
  }

  @Test func `each epoch begins anew`() throws {
    let stream = numbered(ten)
    #expect(try numbers(stream, of: 4) == numbers(stream, of: 4))
    #expect(try numbers(stream.repeated(2), of: 10) == [Array(0..<10), Array(0..<10)])
    #expect(stream.count == 10 && stream.repeated(3).count == 30)
  }

  @Test func `operations of rows`() throws {
    let stream = numbered(ten)
    #expect(
      try numbers(stream.filter { x, _ in (x .> 3.5).reshaped(to: [x.shape[0]]) }, of: 99) == [[4, 5, 6, 7, 8, 9]])
    #expect(try numbers(stream.prefix(5), of: 99) == [[0, 1, 2, 3, 4]])
    #expect(try numbers(stream.prefix(0), of: 99) == [])
    #expect(try numbers(stream.dropFirst(5), of: 99) == [[5, 6, 7, 8, 9]])
    #expect(try numbers(stream.dropFirst(50), of: 99) == [])
    #expect(try numbers(stream.prefix(2).appending(stream.dropFirst(9)), of: 99) == [[0, 1, 9]])
    #expect(stream.prefix(5).count == 5 && stream.dropFirst(4).count == 6)
    #expect(stream.filter { _, y in y .> 0 }.count == nil)
    let mapped = stream.map { x, y in (x * 2, y.cast(to: Float.self)) }
    let all = try mapped.collected()
    #expect(all.x.scalars == (0..<10).map { 2 * Float($0) } && all.y.scalars == (0..<10).map { -Float($0) })
    #expect(try numbers(DataStream(stream.collected(), blockSize: 4), of: 99) == [Array(0..<10)])
    #expect(throws: DatasetError.self) { try stream.prefix(0).collected() }
  }

  @Test func `a window shuffles all rows and a seed decides how`() throws {
    let stream = numbered((0..<40).map { Int32(5 * $0)..<Int32(5 * $0 + 5) }).shuffled(window: 50)
    let order = try numbers(stream, of: 200)[0]
    #expect(order.sorted() == Array(0..<200))
    #expect(order != Array(0..<200))
    // A row cannot come before the window has reached it.
    #expect(order.enumerated().allSatisfy { place, row in row < place + 60 })
    #expect(try numbers(stream, of: 200)[0] == order)
    #expect(try numbers(stream, of: 200, seed: 2)[0] != order)
    #expect(try numbers(stream.prefetched(3), of: 200)[0] == order)
    let scoped = try withRandomSeed(4) { () throws in
      var batches = try stream.batches(of: 200)
      let first = try batches.next()!.y
      batches = try stream.batches(of: 200)
      return (first, try batches.next()!.y)
    }
    #expect(scoped.0 != scoped.1)
  }

  @Test func `random numbers of map are decided by the seed, on another thread too`() throws {
    let noisy = numbered(ten).map { x, y in (x + Tensor<Float>.randomNormal(x.shape), y) }
    let first = try noisy.collected(seed: 3).x
    #expect(try noisy.prefetched().collected(seed: 3).x == first)
    #expect(try noisy.collected(seed: 4).x != first)
  }

  private struct Broken: Error {}

  @Test(arguments: [false, true])
  func `errors arrive where the rows would`(isPrefetched: Bool) throws {
    let stream = numbered(ten).map { x, y throws in
      if x[0, 0].item() == 4 { throw Broken() }
      return (x, y)
    }
    var batches = try (isPrefetched ? stream.prefetched() : stream).batches(of: 2)
    #expect(try batches.next()?.y == Tensor([0, -1]))
    #expect(try batches.next()?.y == Tensor([-2, -3]))
    #expect(throws: Broken.self) { try batches.next() }
    let uneven = DataStream([
      try Dataset(Tensor<Float>.zeros([1, 2]), Tensor<Int32>([0])),
      try Dataset(Tensor<Float>.zeros([1, 3]), Tensor<Int32>([0])),
    ])
    var others = try uneven.batches(of: 2)
    #expect(throws: DatasetError.self) { try others.next() }
  }

  @Test func `a reader that is left early ends its thread`() throws {
    for _ in 0..<50 {
      var batches = try numbered(ten).repeated(1000).prefetched(1).batches(of: 3)
      #expect(try batches.next()?.count == 3)
    }
  }

  @Test func `a CSV file streams as it is read whole`() throws {
    let directory = TemporaryDirectory()
    var text = "a,b,kind\n"
    for row in 0..<200_000 { text += row == 70_000 ? "x,1,u\n" : "\(row),\(row % 7),\(row % 2 == 0 ? "u" : "v")\n" }
    directory.write(Array(text.utf8), to: "t.csv")
    let path = directory.file("t.csv")
    let options = CSV.Options(labels: .named(["kind"]), malformed: .skipped)
    let labels = try LabelEncoder("kind", classes: ["v", "u"])
    let preprocessor = try Preprocessor(
      fittedTo: Table(["a": [0, 200_000], "b": [0, 6]]), [Columns("a", "b").scaled()])
    let problems = Counter()
    let stream = DataStream(csv: path, options) {
      problems.add($0.skippedRowCount)
    } _: {
      try preprocessor.dataset(of: Table($0), labels)
    }
    let whole = try preprocessor.dataset(of: Table(CSV.read(from: path, options)), labels)
    let read = try stream.prefetched().collected()
    #expect(read.x == whole.x && read.y == whole.y && read.count == 199_999)
    #expect(problems.total == 1)
    let missing = DataStream(csv: directory.file("none.csv")) { try $0.dataset(targets: ["a"]) }
    #expect(throws: FormatError.self) { try missing.batches(of: 1) }
  }

  private final class Counter: Sendable {
    private let sum = Atomic(0)
    func add(_ count: Int) { sum.add(count, ordering: .relaxed) }
    var total: Int { sum.load(ordering: .relaxed) }
  }
}
