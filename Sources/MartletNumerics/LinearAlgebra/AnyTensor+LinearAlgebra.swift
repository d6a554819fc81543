import MartletCore

// Operations on matrices that derivatives of linear algebra are written with.

extension AnyTensor {
  /// The tensor as one whose methods move or multiply elements, and look at their type only at run time.
  var asAny: Tensor<Double> { Tensor(unchecked: self) }

  /// The matrices transposed: a view.
  var mT: AnyTensor { transposedMatrix }

  /// The product of matrices; batches broadcast.
  func times(_ other: AnyTensor) -> AnyTensor { asAny.matmul(other.asAny).erased }

  func reshaped(_ shape: Shape) -> AnyTensor { asAny.reshaped(to: shape).erased }

  /// A vector `[..., n]` as a column `[..., n, 1]`.
  var asColumn: AnyTensor { reshaped(shape.followed(by: [1])) }

  /// A vector `[..., n]` as a row `[..., 1, n]`.
  var asRow: AnyTensor { reshaped(Shape(shape.dropLast() + [1, shape[rank - 1]])) }

  /// A number for each matrix, `[...]`, as `[..., 1, 1]`.
  var asMatrices: AnyTensor { reshaped(shape.followed(by: [1, 1])) }

  /// The sum of all elements of each matrix.
  var matrixSums: AnyTensor { apply(Reduction(.sum, axes: [rank - 2, rank - 1]), self) }

  /// Columns or rows of matrices.
  func columns(_ range: Range<Int>) -> AnyTensor {
    sliced(axis: rank - 1, start: range.lowerBound, count: range.count)
  }
  func rows(_ range: Range<Int>) -> AnyTensor { sliced(axis: rank - 2, start: range.lowerBound, count: range.count) }

  /// Matrices beside each other, and one below the other.
  func beside(_ other: AnyTensor) -> AnyTensor { Tensor.concatenate([asAny, other.asAny], axis: -1).erased }
  func above(_ other: AnyTensor) -> AnyTensor { Tensor.concatenate([asAny, other.asAny], axis: -2).erased }

  func zeros(_ shape: Shape) -> AnyTensor { AnyTensor(zeros: shape, scalarType: scalarType) }

  // MARK: Triangles and diagonals

  /// The elements on and below diagonal `offset`, which is above the main one if positive; zeros elsewhere.
  func lowerTriangle(_ offset: Int = 0) -> AnyTensor {
    apply(Select(), .mask(shape.rows, shape.columns) { $1 - $0 <= offset }, self, scalar(0))
  }

  /// The elements on and above diagonal `offset`; zeros elsewhere.
  func upperTriangle(_ offset: Int = 0) -> AnyTensor {
    apply(Select(), .mask(shape.rows, shape.columns) { $1 - $0 >= offset }, self, scalar(0))
  }

  /// The matrices with other values on the diagonal, `[..., n]` or one number.
  func replacingDiagonal(_ values: AnyTensor) -> AnyTensor {
    let diagonal = values.rank == 0 ? values : values.asColumn
    return apply(Select(), .mask(shape.rows, shape.columns) { $0 == $1 }, diagonal, self)
  }

  /// Diagonal matrices `[..., n, n]` from vectors `[..., n]`.
  var diagonalMatrices: AnyTensor {
    apply(Select(), .mask(shape[rank - 1], shape[rank - 1]) { $0 == $1 }, asColumn, scalar(0))
  }

  /// The diagonals `[..., min(m, n)]` of matrices: a view.
  var diagonals: AnyTensor { apply(Diagonals(), self) }

  /// A matrix of Bool, by a test of the row and the column.
  static func mask(_ rows: Int, _ columns: Int, _ isTrue: (Int, Int) -> Bool) -> AnyTensor {
    let mask = AnyTensor(scalarType: .bool, shape: [rows, columns])
    let start = mask.body.start(as: Bool.self)
    for row in 0..<rows { for column in 0..<columns { start[row * columns + column] = isTrue(row, column) } }
    return mask
  }
}

/// The diagonals of matrices: a view.
struct Diagonals: LinearMap {
  var name: String { "diagonal" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let shape = operands[0].shape
    if shape.rank < 2 { throw mistake(expected: "matrices [..., m, n]", got: "a tensor of shape \(shape)") }
    return TensorSpecs(operands[0].scalarType, shape.batch.followed(by: [min(shape.rows, shape.columns)]))
  }

  func layout(of operand: Layout, result index: Int) -> Layout? {
    let (shape, last) = (operand.shape, operand.shape.rank - 1)
    let strides =
      (0..<last - 1).map { operand.stride(of: $0) } + [operand.stride(of: last - 1) + operand.stride(of: last)]
    return Layout(
      shape: shape.batch.followed(by: [min(shape.rows, shape.columns)]), strides: strides, offset: operand.offset)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    fatalError("\(name) gives a view: it has nothing to compute")
  }

  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (g, shape) = (cotangents.first, saved.shape(0))
    let mask = AnyTensor.mask(shape.rows, shape.columns) { $0 == $1 }
    return Cotangents(
      apply(Select(), mask, shape.rows <= shape.columns ? g.asColumn : g.asRow, g.scalar(0)))
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost { .nothing }
}
