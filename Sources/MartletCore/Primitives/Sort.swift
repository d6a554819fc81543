import CKernels

/// The stable order of the elements along the last axis, as indices; NaN is larger than everything.
struct ArgSort: Primitive {
  let descending: Bool

  var name: String { "argSort" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is indices" }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (type, shape) = (operands.first.scalarType, operands.first.shape)
    if !type.isNumeric { throw TensorError(name, "\(type) is not supported") }
    if shape.rank == 0 { throw TensorError(name, "a scalar has no axis") }
    return TensorSpec(.int64, shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: .int64, shape: spec.shape)
    let x = operands.first.contiguous().body
    let length = spec.shape.axes[spec.shape.rank - 1]
    if result.count == 0 { return result }
    let order = result.pointer.assumingMemoryBound(to: Int64.self)
    let size = x.scalarType.size
    let (from, type, descending) = (x.pointer, x.scalarType.kernelType, descending)
    WorkerPool.parallelFor(result.count / length, grain: max(1, ElementwiseLoop.dearGrain / length)) { range in
      let scratch = Scratch(byteCount: length * 8)
      mk_argsort_rows(
        descending, type, from + range.lowerBound * length * size, order + range.lowerBound * length,
        scratch.pointer.assumingMemoryBound(to: Int64.self), range.count, length)
    }
    withExtendedLifetime(x) {}
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients { OperandGradients(nil) }
  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { nil }

  static var samples: [Sample] {
    [false, true].map { descending in
      Sample(
        descending ? "descending" : "ascending", [.init([3, 40])],
        apply: { applyAny(ArgSort(descending: descending), $0) },
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
