import CKernels
import MartletCore

/// The places of values among sorted ones: how many of these are less than a value or, from the right, at most it.
///
/// The operands are the sorted elements, along their last axis, and the values: of any shape where the sorted ones have
/// one axis, else with the same axes before the last.
struct SearchSorted: Primitive {
  let isRight: Bool

  var name: String { "searchSorted" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is indices" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (sorted, values) = (operands[0], operands[1])
    try requireSameScalarType(sorted, values)
    try requireNumeric(sorted)
    try requireAxes(sorted)
    if sorted.rank > 1 {
      let (own, wanted) = (values.shape.dropLast(), sorted.shape.dropLast())
      if values.rank != sorted.rank || !own.elementsEqual(wanted) {
        throw mistake(
          expected: "values with the axes \(Shape(Array(wanted))) before the last, as sorted \(sorted.shape)",
          got: "\(values.shape)")
      }
    }
    return TensorSpecs(.int64, values.shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    if result.count == 0 { return }
    let (sorted, values) = (operands[0].contiguous(), operands[1].contiguous())
    let (type, size, isRight) = (sorted.scalarType.kernelType, sorted.scalarType.size, isRight)
    let (table, from, places) = (sorted.pointer, values.pointer, result.pointer.assumingMemoryBound(to: Int64.self))
    let length = sorted.shape[sorted.shape.rank - 1]
    if sorted.shape.rank == 1 {
      WorkerPool.parallelFor(result.count, grain: ElementwiseLoop.expensiveGrain) { range in
        mk_search_sorted(
          isRight, type, table, length, from + range.lowerBound * size, places + range.lowerBound, 1, range.count)
      }
    } else {
      let width = values.shape[values.shape.rank - 1]
      let grain = max(1, ElementwiseLoop.expensiveGrain / width)
      WorkerPool.parallelFor(result.count / width, grain: grain) { range in
        let first = range.lowerBound
        mk_search_sorted(
          isRight, type, table + first * length * size, length, from + first * width * size, places + first * width,
          range.count, width)
      }
    }
    withExtendedLifetime((sorted, values)) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}

/// On which side of equal elements a value belongs.
public enum SearchSide: Sendable, CaseIterable {
  /// Before them: its place is the number of elements that are less.
  case left
  /// Behind them: its place is the number of elements that are at most as large.
  case right
}

extension Tensor where Scalar: NumericScalar {
  /// Where each value would have to be inserted into this tensor, which is sorted along its last axis, to keep it
  /// sorted: NumPy's `searchsorted`.
  ///
  /// In a tensor `[n]` values of any shape are searched, and the result has their shape. In a tensor `[..., n]` the
  /// values are `[..., m]`, each row for its own (PyTorch's form). NaN is larger than every number. Whether the tensor is
  /// sorted is not checked. Traps for other shapes.
  ///
  /// - Complexity: O(m · log n) for m values.
  public func searchSorted(_ values: Tensor, side: SearchSide = .left) -> Tensor<Int64> {
    Tensor<Int64>(
      unchecked: apply(SearchSorted(isRight: side == .right), [erased, values.erased]))
  }

  /// The bin of each element among those that `edges`, of shape `[n]`, part the numbers into: NumPy's `digitize`.
  ///
  /// With ascending edges, bin i holds `edges[i − 1] <= x < edges[i]`, or with `right` `edges[i − 1] < x <= edges[i]`;
  /// bin 0 is below all edges, and bin n above them. Descending edges are taken as well. NaN is larger than every
  /// number. Traps when the edges are not of rank 1 or not monotonic.
  ///
  /// - Complexity: O(count · log n).
  public func digitized(by edges: Tensor, right: Bool = false) -> Tensor<Int64> {
    if edges.rank != 1 { trap("digitized", "expected edges of shape [n], got \(edges.shape)") }
    let side: SearchSide = right ? .left : .right
    if edges.isAscending { return edges.searchSorted(self, side: side) }
    let reversed = edges.reversed(axis: 0)
    if !reversed.isAscending {
      trap("digitized", "expected edges that ascend or descend, got neither, of \(edges.shape)")
    }
    return Int64(edges.count) - reversed.searchSorted(self, side: side)
  }

  /// Whether no element of a tensor of rank 1 is less than the one before it.
  var isAscending: Bool { count < 2 || (self[..<(-1)] .<= self[1...]).all().item() }
}
