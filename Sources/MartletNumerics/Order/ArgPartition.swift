import CKernels
import MartletCore

/// Orders each row along the last axis, as indices, so far that the elements at some places are where a sort puts them.
///
/// The sort is the stable one, with NaN larger than every number, so that the places' own elements do not depend on how
/// they are found.
struct ArgPartition: Primitive {
  /// Ascending, distinct and within the length of the axis.
  let places: [Int]

  var name: String { "argPartition" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is indices" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    try requireNumeric(x)
    try requireAxes(x)
    let length = x.shape[x.rank - 1]
    for place in places where place < 0 || place >= length {
      throw mistake(expected: "places within 0 ..< \(length), the last axis of \(x.shape)", got: "\(place)")
    }
    return TensorSpecs(.int64, x.shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    if result.count == 0 { return }
    let x = operands.first.contiguous()
    let length = x.shape[x.shape.rank - 1]
    let (type, size, from) = (x.scalarType.kernelType, x.scalarType.size, x.pointer)
    let order = result.pointer.assumingMemoryBound(to: Int64.self)
    let places = places.map(Int64.init)
    WorkerPool.parallelFor(result.count / length, grain: max(1, ElementwiseLoop.expensiveGrain / length)) { range in
      let scratch = Scratch(byteCount: length * 16)
      let first = range.lowerBound * length
      mk_argpartition_rows(
        type, from + first * size, places, places.count, order + first, scratch.pointer, range.count, length)
    }
    withExtendedLifetime(x) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}

extension Tensor where Scalar: NumericScalar {
  /// Indices along an axis in an order in which element `place` stands where a sort would put it, with none larger
  /// before it and none smaller behind it: NumPy's `argpartition`.
  ///
  /// The sort is that of `argSort(axis:)`: stable, with NaN larger than every number. The order of the others is not
  /// promised. A negative place counts from the end. Traps when there is no such place.
  ///
  /// - Complexity: O(count) on average, O(count · log n) at worst, for an axis of length n.
  public func argPartition(at place: Int, axis: Int = -1) -> Tensor<Int64> { argPartition(at: [place], axis: axis) }

  /// Indices along an axis in an order in which the elements at several places stand where a sort would put them.
  ///
  /// Negative places count from the end. Traps when there is no such place.
  ///
  /// - Complexity: O(count · log k) on average for k places, O(count · log n) at worst, for an axis of length n.
  public func argPartition(at places: [Int], axis: Int = -1) -> Tensor<Int64> {
    ordered(at: places, axis, "argPartition")
  }

  /// The elements along an axis in an order in which element `place` stands where a sort would put it, with none larger
  /// before it and none smaller behind it: NumPy's `partition`.
  ///
  /// NaN is larger than every number. The gradient goes to where each element came from. A negative place counts from
  /// the end. Traps when there is no such place.
  ///
  /// - Complexity: O(count) on average, O(count · log n) at worst, for an axis of length n.
  public func partitioned(at place: Int, axis: Int = -1) -> Tensor { partitioned(at: [place], axis: axis) }

  /// The elements along an axis in an order in which the elements at several places stand where a sort would put them.
  ///
  /// Negative places count from the end. Traps when there is no such place.
  ///
  /// - Complexity: O(count · log k) on average for k places, O(count · log n) at worst, for an axis of length n.
  public func partitioned(at places: [Int], axis: Int = -1) -> Tensor {
    takeAlong(ordered(at: places, axis, "partitioned"), axis: axis)
  }

  /// The element of each line along an axis that a sort would put at `place`, 0 for the smallest, and its index:
  /// PyTorch's `kthvalue`, which counts from 1.
  ///
  /// Of equal elements the earlier ones come first, and NaN is larger than every number. The axis is dropped. The
  /// gradient goes to where each element came from. A negative place counts from the end. Traps when there is no such
  /// place.
  ///
  /// - Complexity: O(count) on average, O(count · log n) at worst, for an axis of length n.
  public func kthSmallest(
    _ place: Int, axis: Int = -1, keepDims: Bool = false
  ) -> (values: Tensor, indices: Tensor<Int64>) {
    let index = normalizedAxes([axis], "kthSmallest")[0]
    let order = ordered(at: [place], index, "kthSmallest").swappedAxes(index, -1)
    let indices = order[.ellipsis, .slice(from: place, to: place == -1 ? nil : place + 1)].swappedAxes(index, -1)
    let values = takeAlong(indices, axis: index)
    return keepDims ? (values, indices) : (values.squeezed(axis: index), indices.squeezed(axis: index))
  }

  private func ordered(at places: [Int], _ axis: Int, _ name: String) -> Tensor<Int64> {
    let axis = normalizedAxes([axis], name)[0]
    let length = shape[axis]
    let counted = places.map { place in
      if place < -length || place >= length {
        trap(name, "expected places within \(-length) ..< \(length), axis \(axis) of \(shape), got \(place)")
      }
      return place < 0 ? place + length : place
    }
    let rows = swappedAxes(axis, -1)
    return Tensor<Int64>(
      unchecked: apply(ArgPartition(places: Set(counted).sorted()), [rows.erased])
    ).swappedAxes(axis, -1)
  }
}
