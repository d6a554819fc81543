import CKernels
import MartletCore

/// The stable order of the rows of a matrix, as indices, where rows are compared by the first element that differs.
struct ArgSortWholeRows: Primitive {
  var name: String { "argSortWholeRows" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is indices" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    try requireNumeric(x)
    if x.rank != 2 { throw mistake(expected: "a matrix", got: "\(x.shape)") }
    return TensorSpecs(.int64, [x.shape[0]])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let x = operands.first.contiguous()
    let order = results[0].scalars(as: Int64.self)
    if order.isEmpty { return }
    let scratch = Scratch(byteCount: order.count * 8)
    mk_argsort_whole_rows(
      x.scalarType.kernelType, x.pointer, order.baseAddress!, scratch.pointer.assumingMemoryBound(to: Int64.self),
      order.count, x.shape[1])
    withExtendedLifetime((x, scratch)) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}

/// Whether each row of a matrix differs from the one before it; true for the first.
struct RunStarts: Primitive {
  /// Whether NaN is equal to NaN.
  let mergesNaN: Bool

  var name: String { "runStarts" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is Bool" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    try requireNumeric(x)
    if x.rank != 2 { throw mistake(expected: "a matrix", got: "\(x.shape)") }
    return TensorSpecs(.bool, [x.shape[0]])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let x = operands.first.contiguous()
    let starts = results[0].pointer.assumingMemoryBound(to: UInt8.self)
    mk_run_starts(mergesNaN, x.scalarType.kernelType, x.pointer, starts, x.shape[0], x.shape[1])
    withExtendedLifetime(x) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}
