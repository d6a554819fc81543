import MartletCore
import MartletNumerics
import MartletTesting
import TestSupport
import Testing

/// Operators against `torch-operators.safetensors`: PyTorch's and SciPy's values, and PyTorch's gradients.
@Suite struct TorchOperatorTests {
  private static let fixture = Result { try Fixture("torch-operators") }
  private static let names: [String] = {
    let entries = (try? fixture.get().tensors.keys).map(Array.init) ?? []
    return entries.filter { $0.hasSuffix(".output0") }.map { String($0.dropLast(8)) }.sorted()
  }()

  private func tensors(_ name: String, _ kind: String) throws -> [(index: Int, tensor: Tensor<Double>)] {
    try TorchOperatorTests.fixture.get().entries(under: "\(name).\(kind)").map {
      (try #require(Int($0.name)), try Tensor<Double>($0.tensor))
    }
  }

  private func results(_ name: String, _ x: [Tensor<Double>]) throws -> [Tensor<Double>] {
    try #require(try TorchOperatorFunctions.results(name, x), "no function for \(name)")
  }

  @Test func `the fixture is there`() { #expect(TorchOperatorTests.names.count > 200) }

  @Test(arguments: names)
  func `values are PyTorch's and SciPy's`(_ name: String) throws {
    let got = try results(name, try tensors(name, "input").map(\.tensor))
    let expected = try tensors(name, "output").map(\.tensor)
    #expect(got.count == expected.count)
    for (value, reference) in zip(got, expected) {
      #expect(value.shape == reference.shape)
      let isNear = value.allClose(to: reference, relativeTolerance: 1e-11, absoluteTolerance: 1e-13)
      #expect(isNear, "\(name): \(value), not \(reference)")
    }
  }

  @Test(arguments: names)
  func `gradients are PyTorch's`(_ name: String) throws {
    let inputs = try tensors(name, "input").map(\.tensor)
    let expected = try tensors(name, "gradient")
    if expected.isEmpty { return }
    let pulled = try pullback(at: expected.map { inputs[$0.index] }) {
      try results(name, whole(inputs, $0, at: expected.map(\.index)))
    }
    let gradients = pulled.pullback(try tensors(name, "cotangent").map(\.tensor))
    for (gradient, reference) in zip(gradients, expected) {
      let isNear = gradient.allClose(to: reference.tensor, relativeTolerance: 1e-9, absoluteTolerance: 1e-10)
      #expect(isNear, "\(name), operand \(reference.index): \(gradient), not \(reference.tensor)")
    }
  }

  /// What has no derivative there, or is drawn too near to where it has none.
  private static let withoutDifferences: Set = [
    "ndtri", "uniqueConsecutive", "besselY of order 5", "besselK of order 5",
  ]

  @Test(arguments: names.filter { !withoutDifferences.contains($0) && !$0.hasPrefix("window") })
  func `gradients, their gradients and differentials are those of finite differences`(_ name: String) throws {
    let inputs = try tensors(name, "input").map(\.tensor)
    // Where PyTorch differentiates by some operands alone, so do we.
    let known = try tensors(name, "gradient").map(\.index)
    let chosen = known.isEmpty ? Array(inputs.indices) : known
    var random = SplitMix("finite differences of \(name)")
    let check = try DifferenceCheck(at: chosen.map { inputs[$0] }, &random) {
      try results(name, whole(inputs, $0, at: chosen))
    }
    #expect(try check.problems(&random) == [])
  }

  /// The operands with some of them replaced.
  private func whole(_ inputs: [Tensor<Double>], _ some: [Tensor<Double>], at places: [Int]) -> [Tensor<Double>] {
    var all = inputs
    for (place, tensor) in zip(places, some) { all[place] = tensor }
    return all
  }

  // MARK: Ends of the number range, and other types

  @Test func `special functions have their limits at the ends`() {
    func d(_ numbers: Double...) -> Tensor<Double> { Tensor(numbers) }
    let ends = d(.infinity, -.infinity)
    #expect(ends.besselJ(order: 2) == d(0, 0))
    #expect(ends.besselI(order: 1) == ends)
    #expect(ends.besselI(scaled: true) == d(0, 0))
    #expect(d(0, .infinity).besselK(order: 3) == d(.infinity, 0))
    #expect(d(0).besselY() == d(-.infinity))
    #expect(d(-1).besselY().isNaN().all().item())
    #expect(d(-1).besselK().isNaN().all().item())
    #expect(ends.erfcx() == d(0, .infinity))
    #expect(ends.ndtr() == d(1, 0))
    #expect(ends.logNdtr() == d(0, -.infinity))
    #expect(d(0, 1).ndtri() == d(-.infinity, .infinity))
    #expect(d(-0.5, 1.5).ndtri().isNaN().all().item())
    #expect(d(0, -1).entr() == d(0, -.infinity))
    #expect(d(0, 0).xlog1py(d(-1, .infinity)) == d(0, 0))
    #expect(d(0).xlog1py(d(.nan)).isNaN().all().item())
    #expect(d(2, 0).gammaBelow(d(.infinity, 1)) == d(1, 1))
    #expect(d(2, 2).gammaAbove(d(0, .infinity)) == d(1, 0))
    #expect(d(-1, 1).gammaBelow(d(1, -1)).isNaN().all().item())
    #expect(d(1, 2).zeta(d(3, -2)) == d(.infinity, .infinity))
  }

  @Test func `Float gives what Double gives, rounded`() {
    let x = Tensor<Double>.linspace(0.1, 12, count: 60).cast(to: Float.self)
    let wide = x.cast(to: Double.self)
    func expect(_ single: Tensor<Float>, _ double: Tensor<Double>) {
      #expect(single.allClose(to: double.cast(to: Float.self), relativeTolerance: 3e-7, absoluteTolerance: 1e-7))
    }
    expect(x.besselJ(order: 3), wide.besselJ(order: 3))
    expect(x.besselI(order: 2, scaled: true), wide.besselI(order: 2, scaled: true))
    expect(x.besselK(), wide.besselK())
    expect(x.erfcx(), wide.erfcx())
    expect((-x).logNdtr(), (-wide).logNdtr())
    expect(x.gammaAbove(Tensor(3)), wide.gammaAbove(Tensor(3)))
    expect(Tensor.window(.kaiser(beta: 8), count: 9), Tensor.window(.kaiser(beta: 8), count: 9))
  }

  // MARK: What is not numbers alone

  @Test func `runs, choices and blocks are those of plain loops`() {
    let x: Tensor<Int32> = [[3, 3, 1], [1, 1, 3]]
    let runs = x.uniqueConsecutive()
    #expect(runs.values == [3, 1, 3])
    #expect(runs.counts == [2, 3, 1])
    #expect(runs.inverse == [[0, 0, 1], [1, 1, 2]])
    #expect(Tensor<Int32>([]).uniqueConsecutive().counts == [])
    #expect(Tensor<Float>([Float.nan, .nan]).uniqueConsecutive().counts == [1, 1])
    #expect(Tensor<Int32>([1, 2, 3]).combinations() == [[1, 2], [1, 3], [2, 3]])
    #expect(Tensor<Int32>([1, 2]).combinations(3).shape == [0, 3])
    #expect(Tensor<Int32>([1, 2]).combinations(0).shape == [1, 0])
    #expect(Tensor.cartesianProduct([Tensor<Int32>([1, 2]), [5, 6]]) == [[1, 5], [1, 6], [2, 5], [2, 6]])
    #expect(Tensor<Int32>.blockDiagonal([[[1, 2]], [[3], [4]]]) == [[1, 2, 0], [0, 0, 3], [0, 0, 4]])
    #expect(Tensor<Double>.zeros([0, 3]).pairDistances().shape == [0])
    #expect(distances(Tensor<Double>.zeros([0, 3]), Tensor<Double>.ones([2, 3])).shape == [0, 2])
    #expect(Tensor<Double>.window(.hann, count: 0).shape == [0])
  }

  @Test func `strided operands give what contiguous ones give`() {
    let x = Tensor<Double>.arange(24).reshaped(to: [4, 6]) / 7
    let view = x.transposed()[.slice(step: -2), 1...]
    let plain = Tensor<Double>(shape: view.shape, scalars: view.scalars)
    #expect(view.besselI(order: 1) == plain.besselI(order: 1))
    #expect(view.erfcx() == plain.erfcx())
    #expect(view.normalized().allClose(to: plain.normalized(), relativeTolerance: 1e-13))
    #expect(view.pairDistances().allClose(to: plain.pairDistances(), relativeTolerance: 1e-13))
    #expect(view.batchNormalized().allClose(to: plain.batchNormalized(), relativeTolerance: 1e-13))
    #expect(vandermonde(view) == vandermonde(plain))
    #expect(view.polynomial(.legendre, degree: 3) == plain.polynomial(.legendre, degree: 3))
  }

  // MARK: Stops

  enum Mistake: String, CaseIterable, Codable {
    case order, dimension, degree, window, deviation, coefficients, distances, pairs, pairOrder, cosine, rms, groups
    case batch, batchAlone, batchRank, limit, block, product, choices, chain, vandermonde, inverse, solve
    case polar, householder, byOrder

    func make() {
      let x = Tensor<Double>.ones([2, 3])
      switch self {
      case .order: _ = x.besselJ(order: 20_000)
      case .dimension: _ = x.lgamma(dimension: 0)
      case .degree: _ = x.polynomial(.laguerre, degree: -1)
      case .window: _ = Tensor<Float>.window(.hann, count: -1)
      case .deviation: _ = Tensor<Float>.window(.gaussian(standardDeviation: 0), count: 4)
      case .coefficients: _ = Tensor<Float>.window(.cosines([]), count: 4)
      case .distances: _ = MartletNumerics.distances(x, Tensor<Double>.ones([2, 4]))
      case .pairs: _ = x[0].pairDistances()
      case .pairOrder: _ = x.pairDistances(order: -1)
      case .cosine: _ = cosineSimilarity(x, Tensor<Double>.ones([4]))
      case .rms: _ = x.rmsNormalized(scale: [1])
      case .groups: _ = x.groupNormalized(groups: 2)
      case .batch: _ = x.batchNormalized(scale: [1])
      case .batchAlone: _ = x.batchNormalized(mean: [1, 2, 3])
      case .batchRank: _ = x[0].batchNormalized()
      case .limit: _ = x.renormalized(order: 2, axis: 0, limit: -1)
      case .block: _ = Tensor.blockDiagonal([x.expandedDimension(at: 0)])
      case .product: _ = Tensor.cartesianProduct([x])
      case .choices: _ = x.combinations()
      case .chain: _ = multiDot([x, x])
      case .vandermonde: _ = MartletNumerics.vandermonde(x, columns: -1)
      case .inverse: _ = try? tensorInverse(x, axes: 1)
      case .solve: _ = try? tensorSolve(x, [1, 2])
      case .polar: _ = try? polarDecomposition(x)
      case .householder: _ = householderProduct(x, [1])
      case .byOrder: _ = gradient(at: x) { $0.gammaBelow(x).sum() }
      }
    }

    var message: String {
      switch self {
      case .order: "besselJ: expected an order within -10000 ... 10000, got 20000"
      case .dimension: "lgamma: expected a dimension of at least 1, got 0"
      case .degree: "polynomial: expected a degree of at least 0, got -1"
      case .window: "window: expected a count of at least 0, got -1"
      case .deviation: "window: expected a standard deviation above 0, got 0.0"
      case .coefficients: "window: expected at least one coefficient, got none"
      case .distances: "distances: expected matrices [..., m, d] and [..., n, d], got [2, 3] and [2, 4]"
      case .pairs: "pairDistances: expected a matrix [n, d], got a tensor of shape [3]"
      case .pairOrder: "pairDistances: expected an order of at least 0, got -1.0"
      case .cosine: "cosineSimilarity: shapes do not broadcast: [2, 3] and [4]"
      case .rms: "rmsNormalized: expected a scale of [3] for [2, 3], got [1]"
      case .groups: "groupNormalized: expected a number of groups that divides the 3 channels of [2, 3], got 2"
      case .batch: "batchNormalized: expected a scale of [3] for [2, 3], got [1]"
      case .batchAlone: "batchNormalized: expected both a mean and a variance, or neither, got a mean alone"
      case .batchRank: "batchNormalized: expected a tensor [batch, channels, ...], got one of shape [3]"
      case .limit: "renormalized: expected a limit of at least 0, got -1.0"
      case .block: "blockDiagonal: expected tensors of rank 0, 1 or 2, got one of shape [1, 2, 3]"
      case .product: "cartesianProduct: expected tensors of rank 1, got one of shape [2, 3]"
      case .choices: "combinations: expected a tensor of rank 1, got one of shape [2, 3]"
      case .chain: "multiDot: expected matrices [a, b], [b, c], [c, d] …, got [2, 3], [2, 3]"
      case .vandermonde: "vandermonde: expected at least 0 columns, got -1"
      case .inverse:
        "tensorInverse: expected as many elements in the first 1 axes as in the others, got [2, 3]"
      case .solve:
        "tensorSolve: expected a of the axes of b and others with as many elements, got [2, 3] and [2]"
      case .polar:
        "polarDecomposition: expected matrices [..., m, n] with m at least n, got a tensor of shape [2, 3]"
      case .householder:
        "householderProduct: expected matrices [..., m, n] and factors [..., k], m at least n and n at least k, got "
          + "[2, 3] and [1]"
      case .byOrder:
        "gammaBelow: expected a first operand that is constant, got one that is differentiated, of shape [2, 3]"
      }
    }
  }

  @Test(arguments: Mistake.allCases)
  func `a mistake stops with its text`(_ mistake: Mistake) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mistake] in
      mistake.make()
    }
    #expect(errorText(result).contains(mistake.message), "wrote \(errorText(result))")
  }
}
