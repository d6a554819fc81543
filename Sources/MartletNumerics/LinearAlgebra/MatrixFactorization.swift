import MartletCore

/// An operation on a batch of matrices that may fail for some: its last result says of each matrix whether it did.
///
/// That result, `info`, is of Int32 and of the batch's shape: 0 for success, LAPACK's positive number, or −1 − operand
/// where an operand is not finite. The other results are NaN where it is not 0. So a derivative, which applies
/// primitives and has nobody to throw to, goes on with NaN; the functions that people call throw.
protocol MatrixFactorization: Primitive {
  /// The kernel for one scalar type. The results are `results`, with `info` as the last.
  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody])

  /// What LAPACK's positive info means.
  func reason(_ info: Int) -> LinearAlgebraError.Reason
}

extension MatrixFactorization {
  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let bodies = (0..<operands.count).map { operands[$0] }
    let made = (0..<results.count).map { results[$0] }
    bodies[0].scalarType.floating(factor(Float.self, bodies, made), factor(Double.self, bodies, made))
  }

  func reason(_ info: Int) -> LinearAlgebraError.Reason { .notConverged }

  // MARK: Rules

  /// Throws unless an operand is a batch of matrices of a floating-point type.
  func requireMatrices(_ spec: OperandSpec) throws(TensorError) {
    try requireFloating(spec)
    if spec.rank < 2 { throw mistake(expected: "matrices [..., m, n]", got: "a tensor of shape \(spec.shape)") }
  }

  /// Throws unless an operand is a batch of square matrices of a floating-point type.
  func requireSquare(_ spec: OperandSpec) throws(TensorError) {
    try requireMatrices(spec)
    if spec.shape.rows != spec.shape.columns {
      throw mistake(expected: "square matrices [..., n, n]", got: "a tensor of shape \(spec.shape)")
    }
  }

  /// The shape of the solution for square matrices `a` and right-hand sides `b`, whose batches broadcast.
  func solutionSpec(_ a: OperandSpec, _ b: OperandSpec) throws(TensorError) -> TensorSpec {
    try requireSquare(a)
    try requireMatrices(b)
    try requireSameScalarType(a, b)
    if a.shape.rows != b.shape.rows {
      throw mistake(
        expected: "right-hand sides with \(a.shape.rows) rows for matrices \(a.shape)",
        got: "a tensor of shape \(b.shape)")
    }
    guard let batch = a.shape.batch.broadcast(with: b.shape.batch) else {
      throw mistake(
        "batches do not broadcast: \(a.shape) and \(b.shape) (\(a.shape.batch.broadcastConflict(with: b.shape.batch)))")
    }
    return TensorSpec(a.scalarType, batch.followed(by: [b.shape.rows, b.shape.columns]))
  }

  /// The specs of results of an operand's scalar type, each of its batch followed by its own axes, and of `info`.
  func specs(_ operand: OperandSpec, _ shapes: [Int]...) -> TensorSpecs {
    let batch = operand.shape.batch
    return TensorSpecs(
      shapes.map { TensorSpec(operand.scalarType, batch.followed(by: $0)) } + [TensorSpec(.int32, batch)])
  }

  // MARK: Application

  /// Traps where the operation has no derivative although its results are floating-point numbers, for which the passes do
  /// not ask.
  func requireDerivative() {
    if let derivativeRefusal { trap("gradient", "\(name) has no derivative: \(derivativeRefusal)") }
  }

  /// Applies the operation in a derivative: the results, NaN where it fails.
  func results(_ operands: AnyTensor...) -> [AnyTensor] { applyAll(self, operands) }

  /// Applies the operation for people: throws in the name of `operation` where it fails for some matrix. NaN and infinity
  /// are looked for in what people gave, where the operands are made of it.
  func run(
    _ operation: String, _ operands: [AnyTensor], given: [AnyTensor]? = nil
  ) throws(LinearAlgebraError) -> [AnyTensor] {
    if operation != name {
      do throws(TensorError) { try check(self, operands) } catch { trap(operation, error.message) }
    }
    let results = applyAll(self, operands)
    // In a vectorized function there is nobody to throw to for one example: its results are NaN, as in a derivative.
    if results[results.count - 1].dependsOnExample { return results }
    let info = Tensor<Int32>(unchecked: results[results.count - 1].detached())
    let failure = info.withUnsafeScalars { codes in codes.firstIndex { $0 != 0 }.map { ($0, Int(codes[$0])) } }
    guard let (position, code) = failure else { return results }
    throw LinearAlgebraError(
      operation, code > 0 ? reason(code) : notFinite(given ?? operands, -1 - code, position, info.shape),
      matrix: info.shape.indices(of: position))
  }

  /// Finds NaN or infinity again in an operand's matrix for the position in the batch, for the message.
  private func notFinite(
    _ operands: [AnyTensor], _ operand: Int, _ position: Int, _ batch: Shape
  ) -> LinearAlgebraError.Reason {
    let tensor = operands[operand].detached()
    let matrix: Shape = [tensor.shape.rows, tensor.shape.columns]
    let whole = tensor.asAny.broadcast(to: batch.followed(by: matrix.dimensions))
    let values = Tensor<Double>(unchecked: whole.erased.converted(to: .float64))
    let first = values.withUnsafeScalars { scalars -> Int? in
      let start = position * matrix.elementCount
      return (start..<start + matrix.elementCount).first { !scalars[$0].isFinite }.map { $0 - start }
    }
    return .notFinite(operand: operand, indices: matrix.indices(of: first ?? 0))
  }
}

extension Shape {
  /// The axes before the matrix.
  var batch: Shape { Shape(dropLast(2)) }
  /// The rows of a matrix.
  var rows: Int { self[rank - 2] }
  /// The columns of a matrix.
  var columns: Int { self[rank - 1] }

  /// The shape with more axes at the end.
  func followed(by axes: [Int]) -> Shape { Shape(dimensions + axes) }

  /// The indices of an element at a position in row-major order.
  func indices(of position: Int) -> [Int] {
    var rest = position
    var indices = [Int](repeating: 0, count: rank)
    for axis in Swift.stride(from: rank - 1, through: 0, by: -1) {
      indices[axis] = rest % Swift.max(1, self[axis])
      rest /= Swift.max(1, self[axis])
    }
    return indices
  }
}
