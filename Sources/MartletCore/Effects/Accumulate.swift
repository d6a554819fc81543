import CKernels

/// Adds a gradient to a sum of the same shape in place.
struct Accumulate: Effect {
  var name: String { "accumulate" }

  /// Adds `gradient` to `sum`, which must be contiguous and unique.
  static func add(_ gradient: AnyTensor, to sum: AnyTensor) {
    perform(Accumulate(), reading: [gradient.contiguous().body], writing: [sum.body])
  }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    let (gradient, sum) = (reading[0], writing[0])
    let (type, size) = (sum.scalarType.kernelType, sum.scalarType.size)
    let (source, target) = (gradient.pointer, sum.pointer)
    WorkerPool.parallelFor(sum.count, grain: ElementwiseLoop.cheapGrain) { range in
      mk_accumulate(type, source + range.lowerBound * size, target + range.lowerBound * size, range.count)
    }
    withExtendedLifetime((gradient, sum)) {}
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(flops: writing[0].count, bytes: 3 * writing[0].count * writing[0].scalarType.size)
  }
}
