extension Shape {
  /// The shape that tensors of this shape and of `other` are broadcast to by NumPy's rule; nil when they do not fit.
  ///
  /// Shapes are aligned at the last axis; two dimensions fit when they are equal or one of them is 1.
  @inline(__always)
  package func broadcast(with other: Shape) -> Shape? {
    if self == other { return self }
    let (longer, shorter) = rank >= other.rank ? (self, other) : (other, self)
    let shift = longer.rank - shorter.rank
    var result = longer
    for axis in 0..<shorter.rank {
      let a = longer.axes[axis + shift]
      let b = shorter.axes[axis]
      if a == b || b == 1 { continue }
      if a != 1 { return nil }
      result.axes[axis + shift] = b
    }
    return result
  }

  /// Whether a tensor of this shape can be broadcast to `target`.
  package func canBroadcast(to target: Shape) -> Bool {
    broadcast(with: target) == target
  }

  /// Text for messages: the first pair of dimensions, counted from the last axis, that does not broadcast.
  package func broadcastConflict(with other: Shape) -> String {
    let common = Swift.min(rank, other.rank)
    for back in stride(from: 1, through: common, by: 1) {
      let a = axes[rank - back]
      let b = other.axes[other.rank - back]
      if a != b && a != 1 && b != 1 { return "axis -\(back): \(a) ≠ \(b)" }
    }
    return "\(self) ≠ \(other)"
  }

  /// The axes of `self` that were repeated when a tensor of shape `original` was broadcast to `self`.
  package func axesBroadcast(from original: Shape) -> [Int] {
    let shift = rank - original.rank
    return (0..<rank).filter { axis in
      axis < shift || (original.axes[axis - shift] == 1 && axes[axis] != 1)
    }
  }
}
