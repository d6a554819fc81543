import Martlet
import MartletNumerics

extension Workload {
  /// What people know from NumPy: order, indices, statistics, scans, contractions, random numbers and linear algebra. The
  /// first operand has seed 51, the second 52; numbers are in ±1 and integers of any size unless stated otherwise. The
  /// check value is the result's.
  public static let operations: [Workload] =
    order + indices + statistics + scans + contractions + randomNumbers + linearAlgebra

  private static let lengths = [("1e3", 1_000), ("1e5", 100_000), ("1e6", 1_000_000)]

  /// Sorting with full mantissas and full-width integers, and sets.
  private static let order: [Workload] =
    lengths.flatMap { label, n in
      [
        one("sort-\(label)", 8 * n, { numbers([n]) }) { $0.sorted() },
        one("argsort-\(label)", 12 * n, { numbers([n]) }) { $0.argSort() },
        one("unique-\(label)", 8 * n, { WorkloadData.labels(n, classes: 1000, seed: 51) }) { $0.unique() },
      ]
    } + [
      one("sort-int32-1e6", 8_000_000, { WorkloadData.integers(1_000_000, seed: 51) }) { $0.sorted() },
      one("sort-double-1e6", 16_000_000, { numbers([1_000_000], Double.self, 1.0 / 3) }) { $0.sorted() },
      one("argsort-int32-1e6", 12_000_000, { WorkloadData.integers(1_000_000, seed: 51) }) { $0.argSort() },
      one("unique-float-1e6", 8_000_000, { numbers([1_000_000]) }) { $0.unique() },
      one("sort-axis1-1000x1000", 8_000_000, { numbers([1000, 1000]) }) { $0.sorted(axis: 1) },
      one("sort-axis0-1000x1000", 8_000_000, { numbers([1000, 1000]) }) { $0.sorted(axis: 0) },
      one("topk100-1e6", 4_000_000, { numbers([1_000_000]) }) { $0.topK(100).values },
    ]

  private static let indices: [Workload] =
    lengths.flatMap { label, n in
      [
        one("take-\(label)", 16 * n, { (numbers([n]), index(n, below: n)) }) { $0.0.take($0.1) },
        // About half of the elements.
        one("mask-read-\(label)", 7 * n, { masked(n) }) { $0.0[$0.1] },
        writing("mask-write-\(label)", 9 * n, n) { x, mask, _ in x[mask] = 0 },
        writing("mask-write-array-\(label)", 11 * n, n) { x, mask, values in x[mask] = values },
      ]
    } + [
      one("take-rows-1e5x64", 2 * 4 * 6_400_000, { (numbers([100_000, 64]), index(100_000, below: 100_000)) }) {
        $0.0.take($0.1)
      },
      one("take-columns-4096x256", 2 * 4 * 4096 * 256, { (numbers([4096, 1024]), index(256, below: 1024)) }) {
        $0.0.take($0.1, axis: 1)
      },
      one(
        "take-along-1000x1000", 16_000_000,
        { (numbers([1000, 1000]), index(1_000_000, below: 1000).reshaped(to: [1000, 1000])) }
      ) { $0.0.takeAlong($0.1, axis: 1) },
      one("permute-0213-16x256x8x64", 16 * 256 * 8 * 64 * 8, { numbers([16, 256, 8, 64]) }) {
        $0.permuted(0, 2, 1, 3).contiguous()
      },
      one("permute-0312-32x64x64x32", 32 * 64 * 64 * 32 * 8, { numbers([32, 64, 64, 32]) }) {
        $0.permuted(0, 3, 1, 2).contiguous()
      },
      one("permute-210-128x256x128", 128 * 256 * 128 * 8, { numbers([128, 256, 128]) }) {
        $0.permuted(2, 1, 0).contiguous()
      },
    ]

  private static let statistics: [Workload] =
    lengths.flatMap { label, n in
      [
        one("quantile-\(label)", 4 * n, { numbers([n]) }) { $0.quantile(0.9) },
        // Of an odd number, where all agree what it is.
        one("median-\(label)", 4 * n, { numbers([n + 1]) }) { $0.median() },
        one("histogram-\(label)", 4 * n, { numbers([n]) }) { $0.histogram(bins: 100).counts },
        one("bincount-\(label)", 4 * n, { WorkloadData.labels(n, classes: 1000, seed: 51) }) { $0.bincount() },
      ]
    } + [
      one("median-axis1-1001x1001", 4_000_000, { numbers([1001, 1001]) }) { $0.median(axis: 1) },
      one("median-axis0-1001x1001", 4_000_000, { numbers([1001, 1001]) }) { $0.median(axis: 0) },
      one("sum-axes02-64x256x256", 4 * 64 * 256 * 256, { numbers([64, 256, 256]) }) { $0.sum(axes: [0, 2]) },
      one("sum-axes02-256x64x8", 4 * 256 * 64 * 8, { numbers([256, 64, 8]) }) { $0.sum(axes: [0, 2]) },
      one("max-axes02-64x256x256", 4 * 64 * 256 * 256, { numbers([64, 256, 256]) }) { $0.max(axes: [0, 2]) },
      one("sum-axis1-transposed-2048", 4 * 2048 * 2048, { numbers([2048, 2048]) }) { $0.transposed().sum(axis: 1) },
    ]

  private static let scans: [Workload] =
    lengths.map { label, n in
      one("cumsum-\(label)", 8 * n, { numbers([n]) }) { $0.cumulativeSum(axis: 0) }
    } + [
      one("cumsum-1e7", 80_000_000, { numbers([10_000_000]) }) { $0.cumulativeSum(axis: 0) },
      one("cumsum-double-1e6", 16_000_000, { numbers([1_000_000], Double.self) }) { $0.cumulativeSum(axis: 0) },
      one("cumsum-int32-1e6", 8_000_000, { WorkloadData.labels(1_000_000, classes: 1000, seed: 51) }) {
        $0.cumulativeSum(axis: 0)
      },
      one("cumsum-axis0-1000x1000", 8_000_000, { numbers([1000, 1000]) }) { $0.cumulativeSum(axis: 0) },
      one("cumsum-axis1-1000x1000", 8_000_000, { numbers([1000, 1000]) }) { $0.cumulativeSum(axis: 1) },
    ]

  private static let contractions: [Workload] = [
    two("einsum-bij,bjk->bik-32x128", 2 * 32 * 128 * 128 * 128, [32, 128, 128], [32, 128, 128]) {
      einsum("bij,bjk->bik", $0, $1)
    },
    two("einsum-bqhd,bkhd->bhqk-4x128x8x64", 2 * 4 * 8 * 128 * 128 * 64, [4, 128, 8, 64], [4, 128, 8, 64]) {
      einsum("bqhd,bkhd->bhqk", $0, $1)
    },
    two("einsum-bi,ij,bj->b-512", 2 * 512 * 512 * 512, [512, 512], [512, 512]) { einsum("bi,ij,bj->b", $0, $1, $0) },
    // From left to right it would cost sixty times as much as from right to left.
    two("einsum-ij,jk,kl->il-512x8", 4 * 512 * 512 * 8, [512, 512], [512, 8]) {
      einsum("ij,jk,kl->il", $0, $0, $1)
    },
    two("einsum-i,j->ij-1000", 1_000_000, [1000], [1000]) { einsum("i,j->ij", $0, $1) },
    two("einsum-ij,ij->i-1000", 2_000_000, [1000, 1000], [1000, 1000]) { einsum("ij,ij->i", $0, $1) },
  ]

  /// Standard normal numbers: the check values agree only as sums of as many do.
  private static let randomNumbers: [Workload] = [("1e3", 1_000), ("1e5", 100_000), ("1e7", 10_000_000)].map {
    label, n in
    Workload("operations/normal-\(label)", Work(flop: 0, bytes: 4 * Double(n))) {
      Instance(
        run: { count in for _ in 0..<count { consume(Tensor<Float>.randomNormal([n])) } },
        check: { WorkloadData.check(withRandomSeed(1) { Tensor<Float>.randomNormal([n]) }) })
    }
  }

  /// Square matrices of order n; those to factor have n added on the diagonal, and the symmetric ones are A + Aᵀ.
  private static let linearAlgebra: [Workload] = [64, 256, 1024].flatMap { n in
    let (cube, bytes) = (Double(n) * Double(n) * Double(n), 8 * Double(n * n))
    let identity: @Sendable () -> Tensor<Float> = { .identity(n) * Float(n) }
    return [
      Workload("operations/solve-\(n)", Work(flop: 2 * cube / 3, bytes: bytes)) {
        let (a, b) = (numbers([n, n]) + identity(), numbers([n, 8], seed: 52))
        return Instance { required { try solve(a, b) } }
      },
      Workload("operations/cholesky-\(n)", Work(flop: cube / 3, bytes: bytes)) {
        let a = numbers([n, n])
        let symmetric = a + a.transposed() + identity()
        return Instance { required { try cholesky(symmetric) } }
      },
      Workload("operations/svd-\(n)", Work(flop: 12 * cube, bytes: bytes)) {
        let a = numbers([n, n])
        return Instance(
          run: { count in for _ in 0..<count { consume(required { try svd(a) }) } },
          check: { WorkloadData.check(try svd(a).s) })
      },
    ]
  }
}

extension Workload {
  /// A function of `operands`; bytes are those that it reads and writes.
  private static func one<Operands, S: NumericScalar>(
    _ name: String, _ bytes: Int, _ operands: @escaping @Sendable () -> Operands,
    _ function: @escaping @Sendable (Operands) -> Tensor<S>
  ) -> Workload {
    Workload("operations/" + name, Work(flop: 0, bytes: Double(bytes))) {
      let values = operands()
      return Instance { function(values) }
    }
  }

  /// A function of two tensors that is bound by its arithmetic.
  private static func two(
    _ name: String, _ flop: Int, _ a: Shape, _ b: Shape,
    _ function: @escaping @Sendable (Tensor<Float>, Tensor<Float>) -> Tensor<Float>
  ) -> Workload {
    let bytes = 4 * Double(a.reduce(1, *) + b.reduce(1, *))
    return Workload("operations/" + name, Work(flop: Double(flop), bytes: bytes)) {
      let (x, y) = (numbers(a), numbers(b, seed: 52))
      return Instance { function(x, y) }
    }
  }

  /// A write where a mask is true, into numbers, of what they are there; the check value is that of the numbers then.
  private static func writing(
    _ name: String, _ bytes: Int, _ n: Int,
    _ write: @escaping @Sendable (inout Tensor<Float>, Tensor<Bool>, Tensor<Float>) -> Void
  ) -> Workload {
    Workload("operations/" + name, Work(flop: 0, bytes: Double(bytes))) {
      let (start, mask) = masked(n)
      let values = start[mask]
      var x = start
      return Instance(
        run: { count in for _ in 0..<count { write(&x, mask, values) } },
        check: {
          var fresh = start
          write(&fresh, mask, values)
          return WorkloadData.check(fresh)
        })
    }
  }

  private static func numbers(_ shape: Shape, seed: UInt32 = 51) -> Tensor<Float> {
    WorkloadData.tensor(shape, seed: seed)
  }

  private static func numbers<S: FloatingScalar>(_ shape: Shape, _ type: S.Type, _ scale: Double = 1) -> Tensor<S> {
    WorkloadData.tensor(shape, seed: 51, scale: scale, type: type)
  }

  private static func index(_ count: Int, below length: Int) -> Tensor<Int64> {
    WorkloadData.labels(count, classes: length, seed: 52).cast(to: Int64.self)
  }

  /// Numbers, and a mask that is true where those of seed 52 are positive.
  private static func masked(_ n: Int) -> (Tensor<Float>, Tensor<Bool>) {
    (numbers([n]), numbers([n], seed: 52) .> 0)
  }
}

/// The result of what these operands cannot make fail.
private func required<Result>(_ body: () throws -> Result) -> Result {
  do { return try body() } catch { fatalError("\(error)") }
}
