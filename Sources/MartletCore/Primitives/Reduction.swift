import CKernels

/// How a reduction combines elements.
package enum ReductionKind: UInt8, CaseIterable, Sendable {
  case sum, product, min, max, sumOfSquares, any, all
}

/// Combines the elements along axes, which are dropped.
///
/// Sums are computed in blocks and pairwise, in an order that depends on the sizes alone. NaN propagates through `min`
/// and `max`; where several elements are the extreme, they share the gradient equally (PyTorch's `amax` and `amin`).
package struct Reduction: Primitive {
  package let kind: ReductionKind
  /// The reduced axes, one bit each.
  let axes: UInt8

  package init(_ kind: ReductionKind, axes: [Int]) {
    self.kind = kind
    self.axes = axes.reduce(0) { $0 | 1 << UInt8($1) }
  }

  /// Creates a reduction over all axes.
  package init(_ kind: ReductionKind, allOf rank: Int) {
    self.kind = kind
    axes = UInt8(truncatingIfNeeded: (1 << rank) - 1)
  }

  package var name: String { "\(kind)" }

  package var saves: SavePolicy {
    switch kind {
    case .sum, .any, .all: .nothing
    case .sumOfSquares: .firstOperand
    case .product: .operands
    case .min, .max: .operandsAndResults
    }
  }

  package var derivativeRefusal: String? { kind == .any || kind == .all ? "its result is Bool" : nil }

  @inline(__always)
  package func reduces(_ axis: Int) -> Bool { axes & 1 << UInt8(axis) != 0 }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (type, shape) = (operands[0].scalarType, operands[0].shape)
    let isLogical = kind == .any || kind == .all
    if isLogical ? type != .bool : (kind == .sumOfSquares ? !type.isFloatingPoint : !type.isNumeric) {
      throw mistake("\(type) is not supported\(isLogical ? "" : "; convert with cast(to:)")")
    }
    var result = AxisList()
    for axis in 0..<shape.rank {
      if !reduces(axis) {
        result.append(shape.axes[axis])
      } else if shape.axes[axis] == 0 && (kind == .min || kind == .max) {
        throw mistake("axis \(axis) of \(shape) is empty: there is no extreme")
      }
    }
    return TensorSpecs(type, Shape(axes: result))
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    if let once = operands.first.withoutRepeats() {
      reduce(operands.first, seen: once, into: results[0])
    } else {
      reduce(operands.first, into: results[0])
    }
  }

  /// Reduces an operand into a result, which has one element for each position along the axes that are kept.
  func reduce(_ operand: TensorBody, into result: TensorBody) {
    if reduceInMemoryOrder(operand, into: result) || reduceInTurn(operand, into: result) { return }
    let order = ReductionOrder(operand, axes: axes)
    let kernel = mk_reduce_op(rawValue: kind.rawValue)
    let type = result.scalarType.kernelType
    let size = result.scalarType.size
    let from = UnsafeRawPointer(order.body.pointer)
    let to = result.pointer
    let (outer, middle, inner) = (order.outer, order.reduced, order.inner)
    // When there are few long reductions, they are cut into parts, the parts are reduced, and then the parts' values.
    if inner == 1 && Reduction.isSegmented(rows: outer, middle) {
      let segments = (middle + Reduction.rowSegment - 1) / Reduction.rowSegment
      let parts = parts(result.scalarType, count: outer * segments)
      WorkerPool.parallelFor(outer * segments, grain: 1) { range in
        for piece in range {
          let (row, part) = piece.quotientAndRemainder(dividingBy: segments)
          let first = part * Reduction.rowSegment
          reducePart(
            result.scalarType, from + (row * middle + first) * size, min(Reduction.rowSegment, middle - first),
            into: parts, at: piece)
        }
      }
      combine(result.scalarType, parts, rows: outer, count: segments, into: to)
      withExtendedLifetime(order.body) {}
      return
    }
    let segment = Reduction.columnSegment(inner)
    if inner > 1 && middle >= 2 * segment && outer * (inner / 4_096 + 1) < 8 {
      let segments = (middle + segment - 1) / segment
      let parts = Scratch(byteCount: outer * segments * inner * size)
      WorkerPool.parallelFor(outer * segments, grain: 1) { range in
        for piece in range {
          let (block, part) = piece.quotientAndRemainder(dividingBy: segments)
          let first = part * segment
          mk_reduce_columns(
            kernel, type, from + (block * middle + first) * inner * size, inner, parts.pointer + piece * inner * size,
            min(segment, middle - first), inner)
        }
      }
      let combining = kind == .sumOfSquares ? MK_SUM : kernel  // the parts are squared already
      for block in 0..<outer {
        mk_reduce_columns(
          combining, type, parts.pointer + block * segments * inner * size, inner, to + block * inner * size, segments,
          inner)
      }
      withExtendedLifetime((order.body, parts)) {}
      return
    }
    if inner == 1 {
      let grain = max(1, ElementwiseLoop.cheapGrain / max(1, middle))
      WorkerPool.parallelFor(outer, grain: grain) { range in
        mk_reduce_rows(
          kernel, type, from + range.lowerBound * middle * size, middle, to + range.lowerBound * size, range.count,
          middle)
      }
    } else {
      // Strips of whole cache lines, so that no two threads write to the same one.
      let strip = max(64, min(inner, (ElementwiseLoop.cheapGrain / max(1, middle) + 63) / 64 * 64))
      let strips = (inner + strip - 1) / strip
      WorkerPool.parallelFor(outer * strips, grain: 1) { range in
        for piece in range {
          let (block, part) = piece.quotientAndRemainder(dividingBy: strips)
          let first = part * strip
          mk_reduce_columns(
            kernel, type, from + (block * middle * inner + first) * size, inner, to + (block * inner + first) * size,
            middle, min(strip, inner - first))
        }
      }
    }
    withExtendedLifetime(order.body) {}
  }

  /// Reduces an operand whose axes are permuted as it is stored, without a copy; false for another.
  private func reduceInMemoryOrder(_ operand: TensorBody, into result: TensorBody) -> Bool {
    let layout = operand.layout
    if layout.isContiguous || operand.count == 0 { return false }
    let order = (0..<layout.shape.rank).sorted {
      (layout.strides[$0], layout.shape.axes[$0], $1) > (layout.strides[$1], layout.shape.axes[$1], $0)
    }
    let stored = layout.permuted(AxisList(order))
    guard stored.isContiguous else { return false }
    var moved: UInt8 = 0
    for (place, axis) in order.enumerated() where reduces(axis) { moved |= 1 << UInt8(place) }
    let same = Reduction(kind: kind, axes: moved)
    let kept = order.filter { !reduces($0) && layout.shape.axes[$0] != 1 }
    if kept == kept.sorted() {
      same.reduce(operand.view(stored), into: result)
      return true
    }
    // What is kept has the stored order too, and is then put in that of the result.
    var shape = AxisList()
    for axis in kept { shape.append(layout.shape.axes[axis]) }
    let values = TensorBody(scalarType: result.scalarType, shape: Shape(axes: shape))
    same.reduce(operand.view(stored), into: values)
    let back = AxisList(kept.indices.sorted { kept[$0] < kept[$1] })
    let ordered = values.view(values.layout.permuted(back))
    Contiguous.copy(ordered, to: result.view(Layout(contiguous: ordered.shape)))
    return true
  }

  /// Reduces first along the outermost of several groups of axes that are no neighbours, and then along the others;
  /// false where there is only one group. An inner loop over one of the inner groups alone could be short.
  private func reduceInTurn(_ operand: TensorBody, into result: TensorBody) -> Bool {
    if !operand.isContiguous || operand.count == 0 { return false }
    var partial = operand.shape
    var group: UInt8 = 0
    var (isAfterFirst, hasFurther) = (false, false)
    for axis in 0..<partial.rank where partial.axes[axis] != 1 {
      if !reduces(axis) {
        isAfterFirst = group != 0
      } else if isAfterFirst {
        hasFurther = true
      } else {
        group |= 1 << UInt8(axis)
        partial.axes[axis] = 1
      }
    }
    if !hasFurther { return false }
    let values = TensorBody(scalarType: result.scalarType, shape: partial)
    Reduction(kind: kind, axes: group).reduce(operand, into: values)
    // The parts of a sum of squares are squared already.
    Reduction(kind: kind == .sumOfSquares ? .sum : kind, axes: axes & ~group).reduce(values, into: result)
    return true
  }

  /// The number of rows in a part of long columns: whole blocks of the kernel.
  private static func columnSegment(_ inner: Int) -> Int {
    max(256, (65_536 / max(1, inner) + 255) / 256 * 256)
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let g = g.first
    func spread(_ tensor: AnyTensor) -> AnyTensor { self.spread(tensor, to: saved.shape(0)) }
    switch kind {
    case .sum: return Cotangents(spread(g))
    case .sumOfSquares: return Cotangents(spread(g) * saved.operand(0) * 2)
    case .min, .max:
      let isExtreme = isExtreme(saved)
      return Cotangents(isExtreme * spread(g / apply(Reduction(kind: .sum, axes: axes), isExtreme)))
    case .product: return Cotangents(spread(g) * productOfOthers(saved.operand(0)))
    case .any, .all: return Cotangents(nil)
    }
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    guard let tangent = tangents[0] else { return Tangents(nil) }
    func total(_ tensor: AnyTensor) -> AnyTensor { apply(Reduction(kind: .sum, axes: axes), tensor) }
    switch kind {
    case .sum: return Tangents(total(tangent))
    case .sumOfSquares: return Tangents(total(tangent * saved.operand(0)) * 2)
    case .min, .max:
      let isExtreme = isExtreme(saved)
      return Tangents(total(isExtreme * tangent) / total(isExtreme))
    case .product: return Tangents(total(productOfOthers(saved.operand(0)) * tangent))
    case .any, .all: return Tangents(nil)
    }
  }

  private init(kind: ReductionKind, axes: UInt8) {
    self.kind = kind
    self.axes = axes
  }

  /// A tensor of the result's shape, repeated along the axes that were reduced.
  private func spread(_ tensor: AnyTensor, to shape: Shape) -> AnyTensor {
    var kept = shape
    for axis in 0..<shape.rank where reduces(axis) { kept.axes[axis] = 1 }
    return apply(BroadcastTo(shape), apply(ReshapeView(to: kept), tensor))
  }

  /// 1 where an element is the minimum or maximum, 0 elsewhere.
  private func isExtreme(_ saved: Saved) -> AnyTensor {
    // A constant, so that an outer gradient does not ask for the derivative of `==`, which has none.
    let x = saved.operand(0).detached()
    return x.compared(.equal, spread(saved.result.detached(), to: x.shape)).converted(to: x.scalarType)
  }

  /// For each element the product of all others: that of those before it times that of those after it. There is no
  /// division, so that it holds at zeros and can be differentiated again there.
  private func productOfOthers(_ x: AnyTensor) -> AnyTensor {
    // The reduced axes are moved to the end and merged, so that each row is reduced to one element.
    let order = Permute(AxisList((0..<x.rank).filter { !reduces($0) } + (0..<x.rank).filter { reduces($0) }))
    let permuted = apply(order, x)
    let length = (0..<x.rank).reduce(1) { reduces($1) ? $0 * x.shape.axes[$1] : $0 }
    let rows = apply(ReshapeView(to: [length == 0 ? 0 : x.count / length, length]), permuted)
    let before = apply(Cumulative(isProduct: true, axis: 1), rows).shifted(by: 1, axis: 1, filling: 1)
    let after = apply(Cumulative(isProduct: true, axis: 1, fromBack: true), rows).shifted(by: -1, axis: 1, filling: 1)
    return apply(order.inverse, apply(ReshapeView(to: permuted.shape), before * after))
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: operands[0].count, bytes: operands[0].byteCount + results.first.byteCount)
  }
}
