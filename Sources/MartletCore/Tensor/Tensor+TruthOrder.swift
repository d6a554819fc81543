// Extremes, order, products and running totals of `Bool` tensors, where false is 0 and true is 1, as in NumPy.

extension Tensor where Scalar == Bool {
  private var asBytes: Tensor<UInt8> { cast(to: UInt8.self) }

  /// Whether any element is true; traps when there are none.
  public func max(keepDims: Bool = false) -> Tensor { asBytes.max(keepDims: keepDims).cast(to: Bool.self) }
  /// Whether any element along an axis is true.
  public func max(axis: Int, keepDims: Bool = false) -> Tensor { max(axes: [axis], keepDims: keepDims) }
  /// Whether any element along several axes is true.
  public func max(axes: [Int], keepDims: Bool = false) -> Tensor {
    asBytes.max(axes: axes, keepDims: keepDims).cast(to: Bool.self)
  }

  /// Whether all elements are true; traps when there are none.
  public func min(keepDims: Bool = false) -> Tensor { asBytes.min(keepDims: keepDims).cast(to: Bool.self) }
  /// Whether all elements along an axis are true.
  public func min(axis: Int, keepDims: Bool = false) -> Tensor { min(axes: [axis], keepDims: keepDims) }
  /// Whether all elements along several axes are true.
  public func min(axes: [Int], keepDims: Bool = false) -> Tensor {
    asBytes.min(axes: axes, keepDims: keepDims).cast(to: Bool.self)
  }

  /// The position of the first true element in row-major order, 0 if there is none.
  public func argMax(keepDims: Bool = false) -> Tensor<Int64> { asBytes.argMax(keepDims: keepDims) }
  /// The index of the first true element along an axis, 0 where there is none.
  public func argMax(axis: Int, keepDims: Bool = false) -> Tensor<Int64> {
    asBytes.argMax(axis: axis, keepDims: keepDims)
  }
  /// The position of the first false element in row-major order, 0 if there is none.
  public func argMin(keepDims: Bool = false) -> Tensor<Int64> { asBytes.argMin(keepDims: keepDims) }
  /// The index of the first false element along an axis, 0 where there is none.
  public func argMin(axis: Int, keepDims: Bool = false) -> Tensor<Int64> {
    asBytes.argMin(axis: axis, keepDims: keepDims)
  }

  /// The elements sorted along an axis, false before true.
  public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor {
    asBytes.sorted(axis: axis, descending: descending).cast(to: Bool.self)
  }
  /// The indices that sort the elements along an axis, false before true; the sort is stable.
  public func argSort(axis: Int = -1, descending: Bool = false) -> Tensor<Int64> {
    asBytes.argSort(axis: axis, descending: descending)
  }

  /// How many elements along an axis are true up to each of them.
  public func cumulativeSum(axis: Int) -> Tensor<Int64> { cast(to: Int64.self).cumulativeSum(axis: axis) }
  /// 1 where all elements along an axis are true up to and including one, 0 from the first false one on.
  public func cumulativeProduct(axis: Int) -> Tensor<Int64> { cast(to: Int64.self).cumulativeProduct(axis: axis) }

  /// 1 if all elements are true, else 0.
  public func product(keepDims: Bool = false) -> Tensor<Int64> { cast(to: Int64.self).product(keepDims: keepDims) }
  /// 1 where all elements along an axis are true, else 0.
  public func product(axis: Int, keepDims: Bool = false) -> Tensor<Int64> {
    cast(to: Int64.self).product(axis: axis, keepDims: keepDims)
  }
  /// 1 where all elements along several axes are true, else 0.
  public func product(axes: [Int], keepDims: Bool = false) -> Tensor<Int64> {
    cast(to: Int64.self).product(axes: axes, keepDims: keepDims)
  }
}
