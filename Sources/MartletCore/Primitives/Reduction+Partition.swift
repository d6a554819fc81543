import CKernels

extension Reduction {
  /// How contiguous elements are reduced part by part, each part by itself.
  enum Partition: Equatable {
    /// All elements to one, in parts of this length whose values are combined at the end.
    case segments(Int)
    /// Rows of this length to one element each.
    case rows(Int)
  }

  /// The number of elements in a part of a long row.
  static let rowSegment = 32_768

  /// The partition by which `compute` reduces contiguous elements of a shape; nil where it goes another way.
  func partition(of shape: Shape) -> Partition? {
    let kept = (0..<shape.rank).prefix { !reduces($0) || shape.axes[$0] == 1 }.count
    guard (kept..<shape.rank).allSatisfy({ reduces($0) || shape.axes[$0] == 1 }) else { return nil }
    let rows = (0..<kept).reduce(1) { $0 * shape.axes[$1] }
    let columns = (kept..<shape.rank).reduce(1) { $0 * shape.axes[$1] }
    if rows * columns == 0 { return nil }
    if Reduction.isSegmented(rows: rows, columns) { return rows == 1 ? .segments(Reduction.rowSegment) : nil }
    return .rows(columns)
  }

  /// Whether rows are so few and long that they are cut into parts, so that several threads have work. It depends on
  /// sizes alone, so that the bits are the same at any number of threads.
  static func isSegmented(rows: Int, _ columns: Int) -> Bool { columns >= 2 * rowSegment && rows < 8 }

  // MARK: Parts of a long row

  /// Whether the values of parts are kept in Double until they are combined.
  private func isWide(_ type: ScalarType) -> Bool { type.isFloatingPoint && (kind == .sum || kind == .sumOfSquares) }

  /// Memory for the values of parts.
  func parts(_ type: ScalarType, count: Int) -> Scratch {
    Scratch(byteCount: max(1, count * (isWide(type) ? MemoryLayout<Double>.size : type.size)))
  }

  /// Reduces contiguous elements to the value of a part.
  @inline(__always)
  func reducePart(_ type: ScalarType, _ from: UnsafeRawPointer, _ count: Int, into parts: Scratch, at index: Int) {
    if isWide(type) {
      parts.pointer.assumingMemoryBound(to: Double.self)[index] =
        mk_sum_wide(kind == .sumOfSquares, type.kernelType, from, count)
    } else {
      mk_reduce_rows(
        mk_reduce_op(rawValue: kind.rawValue), type.kernelType, from, count, parts.pointer + index * type.size, 1, count
      )
    }
  }

  /// Combines the values of `count` parts of each row into the rows' elements.
  func combine(_ type: ScalarType, _ parts: Scratch, rows: Int, count: Int, into out: UnsafeMutableRawPointer) {
    if isWide(type) {
      let values = parts.pointer.assumingMemoryBound(to: Double.self)
      for row in 0..<rows {
        let sum = mk_sum_wide(false, MK_FLOAT64, values + row * count, count)
        let element = out + row * type.size
        type.floating(
          element.storeBytes(of: Float(sum), as: Float.self), element.storeBytes(of: sum, as: Double.self))
      }
    } else {
      mk_reduce_rows(
        mk_reduce_op(rawValue: kind.rawValue), type.kernelType, parts.pointer, count, out, rows, count)
    }
  }
}

extension Reduction.Partition {
  /// Memory for the values of so many parts; nil where each part has elements of the result of its own.
  func scratch(_ reduction: Reduction, _ type: ScalarType, count: Int) -> Scratch? {
    switch self {
    case .segments: reduction.parts(type, count: count)
    case .rows: nil
    }
  }

  /// Reduces a block of contiguous elements: one part, or whole rows.
  @inline(__always)
  func reduce(
    _ reduction: Reduction, _ type: ScalarType, _ from: UnsafeRawPointer, _ elements: Range<Int>, _ block: Int,
    parts: Scratch?, into out: UnsafeMutableRawPointer
  ) {
    switch self {
    case .segments: reduction.reducePart(type, from, elements.count, into: parts!, at: block)
    case .rows(let length):
      mk_reduce_rows(
        mk_reduce_op(rawValue: reduction.kind.rawValue), type.kernelType, from, length,
        out + elements.lowerBound / length * type.size, elements.count / length, length)
    }
  }

  /// Completes the result when all blocks are done.
  func combine(
    _ reduction: Reduction, _ type: ScalarType, _ parts: Scratch?, count: Int, into out: UnsafeMutableRawPointer
  ) {
    if let parts { reduction.combine(type, parts, rows: 1, count: count, into: out) }
  }
}
