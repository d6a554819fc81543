import CKernels
import Foundation
import TestSupport
import Testing

@testable import MartletCore

/// Random numbers: the generator's known answers, the distributions, scopes and independence.
@Suite struct RandomTests {
  /// From the reference implementation's `kat_vectors` (Random123): counter, key, result.
  @Test(
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt64], [UInt64], [UInt32])])
  func `Philox gives its known answers`(counter: [UInt64], key: [UInt64], answer: [UInt32]) {
    var words = [UInt32](repeating: 0, count: 4)
    mk_philox_block(key[1] << 32 | key[0], counter[3] << 32 | counter[2], counter[1] << 32 | counter[0], &words)
    #expect(words == answer)
  }

  private func words(_ generator: RandomGenerator, blocks: Int) -> [UInt32] {
    (0..<blocks).flatMap { block in
      var words = [UInt32](repeating: 0, count: 4)
      mk_philox_block(generator.key, generator.stream, generator.counter &+ UInt64(block), &words)
      return words
    }
  }

  private func wide(_ words: [UInt32], _ index: Int) -> UInt64 {
    UInt64(words[2 * index + 1]) << 32 | UInt64(words[2 * index])
  }

  /// Every element comes from its own part of its own block: no number is used twice.
  @Test func `elements are the blocks' words in order`() {
    let count = 1001
    var generator = RandomGenerator(seed: 0x0123_4567_89AB_CDEF, stream: 42)
    _ = generator.takeBlocks(3)
    let w = words(generator, blocks: 501)
    func draw<R>(_ body: (inout RandomGenerator) -> R) -> R {
      var copy = generator
      return body(&copy)
    }
    let floats = draw { Tensor<Float>.randomUniform([count], using: &$0) }.scalars
    #expect(floats == (0..<count).map { Float(w[$0] >> 8) * 0x1p-24 })
    let doubles = draw { Tensor<Double>.randomUniform([count], using: &$0) }.scalars
    #expect(doubles == (0..<count).map { Double(wide(w, $0) >> 11) * 0x1p-53 })
    let long = draw { Tensor<Int64>.randomInteger([count], in: -50..<1000, using: &$0) }.scalars
    #expect(long == (0..<count).map { -50 + Int64(wide(w, $0).multipliedFullWidth(by: 1050).high) })
    let short = draw { Tensor<Int32>.randomInteger([count], in: -50..<1000, using: &$0) }.scalars
    #expect(short.map(Int64.init) == long)
    let bytes = draw { Tensor<UInt8>.randomInteger([count], in: 3..<200, using: &$0) }.scalars
    #expect(bytes == (0..<count).map { 3 + UInt8(wide(w, $0).multipliedFullWidth(by: 197).high) })
    let truth = draw { Tensor<Bool>.randomBernoulli([count], probability: 0.3, using: &$0) }.scalars
    #expect(truth == floats.map { $0 < 0.3 })
    // The generator moves on by the blocks that were used.
    func used(_ body: (inout RandomGenerator) -> Void) -> UInt64 {
      var copy = generator
      body(&copy)
      return copy.counter - generator.counter
    }
    #expect(used { _ = Tensor<Float>.randomUniform([count], using: &$0) } == 251)
    #expect(used { _ = Tensor<Double>.randomUniform([count], using: &$0) } == 501)
    #expect(used { _ = Tensor<Double>.randomNormal([0], using: &$0) } == 0)
  }

  @Test func `normal numbers by Box and Muller`() {
    let generator = RandomGenerator(seed: 7)
    let w = words(generator, blocks: 300)
    var copy = generator
    let doubles = Tensor<Double>.randomNormal([600], using: &copy).scalars
    for pair in 0..<300 {
      let u = (Double(wide(w, 2 * pair) >> 11) + 0.5) * 0x1p-53
      let angle = Double(wide(w, 2 * pair + 1) >> 11) * 0x1p-53 * 2 * Double.pi
      let radius = (-2 * Foundation.log(u)).squareRoot()
      #expect(abs(doubles[2 * pair] - radius * Foundation.cos(angle)) < 1e-12)
      #expect(abs(doubles[2 * pair + 1] - radius * Foundation.sin(angle)) < 1e-12)
    }
  }

  private func moments(_ values: [Double]) -> (mean: Double, variance: Double, skew: Double, kurtosis: Double) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    func moment(_ power: Int) -> Double {
      values.reduce(0) { sum, value in sum + (0..<power).reduce(1.0) { product, _ in product * (value - mean) } } / n
    }
    let variance = moment(2)
    return (mean, variance, moment(3) / (variance * variance.squareRoot()), moment(4) / (variance * variance))
  }

  @Test func `moments and ranges`() {
    let count = 40_000
    withRandomSeed(11) {
      let uniform = Tensor<Float>.randomUniform([count], in: -2..<6).scalars.map(Double.init)
      #expect(uniform.allSatisfy { $0 >= -2 && $0 < 6 })
      let u = moments(uniform)
      #expect(abs(u.mean - 2) < 0.05 && abs(u.variance - 64.0 / 12) < 0.1 && abs(u.kurtosis - 1.8) < 0.05)
      let v = moments(Tensor<Double>.randomUniform([count]).scalars)
      #expect(abs(v.mean - 0.5) < 0.01 && abs(v.variance - 1.0 / 12) < 0.002)
      for values in [
        Tensor<Float>.randomNormal([count], mean: 3, standardDeviation: 2).scalars.map(Double.init),
        Tensor<Double>.randomNormal([count], mean: 3, standardDeviation: 2).scalars,
      ] {
        let n = moments(values)
        #expect(abs(n.mean - 3) < 0.05 && abs(n.variance - 4) < 0.15, "\(n)")
        #expect(abs(n.skew) < 0.06 && abs(n.kurtosis - 3) < 0.15, "\(n)")
      }
      let integers = Tensor<Int32>.randomInteger([count], in: -3..<5).scalars
      for value in Int32(-3)..<5 {
        let share = Double(integers.count { $0 == value }) / Double(count)
        #expect(abs(share - 0.125) < 0.01, "\(value)")
      }
      let truths = Tensor<Bool>.randomBernoulli([count], probability: 0.2).scalars
      #expect(abs(Double(truths.count { $0 }) / Double(count) - 0.2) < 0.01)
      #expect(Tensor<Bool>.randomBernoulli([100], probability: 0).scalars.allSatisfy { !$0 })
      #expect(Tensor<Bool>.randomBernoulli([100], probability: 1).scalars.allSatisfy { $0 })
      // Rounding never reaches the upper end.
      let narrow = Tensor<Float>.randomUniform([count], in: 16_777_215..<16_777_216).scalars
      #expect(narrow.allSatisfy { $0 == 16_777_215 })
      let full = Tensor<Int64>.randomInteger([100], in: Int64.min..<Int64.max).scalars
      #expect(full.contains { $0 < 0 } && full.contains { $0 > 0 })
    }
  }

  @Test func permutations() {
    withRandomSeed(3) {
      let order = Tensor<Int64>.randomPermutation(1000).scalars
      #expect(order.sorted() == (0..<1000).map(Int64.init))
      #expect(order != order.sorted())
      #expect(Tensor<Int64>.randomPermutation(0).count == 0)
      // Every order of three is drawn about equally often.
      var counts: [[Int64]: Int] = [:]
      for _ in 0..<3000 { counts[Tensor<Int64>.randomPermutation(3).scalars, default: 0] += 1 }
      #expect(counts.count == 6)
      #expect(counts.values.allSatisfy { abs($0 - 500) < 100 })
    }
  }

  // MARK: Scopes

  @Test func `a seed gives the same numbers again`() {
    func draw() -> [Float] { Tensor<Float>.randomUniform([10]).scalars + Tensor<Float>.randomNormal([7]).scalars }
    let (first, same, other) = (withRandomSeed(42, draw), withRandomSeed(42, draw), withRandomSeed(43, draw))
    #expect(first == same)
    #expect(first != other)
    #expect(draw() != draw())
    // One draw after another in a scope gives other numbers.
    let pair = withRandomSeed(42) { [draw(), draw()] }
    #expect(pair[0] == first && pair[1] != first)
  }

  @Test func `scopes nest`() {
    @Sendable func draw() -> [Float] { Tensor<Float>.randomUniform([4]).scalars }
    let plain = withRandomSeed(1) { [draw(), draw()] }
    let nested = withRandomSeed(1) {
      let first = draw()
      let (inner, same) = (withRandomSeed(2, draw), withRandomSeed(2, draw))
      #expect(inner == same)
      return [first, draw()]
    }
    #expect(nested == plain)
    // The scope is this thread's.
    withRandomSeed(1) {
      onThreads(1) { _ in
        let elsewhere = draw()
        #expect(elsewhere != plain[0])
      }
    }
  }

  @Test func `a generator of the caller's moves on`() {
    var a = RandomGenerator(seed: 5)
    var b = a
    let first = Tensor<Float>.randomUniform([6], using: &a)
    let second = Tensor<Float>.randomUniform([6], using: &a)
    #expect(first != second)
    #expect(Tensor<Float>.randomUniform([6], using: &b) == first)
    #expect(b != a)
    // In scope it moves on as well.
    let scoped = withRandomGenerator(&b) { Tensor<Float>.randomUniform([6]) }
    #expect(scoped == second)
    #expect(b == a)
    #expect(throws: CancellationError.self) {
      try withRandomGenerator(&b) {
        _ = Tensor<Float>.randomUniform([6])
        throw CancellationError()
      }
    }
    #expect(b != a)
  }

  @Test func `streams and split generators are independent`() {
    var a = RandomGenerator(seed: 5, stream: 0)
    var b = RandomGenerator(seed: 5, stream: 1)
    #expect((0..<100).allSatisfy { _ in a.next() != b.next() })
    var parent = RandomGenerator(seed: 9)
    var untouched = parent
    var child = parent.split()
    var sibling = parent.split()
    #expect(child != sibling)
    func correlation(_ a: inout RandomGenerator, _ b: inout RandomGenerator) -> Double {
      let x = Tensor<Double>.randomNormal([10_000], using: &a)
      let y = Tensor<Double>.randomNormal([10_000], using: &b)
      return (x * y).mean().item()
    }
    #expect(abs(correlation(&child, &sibling)) < 0.05)
    #expect(abs(correlation(&parent, &child)) < 0.05)
    // Splitting is itself repeatable.
    var again = untouched.split()
    var once = RandomGenerator(seed: 9).splitOnce()
    #expect(again.next() == once.next())
  }

  @Test func `a generator that is written and read goes on`() throws {
    var generator = RandomGenerator(seed: .max, stream: 77)
    for _ in 0..<5 { _ = generator.next() }
    let data = try JSONEncoder().encode(generator)
    var restored = try JSONDecoder().decode(RandomGenerator.self, from: data)
    #expect(restored == generator)
    for _ in 0..<10 { #expect(restored.next() == generator.next()) }
  }

  @Test func `it serves Swift's own functions`() {
    var a = RandomGenerator(seed: 1)
    var b = RandomGenerator(seed: 1)
    #expect(
      (0..<20).map { _ in Int.random(in: 0..<1000, using: &a) }
        == (0..<20).map { _ in Int.random(in: 0..<1000, using: &b) })
    let values = (0..<10_000).map { _ in Double.random(in: 0..<1, using: &a) }
    #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.02)
  }
}

extension RandomGenerator {
  fileprivate func splitOnce() -> RandomGenerator {
    var copy = self
    return copy.split()
  }
}
