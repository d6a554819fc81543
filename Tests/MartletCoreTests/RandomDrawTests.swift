import CKernels
import Foundation
import MartletTesting
import RandomLevels
import TestSupport
import Testing

@testable import MartletCore

/// What holds of every draw: the same numbers everywhere and for ever, in the log, of any shape, with parameters of any
/// layout.
@Suite struct RandomDrawTests {
  private static func draw(_ name: String, _ shape: Shape, seed: UInt64 = 77) throws -> AnyTensor {
    var generator = RandomGenerator(seed: seed)
    return try #require(Draws.all.first { $0.name == name }).draw(shape, &generator)
  }

  /// The bits of the elements, in hexadecimal digits.
  private static func digits(_ tensor: AnyTensor) -> [String] {
    let (bytes, size) = (Draws.bytes(tensor), tensor.scalarType.size)
    return stride(from: 0, to: bytes.count, by: size).map { start in
      bytes[start..<start + size].reversed().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
  }

  /// The file is written where `MARTLET_WRITE_RANDOM_NUMBERS` says; whoever replaces the committed one changes what every
  /// program with a seed computes.
  @Test func `the first numbers of each draw are those that they always were`() throws {
    var now: [String: [String]] = [:]
    for (name, draw) in Draws.all {
      var generator = RandomGenerator(seed: 0x0123_4567_89AB_CDEF, stream: 3)
      now[name] = Array(Self.digits(draw([40], &generator)).prefix(24))
    }
    if let path = ProcessInfo.processInfo.environment["MARTLET_WRITE_RANDOM_NUMBERS"] {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      try encoder.encode(now.mapValues { $0.joined(separator: " ") }).write(to: URL(fileURLWithPath: path))
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: Fixture.path("random-numbers", type: "json")))
    let always = try JSONDecoder().decode([String: String].self, from: data)
    #expect(Set(always.keys) == Set(now.keys))
    for (name, numbers) in now { #expect(numbers.joined(separator: " ") == always[name], "\(name)") }
  }

  @Test(arguments: Draws.all.map(\.name)) func `any number of threads draws the same bits`(name: String) throws {
    let whole = try withThreads(1) { try Self.draw(name, [9001]) }
    for threads in [2, 3, 8] {
      let split = try withThreads(threads) { try Self.draw(name, [9001]) }
      #expect(Draws.bytes(split) == Draws.bytes(whole), "\(threads) threads")
    }
  }

  @Test(arguments: Draws.all.map(\.name)) func `any shape is drawn, also one without elements`(name: String) throws {
    let flat = try Self.draw(name, [24])
    let inner = flat.shape.dropFirst()
    for shape in [[2, 3, 4], [24, 1]] as [Shape] where !name.hasPrefix("shuffled") {
      let other = try Self.draw(name, shape)
      #expect(other.shape == Shape(shape.dimensions + inner))
      #expect(Draws.bytes(other) == Draws.bytes(flat))
    }
    #expect(try Self.draw(name, [0]).shape == Shape([0] + inner))
    #expect(try Self.draw(name, [3, 0, 2]).count == 0)
    if !name.hasPrefix("shuffled") { #expect(try Self.draw(name, []).shape == Shape(Array(inner))) }
  }

  @Test(arguments: Draws.all.map(\.name)) func `a draw passes the door and is replayed from its log`(name: String)
    throws
  {
    let (result, log) = try DoorLog.recording { try Self.draw(name, [50]) }
    #expect(log.entries.contains { $0.name.hasPrefix("random") && $0.action.isEffect })
    let last = try #require(log.entries.last?.writes.last)
    let again = log.replay()[last]
    #expect(again.shape == result.shape && Draws.bytes(again) == Draws.bytes(result))
  }

  @Test(arguments: Draws.all.map(\.name)) func `a draw takes other numbers than the one before`(name: String) throws {
    let draw = try #require(Draws.all.first { $0.name == name }).draw
    var generator = RandomGenerator(seed: 4)
    let start = generator
    let (first, second) = (draw([64], &generator), draw([64], &generator))
    #expect(Draws.bytes(first) != Draws.bytes(second))
    var again = start
    #expect(Draws.bytes(draw([64], &again)) == Draws.bytes(first))
    // A state that is saved and restored goes on in the same way.
    var restored = try RandomGenerator(state: again.state)
    #expect(restored == again && Draws.bytes(draw([64], &restored)) == Draws.bytes(second))
  }

  // MARK: Levels

  @Test func `every processor level draws the same bits`() {
    let features = mk_processor_features()
    let levels = [
      ("default", random_level_default()), ("x86-64-v3", features & 1 != 0 ? random_level_3() : nil),
      ("x86-64-v4", features & 2 != 0 ? random_level_4() : nil),
    ]
    let count = 5003
    let parameters: [(Double, Double)] = [(0.3, 0.4), (2.5, 7), (40, 0.75), (0.9, 0.2), (-1, 0.5), (900, 0.3)]
    for case let (name, level?) in levels {
      let kernels = level.pointee
      func same(_ what: String, _ fill: (_ isOurs: Bool, UnsafeMutablePointer<Double>) -> Void) {
        var (ours, theirs) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        fill(true, &ours)
        fill(false, &theirs)
        #expect(ours.map(\.bitPattern) == theirs.map(\.bitPattern), "\(what), \(name)")
        #expect(Set(ours.map(\.bitPattern)).count > 1, "\(what) draws")
      }
      for type in [MK_FLOAT32, MK_FLOAT64] {
        same("normal") { ($0 ? mk_random_normal : kernels.normal!)(type, 5, 6, 7, 1.1, 2.3, $1, 0, count) }
        same("uniform") { ($0 ? mk_random_uniform : kernels.uniform!)(type, 5, 6, 7, -1.1, 2.3, $1, 0, count) }
        same("exp") { isOurs, y in
          mk_random_normal(type, 1, 2, 3, 0, 9, y, 0, count)
          (isOurs ? mk_random_exp : kernels.exp!)(type, y, y, count)
        }
      }
      for distribution in Distribution.allCases {
        for (a, b) in parameters {
          // What is not a parameter of the distribution is made one.
          let first =
            distribution == .binomial ? (abs(a) * 10).rounded(.up) : distribution == .truncatedNormal ? a : abs(a)
          let isShare = distribution == .bernoulli || distribution == .geometric
          let (x, y) = (isShare ? min(first, 0.9) : first, distribution == .truncatedNormal ? a + b : b)
          let second = distribution == .binomial ? min(y, 0.9) : y
          same("\(distribution) \(x) \(second)") {
            ($0 ? mk_random_sample : kernels.sample!)(
              distribution.facts.kernel, 11, [x], 0, [second], 0, MK_FLOAT64, $1, 0, count)
          }
        }
      }
      same("dirichlet") {
        ($0 ? mk_random_dirichlet : kernels.dirichlet!)(3, [0.2, 1, 7], 0, 3, $1, 0, count / 3)
      }
    }
  }

  @Test func `the exponential is exact to a few bits`() {
    let x = withRandomSeed(1) { Tensor<Double>.randomUniform([2000], in: -700..<700) }
    let y = Tensor<Double>(unchecked: apply(ReproducibleExp(), x.erased)).scalars
    for (x, y) in zip(x.scalars, y) { #expect(abs(y / Foundation.exp(x) - 1) < 4e-16) }
    let ends = Tensor<Double>([-800, -746, 0, 710, 800, -.infinity, .infinity])
    let values = Tensor<Double>(unchecked: apply(ReproducibleExp(), ends.erased)).scalars
    #expect(values == [0, 0, 1, .infinity, .infinity, 0, .infinity])
  }

  // MARK: Parameters

  /// Draws of every distribution with two parameters, given as tensors.
  private static let ofTensors: [(String, @Sendable (Tensor<Double>, Tensor<Double>, Shape) -> AnyTensor)] = [
    ("uniform", { Tensor<Double>.randomUniform($2, low: $0, high: $1 + 5).erased }),
    ("normal", { Tensor<Float>.randomNormal($2, mean: $0, standardDeviation: $1).erased }),
    ("log-normal", { Tensor<Float>.randomLogNormal($2, mean: $0, standardDeviation: $1).erased }),
    (
      "truncated normal",
      { Tensor<Double>.randomTruncatedNormal($2, mean: $0, standardDeviation: $1, low: -$1, high: $0 + 1).erased }
    ),
    ("exponential", { Tensor<Double>.randomExponential($2, scale: $0 + $1).erased }),
    ("laplace", { Tensor<Double>.randomLaplace($2, location: $0, scale: $1).erased }),
    ("gumbel", { Tensor<Double>.randomGumbel($2, location: $0, scale: $1).erased }),
    ("gamma", { Tensor<Double>.randomGamma($2, concentration: $0, scale: $1).erased }),
    ("beta", { Tensor<Float>.randomBeta($2, alpha: $0, beta: $1).erased }),
    ("von Mises", { Tensor<Double>.randomVonMises($2, mean: $0, concentration: $1).erased }),
    (
      "binomial",
      { Tensor<Int64>.randomBinomial($2, trials: ($0 * 20).ceil(), probability: $1 / ($1 + 1)).erased }
    ),
    ("poisson", { Tensor<Int32>.randomPoisson($2, rate: ($0 * $1) as Tensor<Double>).erased }),
    ("geometric", { Tensor<UInt8>.randomGeometric($2, probability: ($0 + 0.1) / ($0 + $1 + 1)).erased }),
    ("bernoulli", { Tensor<Bool>.randomBernoulli($2, probability: $0 / ($0 + $1)).erased }),
    (
      "integer",
      {
        Tensor<Int64>.randomInteger($2, low: ($0 * 9).cast(to: Int64.self), high: ($1 * 9).cast(to: Int64.self) + 40)
          .erased
      }
    ),
  ]

  @Test(arguments: ofTensors.map(\.0)) func `parameters may be tensors of any layout`(name: String) throws {
    let draw = try #require(Self.ofTensors.first { $0.0 == name }).1
    var random = SplitMix("random parameters")
    let (a, b) = (random.doubles([6, 5], in: 0.1...3), random.doubles([5, 6], in: 0.1...3))
    func drawn(_ a: Tensor<Double>, _ b: Tensor<Double>, _ shape: Shape) -> [UInt8] {
      Draws.bytes(withRandomSeed(3) { draw(a, b, shape) })
    }
    func views(_ a: Tensor<Double>, _ b: Tensor<Double>, _ shape: Shape) -> (Tensor<Double>, Tensor<Double>, Shape) {
      (a, b, shape)
    }
    let cases = [
      views(a, b.transposed(), [6, 5]), views(a.transposed(), b, [5, 6]), views(a[0, 0...], b.transposed(), [4, 6, 5]),
      views(a[0..., 2..<3], b[1, .slice(step: -1)], [6, 6]),
      views(a[.slice(step: 2), .slice(step: 2)], b[0..<1, 0..<3], [2, 3, 3]),
      views(a.broadcast(to: [3, 6, 5]), Tensor(0.5), [3, 6, 5]), views(Tensor(0.25), Tensor(2), []),
      views(a[0..<0], b[0, 0..<5], [0, 5]),
    ]
    for (a, b, shape) in cases {
      func plain(_ x: Tensor<Double>) -> Tensor<Double> {
        let spread = x.broadcast(to: shape)
        return Tensor(shape: shape, scalars: spread.scalars)
      }
      #expect(drawn(a, b, shape) == drawn(plain(a), plain(b), shape), "\(a.shape) and \(b.shape) for \(shape)")
    }
    // An element is drawn with its own parameters: where they are those of another draw, so is the number.
    let (x, y) = (
      withRandomSeed(8) { draw(a, b.transposed(), [6, 5]) }, withRandomSeed(8) { draw(a[2], b[0..., 2], [6, 5]) }
    )
    let size = x.scalarType.size
    #expect(Draws.bytes(x)[10 * size..<15 * size] == Draws.bytes(y)[10 * size..<15 * size])
  }

  @Test func `rows of weights broadcast and may be views`() {
    var random = SplitMix("weights")
    let weights = random.doubles([4, 3, 2], in: 0...1)
    func drawn(_ w: Tensor<Double>, _ shape: Shape) -> [[UInt8]] {
      [
        withRandomSeed(1) { Tensor<Int64>.randomCategorical(shape, weights: w).erased },
        withRandomSeed(1) { Tensor<Int64>.randomCategorical(shape, logits: w * 5).erased },
        withRandomSeed(1) { Tensor<Int32>.randomMultinomial(shape, trials: 25, weights: w).erased },
        withRandomSeed(1) { Tensor<Float>.randomDirichlet(shape, concentration: w + 0.1).erased },
      ].map(Draws.bytes)
    }
    func pair(_ view: Tensor<Double>, _ shape: Shape) -> (Tensor<Double>, Shape) { (view, shape) }
    let cases = [
      pair(weights, [4, 3]), pair(weights.transposed(), [2, 3]), pair(weights[0..., 1], [5, 4]),
      pair(weights[.slice(step: -1), 0..<1], [4, 7]), pair(weights[0, 0], []),
      pair(weights[0..., .slice(step: 2)], [6, 4, 2]), pair(weights[0..<0], [0, 3]),
    ]
    for (view, shape) in cases {
      let k = view.shape[view.rank - 1]
      let spread = view.broadcast(to: Shape(shape.dimensions + [k]))
      #expect(drawn(view, shape) == drawn(Tensor(shape: spread.shape, scalars: spread.scalars), shape), "\(view.shape)")
    }
    // Numbers of trials for each row.
    let trials = Tensor<Int64>([0, 7, 1 << 20])
    let counts = withRandomSeed(2) { Tensor<Int64>.randomMultinomial([4, 3], trials: trials, weights: weights[0, 0]) }
    #expect(counts.sum(axis: -1) == trials.broadcast(to: [4, 3]))
  }

  @Test func `Float numbers are the Double ones, rounded`() {
    func pair(_ draw: (inout RandomGenerator) -> Tensor<Float>, _ other: (inout RandomGenerator) -> Tensor<Double>)
      -> Bool
    {
      var (a, b) = (RandomGenerator(seed: 3), RandomGenerator(seed: 3))
      return draw(&a).scalars == other(&b).scalars.map(Float.init)
    }
    #expect(
      pair(
        { .randomGamma([500], concentration: 0.7, using: &$0) }, { .randomGamma([500], concentration: 0.7, using: &$0) }
      ))
    #expect(pair({ .randomPoisson([500], rate: 70, using: &$0) }, { .randomPoisson([500], rate: 70, using: &$0) }))
    #expect(
      pair(
        { .randomDirichlet([500], concentration: Tensor<Double>([1, 2]), using: &$0) },
        { .randomDirichlet([500], concentration: Tensor<Double>([1, 2]), using: &$0) }))
  }

  @Test func `a number is the same as a tensor of it, of whatever type`() {
    func drawn(_ concentration: some DistributionParameter, _ scale: some DistributionParameter) -> [Double] {
      withRandomSeed(9) { Tensor<Double>.randomGamma([50], concentration: concentration, scale: scale) }.scalars
    }
    let plain = drawn(2, 3)
    #expect(drawn(2.0, Float(3)) == plain && drawn(Tensor<Int32>(2), Tensor<Float>([3])) == plain)
    #expect(drawn(Tensor<Double>.full([50], 2), Tensor<UInt8>(3)) == plain && drawn(2, 4) != plain)
    // Without a generator the same is drawn as with the one in scope.
    var generator = RandomGenerator(seed: 9)
    let given = Tensor<Float>.randomVonMises([50], mean: 1, concentration: 2, using: &generator)
    #expect(withRandomSeed(9) { Tensor<Float>.randomVonMises([50], mean: 1, concentration: 2) } == given)
  }

  // MARK: Ends of the parameters

  @Test func `certain outcomes are certain`() {
    func all(_ values: Tensor<Double>, _ wanted: Double) -> Bool { values.scalars.allSatisfy { $0 == wanted } }
    withRandomSeed(1) {
      #expect(all(.randomBernoulli([300], probability: Tensor<Double>(0)), 0))
      #expect(all(.randomBernoulli([300], probability: Tensor<Double>(1)), 1))
      #expect(all(.randomBinomial([300], trials: 12, probability: 0), 0))
      #expect(all(.randomBinomial([300], trials: 12, probability: 1), 12))
      #expect(all(.randomBinomial([300], trials: 0, probability: 0.5), 0))
      #expect(all(.randomPoisson([300], rate: 0), 0))
      #expect(all(.randomGeometric([300], probability: 1), 1))
      #expect(all(.randomNormal([300], mean: Tensor<Double>(2), standardDeviation: 0), 2))
      #expect(all(.randomExponential([300], scale: 0), 0))
      #expect(all(.randomGamma([300], concentration: 2, scale: 0), 0))
      #expect(
        Tensor<Int64>.randomCategorical([300], weights: Tensor<Double>([0, 0, 1e-300])).scalars.allSatisfy { $0 == 2 })
      #expect(
        Tensor<Int64>.randomCategorical([300], weights: Tensor<Double>([0, 1e300, 0])).scalars.allSatisfy { $0 == 1 })
      let logits = Tensor<Double>([-.infinity, -1e6, -.infinity])
      #expect(Tensor<Int64>.randomCategorical([300], logits: logits).scalars.allSatisfy { $0 == 1 })
      let counts = Tensor<Int64>.randomMultinomial([20], trials: 9, weights: Tensor<Float>([0, 2, 0]))
      #expect(counts == (Tensor<Int64>([0, 9, 0])).broadcast(to: [20, 3]))
      #expect(
        Tensor<Int64>.randomChoice([3], weights: Tensor<Double>([0, 1, 2, 3]), replacing: false).scalars.sorted() == [
          1, 2, 3,
        ])
      #expect(Tensor<Int64>.randomChoice([5], from: 5, replacing: false).scalars.sorted() == [0, 1, 2, 3, 4])
      #expect(Tensor<Int64>.randomChoice([0], from: 0).count == 0)
    }
  }

  @Test func `tiny and huge parameters give numbers of their distribution`() {
    withRandomSeed(2) {
      let n: Shape = [400]
      #expect(Tensor<Double>.randomGamma(n, concentration: 1e-300).scalars.allSatisfy { $0 == 0 })
      #expect(Tensor<Double>.randomGamma(n, concentration: 1e300).scalars.allSatisfy { $0 == 1e300 })
      let ends = Tensor<Double>.randomBeta(n, alpha: 1e-300, beta: 1e-300).scalars
      #expect(ends.allSatisfy { $0 == 0 || $0 == 1 } && abs(ends.reduce(0, +) - 200) < 50)
      #expect(Tensor<Double>.randomBeta(n, alpha: 1e300, beta: 1e300).scalars.allSatisfy { $0 == 0.5 })
      let corners = Tensor<Double>.randomDirichlet(n, concentration: Tensor<Double>([1e-300, 1e-300]))
      #expect(corners.sum(axis: 1) == .ones(n) && corners.max(axis: 1) == .ones(n))
      #expect(
        Tensor<Double>.randomVonMises(n, mean: 1, concentration: 1e300).scalars.allSatisfy { abs($0 - 1) < 1e-15 })
      let turned = Tensor<Double>.randomVonMises(n, mean: 100, concentration: 3).scalars
      #expect(turned.allSatisfy { abs($0) <= .pi } && turned.contains { $0 < -0.5 } && turned.contains { $0 > 0 })
      // What the type cannot hold becomes the largest number that it can.
      #expect(Tensor<UInt8>.randomPoisson(n, rate: 1e6).scalars.allSatisfy { $0 == 255 })
      #expect(Tensor<Int32>.randomBinomial(n, trials: 1 << 50, probability: 0.5).scalars.allSatisfy { $0 == .max })
      #expect(Tensor<Int64>.randomGeometric(n, probability: 1e-300).scalars.allSatisfy { $0 == .max })
      // Bounds that are far from the mean, and bounds that no standard deviation can reach.
      let far = Tensor<Double>.randomTruncatedNormal(n, low: 1e10, high: Double.infinity).scalars
      #expect(far.allSatisfy { $0 >= 1e10 && $0 < 1.0001e10 })
      let out = Tensor<Double>.randomTruncatedNormal(n, standardDeviation: 1e-10, low: 1e300, high: 2e300).scalars
      #expect(out.allSatisfy { $0 == 1e300 })
      let below = Tensor<Float>.randomTruncatedNormal(n, standardDeviation: 1e-30, low: -2, high: -1).scalars
      #expect(below.allSatisfy { $0 == -1 })
      let narrow = Tensor<Float>.randomTruncatedNormal(n, low: 0.1, high: 0.10000001).scalars
      #expect(narrow.allSatisfy { $0 >= 0.1 && $0 <= 0.10000001 })
    }
  }

  // MARK: Derivatives

  @Test func `gradients flow to locations and scales`() {
    let shape: Shape = [3, 4]
    let draws: [(String, @Sendable (Tensor<Double>, Tensor<Double>) -> Tensor<Double>)] = [
      ("uniform", { .randomUniform(shape, low: $0, high: $0 + $1 + 1) }),
      ("normal", { .randomNormal(shape, mean: $0, standardDeviation: $1) }),
      ("log-normal", { .randomLogNormal(shape, mean: $0, standardDeviation: $1) }),
      ("laplace", { .randomLaplace(shape, location: $0, scale: $1) }),
      ("gumbel", { .randomGumbel(shape, location: $0, scale: $1) }),
      ("exponential", { .randomExponential(shape, scale: $0 * $1) }),
    ]
    var random = SplitMix("locations and scales")
    let parameters = random.doubles([2, 4])
    for (name, draw) in draws {
      expectDerivatives(name, parameters) { p in
        let y = withRandomSeed(6) { draw(p[0], p[1].expandedDimension(at: 0)) }
        return (y * y * y).sum()
      }
    }
    // Parameters of another type are converted, and the gradient comes back.
    let slope = gradient(at: Tensor<Float>([1, 2])) { x in
      withRandomSeed(1) { Tensor<Double>.randomNormal([3, 2], mean: x, standardDeviation: 1) }.sum().cast(
        to: Float.self)
    }
    #expect(slope.scalars == [3, 3])
    // Of the others there is none: they are constants.
    let none = gradient(at: Tensor<Double>(2)) { x in
      withRandomSeed(1) { Tensor<Double>.randomGamma([3], concentration: x) }.sum() + x
    }
    #expect(none.item() == 1)
  }

  // MARK: Order

  @Test func `shuffling keeps slices together, or moves each run of elements by itself`() {
    let x = Tensor<Int64>.arange(504).reshaped(to: [9, 8, 7])
    withRandomSeed(12) {
      for axis in [0, 1, 2, -1] {
        let y = x.shuffled(axis: axis)
        #expect(y.shape == x.shape && y != x)
        #expect(y.sorted(axis: axis) == x)
        // Every slice moved as a whole: the differences to one of its places are those of before.
        let first = y.take([0], axis: axis == 0 ? 1 : 0)
        let before = x.take([0], axis: axis == 0 ? 1 : 0)
        #expect((y - first).sorted(axis: axis) == (x - before).sorted(axis: axis))
        let apart = x.shuffled(axis: axis, independently: true)
        #expect(apart.sorted(axis: axis) == x && apart != x)
        #expect(
          (apart - apart.take([0], axis: axis == 0 ? 1 : 0)).sorted(axis: axis) != (x - before).sorted(axis: axis))
      }
      var z = x
      z.shuffle()
      #expect(z != x && z.sorted(axis: 0) == x)
      z = x
      z.shuffle(axis: 2, independently: true)
      #expect(z != x && z.sorted(axis: 2) == x)
      #expect(Tensor<Bool>([true, false, true]).shuffled().scalars.count { $0 } == 2)
      #expect(Tensor<Float>.zeros([0, 3]).shuffled().shape == [0, 3])
      let rows = x.randomChoice(2, axis: 1, replacing: false)
      #expect(rows.shape == [9, 2, 7])
      #expect(
        x.randomChoice(9, weights: Tensor<Double>([0, 0, 1, 0, 0, 0, 0, 0]), axis: 1)
          == x.take([2, 2, 2, 2, 2, 2, 2, 2, 2], axis: 1))
    }
    let g = gradient(at: Tensor<Double>([1, 2, 3])) { x in
      withRandomSeed(4) { (x.shuffled() * Tensor<Double>([1, 10, 100])).sum() }
    }
    #expect(g.scalars.sorted() == [1, 10, 100])
  }

  @Test func `a permutation takes the numbers that Swift's shuffle would`() {
    var (a, b) = (RandomGenerator(seed: 8, stream: 2), RandomGenerator(seed: 8, stream: 2))
    for count in [0, 1, 2, 17, 1000] {
      let order = Tensor<Int64>.randomPermutation(count, using: &a).scalars
      #expect(order == (0..<Int64(count)).shuffled(using: &b), "\(count)")
      #expect(a == b)
    }
  }

  // MARK: Generators

  @Test func `a generator is advanced, split and jumped`() throws {
    var (a, b) = (RandomGenerator(seed: 3), RandomGenerator(seed: 3))
    for _ in 0..<7 { _ = a.next() }
    b.advance(by: 7)
    #expect(a == b && a == RandomGenerator(seed: 3, counter: 7))
    let far = a.jumped(2)
    #expect(far == RandomGenerator(seed: 3, stream: 2, counter: 7) && a.jumped().jumped() == far)
    var again = a
    let parts = a.split(into: 4)
    #expect(Set(parts).count == 4 && again.split(into: 4) == parts && again == a)
    #expect(a.split(into: 0) == [])
    var drawn = Set<UInt64>()
    for part in parts + [far, a] {
      var part = part
      for _ in 0..<100 { drawn.insert(part.next()) }
    }
    #expect(drawn.count == 600)
    var extreme = RandomGenerator(seed: .max, stream: .max, counter: .max)
    #expect(extreme.state.scalars == [-1, -1, -1] && extreme.jumped().stream == 0)
    #expect(try RandomGenerator(state: extreme.state) == extreme)
    _ = extreme.next()
    #expect(extreme.counter == 0)
    #expect(throws: TensorError.self) { try RandomGenerator(state: [1, 2]) }
  }
}
