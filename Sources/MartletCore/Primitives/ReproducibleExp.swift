import CKernels

/// eˣ with the same bits on every processor, for random numbers; `exp` is faster, and its last bits are a processor's
/// own.
package struct ReproducibleExp: Primitive {
  package init() {}

  package var name: String { "reproducibleExp" }
  package var saves: SavePolicy { .results }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireFloating(operands[0])
    return TensorSpecs(operands[0])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (x, result) = (operands[0].inOrder(), results[0])
    let (type, size, from, to) = (x.scalarType.kernelType, x.scalarType.size, x.pointer, result.pointer)
    WorkerPool.parallelFor(x.count, grain: ElementwiseLoop.expensiveGrain) { range in
      let mode = mk_keep_denormals()
      mk_random_exp(type, from + range.lowerBound * size, to + range.lowerBound * size, range.count)
      mk_end_keeping(mode)
    }
    withExtendedLifetime(x) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(g.first * saved.result(0))
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 30 * results.first.count, bytes: 2 * results.first.byteCount)
  }
}
