import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// What compiled functions compute together, with the bits that it has by itself.
@Suite struct CompiledChainTests {
  private func draw(_ shape: Shape, _ seed: UInt64) -> Tensor<Float> {
    var generator = RandomGenerator(seed: seed)
    return .randomNormal(shape, using: &generator)
  }

  /// Compares three calls with the function itself, and returns the number of steps.
  private func steps(
    _ inputs: [Tensor<Float>], sourceLocation: SourceLocation = #_sourceLocation,
    _ function: @escaping (Tensor<Float>, Tensor<Float>) -> [AnyTensor]
  ) -> Int {
    let compiled = CompiledTensors { (function(Tensor(unchecked: $0[0]), Tensor(unchecked: $0[1])), nil) }
    for _ in 0..<3 {
      let got = compiled.results(inputs.map(\.erased))
      for (number, (got, wanted)) in zip(got, function(inputs[0], inputs[1])).enumerated() {
        #expect(got.scalarType == wanted.scalarType && got.shape == wanted.shape, sourceLocation: sourceLocation)
        let difference = PrimitiveCheck.firstDifference(got, wanted)
        #expect(difference == nil, "result \(number)", sourceLocation: sourceLocation)
      }
    }
    return compiled.plans[0].stepCount
  }

  @Test(arguments: [Shape([5]), [123, 457], [3, 5000], [0, 4], [70_000]])
  func `comparisons, tests, where, conversions and logic`(_ shape: Shape) {
    let inputs = [draw(shape, 1), draw(shape, 2)]
    let count = steps(inputs) { x, y in
      let isUpper = (x .> y) .& .!(x * 2).isNaN()
      let chosen = Tensor.where(isUpper, x * y, Tensor(0.5))
      let whole = (chosen * 100).cast(to: Int32.self)
      let doubled = (whole * 3 + 1).cast(to: Double.self)
      return [chosen.erased, whole.erased, (doubled * 0.1).erased, (isUpper .| (x .== 0)).erased]
    }
    #expect(count == 1)
  }

  @Test func `denormal numbers are compared and converted as they are`() {
    let tiny = Tensor<Float>([.leastNonzeroMagnitude, 0, -.leastNonzeroMagnitude, 1])
    let count = steps([tiny, Tensor([0, 0, 0, .leastNonzeroMagnitude])]) { x, y in
      let isGreater = x .> y
      return [isGreater.erased, (.!isGreater).erased, Tensor.where(isGreater, x, y).erased]
    }
    #expect(count == 1)
  }

  @Test func `rows and columns of masks and numbers`() {
    let (x, row) = (draw([300, 70], 3), draw([70], 4))
    let column = draw([300, 1], 5)
    let count = steps([x, row]) { x, row in
      let mask = row .> 0
      return [(Tensor.where(mask, x + row, column) .< column).cast(to: Float.self).erased]
    }
    // The row's own comparison has another shape.
    #expect(count == 2)
  }

  @Test(arguments: [1, 65_535, 65_536, 65_537, 300_001])
  func `reductions of everything`(_ count: Int) {
    let count = steps([draw([count], 6), draw([count], 7)]) { x, y in
      let product = x * y
      let isSmall = product.abs() .< 0.1
      return [
        product.sum().erased, product.max().erased, isSmall.any().erased, isSmall.all().erased,
        (product * 100).cast(to: Int64.self).sum().erased, (product - 2).min().erased, (x + 1).erased,
        (x - 1).product().erased, (product * product).mean().erased,
      ]
    }
    // Two of them use nothing of the others, and the mean is divided at the end.
    #expect(count == 4)
  }

  @Test func `a sum at the end is part of the pass`() {
    let row = draw([1000], 8)
    #expect(steps([draw([300, 1000], 9), draw([300, 1], 10)]) { x, y in [((x * row + y) * x).sum().erased] } == 1)
    #expect(
      steps([draw([300, 1000], 9), draw([300, 1], 10)]) { x, y in
        let z = x * row + y
        return [z.sum().erased, z.erased, z.min().erased]
      } == 1)
  }

  @Test(arguments: [[9, 1], [20, 7], [64, 32], [33, 1000], [9, 3000], [2, 40_000], [9, 70_000], [2, 70_000]])
  func `sums and extremes of rows`(_ sizes: [Int]) {
    let shape = Shape(sizes)
    let row = draw([sizes[1]], 11)
    let count = steps([draw(shape, 12), draw(shape, 13)]) { x, y in
      let z = (x - y) * row
      return [z.sum(axis: 1).erased, z.max(axis: 1).erased, (z * 2).erased, (z .> 0).any(axis: 1).erased]
    }
    // Few long rows are cut into parts by themselves.
    if sizes[1] > 1 { #expect((count == 1) == (sizes != [2, 70_000])) }
  }

  @Test func `what is reduced in two ways, along columns and as a view is read from memory`() {
    let count = steps([draw([40, 50], 14), draw([40, 50], 15)]) { x, y in
      let z = x * y + 1
      let total = z.sum(axis: 1)
      return [
        total.erased, z.sum(axis: 0).erased, z.sum().erased,
        (z - total.expandedDimension(at: 1)).transposed().sum(axis: 1).erased,
      ]
    }
    #expect(count > 3)
  }

  @Test func `results past the caches`() {
    let count = steps([draw([3_000_001], 16), draw([1], 17)]) { x, y in
      let z = x * y + x
      return [z.erased, (z * z).erased, (x - y).exp().erased]
    }
    #expect(count == 2)
  }

  @Test func `more operations than are linked at once, and values that are needed again`() {
    let row = draw([200], 18)
    let count = steps([draw([40, 200], 19), draw([40, 1], 20)]) { x, y in
      var (value, early) = (x, x)
      for turn in 0..<100 {
        value = turn % 3 == 0 ? value - y : turn % 3 == 1 ? row * value : (value + early).relu()
        if turn % 7 == 0 { early = value * 0.5 }
      }
      return [value.erased, (early * early - value).sum(axis: 1).erased]
    }
    #expect(count == 1)
  }

  /// Programs of random operations, of which some are shared, broadcast, converted, compared or reduced.
  @Test(arguments: 0..<40 as Range<UInt64>) func `random programs`(_ seed: UInt64) {
    // Rows of some are too short for links.
    let columns = seed % 2 == 0 ? 53 : 331
    let shapes: [Shape] = [[37, columns], [columns], [37, 1], [1]]
    let constants = shapes.enumerated().map { draw($1, seed * 10 + UInt64($0)) }
    _ = steps([draw([37, columns], seed * 7 + 1), draw([37, columns], seed * 7 + 2)]) { x, y in
      var random = RandomGenerator(seed: seed)
      func choice(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
      var numbers = [x, y] + constants
      var masks = [x .> y]
      var results: [AnyTensor] = []
      for _ in 0..<20 {
        let (a, b) = (numbers[choice(numbers.count)], numbers[choice(numbers.count)])
        let mask = masks[choice(masks.count)]
        switch choice(10) {
        case 0: numbers.append(a + b)
        case 1: numbers.append(a * b)
        case 2: numbers.append((a - b).tanh())
        case 3: numbers.append(Tensor.where(mask, a, b))
        case 4: masks.append(a .<= b)
        case 5: masks.append(mask .^ (a .> 0))
        case 6: numbers.append((a * 8).cast(to: Int32.self).cast(to: Float.self))
        case 7: results.append(a.sum().erased)
        case 8: if a.rank == 2 { results.append(a.sum(axis: choice(2)).erased) }
        default: if a.rank == 2 { numbers.append(b - a.max(axis: 1).expandedDimension(at: 1)) }
        }
      }
      return results + [
        numbers[numbers.count - 1].erased, numbers[numbers.count - 2].erased, masks[masks.count - 1].erased,
      ]
    }
  }
}
