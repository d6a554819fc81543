import MartletCore

/// A way to place a tensor's elements in memory.
package enum Placement: CaseIterable, Sendable {
  case rowMajor, columnMajor, everySecond, reversed, shifted, paddedRows, repeatedFirst, repeatedLast, repeatedAll

  /// The axes that are repeated with stride 0.
  package func repeatedAxes(_ shape: [Int]) -> [Int] {
    switch self {
    case .repeatedFirst: shape.isEmpty ? [] : [0]
    case .repeatedLast: shape.isEmpty ? [] : [shape.count - 1]
    case .repeatedAll: Array(shape.indices)
    default: []
    }
  }

  private func strides(_ shape: [Int]) -> [Int] {
    func rowMajor(_ shape: [Int]) -> [Int] {
      shape.indices.map { axis in shape[(axis + 1)...].reduce(1, *) }
    }
    switch self {
    case .rowMajor, .shifted: return rowMajor(shape)
    case .columnMajor: return shape.indices.map { shape[..<$0].reduce(1, *) }
    case .everySecond: return rowMajor(shape).map { 2 * $0 }
    case .reversed: return rowMajor(shape).map { -$0 }
    case .paddedRows: return rowMajor(shape.isEmpty ? [] : shape.dropLast() + [shape.last! + 3])
    case .repeatedFirst, .repeatedLast, .repeatedAll:
      let axes = repeatedAxes(shape)
      let kept = shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
      return rowMajor(kept).enumerated().map { axes.contains($0.offset) ? 0 : $0.element }
    }
  }

  /// The layout of a tensor of this shape, with its offset from the beginning of its memory.
  package func layout(_ shape: [Int]) -> Layout {
    let strides = strides(shape)
    // Room for the elements before the first, if strides are negative.
    let below = shape.contains(0) ? 0 : zip(shape, strides).reduce(0) { $0 + max(0, ($1.0 - 1) * -$1.1) }
    return Layout(shape: Shape(shape), strides: strides, offset: below + (self == .shifted ? 3 : 0))
  }
}
