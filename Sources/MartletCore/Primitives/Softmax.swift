import CKernels

/// Softmax, its logarithm, along the last axis; the backward passes are primitives too, so that they can be differentiated.
struct Softmax: Primitive {
  let isLogarithmic: Bool

  var name: String { isLogarithmic ? "logSoftmax" : "softmax" }
  var saves: SavePolicy { .result }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (type, shape) = (operands.first.scalarType, operands.first.shape)
    if !type.isDifferentiable { throw TensorError(name, "\(type) is not supported; convert with cast(to: Float.self)") }
    if shape.rank == 0 { throw TensorError(name, "a scalar has no axis") }
    return TensorSpec(type, shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let isLogarithmic = isLogarithmic
    Rows.run([operands.first.body], into: result) { type, x, y, rows, columns in
      if isLogarithmic {
        mk_log_softmax(type, x[0], y, rows, columns)
      } else {
        mk_softmax(type, x[0], y, rows, columns)
      }
    }
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    OperandGradients(apply(SoftmaxBackward(isLogarithmic: isLogarithmic), saved.result, cotangent))
  }

  // Softmax's Jacobian is symmetric; that of its logarithm is the other one's transpose.
  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    guard let tangent = tangents[0] else { return nil }
    let y = saved.result
    if !isLogarithmic { return apply(SoftmaxBackward(isLogarithmic: false), y, tangent) }
    return tangent - (y.applying(.exp) * tangent).rowSums
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(flops: 20 * spec.shape.elementCount, bytes: 2 * spec.shape.elementCount * spec.scalarType.size)
  }

  static var samples: [Sample] {
    [false, true].map { isLogarithmic in
      Sample(
        isLogarithmic ? "logSoftmax" : "softmax", [.init([3, 6])],
        apply: { applyAny(Softmax(isLogarithmic: isLogarithmic), $0) },
        reference: { o in
          let sums = o[0].reduced([1], keepDims: true) { $0.reduce(0) { $0 + CMath.exp($1) } }
          return Reference(o[0].shape) { index in
            let p = CMath.exp(o[0][index]) / sums[index]
            return isLogarithmic ? CMath.log(p) : p
          }
        }, tolerance: 4e-6)
    }
  }
}

/// y (g − Σ g y) for softmax's result y, and g − exp(y) Σ g for its logarithm's; operands y and g.
struct SoftmaxBackward: Primitive {
  let isLogarithmic: Bool

  var name: String { isLogarithmic ? "logSoftmaxBackward" : "softmaxBackward" }
  var saves: SavePolicy { .operands }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (y, g) = (operands.first, operands.second!)
    if y.shape != g.shape || y.scalarType != g.scalarType {
      throw TensorError(name, "result and gradient differ: \(y.shape) and \(g.shape)")
    }
    return TensorSpec(y.scalarType, y.shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let isLogarithmic = isLogarithmic
    Rows.run([operands.first.body, operands.second!.body], into: result) { type, operands, out, rows, columns in
      if isLogarithmic {
        mk_log_softmax_backward(type, operands[0], operands[1], out, rows, columns)
      } else {
        mk_softmax_backward(type, operands[0], operands[1], out, rows, columns)
      }
    }
    return result
  }

  func pullback(_ c: AnyTensor, _ saved: Saved) -> OperandGradients {
    let (y, g) = (saved.operand(0), saved.operand(1))
    if isLogarithmic {
      // r = g − exp(y) Σ g.
      let p = y.applying(.exp)
      let cp = c * p
      return OperandGradients(-(cp * g.rowSums), c - cp.rowSums)
    }
    // r = y (g − Σ g y).
    let cy = c * y
    let inner = cy.rowSums
    return OperandGradients(c * (g - (g * y).rowSums) - g * inner, y * (c - inner))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let (y, g) = (saved.operand(0), saved.operand(1))
    let alongG = tangents[1].map { apply(self, y, $0) }
    let alongY = tangents[0].map { t in
      isLogarithmic
        ? -(y.applying(.exp) * t * g.rowSums) : t * (g - (g * y).rowSums) - y * (g * t).rowSums
    }
    return Tangents.sum(alongY, alongG)
  }

  static var samples: [Sample] {
    [false, true].map { isLogarithmic in
      Sample(
        isLogarithmic ? "logSoftmaxBackward" : "softmaxBackward", [.init([3, 4]), .init([3, 4])],
        apply: { applyAny(SoftmaxBackward(isLogarithmic: isLogarithmic), $0) },
        reference: { o in
          let (y, g) = (o[0], o[1])
          if isLogarithmic {
            let sums = g.reduced([1], keepDims: true) { $0.reduce(0, +) }
            return Reference(y.shape) { g[$0] - CMath.exp(y[$0]) * sums[$0] }
          }
          let sums = Reference.zip(g, y, *).reduced([1], keepDims: true) { $0.reduce(0, +) }
          return Reference(y.shape) { y[$0] * (g[$0] - sums[$0]) }
        }, tolerance: 1e-5)
    }
  }
}

/// log Σ exp along the last axis, which is dropped.
struct LogSumExp: Primitive {
  var name: String { "logSumExp" }
  var saves: SavePolicy { .operandsAndResult }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (type, shape) = (operands.first.scalarType, operands.first.shape)
    if !type.isDifferentiable { throw TensorError(name, "\(type) is not supported; convert with cast(to: Float.self)") }
    if shape.rank == 0 { throw TensorError(name, "a scalar has no axis") }
    return TensorSpec(type, shape.removing(shape.rank - 1))
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    Rows.run([operands.first.body], into: result, dropsAxis: true) { type, x, y, rows, columns in
      mk_log_sum_exp(type, x[0], y, rows, columns)
    }
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    func column(_ tensor: AnyTensor) -> AnyTensor {
      apply(Reshape(to: tensor.shape.inserting(1, at: tensor.rank)), tensor)
    }
    return OperandGradients(column(cotangent) * (saved.operand(0) - column(saved.result)).applying(.exp))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let y = apply(Reshape(to: saved.resultShape.inserting(1, at: saved.resultShape.rank)), saved.result)
    return tangents[0].map { t in
      let share = (saved.operand(0) - y).applying(.exp) * t
      return apply(Reduction(.sum, axes: [share.rank - 1], rank: share.rank), share)
    }
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(flops: 20 * operands.first.count, bytes: operands.first.count * spec.scalarType.size)
  }

  static var samples: [Sample] {
    [
      Sample(
        "logSumExp", [.init([3, 6])], apply: { applyAny(LogSumExp(), $0) },
        reference: { $0[0].reduced([1], keepDims: false) { CMath.log($0.reduce(0) { $0 + CMath.exp($1) }) } },
        tolerance: 4e-6)
    ]
  }
}

extension AnyTensor {
  /// The sums along the last axis, which is kept with length 1.
  package var rowSums: AnyTensor {
    let sum = apply(Reduction(.sum, axes: [rank - 1], rank: rank), self)
    return apply(Reshape(to: sum.shape.inserting(1, at: sum.rank)), sum)
  }
}

/// Kernels that take whole rows of the last axis.
enum Rows {
  /// Calls `kernel` with rows of the operands and of the result, split over the pool; strided operands are copied first.
  @inline(__always)
  static func run(
    _ operands: [TensorBody], into result: TensorBody, dropsAxis: Bool = false,
    _ kernel: (mk_type, [UnsafeRawPointer], UnsafeMutableRawPointer, Int, Int) -> Void
  ) {
    let shape = operands[0].shape
    let columns = shape.axes[shape.rank - 1]
    let rows = dropsAxis ? result.count : (columns == 0 ? 0 : shape.elementCount / columns)
    let ordered = operands.map { $0.inOrder() }
    let size = result.scalarType.size
    let type = result.scalarType.kernelType
    let out = result.pointer
    WorkerPool.parallelFor(rows, grain: max(1, ElementwiseLoop.dearGrain / max(1, columns))) { range in
      kernel(
        type, ordered.map { UnsafeRawPointer($0.pointer) + range.lowerBound * columns * size },
        out + range.lowerBound * (dropsAxis ? 1 : columns) * size, range.count, columns)
    }
    withExtendedLifetime(ordered) {}
  }
}
