extension Tensor {
  /// The tensor with `value` added before and after the elements along each axis; `padding` has both counts for each
  /// axis.
  ///
  /// Traps unless there is one pair of counts for each axis and none is negative.
  public func padded(_ padding: [(before: Int, after: Int)], with value: Scalar) -> Tensor {
    if padding.count != rank || padding.contains(where: { $0.before < 0 || $0.after < 0 }) {
      trap(
        "padded",
        "\(rank) pairs of counts, none negative, are needed for \(shape), not \(padding.map { [$0.before, $0.after] })")
    }
    var target = shape
    for axis in 0..<rank { target.axes[axis] += padding[axis].before + padding[axis].after }
    var result = Tensor.full(target, value)
    let inside = (0..<rank).map { axis in
      TensorIndex.slice(from: padding[axis].before, to: padding[axis].before + shape.axes[axis], step: 1)
    }
    result[inside] = self
    return result
  }
}

extension Tensor where Scalar: NumericScalar {
  /// The tensor with zeros added before and after the elements along each axis.
  public func padded(_ padding: [(before: Int, after: Int)]) -> Tensor { padded(padding, with: 0) }
}
