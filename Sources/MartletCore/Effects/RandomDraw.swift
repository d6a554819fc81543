import CKernels

/// Fills a tensor with random numbers from a generator's state, which it holds: they are the same each time it is
/// performed.
struct RandomDraw: Effect {
  enum Distribution: Sendable {
    case uniform(Double, Double)
    case normal(mean: Double, standardDeviation: Double)
    case integers(Int64, Int64)
    case bernoulli(Double)
  }

  let distribution: Distribution
  let key: UInt64
  let stream: UInt64
  let counter: UInt64

  var name: String { "random" }
  var overwritesAll: Bool { true }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    let result = writing[0]
    let (type, size, out) = (result.scalarType.kernelType, result.scalarType.size, result.pointer)
    let (distribution, key, stream, counter) = (distribution, key, stream, counter)
    WorkerPool.parallelFor(result.count, grain: ElementwiseLoop.expensiveGrain) { range in
      let (out, first, count) = (out + range.lowerBound * size, range.lowerBound, range.count)
      // Where denormals cannot be flushed they are kept: the numbers are the same if they are kept everywhere.
      let mode = mk_keep_denormals()
      defer { mk_end_keeping(mode) }
      switch distribution {
      case .uniform(let low, let high):
        mk_random_uniform(type, key, stream, counter, low, high, out, first, count)
      case .normal(let mean, let deviation):
        mk_random_normal(type, key, stream, counter, mean, deviation, out, first, count)
      case .integers(let low, let high):
        mk_random_integers(type, key, stream, counter, low, high, out, first, count)
      case .bernoulli(let probability):
        mk_random_bernoulli(
          key, stream, counter, probability, out.assumingMemoryBound(to: UInt8.self), first, count)
      }
    }
    withExtendedLifetime(result) {}
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(flops: 0, bytes: writing[0].count * writing[0].scalarType.size)
  }
}

/// Fills a vector with the numbers 0 ..< count in random order.
struct PermutationDraw: Effect {
  let key: UInt64
  let stream: UInt64
  let counter: UInt64

  var name: String { "randomPermutation" }
  var overwritesAll: Bool { true }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    let numbers = writing[0].scalars(as: Int64.self)
    if let start = numbers.baseAddress { mk_random_permutation(key, stream, counter, start, numbers.count) }
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(flops: 0, bytes: 3 * writing[0].count * writing[0].scalarType.size)
  }
}
