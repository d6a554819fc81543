import CKernels

/// eˣ with the same bits on every processor, for random numbers; `exp` is faster, and its last bits are a processor's
/// own.
struct ReproducibleExp: Primitive {
  var name: String { "reproducibleExp" }
  var saves: SavePolicy { .results }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireFloating(operands[0])
    return TensorSpecs(operands[0])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (x, result) = (operands[0].inOrder(), results[0])
    let (type, size, from, to) = (x.scalarType.kernelType, x.scalarType.size, x.pointer, result.pointer)
    WorkerPool.parallelFor(x.count, grain: ElementwiseLoop.expensiveGrain) { range in
      let mode = mk_keep_denormals()
      mk_random_exp(type, from + range.lowerBound * size, to + range.lowerBound * size, range.count)
      mk_end_keeping(mode)
    }
    withExtendedLifetime(x) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(g.first * saved.result(0)) }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 30 * results.first.count, bytes: 2 * results.first.byteCount)
  }
}

extension ReproducibleExp {
  static var samples: [Sample] {
    [
      Sample(
        "reproducibleExp", ReproducibleExp(), [.init([3, 4], in: -2...2)],
        reference: { $0[0].map { CMath.exp($0) } })
    ]
  }
}
