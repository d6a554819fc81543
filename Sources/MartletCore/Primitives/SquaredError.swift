import CKernels

/// The mean or the sum of (a − b)² over all elements of two tensors of the same shape; the result has rank 0.
///
/// The same as `(a - b).squared()`, then `mean()` or `sum()`.
package struct SquaredError: Primitive {
  let isMean: Bool

  package init(isMean: Bool) { self.isMean = isMean }

  package var name: String { isMean ? "meanSquaredError" : "sumSquaredError" }
  package var saves: SavePolicy { .operands }

  /// The number of elements in a piece, the same at any number of threads.
  private static let piece = 16_384

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (a, b) = (operands[0], operands[1])
    if !a.scalarType.isFloatingPoint || a.scalarType != b.scalarType {
      throw mistake(
        expected: "both tensors of Float or both of Double", got: "\(a.scalarType) and \(b.scalarType)")
    }
    if a.shape != b.shape { throw mistake("the shapes differ: \(a.shape) and \(b.shape)") }
    return TensorSpecs(a.scalarType, .scalar)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (a, b) = (operands.first.inOrder(), operands.second.inOrder())
    let (from, with) = (a.pointer, b.pointer)
    let (count, type, size) = (a.count, a.scalarType.kernelType, a.scalarType.size)
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
    results[0].store(isMean ? sum / Double(count) : sum, at: 0)
  }

  package func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let g = cotangents.takeFirst()
    let (a, b) = (saved.operand(0), saved.operand(1))
    let backward = SquaredErrorBackward(isMean: isMean)
    return Cotangents(
      saved.needs(0) ? apply(backward, a, b, g) : nil, saved.needs(1) ? apply(backward, b, a, g) : nil)
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    let one = AnyTensor(full: .scalar, 1, scalarType: saved.resultType)
    let slope = apply(SquaredErrorBackward(isMean: isMean), saved.operand(0), saved.operand(1), one)
    func along(_ tangent: AnyTensor?, _ sign: Double) -> AnyTensor? {
      tangent.map { apply(Reduction(.sum, allOf: $0.rank), slope * $0) * sign }
    }
    return Tangents(Tangents.sum(along(tangents[0], 1), along(tangents[1], -1)))
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 3 * operands[0].count, bytes: 2 * operands[0].byteCount)
  }
}

/// The gradient of `SquaredError` with respect to a: 2g (a − b), divided by the number of elements for the mean.
///
/// The operands are a, b and g, which has rank 0.
package struct SquaredErrorBackward: Primitive {
  let isMean: Bool

  package init(isMean: Bool) { self.isMean = isMean }

  package var name: String { isMean ? "meanSquaredErrorBackward" : "sumSquaredErrorBackward" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let g = operands[2]
    let loss = try SquaredError(isMean: isMean).specs(of: operands).first
    if TensorSpec(g) != loss {
      throw mistake(expected: "a gradient of one \(loss.scalarType)", got: "\(g.scalarType) of \(g.shape)")
    }
    return TensorSpecs(operands[0])
  }

  private func factor(_ count: Int) -> Double { isMean ? 2 / Double(count) : 2 }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let (type, size, out) = (result.scalarType.kernelType, result.scalarType.size, result.pointer)
    let scale = operands[2].load(0) * factor(result.count)
    let (a, b) = (operands.first.inOrder(), operands.second.inOrder())
    let (from, with) = (a.pointer, b.pointer)
    WorkerPool.parallelFor(result.count, grain: ElementwiseLoop.cheapGrain) { range in
      let offset = range.lowerBound * size
      mk_scaled_difference(type, from + offset, with + offset, scale, out + offset, range.count)
    }
    withExtendedLifetime((a, b)) {}
  }

  package func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let c = cotangents.first
    let (a, b, g) = (saved.operand(0), saved.operand(1), saved.operand(2))
    let along = c * g * factor(c.count)
    let product = saved.needs(2) ? c * (a - b) : nil
    return Cotangents(
      saved.needs(0) ? along : nil, saved.needs(1) ? -along : nil,
      product.map { apply(Reduction(.sum, allOf: $0.rank), $0) * factor($0.count) })
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 2 * results.first.count, bytes: 3 * results.first.byteCount)
  }
}
