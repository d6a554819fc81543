import MartletCore

/// A function of square matrices that is the limit of polynomials in them, such as the exponential.
///
/// The derivative along E is the upper right block of the function of [[A, E], [0, A]] (Mathias, "A chain rule for matrix
/// functions and applications", 1996), and the gradient is the derivative of the function of Aᵀ along g. So it is made of
/// the function itself, and has derivatives of any order.
protocol MatrixFunction: MatrixFactorization {}

extension MatrixFunction {
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    return specs(operands[0], [operands[0].shape.rows, operands[0].shape.rows])
  }

  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(cotangents[0].map { derivative(saved.operand(0).mT, along: $0) })
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { derivative(saved.operand(0), along: $0) }, nil)
  }

  private func derivative(_ a: AnyTensor, along direction: AnyTensor) -> AnyTensor {
    let n = a.shape.rows
    let block = a.beside(direction).above(a.zeros(a.shape).beside(a))
    return results(block)[0].rows(0..<n).columns(n..<2 * n)
  }
}

/// The exponential of matrices, by scaling and squaring with Padé approximants (Higham, "The scaling and squaring method
/// for the matrix exponential revisited", 2005).
struct MatrixExponential: MatrixFunction {
  var name: String { "matrixExponential" }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (result, info) = (results[0].start(as: S.self), results[1].start(as: Int32.self))
    let n = results[0].shape.rows
    operands[0].copy(to: results[0])
    overMatrices(results[1].count, flops: 20 * n * n * n) { index in
      let matrix = result + index * n * n
      info[index] = S.areFinite(matrix, n * n) ? 0 : -1
      if info[index] == 0 && n > 0 { info[index] = exponentiate(S.self, n, matrix) }
      if info[index] != 0 { S.fillWithNaN(matrix, n * n) }
    }
  }

  /// The coefficients of the numerators of the approximants of degrees 3, 5, 7, 9 and 13, and the largest 1-norm for
  /// which each is exact to rounding: table 2.3 for Double, and section 2 of Higham's for Float, whose degree ends at 7.
  private static let coefficients: [Int: [Double]] = [
    3: [120, 60, 12, 1],
    5: [30240, 15120, 3360, 420, 30, 1],
    7: [17_297_280, 8_648_640, 1_995_840, 277_200, 25_200, 1_512, 56, 1],
    9: [
      17_643_225_600, 8_821_612_800, 2_075_673_600, 302_702_400, 30_270_240, 2_162_160, 110_880, 3_960, 90, 1,
    ],
    13: [
      64_764_752_532_480_000, 32_382_376_266_240_000, 7_771_770_303_897_600, 1_187_353_796_428_800, 129_060_195_264_000,
      10_559_470_521_600, 670_442_572_800, 33_522_128_640, 1_323_241_920, 40_840_800, 960_960, 16_380, 182, 1,
    ],
  ]
  private static let doubleLimits: [(degree: Int, norm: Double)] = [
    (3, 1.495585217958292e-2), (5, 2.539398330063230e-1), (7, 9.504178996162932e-1), (9, 2.097847961257068),
    (13, 5.371920351148152),
  ]
  private static let floatLimits: [(degree: Int, norm: Double)] = [
    (3, 4.258730016922831e-1), (5, 1.880152677804762), (7, 3.925724783138660),
  ]

  /// Replaces a matrix by its exponential; not 0 where that overflows.
  private func exponentiate<S: LAPACKScalar>(_ type: S.Type, _ n: Int, _ a: S.Pointer) -> Int32 {
    let size = n * n
    // Of the transposed matrix the norm differs, but the exponential is transposed too: either norm will do.
    var norm = 0.0
    for row in 0..<n {
      var sum = 0.0
      for column in 0..<n { sum += Double(a[row * n + column].magnitude) }
      norm = max(norm, sum)
    }
    // A norm that overflows is that of a matrix whose exponential does, or is out of reach of the squarings.
    if !norm.isFinite { return 1 }
    let limits = S.self == Float.self ? MatrixExponential.floatLimits : MatrixExponential.doubleLimits
    let degree = (limits.first { norm <= $0.norm } ?? limits[limits.count - 1]).degree
    let ratio = norm / limits[limits.count - 1].norm
    let squarings = ratio > 1 ? (ratio.significand == 1 ? Int(ratio.exponent) : Int(ratio.exponent) + 1) : 0
    // In Double, because the scale may be below the normal range of Float.
    let scale = Double(sign: .plus, exponent: -squarings, significand: 1)
    for index in 0..<size { a[index] = S(Double(a[index]) * scale) }

    let memory = Temporary<S>(5 * size)
    let (square, power) = (memory.start, memory.start + size)
    let (odd, even, next) = (memory.start + 2 * size, memory.start + 3 * size, memory.start + 4 * size)
    S.multiply(n, n, n, a, transposedA: false, a, transposedB: false, into: square)
    // The sums of the odd and of the even terms: both are polynomials in the square.
    let b = MatrixExponential.coefficients[degree]!.map { S($0) }
    odd.update(repeating: 0, count: size)
    even.update(repeating: 0, count: size)
    power.update(repeating: 0, count: size)
    for index in 0..<n { power[index * n + index] = 1 }
    for term in 0...degree / 2 {
      for index in 0..<size {
        even[index] += b[2 * term] * power[index]
        odd[index] += b[2 * term + 1] * power[index]
      }
      if term < degree / 2 {
        S.multiply(n, n, n, power, transposedA: false, square, transposedB: false, into: next)
        power.update(from: next, count: size)
      }
    }
    S.multiply(n, n, n, a, transposedA: false, odd, transposedB: false, into: power)
    // (even − odd) x = even + odd; in row-major memory everything is transposed, and the factors commute.
    for index in 0..<size {
      a[index] = even[index] + power[index]
      even[index] -= power[index]
    }
    let pivots = Temporary<Int32>(n)
    if S.factorLU(n, n, even, pivots.start) != 0 { return 1 }
    _ = S.solveLU(transposed: false, n, n, even, pivots.start, a)
    for _ in 0..<squarings {
      S.multiply(n, n, n, a, transposedA: false, a, transposedB: false, into: next)
      a.update(from: next, count: size)
    }
    withExtendedLifetime((memory, pivots)) {}
    return S.areFinite(a, size) ? 0 : 1
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 20 * operands[0].count * operands[0].shape.rows, bytes: 2 * operands[0].byteCount)
  }
}

/// The exponential of square matrices `[..., n, n]`, by scaling and squaring with Padé approximants; traps for other
/// shapes.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the result overflows.
/// - Complexity: O(n³) for each matrix, times the logarithm of its norm.
public func matrixExponential<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  Tensor(unchecked: try MatrixExponential().run("matrixExponential", [a.erased])[0])
}
