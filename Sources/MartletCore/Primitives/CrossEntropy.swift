import CKernels

/// Softmax cross-entropy of rows of logits [batch, classes] with integer labels [batch] of Int64, one loss a row: logSumExp(x) − x[label].
///
/// Reference composition: `-logSoftmax(x)` gathered at the labels.
struct CrossEntropy: Primitive {
  var name: String { "softmaxCrossEntropy" }
  var saves: SavePolicy { .operands }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (x, labels) = (operands.first.body, operands.second!.body)
    if !x.scalarType.isDifferentiable { throw TensorError(name, "logits must be Float or Double, not \(x.scalarType)") }
    if labels.scalarType != .int64 { throw TensorError(name, "labels must be integers, not \(labels.scalarType)") }
    if x.shape.rank != 2 { throw TensorError(name, "logits must be [batch, classes], not \(x.shape)") }
    if labels.shape.rank != 1 || labels.shape.axes[0] != x.shape.axes[0] {
      throw TensorError(name, "labels must be [\(x.shape.axes[0])] for logits \(x.shape), not \(labels.shape)")
    }
    let classes = x.shape.axes[1]
    if let (row, label) = CrossEntropy.firstLabel(outside: classes, labels) {
      throw TensorError(name, "label \(label) at row \(row) is not one of the \(classes) classes 0 ..< \(classes)")
    }
    return TensorSpec(x.scalarType, labels.shape)
  }

  private static func firstLabel(outside classes: Int, _ labels: TensorBody) -> (row: Int, label: Int64)? {
    let pointer = labels.pointer.assumingMemoryBound(to: Int64.self)
    let step = labels.layout.strides[0]
    for row in 0..<labels.count {
      let label = pointer[row * step]
      if label < 0 || label >= classes { return (row, label) }
    }
    return nil
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let (x, labels) = (operands.first.contiguous().body, operands.second!.contiguous().body)
    let columns = x.shape.axes[1]
    let size = spec.scalarType.size
    let type = spec.scalarType.kernelType
    // The kernel reports each row's logSumExp as well; the backward pass computes it again, which is cheaper than keeping it.
    let sums = Scratch(byteCount: result.count * size)
    let label = labels.pointer.assumingMemoryBound(to: Int64.self)
    WorkerPool.parallelFor(result.count, grain: max(1, ElementwiseLoop.dearGrain / max(1, columns))) { range in
      mk_cross_entropy(
        type, x.pointer + range.lowerBound * columns * size, label + range.lowerBound,
        result.pointer + range.lowerBound * size, sums.pointer + range.lowerBound * size, range.count, columns)
    }
    withExtendedLifetime((x, labels, sums)) {}
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    OperandGradients(apply(CrossEntropyBackward(), saved.operand(0), saved.operand(1), cotangent))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    tangents[0].map { t in
      let p = apply(Softmax(isLogarithmic: false), saved.operand(0))
      return apply(Reduction(.sum, axes: [1], rank: 2), p * t) - t.picked(columns: saved.operand(1))
    }
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(flops: 20 * operands.first.count, bytes: operands.first.count * spec.scalarType.size)
  }

  static var samples: [Sample] {
    [
      Sample(
        "softmaxCrossEntropy", [.init([4, 5]), .init([4], in: 0...4, type: .int64)],
        apply: { applyAny(CrossEntropy(), $0) },
        reference: { o in
          let sums = o[0].reduced([1], keepDims: false) { CMath.log($0.reduce(0) { $0 + CMath.exp($1) }) }
          return Reference([4]) { sums[$0] - o[0][[$0[0], Int(o[1][$0])]] }
        }, tolerance: 4e-6)
    ]
  }
}

/// g (softmax(x) − onehot(label)), row by row; operands x, labels and g.
struct CrossEntropyBackward: Primitive {
  var name: String { "softmaxCrossEntropyBackward" }
  var saves: SavePolicy { .operands }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let spec = try CrossEntropy().result(of: Operands(operands.first, operands.second!))
    if operands.third!.shape != spec.shape {
      throw TensorError(name, "the gradient must be \(spec.shape), not \(operands.third!.shape)")
    }
    return TensorSpec(spec.scalarType, operands.first.shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let (x, labels) = (operands.first.contiguous().body, operands.second!.contiguous().body)
    let scale = operands.third!.body
    let columns = x.shape.axes[1]
    let size = spec.scalarType.size
    let type = spec.scalarType.kernelType
    let step = scale.layout.strides[0]
    let sums = Scratch(byteCount: spec.shape.axes[0] * size)
    let label = labels.pointer.assumingMemoryBound(to: Int64.self)
    WorkerPool.parallelFor(spec.shape.axes[0], grain: max(1, ElementwiseLoop.dearGrain / max(1, columns))) { range in
      let rows = x.pointer + range.lowerBound * columns * size
      mk_log_sum_exp(type, rows, sums.pointer + range.lowerBound * size, range.count, columns)
      mk_cross_entropy_backward(
        type, rows, label + range.lowerBound, sums.pointer + range.lowerBound * size,
        scale.pointer + range.lowerBound * step * size, step, result.pointer + range.lowerBound * columns * size,
        range.count, columns)
    }
    withExtendedLifetime((x, labels, sums)) {}
    return result
  }

  func pullback(_ c: AnyTensor, _ saved: Saved) -> OperandGradients {
    let (x, labels, g) = (saved.operand(0), saved.operand(1), saved.operand(2))
    let p = apply(Softmax(isLogarithmic: false), x)
    let column = apply(Reshape(to: [g.count, 1]), g)
    var forX: AnyTensor?
    if saved.needs(0) { forX = apply(SoftmaxBackward(isLogarithmic: false), p, c * column) }
    var forG: AnyTensor?
    if saved.needs(2) {
      // Σ c (p − onehot): the row sums of c p, less c at the labels.
      let atLabels = c.picked(columns: labels)
      forG = apply(Reduction(.sum, axes: [1], rank: 2), c * p) - atLabels
    }
    return OperandGradients(forX, nil, forG)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let (x, labels, g) = (saved.operand(0), saved.operand(1), saved.operand(2))
    let alongX = tangents[0].map { t in
      apply(Reshape(to: [g.count, 1]), g)
        * apply(SoftmaxBackward(isLogarithmic: false), apply(Softmax(isLogarithmic: false), x), t)
    }
    return Tangents.sum(alongX, tangents[2].map { apply(self, x, labels, $0) })
  }

  static var samples: [Sample] {
    [
      Sample(
        "softmaxCrossEntropyBackward", [.init([4, 5]), .init([4], in: 0...4, type: .int64), .init([4])],
        apply: { applyAny(CrossEntropyBackward(), $0) },
        reference: { o in
          let sums = o[0].reduced([1], keepDims: true) { $0.reduce(0) { $0 + CMath.exp($1) } }
          return Reference([4, 5]) { index in
            let hit = Int(o[1].values[index[0]]) == index[1] ? 1.0 : 0
            return o[2].values[index[0]] * (CMath.exp(o[0][index]) / sums[index] - hit)
          }
        }, tolerance: 4e-6)
    ]
  }
}

extension AnyTensor {
  /// Element `columns[r]` of each row r of a matrix.
  fileprivate func picked(columns: AnyTensor) -> AnyTensor {
    let (rows, width) = (shape.axes[0], shape.axes[1])
    var starts = AnyTensor(scalarType: .int64, shape: [rows])
    starts.withUniqueMutablePointer { mk_arange(MK_INT64, 0, Double(width), $0, 0, rows) }
    return apply(GatherRows(), apply(Reshape(to: [rows * width]), self), starts + columns)
  }
}
