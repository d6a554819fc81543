import CKernels
import MartletCore
import Testing

/// What large operands alone reach: results written past the caches, long reductions in parts, extremes in lanes.
struct LargeResultTests {
  private static let count = 9_001

  private func values(_ seed: Int) -> [Float] {
    (0..<LargeResultTests.count).map { Float(($0 * 7919 + seed) % 1000) / 100 - 5 }
  }

  @Test("results written past the caches have the same bits", arguments: [0, 1, 3, 15, 16])
  func streamed(offset: Int) {
    let (a, b) = (values(1), values(2))
    let n = LargeResultTests.count - offset
    for stride in [0, 1, 2] {
      let count = stride == 2 ? n / 2 : n
      var plain = [Float](repeating: -77, count: LargeResultTests.count)
      var streamed = plain
      func both(_ body: (UnsafeMutableRawPointer, Bool) -> Void) {
        plain.withUnsafeMutableBytes { body($0.baseAddress! + 4 * offset, false) }
        streamed.withUnsafeMutableBytes { body($0.baseAddress! + 4 * offset, true) }
        #expect(plain == streamed)
      }
      both { out, past in (past ? mk_unary_streamed : mk_unary)(MK_TANH, MK_FLOAT32, a, stride, out, count) }
      both { out, past in
        _ = (past ? mk_binary_streamed : mk_binary)(MK_SUBTRACT, MK_FLOAT32, a, stride, b, 1, out, count)
      }
      both { out, past in (past ? mk_copy_streamed : mk_copy)(4, a, stride, out, count) }
    }
  }

  @Test("large transposed copies, aligned and not", arguments: [(2048, 2064), (2050, 2047)])
  func transposed(rows: Int, columns: Int) {
    let x = Tensor<Float>.arange(Float(rows * columns)).reshaped(to: [rows, columns])
    let y = x.transposed().contiguous().scalars
    let source = x.scalars
    var wrong = 0
    for c in 0..<columns { for r in 0..<rows where y[c * rows + r] != source[r * columns + c] { wrong += 1 } }
    #expect(wrong == 0)
  }

  @Test("long reductions in parts")
  func reductions() {
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

  @Test("NaN is found wherever it stands", arguments: [4, 7, 16, 33, 64, 130])
  func undefined(n: Int) {
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
