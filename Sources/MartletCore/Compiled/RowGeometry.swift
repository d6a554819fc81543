/// A shape seen as rows of columns, where every operand goes on by one stride along each.
struct RowGeometry: Equatable {
  let rows: Int
  let columns: Int
  /// The number of axes that make up the rows.
  let split: Int

  /// All elements as one row.
  init(flat shape: Shape) { (rows, columns, split) = (1, shape.elementCount, 0) }

  init(_ shape: Shape, split: Int) {
    self.split = split
    rows = (0..<split).reduce(1) { $0 * shape.axes[$1] }
    columns = (split..<shape.rank).reduce(1) { $0 * shape.axes[$1] }
  }

  /// The strides over the rows and within them of an operand that is broadcast to `shape`; nil where it has no single
  /// ones.
  func strides(_ layout: Layout, over shape: Shape) -> (row: Int, step: Int)? {
    let broadcast = layout.broadcast(to: shape)
    guard let row = RowGeometry.merged(broadcast, 0..<split),
      let step = RowGeometry.merged(broadcast, split..<shape.rank)
    else { return nil }
    return (row, step)
  }

  private static func merged(_ layout: Layout, _ axes: Range<Int>) -> Int? {
    var stride: Int?
    var span = 0
    for axis in axes.reversed() where layout.shape.axes[axis] != 1 {
      let (length, own) = (layout.shape.axes[axis], layout.strides[axis])
      if stride == nil { stride = own } else if own != span { return nil }
      span = own * length
    }
    return stride ?? 0
  }

  /// The geometry that all of these operands fit, with rows of a given length where there is one; nil where there is
  /// none.
  static func fitting(_ layouts: [Layout], _ shape: Shape, columns: Int? = nil) -> RowGeometry? {
    for split in 0...max(0, shape.rank - 1) {
      let geometry = split == 0 ? RowGeometry(flat: shape) : RowGeometry(shape, split: split)
      if let columns, geometry.columns != columns { continue }
      if layouts.allSatisfy({ geometry.strides($0, over: shape) != nil }) { return geometry }
    }
    return nil
  }
}
