import CKernels

/// The mean or the sum of (a − b)² over all elements of two tensors of one shape: a scalar.
///
/// Reference composition: `(a - b).squared()`, then `mean()` or `sum()`.
struct SquaredError: Primitive {
  let isMean: Bool

  var name: String { isMean ? "meanSquaredError" : "sumSquaredError" }
  var saves: SavePolicy { .operands }

  /// Elements that are summed in one go, whatever the number of threads.
  private static let piece = 16_384

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (a, b) = (operands.first.body, operands.second!.body)
    if !a.scalarType.isDifferentiable || a.scalarType != b.scalarType {
      throw TensorError(name, "both tensors must be Float or both Double, not \(a.scalarType) and \(b.scalarType)")
    }
    if a.shape != b.shape { throw TensorError(name, "the shapes differ: \(a.shape) and \(b.shape)") }
    return TensorSpec(a.scalarType, .scalar)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let (a, b) = (operands.first.body.inOrder(), operands.second!.body.inOrder())
    let (from, with) = (a.pointer, b.pointer)
    let (count, type, size) = (a.count, spec.scalarType.kernelType, spec.scalarType.size)
    var sum = 0.0
    if count <= SquaredError.piece {
      sum = mk_squared_error(type, from, with, count)
    } else {
      let pieces = (count + SquaredError.piece - 1) / SquaredError.piece
      let partial = Scratch(byteCount: pieces * 8)
      let sums = partial.pointer.assumingMemoryBound(to: Double.self)
      WorkerPool.parallelFor(pieces, grain: 1) { range in
        for index in range {
          let first = index * SquaredError.piece
          sums[index] = mk_squared_error(
            type, from + first * size, with + first * size, min(SquaredError.piece, count - first))
        }
      }
      for index in 0..<pieces { sum += sums[index] }
      withExtendedLifetime(partial) {}
    }
    withExtendedLifetime((a, b)) {}
    return AnyTensor(full: .scalar, isMean ? sum / Double(count) : sum, scalarType: spec.scalarType).body
  }

  func pullback(_ cotangent: consuming AnyTensor, _ saved: Saved) -> OperandGradients {
    let (a, b) = (saved.operand(0), saved.operand(1))
    let backward = SquaredErrorBackward(isMean: isMean)
    return OperandGradients(
      saved.needs(0) ? apply(backward, a, b, cotangent) : nil, saved.needs(1) ? apply(backward, b, a, cotangent) : nil)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let one = AnyTensor(full: .scalar, 1, scalarType: saved.resultType)
    let slope = apply(SquaredErrorBackward(isMean: isMean), saved.operand(0), saved.operand(1), one)
    func along(_ tangent: AnyTensor?, _ sign: Double) -> AnyTensor? {
      tangent.map { apply(Reduction(.sum, allOf: $0.rank), slope * $0) * sign }
    }
    return Tangents.sum(along(tangents[0], 1), along(tangents[1], -1))
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(flops: 3 * operands.first.count, bytes: 2 * operands.first.count * spec.scalarType.size)
  }

  static var samples: [Sample] {
    [true, false].map { isMean in
      Sample(
        isMean ? "meanSquaredError" : "sumSquaredError", [.init([3, 4]), .init([3, 4])],
        apply: { applyAny(SquaredError(isMean: isMean), $0) },
        reference: { o in
          let squares = zip(o[0].values, o[1].values).map { ($0 - $1) * ($0 - $1) }
          return Reference([], [squares.reduce(0, +) / (isMean ? Double(squares.count) : 1)])
        }, tolerance: 2e-6)
    }
  }
}

/// 2g (a − b), divided by the number of elements for the mean: operands a, b and the scalar g.
struct SquaredErrorBackward: Primitive {
  let isMean: Bool

  var name: String { isMean ? "meanSquaredErrorBackward" : "sumSquaredErrorBackward" }
  var saves: SavePolicy { .operands }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (a, g) = (operands.first.body, operands.third!.body)
    let spec = try SquaredError(isMean: isMean).result(of: Operands(operands.first, operands.second!))
    if g.shape != spec.shape || g.scalarType != spec.scalarType {
      throw TensorError(name, "the gradient must be one \(spec.scalarType), not \(g.scalarType) \(g.shape)")
    }
    return TensorSpec(spec.scalarType, a.shape)
  }

  private func factor(_ count: Int) -> Double { isMean ? 2 / Double(count) : 2 }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let (type, size, out) = (spec.scalarType.kernelType, spec.scalarType.size, result.pointer)
    let g = operands.third!.body.pointer
    let gradient = spec.scalarType == .float32 ? Double(g.load(as: Float.self)) : g.load(as: Double.self)
    let scale = gradient * factor(result.count)
    let (a, b) = (operands.first.body.inOrder(), operands.second!.body.inOrder())
    let (from, with) = (a.pointer, b.pointer)
    WorkerPool.parallelFor(result.count, grain: ElementwiseLoop.cheapGrain) { range in
      let offset = range.lowerBound * size
      mk_scaled_difference(type, from + offset, with + offset, scale, out + offset, range.count)
    }
    withExtendedLifetime((a, b)) {}
    return result
  }

  func pullback(_ c: consuming AnyTensor, _ saved: Saved) -> OperandGradients {
    let (a, b, g) = (saved.operand(0), saved.operand(1), saved.operand(2))
    let along = c * g * factor(c.count)
    let product = saved.needs(2) ? c * (a - b) : nil
    return OperandGradients(
      saved.needs(0) ? along : nil, saved.needs(1) ? -along : nil,
      product.map { apply(Reduction(.sum, allOf: $0.rank), $0) * factor($0.count) })
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let (a, b, g) = (saved.operand(0), saved.operand(1), saved.operand(2))
    let moved = Tangents.sum(tangents[0], tangents[1].map { -$0 }).map { $0 * g * factor($0.count) }
    return Tangents.sum(moved, tangents[2].map { apply(self, a, b, $0) })
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    let count = spec.shape.elementCount
    return Cost(flops: 2 * count, bytes: 3 * count * spec.scalarType.size)
  }

  static var samples: [Sample] {
    [true, false].map { isMean in
      Sample(
        isMean ? "meanSquaredErrorBackward" : "sumSquaredErrorBackward", [.init([3, 4]), .init([3, 4]), .init([])],
        apply: { applyAny(SquaredErrorBackward(isMean: isMean), $0) },
        reference: { o in
          Reference([3, 4]) { 2 * o[2].values[0] * (o[0][$0] - o[1][$0]) / (isMean ? 12 : 1) }
        }, tolerance: 2e-6)
    }
  }
}
