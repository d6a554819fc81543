import MartletCore
import MartletPlatform

/// The eigenvalues and right eigenvectors of general real matrices (LAPACK's geev), as real and imaginary parts.
///
/// Results are the parts of the values `[..., n]`, the parts of the vectors as columns `[..., n, n]`, and info.
struct Eigen: MatrixFactorization {
  var name: String { "eigen" }
  var saves: SavePolicy { .results }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    let n = operands[0].shape.rows
    return specs(operands[0], [n], [n], [n, n], [n, n])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (values, imaginaryValues) = (results[0].start(as: S.self), results[1].start(as: S.self))
    let (vectors, imaginaryVectors) = (results[2].start(as: S.self), results[3].start(as: S.self))
    let (info, n) = (results[4].start(as: Int32.self), results[2].shape.rows)
    let copies = operands[0].columnMajorCopy()
    let a = copies.start(as: S.self)
    overMatrices(results[4].count, flops: 25 * n * n * n) { index in
      let (work, real, imaginary) = (a + index * n * n, values + index * n, imaginaryValues + index * n)
      let (re, im) = (vectors + index * n * n, imaginaryVectors + index * n * n)
      let packed = Temporary<S>(n * n)
      info[index] = S.areFinite(work, n * n) ? 0 : -1
      if info[index] == 0 && n > 0 {
        info[index] = S.eigen(vectors: true, n, work, real, imaginary, packed.start)
      }
      if info[index] != 0 {
        for part in [real, imaginary] { S.fillWithNaN(part, n) }
        for part in [re, im] { S.fillWithNaN(part, n * n) }
        return
      }
      // Two conjugate vectors are stored as their common real part, then the first one's imaginary part.
      var column = 0
      while column < n {
        let isPair = imaginary[column] != 0 && column + 1 < n
        for row in 0..<n {
          let (x, y) = (packed.start[column * n + row], isPair ? packed.start[(column + 1) * n + row] : 0)
          (re[row * n + column], im[row * n + column]) = (x, y)
          if isPair { (re[row * n + column + 1], im[row * n + column + 1]) = (x, -y) }
        }
        column += isPair ? 2 : 1
      }
      withExtendedLifetime(packed) {}
    }
    withExtendedLifetime(copies) {}
  }

  /// The real part of V⁻ᴴ (gΛ on the diagonal, and elsewhere (Vᴴ gV − Vᴴ V diag(Re Vᴴ gV))ᵢⱼ / conj(λⱼ − λᵢ)) Vᴴ
  /// (Boeddeker, Hanebrink, Drude, Heymann and Haeb-Umbach, "On the computation of complex-valued gradients", 2017).
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let values = ComplexMatrix(saved.result(0), saved.result(1))
    let v = ComplexMatrix(saved.result(2), saved.result(3))
    let zero = values.real.zeros(values.real.shape)
    var inner = ComplexMatrix(zero.diagonalMatrices, zero.diagonalMatrices)
    if cotangents[2] != nil || cotangents[3] != nil {
      let none = v.real.zeros(v.real.shape)
      let toV = ComplexMatrix(cotangents[2] ?? none, cotangents[3] ?? none)
      let product = v.adjoint.times(toV)
      let scale = product.real.diagonals.asRow
      let projected = product - v.adjoint.times(ComplexMatrix(v.real * scale, v.imaginary * scale))
      let gaps = ComplexMatrix(
        (values.real.asRow - values.real.asColumn).replacingDiagonal(values.real.scalar(1)),
        values.imaginary.asColumn - values.imaginary.asRow)
      inner = projected.divided(by: gaps)
    }
    inner = ComplexMatrix(
      inner.real.replacingDiagonal(cotangents[0] ?? zero), inner.imaginary.replacingDiagonal(cotangents[1] ?? zero))
    return Cotangents(v.adjoint.solving(inner.times(v.adjoint)).real)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 25 * operands[0].count * operands[0].shape.rows, bytes: 3 * operands[0].byteCount)
  }
}

/// The eigenvalues of general real matrices, without the vectors, as real and imaginary parts.
struct Eigenvalues: MatrixFactorization {
  var name: String { "eigenvalues" }
  var saves: SavePolicy { .operandsAndResults }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    let n = operands[0].shape.rows
    return specs(operands[0], [n], [n])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (values, imaginaryValues) = (results[0].start(as: S.self), results[1].start(as: S.self))
    let (info, n) = (results[2].start(as: Int32.self), operands[0].shape.rows)
    let copies = operands[0].columnMajorCopy()
    let a = copies.start(as: S.self)
    overMatrices(results[2].count, flops: 10 * n * n * n) { index in
      let (work, real, imaginary) = (a + index * n * n, values + index * n, imaginaryValues + index * n)
      info[index] = S.areFinite(work, n * n) ? 0 : -1
      if info[index] == 0 && n > 0 { info[index] = S.eigen(vectors: false, n, work, real, imaginary, work) }
      if info[index] != 0 { for part in [real, imaginary] { S.fillWithNaN(part, n) } }
    }
    withExtendedLifetime(copies) {}
  }

  /// As of the decomposition with vectors, which is computed now. Of large matrices it may find the values in another
  /// order.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let parts = Eigen().results(saved.operand(0))
    let v = ComplexMatrix(parts[2], parts[3])
    let own = Eigenvalues.nearest((parts[0], parts[1]), (saved.result(0), saved.result(1)))
    func diagonals(_ cotangent: AnyTensor?) -> AnyTensor {
      guard let cotangent else { return parts[0].zeros(parts[0].shape).diagonalMatrices }
      return cotangent.asAny.takeAlong(own, axis: -1).erased.diagonalMatrices
    }
    let inner = ComplexMatrix(diagonals(cotangents[0]), diagonals(cotangents[1]))
    return Cotangents(v.adjoint.solving(inner.times(v.adjoint)).real)
  }

  private typealias Parts = (real: AnyTensor, imaginary: AnyTensor)

  /// For each of the eigenvalues `[..., n]` the index of the nearest of other ones, each of which is taken once.
  private static func nearest(_ values: Parts, _ others: Parts) -> Tensor<Int64> {
    func numbers(_ tensor: AnyTensor) -> [Double] {
      Tensor<Double>(unchecked: tensor.detached().converted(to: .float64)).scalars
    }
    let (shape, n) = (values.real.shape, values.real.shape[values.real.rank - 1])
    let (x, y, others) = (
      numbers(values.real), numbers(values.imaginary), (numbers(others.real), numbers(others.imaginary))
    )
    var indices = [Int64](repeating: 0, count: x.count)
    for start in Swift.stride(from: 0, to: x.count, by: max(n, 1)) {
      var free = Array(0..<n)
      for index in start..<start + n {
        func distance(_ other: Int) -> Double {
          hypot(x[index] - others.0[start + other], y[index] - others.1[start + other])
        }
        // The first where all are NaN.
        let place = free.indices.min { distance(free[$0]) < distance(free[$1]) }!
        indices[index] = Int64(free.remove(at: place))
      }
    }
    return Tensor(shape: shape, scalars: indices)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 10 * operands[0].count * operands[0].shape.rows, bytes: operands[0].byteCount)
  }
}

/// Complex matrices as two real ones, as far as the derivative of eigenvectors needs them.
private struct ComplexMatrix {
  let real: AnyTensor
  let imaginary: AnyTensor

  init(_ real: AnyTensor, _ imaginary: AnyTensor) {
    self.real = real
    self.imaginary = imaginary
  }

  /// The conjugate transpose.
  var adjoint: ComplexMatrix { ComplexMatrix(real.mT, -imaginary.mT) }

  func times(_ other: ComplexMatrix) -> ComplexMatrix {
    ComplexMatrix(
      real.times(other.real) - imaginary.times(other.imaginary),
      real.times(other.imaginary) + imaginary.times(other.real))
  }

  static func - (a: ComplexMatrix, b: ComplexMatrix) -> ComplexMatrix {
    ComplexMatrix(a.real - b.real, a.imaginary - b.imaginary)
  }

  /// The quotient, element by element.
  func divided(by other: ComplexMatrix) -> ComplexMatrix {
    let size = other.real * other.real + other.imaginary * other.imaginary
    return ComplexMatrix(
      (real * other.real + imaginary * other.imaginary) / size,
      (imaginary * other.real - real * other.imaginary) / size)
  }

  /// The solution x of this matrix times x = b, as real equations of twice the size.
  func solving(_ b: ComplexMatrix) -> ComplexMatrix {
    let n = real.shape.rows
    let block = real.beside(-imaginary).above(imaginary.beside(real))
    let x = Solve().results(block, b.real.above(b.imaginary))[0]
    return ComplexMatrix(x.rows(0..<n), x.rows(n..<2 * n))
  }
}

/// Complex numbers as two tensors of the same shape.
public struct ComplexParts<Scalar: FloatingScalar>: Sendable {
  /// The real parts.
  public let real: Tensor<Scalar>
  /// The imaginary parts.
  public let imaginary: Tensor<Scalar>

  /// Creates complex numbers; traps when the shapes differ.
  public init(real: Tensor<Scalar>, imaginary: Tensor<Scalar>) {
    if real.shape != imaginary.shape {
      trap("ComplexParts", "expected parts of one shape, got \(real.shape) and \(imaginary.shape)")
    }
    self.real = real
    self.imaginary = imaginary
  }

  /// The magnitudes.
  public var magnitude: Tensor<Scalar> { real.hypot(imaginary) }
}

/// The eigenvalues `[..., n]` of general real matrices `[..., n, n]`, and eigenvectors, the columns of `[..., n, n]`, both
/// complex; traps for other shapes.
///
/// Values that are not real come in conjugate pairs, the one with the positive imaginary part first. The vectors have norm
/// 1 and a real largest element; derivatives are right for functions that do not depend on a vector's phase.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(n³) for each matrix.
public func eigen<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> (values: ComplexParts<Scalar>, vectors: ComplexParts<Scalar>) {
  let parts = try Eigen().run("eigen", [a.erased]).dropLast().map { Tensor<Scalar>(unchecked: $0) }
  return (ComplexParts(real: parts[0], imaginary: parts[1]), ComplexParts(real: parts[2], imaginary: parts[3]))
}

/// The eigenvalues `[..., n]` of general real matrices `[..., n, n]`; traps for other shapes.
///
/// Values that are not real come in conjugate pairs, the one with the positive imaginary part first.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(n³) for each matrix.
public func eigenvalues<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> ComplexParts<Scalar> {
  let parts = try Eigenvalues().run("eigenvalues", [a.erased])
  return ComplexParts(real: Tensor(unchecked: parts[0]), imaginary: Tensor(unchecked: parts[1]))
}
