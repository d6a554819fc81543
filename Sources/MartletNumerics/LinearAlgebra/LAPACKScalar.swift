import CBLAS
import MartletCore

/// LAPACK and BLAS for one scalar type: `Float` and `Double`.
///
/// Matrices are in column-major order without gaps unless said otherwise. Each function returns LAPACK's info: 0 for
/// success, a positive number for a failure that depends on values. The `_work` forms are called, which do not look for
/// NaN; the kernels do that themselves. Each call goes through OpenBLAS's gate, without its workspace, which is taken
/// from the pool before.
protocol LAPACKScalar: FloatingScalar {
  typealias Pointer = UnsafeMutablePointer<Self>
  typealias Pivots = UnsafeMutablePointer<Int32>

  /// Whether all of `count` numbers are finite.
  static func areFinite(_ start: Pointer, _ count: Int) -> Bool
  /// A = P L U for `[m, n]`, in place, with the rows that were exchanged, counted from 1.
  static func factorLU(_ m: Int, _ n: Int, _ a: Pointer, _ pivots: Pivots) -> Int32
  /// Solves A X = B, or Aᵀ X = B, from the factors, in place.
  static func solveLU(
    transposed: Bool, _ n: Int, _ columns: Int, _ factors: Pointer, _ pivots: Pivots, _ b: Pointer
  ) -> Int32
  /// The inverse from the factors, in place.
  static func invertLU(_ n: Int, _ factors: Pointer, _ pivots: Pivots) -> Int32
  /// A = Uᵀ U, in the upper triangle in place; the lower one is not touched.
  static func factorCholesky(_ n: Int, _ a: Pointer) -> Int32
  /// A = L Q for `[m, n]`, in place as reflectors.
  static func factorLQ(_ m: Int, _ n: Int, _ a: Pointer, _ reflectors: Pointer) -> Int32
  /// The first m rows of the Q, `[m, n]`, that `count` reflectors make.
  static func rowsOfQ(_ m: Int, _ n: Int, _ count: Int, _ a: Pointer, _ reflectors: Pointer) -> Int32
  /// A = U S Vᵀ for `[m, n]`, by divide and conquer; overwrites A.
  static func svd(
    _ job: CChar, _ m: Int, _ n: Int, _ a: Pointer, _ s: Pointer, _ u: Pointer, _ ldu: Int, _ vt: Pointer, _ ldvt: Int
  ) -> Int32
  /// The eigenvalues of a symmetric matrix, of which the upper triangle is read, ascending; the eigenvectors replace A.
  static func symmetricEigen(vectors: Bool, _ n: Int, _ a: Pointer, _ values: Pointer) -> Int32
  /// The eigenvalues of a general matrix and its right eigenvectors; overwrites A.
  static func eigen(
    vectors: Bool, _ n: Int, _ a: Pointer, _ real: Pointer, _ imaginary: Pointer, _ right: Pointer
  ) -> Int32
  /// The solution of least norm of min ‖A X − B‖, where B has max(m, n) rows and is overwritten; A too.
  static func leastSquares(
    _ m: Int, _ n: Int, _ columns: Int, _ a: Pointer, _ b: Pointer, _ s: Pointer, _ tolerance: Double, _ rank: Pivots
  ) -> Int32
  /// Solves A X = B, or Aᵀ X = B, in place; A is triangular and both are in row-major order.
  static func solveTriangular(
    upper: Bool, transposed: Bool, unitDiagonal: Bool, _ n: Int, _ columns: Int, _ a: Pointer, _ b: Pointer)
  /// C = A B for `[m, k]` and `[k, n]`, each of which may be stored transposed; in row-major order.
  static func multiply(
    _ m: Int, _ n: Int, _ k: Int, _ a: Pointer, transposedA: Bool, _ b: Pointer, transposedB: Bool, into c: Pointer)
}

/// LAPACK's letters for what is to be done.
enum Job {
  static let no = letter("N")
  static let transposed = letter("T")
  static let upper = letter("U")
  static let vectors = letter("V")
  static let all = letter("A")
  static let reduced = letter("S")

  private static func letter(_ character: Unicode.Scalar) -> CChar { CChar(UInt8(ascii: character)) }
}

/// LAPACK's leading dimension: the distance from a column to the next, at least 1.
@inline(__always)
func stride(_ rows: Int) -> Int32 { Int32(max(1, rows)) }

extension LAPACKScalar {
  /// Asks LAPACK how much workspace a call wants, and makes the call.
  static func withWorkspace(_ call: (_ work: Pointer, _ length: Int32) -> Int32) -> Int32 {
    var wanted: Self = 0
    let info = OpenBLAS.calling { call(&wanted, -1) }
    if info != 0 { return info }
    // A Float may have been rounded down.
    let length = max(1, Int(wanted.nextUp.rounded(.up)))
    guard let size = Int32(exactly: length) else {
      fatalError("linear algebra: expected matrices within LAPACK's 32-bit sizes, got a workspace of \(length) numbers")
    }
    let scratch = Scratch(byteCount: length * MemoryLayout<Self>.stride)
    return OpenBLAS.calling { call(scratch.pointer.assumingMemoryBound(to: Self.self), size) }
  }
}

/// 0 where all of `count` numbers are finite, else NaN: a finite number times zero is zero, and everything else is NaN.
///
/// A loop without branches, for the conformances to put in, which know the type: unspecialised it would be slow.
@inline(__always)
func zeroTimes<S: LAPACKScalar & SIMDScalar>(_ start: UnsafeMutablePointer<S>, _ count: Int) -> S {
  var (sums, index) = (SIMD8<S>(repeating: 0), 0)
  while index + 8 <= count {
    sums += UnsafeRawPointer(start + index).loadUnaligned(as: SIMD8<S>.self) * 0
    index += 8
  }
  var sum = sums.sum()
  while index < count {
    sum += start[index] * 0
    index += 1
  }
  return sum
}
