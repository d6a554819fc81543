import CKernels

/// How elements are combined.
package enum ReductionKind: UInt8, CaseIterable, Sendable {
  case sum, product, min, max, sumSquares, any, all

  func combine(_ values: [Double]) -> Double {
    switch self {
    case .sum: values.reduce(0, +)
    case .product: values.reduce(1, *)
    case .min: values.min()!
    case .max: values.max()!
    case .sumSquares: values.reduce(0) { $0 + $1 * $1 }
    case .any: values.contains { $0 != 0 } ? 1 : 0
    case .all: values.allSatisfy { $0 != 0 } ? 1 : 0
    }
  }
}

/// Combines the elements along axes, which are dropped.
///
/// Sums are blocked and pairwise, in an order fixed by the sizes. NaN propagates through `min` and `max`; where several
/// elements are the extreme, their gradient is shared equally (PyTorch's `amax` and `amin`).
package struct Reduction: Primitive {
  package let kind: ReductionKind
  /// A bit for each axis.
  let axes: UInt8

  package init(_ kind: ReductionKind, axes: [Int], rank: Int) {
    self.kind = kind
    self.axes = axes.reduce(0) { $0 | 1 << UInt8($1) }
  }

  /// Over all axes.
  package init(_ kind: ReductionKind, allOf rank: Int) {
    self.kind = kind
    axes = UInt8(truncatingIfNeeded: (1 << rank) - 1)
  }

  package var name: String { "\(kind)" }

  package var saves: SavePolicy {
    switch kind {
    case .sum, .any, .all: .nothing
    case .sumSquares: .firstOperand
    case .product, .min, .max: .operandsAndResult
    }
  }

  package var derivativeRefusal: String? { kind == .any || kind == .all ? "its result is Bool" : nil }

  @inline(__always)
  private func reduces(_ axis: Int) -> Bool { axes & 1 << UInt8(axis) != 0 }

  package func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (type, shape) = (operands.first.scalarType, operands.first.shape)
    let isLogical = kind == .any || kind == .all
    if isLogical ? type != .bool : (kind == .sumSquares ? !type.isDifferentiable : !type.isNumeric) {
      throw TensorError(name, "\(type) is not supported\(isLogical ? "" : "; convert with cast(to:)")")
    }
    var result = AxisList()
    for axis in 0..<shape.rank {
      if !reduces(axis) {
        result.append(shape.axes[axis])
      } else if shape.axes[axis] == 0 && (kind == .min || kind == .max) {
        throw TensorError(name, "axis \(axis) of \(shape) is empty: there is no extreme")
      }
    }
    return TensorSpec(type, Shape(axes: result))
  }

  package func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let order = ReductionOrder(operands.first.body, axes: axes)
    let kernel = mk_reduce_op(rawValue: kind.rawValue)
    let type = spec.scalarType.kernelType
    let size = spec.scalarType.size
    let from = UnsafeRawPointer(order.body.pointer)
    let to = result.pointer
    let (outer, middle, inner) = (order.outer, order.reduced, order.inner)
    // Few long reductions are cut, each part reduced for itself, and the parts' values reduced in turn: by sizes alone.
    let segment = inner == 1 ? Reduction.rowSegment : Reduction.columnSegment(inner)
    if middle >= 2 * segment && outer * (inner == 1 ? 1 : inner / 4_096 + 1) < 8 {
      let segments = (middle + segment - 1) / segment
      let parts = TensorBody(scalarType: spec.scalarType, shape: [outer, segments, inner])
      WorkerPool.parallelFor(outer * segments, grain: 1) { range in
        for piece in range {
          let (block, part) = piece.quotientAndRemainder(dividingBy: segments)
          let first = part * segment
          Reduction.reduce(
            kernel, type, from + (block * middle + first) * inner * size, parts.pointer + piece * inner * size,
            1, min(segment, middle - first), inner, size)
        }
      }
      let combining = kind == .sumSquares ? MK_SUM : kernel
      Reduction.reduce(combining, type, parts.pointer, to, outer, segments, inner, size)
      withExtendedLifetime((order.body, parts)) {}
      return result
    }
    if inner == 1 {
      let grain = max(1, ElementwiseLoop.cheapGrain / max(1, middle))
      WorkerPool.parallelFor(outer, grain: grain) { range in
        mk_reduce_rows(
          kernel, type, from + range.lowerBound * middle * size, middle, to + range.lowerBound * size, range.count,
          middle)
      }
    } else {
      // Strips of columns of 64 bytes' multiples, so that threads write to lines of their own.
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
    return result
  }

  /// What a long reduction is cut into: elements of a row; rows of columns, whole blocks of the kernel's.
  private static let rowSegment = 32_768

  private static func columnSegment(_ inner: Int) -> Int {
    max(256, (65_536 / max(1, inner) + 255) / 256 * 256)
  }

  /// Reduces the middle of [outer, middle, inner].
  private static func reduce(
    _ kernel: mk_reduce_op, _ type: mk_type, _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer,
    _ outer: Int, _ middle: Int, _ inner: Int, _ size: Int
  ) {
    if inner == 1 {
      mk_reduce_rows(kernel, type, from, middle, to, outer, middle)
      return
    }
    for block in 0..<outer {
      mk_reduce_columns(
        kernel, type, from + block * middle * inner * size, inner, to + block * inner * size, middle, inner)
    }
  }

  package func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    func spread(_ tensor: AnyTensor) -> AnyTensor { self.spread(tensor, to: saved.shape(0)) }
    switch kind {
    case .sum: return OperandGradients(spread(cotangent))
    case .sumSquares: return OperandGradients(spread(cotangent) * saved.operand(0) * 2)
    case .min, .max:
      let isExtreme = isExtreme(saved)
      let count = apply(Reduction(kind: .sum, axes: axes), isExtreme)
      return OperandGradients(isExtreme * spread(cotangent / count))
    case .product: return OperandGradients(spread(cotangent) * productOfOthers(saved))
    case .any, .all: return OperandGradients(nil)
    }
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    guard let tangent = tangents[0] else { return nil }
    func total(_ tensor: AnyTensor) -> AnyTensor { apply(Reduction(kind: .sum, axes: axes), tensor) }
    switch kind {
    case .sum: return total(tangent)
    case .sumSquares: return total(tangent * saved.operand(0)) * 2
    case .min, .max:
      let isExtreme = isExtreme(saved)
      return total(isExtreme * tangent) / total(isExtreme)
    case .product: return total(productOfOthers(saved) * tangent)
    case .any, .all: return nil
    }
  }

  private init(kind: ReductionKind, axes: UInt8) {
    self.kind = kind
    self.axes = axes
  }

  /// A result, repeated along the axes that were reduced.
  private func spread(_ tensor: AnyTensor, to shape: Shape) -> AnyTensor {
    var kept = shape
    for axis in 0..<shape.rank where reduces(axis) { kept.axes[axis] = 1 }
    return apply(BroadcastTo(shape), apply(Reshape(to: kept), tensor))
  }

  /// 1 where an element is the minimum or maximum, 0 elsewhere.
  private func isExtreme(_ saved: Saved) -> AnyTensor {
    // A constant: a gradient outside this one must not look for the derivative of `==`.
    let x = saved.operand(0).detached()
    return x.compared(.equal, spread(saved.result.detached(), to: x.shape)).converted(to: x.scalarType)
  }

  /// For each element the product of all others: the whole product divided by the element, or, where elements are zero,
  /// the product of those before it times that of those after it. Both can be differentiated again, at zeros too.
  private func productOfOthers(_ saved: Saved) -> AnyTensor {
    let x = saved.operand(0)
    if !x.hasZeros { return spread(saved.result, to: x.shape) / x }
    // Rows of the reduced elements.
    let order = AxisList((0..<x.rank).filter { !reduces($0) } + (0..<x.rank).filter { reduces($0) })
    let permuted = apply(Permute(order), x)
    let length = (0..<x.rank).reduce(1) { reduces($1) ? $0 * x.shape.axes[$1] : $0 }
    let rows = apply(Reshape(to: [x.count / length, length]), permuted)
    let backwards = Slice(axis: 1, start: length - 1, step: -1, count: length)
    let after = apply(backwards, Reduction.productsBefore(apply(backwards, rows)))
    var inverse = order
    for position in 0..<order.count { inverse[order[position]] = position }
    return apply(Permute(inverse), apply(Reshape(to: permuted.shape), Reduction.productsBefore(rows) * after))
  }

  /// For each element of a row the product of those before it, 1 for the first: a scan in log₂ n steps.
  private static func productsBefore(_ rows: AnyTensor) -> AnyTensor {
    let (count, length) = (rows.shape.axes[0], rows.shape.axes[1])
    func shifted(_ tensor: AnyTensor, by distance: Int) -> AnyTensor {
      let ones = AnyTensor(full: [count, distance], 1, scalarType: tensor.scalarType)
      let rest = apply(Slice(axis: 1, start: 0, step: 1, count: length - distance), tensor)
      return apply(Concatenate([ones, rest], axis: 1), ones, rest)
    }
    var products = shifted(rows, by: 1)
    var distance = 1
    while distance < length {
      products = products * shifted(products, by: distance)
      distance *= 2
    }
    return products
  }

  package func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(
      flops: operands.first.count, bytes: (operands.first.count + spec.shape.elementCount) * spec.scalarType.size)
  }

  package static var samples: [Sample] {
    ReductionKind.allCases.flatMap { kind -> [Sample] in
      let isLogical = kind == .any || kind == .all
      return [([4, 5], [1]), ([4, 5], [0]), ([4, 5], [0, 1]), ([2, 3, 4], [1]), ([2, 3, 4], [0, 2]), ([], [])].map {
        (shape: [Int], axes: [Int]) in
        Sample(
          "\(kind) of \(shape) along \(axes)",
          [.init(Shape(shape), in: isLogical ? 0...1 : -1.5...1.5, type: isLogical ? .bool : nil)],
          apply: { applyAny(Reduction(kind, axes: axes, rank: shape.count), $0) },
          reference: { $0[0].reduced(axes, keepDims: false, kind.combine) }, isDifferentiable: !isLogical)
      }
    }
  }
}

/// An operand brought into the form [outer, reduced, inner]: as it lies where the reduced axes are neighbours in
/// row-major order, else as a copy with the reduced axes last.
struct ReductionOrder {
  let body: TensorBody
  var outer = 1
  var reduced = 1
  var inner = 1

  init(_ operand: TensorBody, axes: UInt8) {
    let rank = operand.shape.rank
    let layout = operand.layout
    func reduces(_ axis: Int) -> Bool { axes & 1 << UInt8(axis) != 0 }
    // Kept, then reduced, then kept: at most that, looking past axes of length 1.
    var stage = 0
    var isNeighbourly = true
    for axis in 0..<rank where layout.shape.axes[axis] != 1 {
      if reduces(axis) {
        if stage == 2 { isNeighbourly = false }
        stage = 1
      } else if stage == 1 {
        stage = 2
      }
    }
    if isNeighbourly && layout.isContiguous {
      body = operand
      stage = 0
      for axis in 0..<rank {
        let length = layout.shape.axes[axis]
        if length == 1 { continue }
        if reduces(axis) {
          stage = 1
          reduced *= length
        } else if stage == 0 {
          outer *= length
        } else {
          inner *= length
        }
      }
      return
    }
    var order = AxisList()
    for axis in 0..<rank where !reduces(axis) {
      order.append(axis)
      outer *= layout.shape.axes[axis]
    }
    for axis in 0..<rank where reduces(axis) {
      order.append(axis)
      reduced *= layout.shape.axes[axis]
    }
    body = operand.view(layout.permuted(order)).inOrder()
  }
}

/// The index of the first largest or smallest element along an axis, which is dropped; NaN counts as the extreme.
struct ArgExtreme: Primitive {
  let largest: Bool
  let axis: Int

  var name: String { largest ? "argMax" : "argMin" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is an index" }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (type, shape) = (operands.first.scalarType, operands.first.shape)
    if !type.isNumeric { throw TensorError(name, "\(type) is not supported") }
    guard axis >= 0, axis < shape.rank else { throw TensorError(name, "\(shape) has no axis \(axis)") }
    if shape.axes[axis] == 0 { throw TensorError(name, "axis \(axis) of \(shape) is empty: there is no extreme") }
    return TensorSpec(.int64, shape.removing(axis))
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let operand = operands.first.body
    // Rows are what the kernel takes: the axis goes last.
    var order = AxisList((0..<operand.shape.rank).filter { $0 != axis })
    order.append(axis)
    let rows = operand.view(operand.layout.permuted(order)).inOrder()
    let result = TensorBody(scalarType: .int64, shape: spec.shape)
    let out = result.pointer.assumingMemoryBound(to: Int64.self)
    let length = operand.shape.axes[axis]
    let from = rows.pointer
    let size = rows.scalarType.size
    let type = rows.scalarType.kernelType
    let largest = largest
    WorkerPool.parallelFor(spec.shape.elementCount, grain: max(1, ElementwiseLoop.cheapGrain / length)) { range in
      mk_arg_extreme_rows(
        largest, type, from + range.lowerBound * length * size, length, out + range.lowerBound, range.count, length)
    }
    withExtendedLifetime(rows) {}
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients { OperandGradients(nil) }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { nil }

  static var samples: [Sample] {
    [(true, 0), (true, 1), (false, 1)].map { largest, axis in
      Sample(
        "\(largest ? "argMax" : "argMin") along \(axis)", [.init([4, 5])],
        apply: { applyAny(ArgExtreme(largest: largest, axis: axis), $0) },
        reference: {
          $0[0].reduced([axis], keepDims: false) { values in
            Double(values.firstIndex(of: largest ? values.max()! : values.min()!)!)
          }
        }, isDifferentiable: false)
    }
  }
}
