import CKernels
import MartletCore

/// Of each sorted row, along the last axis, the place of the most frequent element and how often it occurs: two results.
struct LongestRun: Primitive {
  var name: String { "mode" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its results are an index and a count" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    try requireNumeric(x)
    try requireAxes(x)
    if x.shape[x.rank - 1] == 0 { throw mistake("the last axis of \(x.shape) is empty: there is no mode") }
    let spec = TensorSpec(.int64, x.shape.removing(x.rank - 1))
    return TensorSpecs(spec, spec)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let x = operands.first.contiguous()
    let length = x.shape[x.shape.rank - 1]
    let (type, size, from) = (x.scalarType.kernelType, x.scalarType.size, x.pointer)
    let places = results[0].pointer.assumingMemoryBound(to: Int64.self)
    let lengths = results[1].pointer.assumingMemoryBound(to: Int64.self)
    WorkerPool.parallelFor(results[0].count, grain: max(1, ElementwiseLoop.expensiveGrain / length)) { range in
      let first = range.lowerBound
      mk_longest_run(type, from + first * length * size, places + first, lengths + first, range.count, length)
    }
    withExtendedLifetime(x) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}

extension Tensor where Scalar: NumericScalar {
  /// The most frequent of all elements, of several the smallest, and how often it occurs: SciPy's `mode`.
  ///
  /// NaN is equal to NaN, and larger than every number. The gradient goes to the first of the equal elements. Traps when
  /// there are no elements.
  ///
  /// - Complexity: O(count · log count).
  public func mode(keepDims: Bool = false) -> (values: Tensor, counts: Tensor<Int64>) {
    let (values, counts) = (rank == 1 ? self : flattened()).mode(axis: 0)
    let kept = shape.reduced(along: Array(0..<rank))
    return keepDims ? (values.reshaped(to: kept), counts.reshaped(to: kept)) : (values, counts)
  }

  /// The most frequent elements along an axis, of several the smallest, and how often each occurs.
  ///
  /// - Complexity: O(count · log n) for an axis of length n.
  public func mode(axis: Int, keepDims: Bool = false) -> (values: Tensor, counts: Tensor<Int64>) {
    let axis = normalizedAxes([axis], "mode")[0]
    let rows = swappedAxes(axis, -1)
    let order = rows.argSort(axis: -1)
    let results = applyAll(LongestRun(), [rows.detached().takeAlong(order, axis: -1).erased])
    let place = Tensor<Int64>(unchecked: results[0]).expandedDimension(at: -1)
    let values = rows.takeAlong(order.takeAlong(place, axis: -1), axis: -1).swappedAxes(axis, -1)
    let counts = Tensor<Int64>(unchecked: results[1]).expandedDimension(at: -1).swappedAxes(axis, -1)
    return keepDims ? (values, counts) : (values.squeezed(axis: axis), counts.squeezed(axis: axis))
  }
}
