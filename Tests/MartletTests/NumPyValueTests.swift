import Martlet
import TestSupport
import Testing

/// Indexing, views and reductions against `numpy-values.safetensors`.
@Suite struct NumPyValueTests {
  @Test func `indexing and views`() throws {
    let fixture = try Fixture("numpy-values")
    let block = Tensor<Int64>.arange(120).reshaped(to: [2, 3, 4, 5])
    let every = TensorIndex.slice(from: nil, to: nil, step: 1)
    let cases: [(name: String, actual: Tensor<Int64>)] = [
      ("index/0", block[0]),
      ("index/-1", block[-1]),
      ("index/1, 2, 3, 4", block[1, 2, 3, 4]),
      ("index/0..<1", block[0..<1]),
      ("index/..., 2", block[TensorIndex.ellipsis, 2]),
      ("index/0, 1...", block[0, 1...]),
      ("index/..., 1..<4, 3", block[TensorIndex.ellipsis, 1..<4, 3]),
      ("index/1, ..., 0..<2", block[1, TensorIndex.ellipsis, 0..<2]),
      ("index/empty", block[every, 3..<3]),
      ("permuted/3 1 0 2", block.permuted(3, 1, 0, 2)),
      ("transposed/matrix", block[0, 0].transposed()),
      ("sliced/axis 3 from 1 by 2", block[TensorIndex.ellipsis, TensorIndex.slice(from: 1, to: nil, step: 2)]),
      ("reversed/axis 3", block.reversed(axis: 3)),
      ("reversed/axis 0, sliced", block.reversed(axis: 0)[every, 1...]),
      ("gathered/axis 2", block.take(Tensor<Int64>([3, 0, 0]), axis: 2)),
      ("arange/2 to 11 by 3", .arange(2, 11, step: 3)),
    ]
    for (name, actual) in cases {
      let expected = try fixture.tensor(name, as: Int64.self)
      #expect(actual.shape == expected.shape, "\(name)")
      #expect(actual.scalars == expected.scalars, "\(name)")
    }
  }

  @Test(arguments: 0..<3)
  func `reductions of values with NaN, infinity and ties`(axis: Int) throws {
    let fixture = try Fixture("numpy-values")
    let input: Tensor<Double> = try fixture.tensor("reduce.input")
    let values: [(name: String, actual: Tensor<Double>)] = [
      ("sum", input.sum(axis: axis)),
      ("mean", input.mean(axis: axis)),
      ("product", input.product(axis: axis)),
      ("max", input.max(axis: axis)),
      ("min", input.min(axis: axis)),
    ]
    for (name, actual) in values {
      let expected: Tensor<Double> = try fixture.tensor("reduce/\(name) \(axis)")
      let wrong = difference(actual, expected, tolerance: 1e-14, floor: 1)
      #expect(wrong == nil, "\(name): \(wrong ?? "")")
    }
    let places: [(name: String, actual: Tensor<Int64>)] = [
      ("argMax", input.argMax(axis: axis)),
      ("argMin", input.argMin(axis: axis)),
    ]
    for (name, actual) in places {
      #expect(try actual == fixture.tensor("reduce/\(name) \(axis)"), "\(name)")
    }
  }

  @Test func variance() throws {
    let fixture = try Fixture("numpy-values")
    let input: Tensor<Double> = try fixture.tensor("reduce.finite")
    let all: Tensor<Double> = try fixture.tensor("reduce/variance all")
    let kept: Tensor<Double> = try fixture.tensor("reduce/variance 1 kept")
    #expect(difference(input.variance(), all, tolerance: 1e-14) == nil)
    #expect(difference(input.variance(axis: 1, keepDims: true), kept, tolerance: 1e-14, floor: 1) == nil)
  }

  @Test
  func `sums of Int32 wrap, as NumPy's do`() throws {
    let fixture = try Fixture("numpy-values")
    let input: Tensor<Int32> = try fixture.tensor("integers.input")
    #expect(try input.sum(axis: 0) == fixture.tensor("integers/sum 0"))
    #expect(try input.max(axis: 1) == fixture.tensor("integers/max 1"))
    #expect(try input.argMin(axis: 1) == fixture.tensor("integers/argMin 1"))
  }

  @Test
  func `a long single-precision sum keeps its digits`() throws {
    let expected: Tensor<Float> = try Fixture("numpy-values").tensor("sum/0.1, 100000 times")
    // Adding one after the other strays by 1.4e-4; pairwise by 1e-5 at most, less where the compiler vectorises.
    #expect(difference(Tensor<Float>.full([100_000], 0.1).sum(), expected, tolerance: 2e-5) == nil)
  }

  @Test func linspace() throws {
    let expected: Tensor<Double> = try Fixture("numpy-values").tensor("linspace/0 to 1 by 7")
    #expect(difference(.linspace(0, 1, count: 7), expected, tolerance: 1e-15) == nil)
  }
}
