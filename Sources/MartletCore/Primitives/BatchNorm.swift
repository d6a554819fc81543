import CKernels

/// Batch normalisation in training (arXiv:1502.03167): each channel is normalised by its mean and variance over the
/// batch, then scaled and shifted.
///
/// The operands are x of shape `[batch, channels, ...]`, a scale and a shift of `[channels]`. The results are the output
/// and each channel's mean and population variance. The same as `BatchNormChannels.composition`.
package struct BatchNormChannels: Primitive {
  let epsilon: Double

  package init(epsilon: Double) { self.epsilon = epsilon }

  package var name: String { "batchNorm" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    try requireFloating(x)
    if x.rank < 2 { throw mistake(expected: "[batch, channels, …]", got: "\(x.shape)") }
    let row = TensorSpec(x.scalarType, [x.shape.axes[1]])
    for index in 1...2 where TensorSpec(operands[index]) != row {
      throw mistake(
        expected: "a scale and a shift of \(row.shape) of \(x.scalarType)",
        got: "\(operands[index].shape) of \(operands[index].scalarType)")
    }
    return TensorSpecs([TensorSpec(x), row, row])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (y, mean, variance) = (results[0], results[1], results[2])
    let (x, scale, shift) = (operands.first.inOrder(), operands.second.inOrder(), operands[2].inOrder())
    let batch = ChannelBatch(x.shape)
    let sums = ChannelSums(of: x, in: batch)
    let factor = Scratch(byteCount: batch.channels * x.scalarType.size)
    sums.withPointers {
      mk_channel_statistics(
        x.scalarType.kernelType, epsilon, $0, Double(batch.share), scale.pointer, mean.pointer, variance.pointer,
        factor.pointer, batch.channels)
    }
    batch.forRows(x.scalarType) { type, offset, rows in
      mk_channel_scale(
        type, x.pointer + offset, mean.pointer, factor.pointer, shift.pointer, y.pointer + offset, rows,
        batch.channels, batch.inner)
    }
    withExtendedLifetime((x, scale, shift, factor)) {}
  }

  package func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let x = saved.operand(0)
    var gradients = Cotangents(nil, nil, nil)
    if let g = cotangents[0] {
      let backward = BatchNormBackward(epsilon: epsilon, needsInput: saved.needs(0))
      let all = applyAll(backward, [x, saved.operand(1), g])
      gradients = Cotangents(saved.needs(0) ? all[0] : nil, all[all.count - 2], all[all.count - 1])
    }
    if cotangents[1] == nil && cotangents[2] == nil || !saved.needs(0) { return gradients }
    // The mean's and the variance's own gradients: 1 / n, and 2 (x − mean) / n, for each element.
    let batch = ChannelBatch(x.shape)
    var along = cotangents[1].map { batch.perChannel($0 * (1 / Double(batch.share))) }
    if let g = cotangents[2] {
      let centred = x - batch.mean(x)
      along = Tangents.sum(along, centred * batch.perChannel(g * (2 / Double(batch.share))))
    }
    gradients[0] = Tangents.sum(gradients[0], along).map { $0.shape == x.shape ? $0 : apply(BroadcastTo(x.shape), $0) }
    return gradients
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 8 * results.first.count, bytes: 3 * results.first.byteCount)
  }

  /// The same results by tensor operations.
  package func composition(_ x: AnyTensor, scale: AnyTensor, shift: AnyTensor) -> [AnyTensor] {
    let batch = ChannelBatch(x.shape)
    let mean = batch.mean(x)
    let centred = x - mean
    let variance = batch.mean(centred.applying(.square))
    let factor = (variance + epsilon).applying(.rsqrt) * batch.perChannel(scale)
    let row: Shape = [batch.channels]
    return [
      centred * factor + batch.perChannel(shift), apply(ReshapeView(to: row), mean),
      apply(ReshapeView(to: row), variance),
    ]
  }
}

/// The gradients of `BatchNormChannels`'s output with respect to its operands: with y the normalised x,
/// (g − mean g − y mean(g y)) · scale / √(variance + ε), Σ g y and Σ g.
///
/// The operands are x, the scale and g. The statistics are computed again from x, in the pass that sums g. Where the
/// gradient of x is not needed, the results are the other two.
package struct BatchNormBackward: Primitive {
  let epsilon: Double
  let needsInput: Bool

  package init(epsilon: Double, needsInput: Bool = true) {
    self.epsilon = epsilon
    self.needsInput = needsInput
  }

  package var name: String { "batchNormBackward" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, scale, g) = (operands[0], operands[1], operands[2])
    try requireFloating(x)
    if x.rank < 2 { throw mistake(expected: "[batch, channels, …]", got: "\(x.shape)") }
    if TensorSpec(x) != TensorSpec(g) { throw mistake("operand and gradient differ: \(x.shape) and \(g.shape)") }
    let row = TensorSpec(x.scalarType, [x.shape.axes[1]])
    if TensorSpec(scale) != row {
      throw mistake(
        expected: "a scale of \(row.shape) of \(x.scalarType)", got: "\(scale.shape) of \(scale.scalarType)")
    }
    return TensorSpecs(needsInput ? [TensorSpec(x), row, row] : [row, row])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (dscale, dshift) = (results[needsInput ? 1 : 0], results[needsInput ? 2 : 1])
    let (x, scale, g) = (operands.first.inOrder(), operands.second.inOrder(), operands[2].inOrder())
    let batch = ChannelBatch(x.shape)
    let sums = ChannelSums(of: x, in: batch, gradient: g)
    let width = batch.channels * x.scalarType.size
    let rows = Scratch(byteCount: 4 * width)
    let (mean, middle) = (rows.pointer, rows.pointer + width)
    let (slope, factor) = (rows.pointer + 2 * width, rows.pointer + 3 * width)
    sums.withPointers {
      mk_channel_slopes(
        x.scalarType.kernelType, epsilon, $0, Double(batch.share), scale.pointer, mean, middle, slope, factor,
        dscale.pointer, dshift.pointer, batch.channels)
    }
    if needsInput {
      let dx = results[0].pointer
      batch.forRows(x.scalarType) { type, offset, count in
        mk_channel_scale_backward(
          type, x.pointer + offset, g.pointer + offset, mean, middle, slope, factor, dx + offset, count,
          batch.channels, batch.inner)
      }
    }
    withExtendedLifetime((x, scale, g, rows)) {}
  }

  /// The formula in tensor operations, from which the chain rule gives its derivative.
  package func composition(_ x: AnyTensor, scale: AnyTensor, _ g: AnyTensor) -> [AnyTensor] {
    let batch = ChannelBatch(x.shape)
    let centred = x - batch.mean(x)
    let root = (batch.mean(centred.applying(.square)) + epsilon).applying(.rsqrt)
    let y = centred * root
    let product = g * y
    if !needsInput { return [batch.sum(product), batch.sum(g)] }
    let rest = g - batch.mean(g) - y * batch.mean(product)
    return [rest * (root * batch.perChannel(scale)), batch.sum(product), batch.sum(g)]
  }

  package func pullback(_ c: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let cotangents = c.array
    let given = cotangents.indices.filter { cotangents[$0] != nil }
    let recorded = Linearization(at: [saved.operand(0), saved.operand(1), saved.operand(2)]) { operands in
      let results = composition(operands[0], scale: operands[1], operands[2])
      return given.map { results[$0] }
    }
    return Cotangents(recorded.pullback(given.map { cotangents[$0]! }))
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: (needsInput ? 14 : 9) * operands[0].count, bytes: (needsInput ? 5 : 2) * operands[0].byteCount)
  }
}
