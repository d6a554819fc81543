import CKernels
import MartletCore

/// The elements of each row along the last axis that a sort puts at some places, without their indices.
///
/// The sort is the stable one, with NaN larger than every number.
struct OrderStatistics: Primitive {
  /// Ascending, distinct and within the length of the axis.
  let places: [Int]

  var name: String { "orderStatistics" }
  var saves: SavePolicy { .firstOperand }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    _ = try ArgPartition(places: places).specs(of: operands)
    return TensorSpecs(x.scalarType, Shape(x.shape.dropLast() + [places.count]))
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    if result.count == 0 { return }
    let x = operands.first.contiguous()
    let (length, count) = (x.shape[x.shape.rank - 1], places.count)
    let (type, size, from, to) = (x.scalarType.kernelType, x.scalarType.size, x.pointer, result.pointer)
    let places = places.map(Int64.init)
    WorkerPool.parallelFor(x.count / length, grain: max(1, ElementwiseLoop.expensiveGrain / length)) { range in
      let scratch = Scratch(byteCount: 2 * length * size)
      mk_order_statistics_rows(
        type, from + range.lowerBound * length * size, places, count, to + range.lowerBound * count * size,
        scratch.pointer, range.count, length)
    }
    withExtendedLifetime(x) {}
  }

  /// The gradient goes to where each element came from.
  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let axis = saved.shape(0).rank - 1
    return Cotangents(apply(ScatterAddAlong(axis: axis, length: saved.shape(0)[axis]), g.first, indices(saved)))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(GatherAlong(axis: $0.rank - 1), $0, indices(saved)) })
  }

  private func indices(_ saved: Saved) -> AnyTensor {
    let order = apply(ArgPartition(places: places), saved.operand(0).detached())
    return apply(GatherAlong(axis: order.rank - 1), order, columns(places, order.shape))
  }
}

/// Indices along a last axis, the same for every row of a shape.
private func columns(_ places: [Int], _ shape: Shape) -> AnyTensor {
  Tensor<Int64>(places.map(Int64.init)).broadcast(to: Shape(shape.dropLast() + [places.count])).erased
}

extension Tensor where Scalar: NumericScalar {
  /// The elements of each row along the last axis that a sort puts at the places, which may repeat, in their order.
  func elements(sortedAt places: [Int]) -> Tensor {
    let distinct = Set(places).sorted()
    let found = Tensor(unchecked: apply(OrderStatistics(places: distinct), [erased]))
    if distinct == places { return found }
    let positions = places.map { Int64(distinct.firstIndex(of: $0)!) }
    return found.take(Tensor<Int64>(positions), axis: -1)
  }
}
