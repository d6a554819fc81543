import Accuracy
import CKernels
import MartletTesting
import Testing

@testable import MartletCore

/// Matrix products against plain loops in double precision.
@Suite struct MatrixProductTests {
  /// The levels whose kernels this processor has, or 0, which is OpenBLAS, where it has none.
  private static let levels: [Int32] =
    MatrixProduct.bestLevel == 0 ? [0] : [3, 4].filter { $0 <= MatrixProduct.bestLevel }

  /// A matrix in a larger buffer of NaN: `spare` elements lie between its rows, or its columns when `transposed`.
  private struct Matrix<Scalar: BinaryFloatingPoint> {
    var values: [Scalar]
    let rows, columns, rowStride, columnStride: Int

    init(_ rows: Int, _ columns: Int, transposed: Bool, spare: Int, _ value: () -> Double) {
      (self.rows, self.columns) = (rows, columns)
      let leading = (transposed ? rows : columns) + spare
      (rowStride, columnStride) = transposed ? (1, leading) : (leading, 1)
      values = [Scalar](repeating: .nan, count: max(1, (transposed ? columns : rows) * leading))
      for i in 0..<rows { for j in 0..<columns { values[i * rowStride + j * columnStride] = Scalar(value()) } }
    }

    /// The elements in row-major order without gaps.
    var plain: [Double] {
      var plain: [Double] = []
      plain.reserveCapacity(rows * columns)
      for i in 0..<rows { for j in 0..<columns { plain.append(Double(values[i * rowStride + j * columnStride])) } }
      return plain
    }

    func operand(_ pointer: UnsafeRawPointer) -> MatrixProduct.Operand {
      .init(pointer, rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
    }
  }

  private func product<Scalar: BinaryFloatingPoint>(
    _ type: ScalarType, _ a: Matrix<Scalar>, _ b: Matrix<Scalar>, bias: [Scalar]?, _ activation: mk_epilogue,
    level: Int32 = MatrixProduct.bestLevel
  ) -> [Scalar] {
    // A guard row behind the result must stay.
    var c = [Scalar](repeating: 77, count: (a.rows + 1) * b.columns)
    a.values.withUnsafeBytes { p in
      b.values.withUnsafeBytes { q in
        (bias ?? []).withUnsafeBytes { r in
          c.withUnsafeMutableBytes { out in
            MatrixProduct.multiply(
              type, a.operand(p.baseAddress!), b.operand(q.baseAddress!), into: out.baseAddress!,
              .init(bias: bias == nil ? nil : r.baseAddress, activation: activation), level: level)
          }
        }
      }
    }
    #expect(c[(a.rows * b.columns)...].allSatisfy { $0 == 77 })
    return Array(c.prefix(a.rows * b.columns))
  }

  private func check<Scalar: BinaryFloatingPoint>(
    _ type: ScalarType, _: Scalar.Type, _ m: Int, _ n: Int, _ k: Int, _ noise: inout SplitMix, isDense: Bool = false,
    level: Int32
  ) {
    for form in 0..<4 {
      let spare = Int.random(in: 0..<3, using: &noise)
      let a = Matrix<Scalar>(m, k, transposed: form & 1 != 0, spare: isDense ? 0 : spare) {
        .random(in: -1...1, using: &noise)
      }
      let b = Matrix<Scalar>(k, n, transposed: form & 2 != 0, spare: isDense ? 0 : 2 - spare) {
        .random(in: -1...1, using: &noise)
      }
      let bias =
        Bool.random(using: &noise) ? nil : (0..<n).map { _ in Scalar(Double.random(in: -1...1, using: &noise)) }
      let relu = Bool.random(using: &noise)
      let c = product(type, a, b, bias: bias, relu ? MK_EPILOGUE_RELU : MK_EPILOGUE_NONE, level: level)
      var sums = (0..<m).flatMap { _ in bias?.map { Double($0) } ?? [Double](repeating: 0, count: n) }
      plain_product(a.plain, b.plain, &sums, m, n, k)
      var worst = 0.0
      for (sum, got) in zip(sums, c) {
        let difference = abs((relu ? max(0, sum) : sum) - Double(got))
        worst = max(worst, difference.isNaN ? .infinity : difference)
      }
      let bound = Double(Scalar.ulpOfOne) * Double(k + 2)
      #expect(worst <= bound, "\(type) \(m) × \(n) × \(k), form \(form), level \(level)")
    }
  }

  /// Every row and column count of the kernels and their edges, each with drawn other sizes.
  @Test(arguments: [ScalarType.float32, .float64], levels)
  func `small products`(type: ScalarType, level: Int32) {
    var noise = SplitMix("small products")
    for size in 1...70 {
      let (p, q) = (Int.random(in: 1...70, using: &noise), Int.random(in: 1...70, using: &noise))
      for (m, n, k) in [(size, p, q), (p, size, q), (p, q, size), (size, 1, q), (1, size, q), (size, 10, 130)] {
        if type == .float32 {
          check(type, Float.self, m, n, k, &noise, level: level)
        } else {
          check(type, Double.self, m, n, k, &noise, level: level)
        }
      }
    }
  }

  /// Split over threads, in several blocks of k and of columns, and past the page-sized stride that A is packed from.
  @Test(arguments: [ScalarType.float32, .float64], levels)
  func `large products`(type: ScalarType, level: Int32) {
    var noise = SplitMix("large products")
    for (m, n, k) in [
      (70, 130, 300), (3, 900, 517), (130, 850, 270), (9, 33, 2051), (200, 65, 1100), (1, 700, 1030), (700, 1, 1030),
      (257, 16, 1024), (15, 1024, 40), (40, 1603, 20),
    ] {
      if type == .float32 {
        check(type, Float.self, m, n, k, &noise, level: level)
      } else {
        check(type, Double.self, m, n, k, &noise, level: level)
      }
    }
  }

  /// Rows, or columns, whole pages apart, which are taken in low strips or copied.
  @Test(arguments: [ScalarType.float32, .float64], levels)
  func `products of page-sized strides`(type: ScalarType, level: Int32) {
    var noise = SplitMix("page-sized strides")
    for (m, n, k) in [
      (61, 16, 1024), (33, 70, 1024), (1024, 45, 37), (1024, 270, 12), (31, 140, 1024),
    ] {
      if type == .float32 {
        check(type, Float.self, m, n, k, &noise, isDense: true, level: level)
      } else {
        check(type, Double.self, m, n, k, &noise, isDense: true, level: level)
      }
    }
  }

  /// An element has the same bits in every kernel that sums in the order of k, at every level, and in any part of the
  /// product.
  @Test func `bits do not depend on packing, level or place`() {
    guard let best = Self.levels.last, best > 0 else { return }
    var noise = SplitMix("packing")
    for (m, n, k) in [(29, 70, 100), (17, 45, 700), (3, 100, 515), (40, 150, 1024)] {
      let a = Matrix<Float>(m, k, transposed: false, spare: 0) { .random(in: -1...1, using: &noise) }
      let b = Matrix<Float>(k, n, transposed: false, spare: 0) { .random(in: -1...1, using: &noise) }
      // With other strides the strips are of other heights.
      var apart = Matrix<Float>(m, k, transposed: false, spare: 1) { 0 }
      for i in 0..<m { for p in 0..<k { apart.values[i * (k + 1) + p] = a.values[i * k + p] } }
      let columns = Matrix<Float>(k, n, transposed: true, spare: 0) { 0 }
      var b2 = columns.values
      for p in 0..<k { for j in 0..<n { b2[j * k + p] = b.values[p * n + j] } }
      func run(_ packed: Bool, _ a: Matrix<Float>, from row: Int, level: Int32) -> [Float] {
        var c = [Float](repeating: 0, count: (m - row) * n)
        a.values.withUnsafeBytes { p in
          (packed ? b2 : b.values).withUnsafeBytes { q in
            c.withUnsafeMutableBytes { out in
              var product = mk_product(
                a: p.baseAddress! + row * a.rowStride * 4, b: q.baseAddress!, bias: nil, c: out.baseAddress!,
                m: m - row, n: n, k: k, a_row: a.rowStride, a_column: 1, b_row: packed ? 1 : n,
                b_column: packed ? k : 1, c_row: n, type: MK_FLOAT32, activation: MK_EPILOGUE_NONE, level: Int8(level))
              if packed {
                let workspace = UnsafeMutableRawPointer.allocate(
                  byteCount: mk_matmul_workspace(&product), alignment: 64)
                mk_matmul_packed(&product, workspace)
                workspace.deallocate()
              } else {
                mk_matmul_direct(&product)
              }
            }
          }
        }
        return c
      }
      let whole = run(false, a, from: 0, level: best)
      for level in Self.levels where level > 0 {
        #expect(run(false, a, from: 0, level: level) == whole)
        #expect(run(true, a, from: 0, level: level) == whole)
        #expect(run(false, a, from: 2, level: level) == Array(whole[(2 * n)...]))
        #expect(run(true, a, from: 1, level: level) == Array(whole[n...]))
        #expect(run(false, apart, from: 0, level: level) == whole)
        #expect(run(true, apart, from: 0, level: level) == whole)
      }
    }
  }

  @Test(arguments: levels)
  func `NaN and infinity reach their row and column only`(level: Int32) {
    for (m, n, k) in [(20, 40, 30), (5, 300, 80), (1, 40, 100), (100, 1, 90), (33, 600, 300)] {
      for form in 0..<4 {
        var a = Matrix<Float>(m, k, transposed: form & 1 != 0, spare: 1) { 1 }
        var b = Matrix<Float>(k, n, transposed: form & 2 != 0, spare: 1) { 1 }
        a.values[m / 2 * a.rowStride + (k - 1) * a.columnStride] = .nan
        b.values[n / 2 * b.columnStride] = .infinity
        for activation in [MK_EPILOGUE_NONE, MK_EPILOGUE_RELU] {
          let c = product(.float32, a, b, bias: nil, activation, level: level)
          var wrong = 0
          for i in 0..<m {
            for j in 0..<n {
              let value = c[i * n + j]
              if !(i == m / 2 ? value.isNaN : value == (j == n / 2 ? .infinity : Float(k))) { wrong += 1 }
            }
          }
          #expect(wrong == 0, "\(m) × \(n) × \(k), form \(form)")
        }
      }
    }
  }
}
