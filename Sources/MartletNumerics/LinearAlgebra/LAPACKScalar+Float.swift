import CBLAS
import MartletCore

extension Float: LAPACKScalar {
  static func areFinite(_ start: Pointer, _ count: Int) -> Bool { zeroTimes(start, count) == 0 }

  static func factorLU(_ m: Int, _ n: Int, _ a: Pointer, _ pivots: Pivots) -> Int32 {
    OpenBLAS.calling {
      LAPACKE_sgetrf_work(LAPACK_COL_MAJOR, Int32(m), Int32(n), a, stride(m), pivots)
    }
  }

  static func solveLU(
    transposed: Bool, _ n: Int, _ columns: Int, _ factors: Pointer, _ pivots: Pivots, _ b: Pointer
  ) -> Int32 {
    OpenBLAS.calling {
      LAPACKE_sgetrs_work(
        LAPACK_COL_MAJOR, transposed ? Job.transposed : Job.no, Int32(n), Int32(columns), factors, stride(n), pivots, b,
        stride(n))
    }
  }

  static func invertLU(_ n: Int, _ factors: Pointer, _ pivots: Pivots) -> Int32 {
    withWorkspace { work, length in
      LAPACKE_sgetri_work(LAPACK_COL_MAJOR, Int32(n), factors, stride(n), pivots, work, length)
    }
  }

  static func factorCholesky(_ n: Int, _ a: Pointer) -> Int32 {
    OpenBLAS.calling { LAPACKE_spotrf_work(LAPACK_COL_MAJOR, Job.upper, Int32(n), a, stride(n)) }
  }

  static func factorLQ(_ m: Int, _ n: Int, _ a: Pointer, _ reflectors: Pointer) -> Int32 {
    withWorkspace { work, length in
      LAPACKE_sgelqf_work(LAPACK_COL_MAJOR, Int32(m), Int32(n), a, stride(m), reflectors, work, length)
    }
  }

  static func rowsOfQ(_ m: Int, _ n: Int, _ count: Int, _ a: Pointer, _ reflectors: Pointer) -> Int32 {
    withWorkspace { work, length in
      LAPACKE_sorglq_work(
        LAPACK_COL_MAJOR, Int32(m), Int32(n), Int32(count), a, stride(m), reflectors, work, length)
    }
  }

  static func svd(
    _ job: CChar, _ m: Int, _ n: Int, _ a: Pointer, _ s: Pointer, _ u: Pointer, _ ldu: Int, _ vt: Pointer, _ ldvt: Int
  ) -> Int32 {
    let integers = Scratch(byteCount: 32 * max(1, min(m, n)))
    let work = integers.pointer.assumingMemoryBound(to: Int32.self)
    return withWorkspace { floats, length in
      LAPACKE_sgesdd_work(
        LAPACK_COL_MAJOR, job, Int32(m), Int32(n), a, stride(m), s, u, stride(ldu), vt, stride(ldvt), floats, length,
        work)
    }
  }

  static func symmetricEigen(vectors: Bool, _ n: Int, _ a: Pointer, _ values: Pointer) -> Int32 {
    let count = 3 + 5 * n
    let integers = Scratch(byteCount: 4 * count)
    let work = integers.pointer.assumingMemoryBound(to: Int32.self)
    return withWorkspace { floats, length in
      LAPACKE_ssyevd_work(
        LAPACK_COL_MAJOR, vectors ? Job.vectors : Job.no, Job.upper, Int32(n), a, stride(n), values, floats, length,
        work, length < 0 ? -1 : Int32(count))
    }
  }

  static func eigen(
    vectors: Bool, _ n: Int, _ a: Pointer, _ real: Pointer, _ imaginary: Pointer, _ right: Pointer
  ) -> Int32 {
    withWorkspace { work, length in
      LAPACKE_sgeev_work(
        LAPACK_COL_MAJOR, Job.no, vectors ? Job.vectors : Job.no, Int32(n), a, stride(n), real, imaginary, right,
        stride(n), right, stride(n), work, length)
    }
  }

  static func leastSquares(
    _ m: Int, _ n: Int, _ columns: Int, _ a: Pointer, _ b: Pointer, _ s: Pointer, _ tolerance: Double, _ rank: Pivots
  ) -> Int32 {
    // The integers' length is told by no query: 3 · min · levels + 11 · min, with at most 32 levels.
    let integers = Scratch(byteCount: 4 * 128 * max(1, min(m, n)))
    let work = integers.pointer.assumingMemoryBound(to: Int32.self)
    return withWorkspace { floats, length in
      LAPACKE_sgelsd_work(
        LAPACK_COL_MAJOR, Int32(m), Int32(n), Int32(columns), a, stride(m), b, stride(max(m, n)), s, Float(tolerance),
        rank,
        floats, length, work)
    }
  }

  static func solveTriangular(
    upper: Bool, transposed: Bool, unitDiagonal: Bool, _ n: Int, _ columns: Int, _ a: Pointer, _ b: Pointer
  ) {
    OpenBLAS.calling {
      cblas_strsm(
        CblasRowMajor, CblasLeft, upper ? CblasUpper : CblasLower, transposed ? CblasTrans : CblasNoTrans,
        unitDiagonal ? CblasUnit : CblasNonUnit, Int32(n), Int32(columns), 1, a, stride(n), b, stride(columns))
    }
  }

  static func multiply(
    _ m: Int, _ n: Int, _ k: Int, _ a: Pointer, transposedA: Bool, _ b: Pointer, transposedB: Bool, into c: Pointer
  ) {
    OpenBLAS.calling {
      cblas_sgemm(
        CblasRowMajor, transposedA ? CblasTrans : CblasNoTrans, transposedB ? CblasTrans : CblasNoTrans, Int32(m),
        Int32(n), Int32(k), 1, a, stride(transposedA ? m : k), b, stride(transposedB ? k : n), 0, c, stride(n))
    }
  }
}
