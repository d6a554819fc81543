import CKernels

/// Writes into a strided view, where `Contiguous` reads from one.
enum StridedWrite {
  /// Copies `source`, broadcast to the shape of `target`, to `target`, a view of a block that the caller alone uses.
  static func write(_ source: TensorBody, to target: TensorBody) {
    let size = target.scalarType.size
    let shape = target.shape
    // The source may see the same block: without a copy, elements could be overwritten before they are read.
    let source = source.sharesBlock(with: target) ? source.copied() : source
    let traversal = Traversal(over: shape, source.layout.broadcast(to: shape), target.layout)
    let (from, to) = (source.block, target.block)
    let (fromStep, toStep) = (traversal.runStrides[0], traversal.runStrides[1])
    WorkerPool.parallelFor(traversal.runs, grain: max(1, ElementwiseLoop.cheapGrain / max(1, traversal.run))) { range in
      traversal.forEachRun(in: range) { _, a, b, _ in
        mk_copy_strided(size, from + a * size, fromStep, to + b * size, toStep, traversal.run)
      }
    }
    withExtendedLifetime(source) {}
  }
}
