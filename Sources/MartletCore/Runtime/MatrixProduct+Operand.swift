extension MatrixProduct {
  /// An operand: `rows` × `columns` elements with two strides.
  package struct Operand {
    let pointer: UnsafeRawPointer
    let rows: Int
    let columns: Int
    let rowStride: Int
    let columnStride: Int

    package init(_ pointer: UnsafeRawPointer, rows: Int, columns: Int, rowStride: Int, columnStride: Int) {
      self.pointer = pointer
      self.rows = rows
      self.columns = columns
      self.rowStride = rowStride
      self.columnStride = columnStride
    }

    /// The same elements, with a stride of 1 along an axis that has at most one element.
    var withPlainStrides: Operand {
      if columns <= 1 { return Operand(pointer, rows: rows, columns: columns, rowStride: rowStride, columnStride: 1) }
      if rows <= 1 && columnStride != 1 {
        return Operand(pointer, rows: rows, columns: columns, rowStride: 1, columnStride: columnStride)
      }
      return self
    }

    /// Rows and columns exchanged.
    var transposed: Operand {
      Operand(pointer, rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride)
    }

    /// BLAS's flag for a transposed matrix and its leading dimension; nil when neither rows nor columns are contiguous,
    /// or when they overlap.
    var leading: (transposed: Bool, dimension: Int)? {
      if columns <= 1 || columnStride == 1 {
        if rows <= 1 { return (false, max(1, columns)) }
        if rowStride >= max(1, columns) { return (false, rowStride) }
      }
      if rows <= 1 || rowStride == 1 {
        if columns <= 1 { return (true, max(1, rows)) }
        if columnStride >= max(1, rows) { return (true, columnStride) }
      }
      return nil
    }
  }
}

extension MatrixProduct.Operand {
  /// The first matrix in a tensor's last two axes, as left operand; a tensor of rank 1 is a row.
  @inline(__always)
  init(left body: TensorBody) {
    let (axes, strides) = (body.shape.axes, body.layout.strides)
    let last = body.shape.rank - 1
    if last == 0 {
      self.init(body.pointer, rows: 1, columns: axes[0], rowStride: axes[0], columnStride: strides[0])
    } else {
      self.init(
        body.pointer, rows: axes[last - 1], columns: axes[last], rowStride: strides[last - 1],
        columnStride: strides[last])
    }
  }

  /// The first matrix in a tensor's last two axes, as right operand; a tensor of rank 1 is a column.
  @inline(__always)
  init(right body: TensorBody) {
    if body.shape.rank == 1 {
      self.init(
        body.pointer, rows: body.shape.axes[0], columns: 1, rowStride: body.layout.strides[0], columnStride: 1)
    } else {
      self.init(left: body)
    }
  }

  /// The operand that lies `bytes` further on: another matrix of a batch.
  @inline(__always)
  func moved(by bytes: Int) -> MatrixProduct.Operand {
    .init(pointer + bytes, rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
  }
}

extension TensorBody {
  /// A body whose matrices can be operands of products: this one, or a contiguous copy where they have no `leading`
  /// dimension.
  @inline(__always)
  func matrices() -> TensorBody {
    let isDense =
      MatrixProduct.Operand(right: self).leading != nil
      && (shape.rank > 1 || MatrixProduct.Operand(left: self).leading != nil)
    return isDense ? self : copied()
  }
}
