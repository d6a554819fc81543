import CKernels

/// A counter-based random generator: Philox 4×32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
/// 2011).
///
/// The same seed gives the same numbers on every machine and at every thread count. A generator is a value: a copy
/// draws the same numbers as the original. Its state is a key (the seed), a stream and a counter.
public struct RandomGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
  /// The seed.
  public let key: UInt64
  /// The number of the sequence, among the independent sequences of the seed.
  public let stream: UInt64
  /// The number of blocks of 128 bits drawn so far.
  public private(set) var counter: UInt64

  /// Creates a generator from a seed, before its first block or before a later one; streams of one seed are independent
  /// sequences.
  ///
  /// A generator's `key`, `stream` and `counter` are its whole state: given here, they make an equal one.
  public init(seed: UInt64, stream: UInt64 = 0, counter: UInt64 = 0) {
    key = seed
    self.stream = stream
    self.counter = counter
  }

  /// Creates a generator seeded by the operating system.
  public init() {
    var system = SystemRandomNumberGenerator()
    self.init(seed: system.next(), stream: system.next())
  }

  /// The next 64 random bits; draws one block.
  public mutating func next() -> UInt64 {
    let counter = takeBlocks(1)
    var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    withUnsafeMutablePointer(to: &words) {
      $0.withMemoryRebound(to: UInt32.self, capacity: 4) { mk_philox_block(key, stream, counter, $0) }
    }
    return UInt64(words.1) << 32 | UInt64(words.0)
  }

  /// Makes a generator whose numbers are independent of those that this one draws later.
  public mutating func split() -> RandomGenerator {
    RandomGenerator(seed: next(), stream: next())
  }

  /// Makes `count` generators whose numbers are independent of each other's and of those that this one draws later, as
  /// for threads or the members of an ensemble; traps when `count` is negative.
  public mutating func split(into count: Int) -> [RandomGenerator] {
    if count < 0 { trap("split", "expected a count of at least 0, got \(count)") }
    return (0..<count).map { _ in split() }
  }

  /// Passes over so many blocks of 128 bits, as if they had been drawn.
  public mutating func advance(by blocks: UInt64) { counter &+= blocks }

  /// The generator 2⁶⁴ blocks further on, `count` times, where this one never arrives: at the same place of a later
  /// stream, as NumPy's `Philox.jumped`.
  public func jumped(_ count: UInt64 = 1) -> RandomGenerator {
    RandomGenerator(seed: key, stream: stream &+ count, counter: counter)
  }

  /// The whole state, `[3]`: the bits of the key, the stream and the counter, for files of tensors.
  public var state: Tensor<Int64> { Tensor([key, stream, counter].map { Int64(bitPattern: $0) }) }

  /// Creates a generator from the state of another, which goes on as that one would have.
  ///
  /// - Throws: `TensorError` when the shape is not `[3]`.
  public init(state: Tensor<Int64>) throws(TensorError) {
    if state.shape != [3] {
      throw TensorError(
        "RandomGenerator", expected: "a state of shape [3]", got: "\(state.shape)", shapes: [state.shape])
    }
    let words = state.scalars.map { UInt64(bitPattern: $0) }
    self.init(seed: words[0], stream: words[1], counter: words[2])
  }

  /// Draws `count` blocks and returns the counter of the first.
  package mutating func takeBlocks(_ count: Int) -> UInt64 {
    defer { counter &+= UInt64(count) }
    return counter
  }
}

/// Runs `body` with a generator of the given seed in scope: whatever is not given a generator draws from this one.
///
/// The scope holds for this thread, and may be nested; inside, the same calls in the same order give the same numbers.
/// Outside of any scope, generators seeded by the operating system are used.
public func withRandomSeed<R>(_ seed: UInt64, _ body: () throws -> R) rethrows -> R {
  var generator = RandomGenerator(seed: seed)
  return try withRandomGenerator(&generator, body)
}

/// Runs `body` with a generator in scope; afterwards `generator` has advanced by what was drawn.
public func withRandomGenerator<R>(_ generator: inout RandomGenerator, _ body: () throws -> R) rethrows -> R {
  let scope = RandomScope(generator)
  let outer = mk_slot_get(MK_SLOT_RANDOM)
  mk_slot_set(MK_SLOT_RANDOM, Unmanaged.passUnretained(scope).toOpaque())
  defer {
    mk_slot_set(MK_SLOT_RANDOM, outer)
    generator = scope.generator
  }
  return try withExtendedLifetime(scope, body)
}

/// The generator in scope on this thread; one seeded by the operating system where there is no scope.
package final class RandomScope {
  var generator: RandomGenerator

  init(_ generator: RandomGenerator) { self.generator = generator }

  /// Whether there is a scope on this thread.
  static var isPresent: Bool { mk_slot_get(MK_SLOT_RANDOM) != nil }

  /// The generator in scope as it is now.
  package static func snapshot() -> RandomGenerator? {
    mk_slot_get(MK_SLOT_RANDOM).map { Unmanaged<RandomScope>.fromOpaque($0).takeUnretainedValue().generator }
  }

  /// Makes the generator in scope go on from another's state.
  package static func replace(by generator: RandomGenerator) { withCurrent { $0 = generator } }

  /// Calls `body`, and lets a capture know what it draws.
  private static func drawing<R>(
    _ generator: inout RandomGenerator, _ body: (inout RandomGenerator) throws -> R
  ) rethrows -> R {
    if let capture = Capture.current { return try capture.drawing(&generator, body) }
    return try body(&generator)
  }

  package static func withCurrent<R>(_ body: (inout RandomGenerator) throws -> R) rethrows -> R {
    guard let scope = mk_slot_get(MK_SLOT_RANDOM) else {
      var generator = RandomGenerator()
      return try drawing(&generator, body)
    }
    return try drawing(&Unmanaged<RandomScope>.fromOpaque(scope).takeUnretainedValue().generator, body)
  }
}
