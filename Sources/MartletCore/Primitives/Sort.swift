import CKernels

/// The indices that sort the elements along the last axis; the sort is stable, and NaN is larger than every number.
struct ArgSort: Primitive {
  let descending: Bool

  var name: String { "argSort" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is indices" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    if !x.scalarType.isNumeric { throw mistake("\(x.scalarType) is not supported") }
    try requireAxes(x)
    return TensorSpecs(.int64, x.shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let x = operands.first.inOrder()
    let length = result.shape.axes[result.shape.rank - 1]
    if result.count == 0 { return }
    let order = result.pointer.assumingMemoryBound(to: Int64.self)
    let size = x.scalarType.size
    let (from, type, descending) = (x.pointer, x.scalarType.kernelType, descending)
    WorkerPool.parallelFor(result.count / length, grain: max(1, ElementwiseLoop.expensiveGrain / length)) { range in
      let scratch = Scratch(byteCount: length * 8)
      mk_argsort_rows(
        descending, type, from + range.lowerBound * length * size, order + range.lowerBound * length,
        scratch.pointer.assumingMemoryBound(to: Int64.self), range.count, length)
    }
    withExtendedLifetime(x) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }

  static var samples: [Sample] {
    [false, true].map { descending in
      Sample(
        descending ? "descending" : "ascending", ArgSort(descending: descending), [.init([3, 40])],
        reference: { o in
          let width = o[0].shape[1]
          var orders: [Double] = []
          for row in 0..<o[0].shape[0] {
            let values = (0..<width).map { o[0][[row, $0]] }
            let order = (0..<width).sorted { (a: Int, b: Int) -> Bool in
              if values[a] == values[b] { return a < b }
              return descending ? values[a] > values[b] : values[a] < values[b]
            }
            orders += order.map { Double($0) }
          }
          return Reference(o[0].shape, orders)
        }, isDifferentiable: false)
    }
  }
}
