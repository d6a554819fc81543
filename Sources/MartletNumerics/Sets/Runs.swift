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

  static var samples: [Sample] {
    [
      Sample(
        "with ties", ArgSortWholeRows(), [.init([20, 3], transform: { $0.rounded() })],
        reference: { o in
          let (count, width) = (o[0].shape[0], o[0].shape[1])
          let rows = (0..<count).map { row in (0..<width).map { o[0][[row, $0]] } }
          let order = rows.indices.sorted { a, b in
            rows[a] == rows[b] ? a < b : rows[a].lexicographicallyPrecedes(rows[b])
          }
          return Reference([count], order.map(Double.init))
        }, isDifferentiable: false)
    ]
  }
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

  static var samples: [Sample] {
    [true, false].map { merges in
      Sample(
        merges ? "NaN is equal" : "NaN differs", RunStarts(mergesNaN: merges),
        [.init([40, 2], in: 0...1, transform: { $0 < 0.4 ? .nan : $0.rounded() })],
        reference: { o in
          Reference([o[0].shape[0]]) { index in
            if index[0] == 0 { return 1 }
            let differs = (0..<o[0].shape[1]).contains { column in
              let (a, b) = (o[0][[index[0] - 1, column]], o[0][[index[0], column]])
              return a != b && !(merges && a.isNaN && b.isNaN)
            }
            return differs ? 1 : 0
          }
        }, isDifferentiable: false)
    }
  }
}
