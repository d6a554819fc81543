import CKernels

/// The softmax cross-entropy of logits `[batch, classes]` with labels `[batch]` of Int64, one loss for each row:
/// logSumExp(x) − x[label].
///
/// The same as `-logSoftmax(x)` gathered at the labels.
package struct CrossEntropy: Primitive {
  package init() {}

  package var name: String { "softmaxCrossEntropy" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, labels) = (operands[0], operands[1])
    if !x.scalarType.isFloatingPoint { throw mistake(expected: "logits of Float or Double", got: "\(x.scalarType)") }
    if labels.scalarType != .int64 { throw mistake(expected: "labels of Int64", got: "\(labels.scalarType)") }
    if x.shape.rank != 2 { throw mistake(expected: "logits of [batch, classes]", got: "\(x.shape)") }
    if labels.shape.rank != 1 || labels.shape.axes[0] != x.shape.axes[0] {
      throw mistake(
        expected: "labels of [\(x.shape.axes[0])] for logits of \(x.shape)", got: "\(labels.shape)")
    }
    return TensorSpecs(x.scalarType, labels.shape)
  }

  package func validate(_ operands: borrowing Operands) throws(TensorError) {
    let classes = operands[0].shape.axes[1]
    if let (row, label) = Indices(operands[1]).first(outside: classes) {
      throw mistake("label \(label) at row \(row) is not one of the \(classes) classes 0 ..< \(classes)")
    }
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let (x, labels) = (operands.first.inOrder(), operands.second.inOrder())
    let columns = x.shape.axes[1]
    let size = result.scalarType.size
    let type = result.scalarType.kernelType
    // The kernel gives each row's logSumExp as well; the backward pass computes it again, which is cheaper than keeping
    // it.
    let sums = Scratch(byteCount: result.count * size)
    let label = labels.pointer.assumingMemoryBound(to: Int64.self)
    WorkerPool.parallelFor(result.count, grain: max(1, ElementwiseLoop.expensiveGrain / max(1, columns))) { range in
      mk_cross_entropy(
        type, x.pointer + range.lowerBound * columns * size, label + range.lowerBound,
        result.pointer + range.lowerBound * size, sums.pointer + range.lowerBound * size, range.count, columns)
    }
    withExtendedLifetime((x, labels, sums)) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(CrossEntropyBackward(), saved.operand(0), saved.operand(1), g.first))
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    guard let t = tangents[0] else { return Tangents(nil) }
    let p = apply(SoftmaxRows(isLogarithmic: false), saved.operand(0))
    return Tangents(apply(Reduction(.sum, axes: [1]), p * t) - t.picked(columns: saved.operand(1)))
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 20 * operands[0].count, bytes: operands[0].byteCount)
  }
}

/// The gradient of `CrossEntropy` with respect to the logits, g (softmax(x) − onehot(label)) for each row.
///
/// The operands are x, labels and g. The labels were checked by `CrossEntropy`.
package struct CrossEntropyBackward: Primitive {
  package init() {}

  package var name: String { "softmaxCrossEntropyBackward" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let loss = try CrossEntropy().specs(of: operands).first
    if operands[2].shape != loss.shape {
      throw mistake(expected: "a gradient of \(loss.shape)", got: "\(operands[2].shape)")
    }
    return TensorSpecs(operands[0])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let (x, labels) = (operands.first.inOrder(), operands.second.inOrder())
    let scale = operands[2]
    let columns = x.shape.axes[1]
    let size = result.scalarType.size
    let type = result.scalarType.kernelType
    let step = scale.layout.strides[0]
    let sums = Scratch(byteCount: result.shape.axes[0] * size)
    let label = labels.pointer.assumingMemoryBound(to: Int64.self)
    WorkerPool.parallelFor(result.shape.axes[0], grain: max(1, ElementwiseLoop.expensiveGrain / max(1, columns))) {
      range in
      let rows = x.pointer + range.lowerBound * columns * size
      mk_log_sum_exp(type, rows, sums.pointer + range.lowerBound * size, range.count, columns)
      mk_cross_entropy_backward(
        type, rows, label + range.lowerBound, sums.pointer + range.lowerBound * size,
        scale.pointer + range.lowerBound * step * size, step, result.pointer + range.lowerBound * columns * size,
        range.count, columns)
    }
    withExtendedLifetime((x, labels, sums)) {}
  }

  package func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let c = cotangents.first
    let (x, labels, g) = (saved.operand(0), saved.operand(1), saved.operand(2))
    let p = apply(SoftmaxRows(isLogarithmic: false), x)
    let column = apply(ReshapeView(to: [g.count, 1]), g)
    // With respect to g: Σ c (p − onehot), which is the row sums of c p minus c at the labels.
    return Cotangents(
      saved.needs(0) ? apply(SoftmaxBackward(isLogarithmic: false), p, c * column) : nil, nil,
      saved.needs(2) ? apply(Reduction(.sum, axes: [1]), c * p) - c.picked(columns: labels) : nil)
  }
}
