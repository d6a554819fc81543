import CKernels

/// Writes into a strided view: the other direction of `Contiguous`.
enum StridedWrite {
  /// Copies `source`, broadcast, to the elements of `target`, a view into storage that is the caller's alone.
  static func write(_ source: TensorBody, to target: TensorBody) {
    let size = target.scalarType.size
    let shape = target.shape
    // The source may lie in the same storage: what is read must not have been written.
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
