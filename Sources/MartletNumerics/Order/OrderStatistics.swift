import CKernels
import MartletCore

/// The elements of each row along the last axis that a sort puts at some places, without their indices.
///
/// The sort is the stable one, with NaN larger than every number.
struct OrderStatistics: Primitive {
  /// Ascending, distinct and within the length of the axis.
  let places: [Int]
  /// Whether a row with NaN has NaN at all places, and no derivative.
  let propagatesNaN: Bool

  init(places: [Int], propagatesNaN: Bool = false) { (self.places, self.propagatesNaN) = (places, propagatesNaN) }

  var name: String { "orderStatistics" }
  var saves: SavePolicy { propagatesNaN ? .operandsAndResults : .firstOperand }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    _ = try ArgPartition(places: places).specs(of: operands)
    return TensorSpecs(x.scalarType, Shape(x.shape.dropLast() + [places.count]))
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    if result.count == 0 { return }
    let x = operands.first.contiguous()
    let last = x.shape[x.shape.rank - 1] - 1
    if propagatesNaN && x.scalarType.isFloatingPoint {
      // A sort puts NaN last.
      let wanted = places.last == last ? places : places + [last]
      let found = Scratch(byteCount: result.count / places.count * wanted.count * x.scalarType.size)
      pick(wanted, of: x, into: found.pointer)
      x.scalarType.floating(
        keepNaN(Float.self, found.pointer, wanted.count, result),
        keepNaN(Double.self, found.pointer, wanted.count, result))
      withExtendedLifetime(found) {}
    } else {
      pick(places, of: x, into: result.pointer)
    }
  }

  private func pick(_ places: [Int], of x: TensorBody, into out: UnsafeMutableRawPointer) {
    let (length, count) = (x.shape[x.shape.rank - 1], places.count)
    let (type, size, from) = (x.scalarType.kernelType, x.scalarType.size, x.pointer)
    let places = places.map(Int64.init)
    WorkerPool.parallelFor(x.count / length, grain: max(1, ElementwiseLoop.expensiveGrain / length)) { range in
      let scratch = Scratch(byteCount: 2 * length * size)
      mk_order_statistics_rows(
        type, from + range.lowerBound * length * size, places, count, out + range.lowerBound * count * size,
        scratch.pointer, range.count, length)
    }
    withExtendedLifetime(x) {}
  }

  /// Writes the first elements of rows that end with the greatest, or NaN where that is.
  private func keepNaN<S: BinaryFloatingPoint>(
    _: S.Type, _ found: UnsafeMutableRawPointer, _ width: Int, _ result: TensorBody
  ) {
    let from = found.assumingMemoryBound(to: S.self)
    let to = result.pointer.assumingMemoryBound(to: S.self)
    for row in 0..<result.count / places.count {
      let greatest = from[row * width + width - 1]
      for place in places.indices {
        to[row * places.count + place] = greatest.isNaN ? greatest : from[row * width + place]
      }
    }
  }

  /// The gradient goes to where each element came from.
  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let axis = saved.shape(0).rank - 1
    return Cotangents(
      apply(ScatterAddAlong(axis: axis, length: saved.shape(0)[axis]), known(g.first, saved), indices(saved)))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { known(apply(GatherAlong(axis: $0.rank - 1), $0, indices(saved)), saved) })
  }

  /// Zero where a row has NaN.
  private func known(_ tensor: AnyTensor, _ saved: Saved) -> AnyTensor {
    if !propagatesNaN { return tensor }
    return apply(Select(), apply(Test(.isNaN), saved.result.detached()), tensor.scalar(0), tensor)
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
  /// The elements of each row along the last axis that a sort puts at the places, which may repeat, in their order; NaN
  /// for rows with NaN.
  func elements(sortedAt places: [Int]) -> Tensor {
    let distinct = Set(places).sorted()
    let found = Tensor(unchecked: apply(OrderStatistics(places: distinct, propagatesNaN: true), [erased]))
    if distinct == places { return found }
    let positions = places.map { Int64(distinct.firstIndex(of: $0)!) }
    return found.take(Tensor<Int64>(positions), axis: -1)
  }
}
