import CKernels
import MartletCore
import Testing

/// What large operands alone reach: results written past the caches, long reductions in parts, extremes in lanes.
struct LargeResultTests {
  private static let count = 9_001

  private func values(_ seed: Int) -> [Float] {
    (0..<LargeResultTests.count).map { Float(($0 * 7919 + seed) % 1000) / 100 - 5 }
  }

  /// Rows of every short length, of a tile and more, from aligned and misaligned places: the scalar formula, whether streamed or not.
  @Test(arguments: [false, true])
  func `kernels by rows`(streams: Bool) {
    let (a, b) = (values(1), values(2))
    let cases = (0...130).map { (3, $0) } + [(2, 256), (1, 9_000), (5, 700), (3, 1025), (900, 10), (2000, 1), (0, 7)]
    for (rows, n) in cases {
      for (step, row) in [(1, n), (1, n + 3), (1, 0), (0, 1), (0, 0), (2, 1), (-1, 2)] {
        let reach = max(0, rows - 1) * row + max(0, n - 1) * abs(step)
        if reach >= LargeResultTests.count { continue }
        let start = step < 0 ? max(0, n - 1) : 0
        func check(_ name: String, _ expected: (Int, Int) -> Float, _ body: (UnsafeMutableRawPointer) -> Void) {
          for offset in [0, 1, 15] {
            var out = [Float](repeating: -77, count: rows * n + 40)
            out.withUnsafeMutableBytes { bytes in
              // From a line's start, wherever the array begins.
              let skip = (64 - Int(bitPattern: bytes.baseAddress!) & 63) & 63
              let y = bytes.baseAddress! + skip + 4 * offset
              body(y)
              let floats = bytes.bindMemory(to: Float.self)
              var wrong = 0
              for i in 0..<floats.count {
                let place = i - offset - skip / 4
                let inside = place >= 0 && place < rows * n
                if floats[i] != (inside ? expected(place / n, place % n) : -77) { wrong += 1 }
              }
              #expect(wrong == 0, "\(name) \(rows) × \(n), strides \(step) and \(row), offset \(offset)")
            }
          }
        }
        a.withUnsafeBufferPointer { left in
          let x = left.baseAddress! + start
          func at(_ r: Int, _ i: Int) -> Float { a[start + r * row + i * step] }
          check("square", { at($0, $1) * at($0, $1) }) {
            mk_unary_rows(streams, MK_SQUARE, MK_FLOAT32, x, step, row, $0, rows, n)
          }
          check("subtract", { at($0, $1) - b[$1] }) {
            #expect(mk_binary_rows(streams, MK_SUBTRACT, MK_FLOAT32, x, step, row, b, 1, 0, $0, rows, n))
          }
          check("copy", { at($0, $1) }) { mk_copy_rows(streams, 4, x, step, row, $0, rows, n) }
        }
      }
    }
  }

  /// What streams from registers has a loop of its own for each operation, type and scalar side.
  @Test
  func `streamed arithmetic has the same bits`() {
    let n = 1000
    let kernels = [
      MK_ADD, MK_SUBTRACT, MK_MULTIPLY, MK_DIVIDE, MK_MINIMUM, MK_MAXIMUM, MK_LEAKY_RELU, MK_RELU_BACKWARD,
      MK_TANH_BACKWARD,
      MK_SIGMOID_BACKWARD, MK_POWER, MK_HYPOT,
    ]
    func check<S: FloatingScalar>(_ type: mk_type, _ a: [S], _ b: [S]) {
      for kernel in kernels {
        for (left, right) in [(1, 1), (1, 0), (0, 1)] {
          for offset in [0, 3] {
            var plain = [S](repeating: -77, count: n + 8)
            var streamed = plain
            let skip = offset * MemoryLayout<S>.size
            a.withUnsafeBytes { a in
              b.withUnsafeBytes { b in
                let (a, b) = (a.baseAddress!, b.baseAddress!)
                plain.withUnsafeMutableBytes {
                  _ = mk_binary(kernel, type, a, left, b, right, $0.baseAddress! + skip, n)
                }
                streamed.withUnsafeMutableBytes {
                  _ = mk_binary_rows(true, kernel, type, a, left, 0, b, right, 0, $0.baseAddress! + skip, 1, n)
                }
              }
            }
            let same = plain.elementsEqual(streamed) { $0 == $1 || ($0.isNaN && $1.isNaN) }
            #expect(same, "\(kernel) strides \(left), \(right)")
          }
        }
      }
    }
    let (a, b) = (values(1), values(2).map { $0 == 0 ? Float.nan : $0 })
    check(MK_FLOAT32, a, b)
    check(MK_FLOAT64, a.map(Double.init), b.map(Double.init))
  }

  @Test(arguments: [false, true])
  func `rows of divisors: a zero in any of them is found`(streams: Bool) {
    let dividends = [Int32](repeating: 6, count: 600)
    for place in [nil, 0, 299, 300, 599] {
      var divisors = [Int32](repeating: 3, count: 600)
      if let place { divisors[place] = 0 }
      var out = [Int32](repeating: 0, count: 600)
      let defined = mk_binary_rows(
        streams, MK_DIVIDE, MK_INT32, dividends, 1, 300, divisors, 1, 300, &out, 2, 300)
      #expect(defined == (place == nil))
      if place == nil { #expect(out.allSatisfy { $0 == 2 }) }
    }
  }

  @Test(arguments: [(2100, 2048), (4200, 1001), (3, 1_500_001)])
  func `a row and a column added to a large matrix`(rows: Int, columns: Int) {
    let x = Tensor<Float>.arange(Float(rows * columns)).reshaped(to: [rows, columns]).sin()
    let row = Tensor<Float>.arange(Float(columns)).cos()
    let column = Tensor<Float>.arange(Float(rows)).cos().reshaped(to: [rows, 1])
    let (xs, r, c) = (x.scalars, row.scalars, column.scalars)
    let (withRow, withColumn, outer) = ((x + row).scalars, (column - x).scalars, (column * row).scalars)
    var wrong = 0
    for i in 0..<rows {
      for j in 0..<columns {
        let k = i * columns + j
        if withRow[k] != xs[k] + r[j] || withColumn[k] != c[i] - xs[k] || outer[k] != c[i] * r[j] { wrong += 1 }
      }
    }
    #expect(wrong == 0)
    let single = withThreads(1) { ((x + row).scalars, (column - x).scalars) }
    #expect(single == (withRow, withColumn))
  }

  @Test(arguments: [(2048, 2064), (2050, 2047)])
  func `large transposed copies, aligned and not`(rows: Int, columns: Int) {
    let x = Tensor<Float>.arange(Float(rows * columns)).reshaped(to: [rows, columns])
    let y = x.transposed().contiguous().scalars
    let source = x.scalars
    var wrong = 0
    for c in 0..<columns { for r in 0..<rows where y[c * rows + r] != source[r * columns + c] { wrong += 1 } }
    #expect(wrong == 0)
  }

  @Test
  func `long reductions in parts`() {
    let n = 200_003
    let scalars = (0..<n).map { Float(($0 * 7919) % 1000) / 100 - 5 }
    let x = Tensor<Float>(shape: [n], scalars: scalars)
    let exact = scalars.reduce(0.0) { $0 + Double($1) }
    #expect(abs(Double(x.sum().item()) - exact) < 0.05)
    #expect(x.max().item() == scalars.max())
    let squares = scalars.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(Double(x.sumOfSquares().item()) - squares) < squares * 1e-6)
    let columns = Tensor<Float>(shape: [50_000, 4], scalars: Array(scalars.prefix(200_000)))
    let sums = columns.sum(axis: 0).scalars
    let least = columns.min(axis: 0).scalars
    for c in 0..<4 {
      let column = stride(from: c, to: 200_000, by: 4).map { scalars[$0] }
      #expect(abs(Double(sums[c]) - column.reduce(0.0) { $0 + Double($1) }) < 0.05)
      #expect(least[c] == column.min())
    }
  }

  @Test(arguments: [4, 7, 16, 33, 64, 130])
  func `NaN is found wherever it stands`(n: Int) {
    for place in 0..<n {
      var scalars = (0..<n).map { Float($0) }
      scalars[place] = .nan
      let x = Tensor<Float>(shape: [n], scalars: scalars)
      #expect(x.max().item().isNaN && x.min().item().isNaN)
      let column = Tensor<Float>(shape: [n, 2], scalars: scalars.flatMap { [$0, 1] })
      #expect(column.max(axis: 0).scalars[0].isNaN && column.max(axis: 0).scalars[1] == 1)
    }
  }
}
