import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// Matrix products of integers against plain loops, which wrap around as the kernels do.
@Suite struct IntegerProductTests {
  /// The product of two matrices in plain loops.
  private func plain<S: IntegerScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
    let (m, k, n) = (a.shape[0], a.shape[1], b.shape[1])
    let (x, y) = (a.scalars, b.scalars)
    var result = [S](repeating: 0, count: m * n)
    for row in 0..<m {
      for column in 0..<n {
        for p in 0..<k { result[row * n + column] &+= x[row * k + p] &* y[p * n + column] }
      }
    }
    return Tensor(shape: [m, n], scalars: result)
  }

  private func random<S: IntegerScalar>(_ shape: Shape, _ random: inout SplitMix, as type: S.Type) -> Tensor<S> {
    // The whole range, so that products wrap around.
    Tensor(shape: shape, scalars: (0..<shape.elementCount).map { _ in S(truncatingIfNeeded: random.next()) })
  }

  private func check<S: IntegerScalar>(_ type: S.Type) {
    var random = SplitMix("integer products of \(type)")
    // Around the kernel's four rows and its strips of 512 columns; none; and enough for several threads.
    for (m, k, n) in [
      (1, 1, 1), (3, 4, 5), (4, 3, 1), (5, 7, 2), (1, 9, 6), (8, 2, 512), (3, 3, 513), (2, 5, 1_025), (0, 3, 2),
      (2, 0, 3), (3, 2, 0), (70, 65, 80),
    ] {
      let a = self.random([m, k], &random, as: type)
      let b = self.random([k, n], &random, as: type)
      let expected = plain(a, b)
      func same(_ what: String, _ x: Tensor<S>, _ y: Tensor<S>) {
        #expect(matmul(x, y) == expected, "\(type), \(m) × \(k) × \(n), \(what)")
      }
      same("contiguous", a, b)
      // The same matrices, laid out in other ways.
      same("transposed", a.transposed().contiguous().transposed(), b.transposed().contiguous().transposed())
      same("reversed", a.reversed().contiguous().reversed(), b.reversed().contiguous().reversed())
      let wide = Tensor.stack([b, b], axis: 2)
      same("with steps", Tensor.stack([a, a], axis: 0)[1], wide[.all, .all, 1])
      let rows = Tensor.stack([b, b], axis: 1)
      same("with gaps between rows", a, rows[.all, 0])
    }
  }

  @Test func `are those of plain loops, in any layout and type`() {
    check(Int64.self)
    check(Int32.self)
    check(UInt8.self)
  }

  @Test func `take vectors and batches by NumPy's rules`() {
    var random = SplitMix("integer batches")
    let a = self.random([3, 1, 4, 5], &random, as: Int64.self)
    let b = self.random([2, 5, 6], &random, as: Int64.self)
    let product = matmul(a, b)
    #expect(product.shape == [3, 2, 4, 6])
    for x in 0..<3 {
      for y in 0..<2 { #expect(product[x, y] == plain(a[x, 0], b[y])) }
    }
    let v: Tensor<Int64> = [1, -2, 3, 4, 5]
    #expect(matmul(a[0, 0], v) == plain(a[0, 0], v.reshaped(to: [5, 1])).flattened())
    #expect(matmul(v, b[0]) == plain(v.reshaped(to: [1, 5]), b[0]).flattened())
    #expect(matmul(v, v).item() == 55 && matmul(v, v).shape == [])
    // The repeated matrix of a broadcast batch.
    #expect(matmul(a[0].broadcast(to: [2, 4, 5]), b) == matmul(a[0], b))
  }

  @Test func `are the same on any number of threads`() {
    var random = SplitMix("integer threads")
    let a = self.random([97, 120], &random, as: Int32.self)
    let b = self.random([120, 33], &random, as: Int32.self)
    let one = withThreads(1) { matmul(a, b) }
    #expect(withThreads(4) { matmul(a, b) } == one && one == plain(a, b))
  }

  @Test func `einsum of integers is theirs too`() {
    var random = SplitMix("integer einsum")
    let a = self.random([3, 4], &random, as: Int64.self)
    let b = self.random([4, 5], &random, as: Int64.self)
    #expect(einsum("ij,jk->ki", a, b) == plain(a, b).transposed())
    #expect(einsum("ij->j", a) == a.sum(axis: 0))
    #expect(einsum("ii", a[.all, ..<3]).item() == a.diagonal().sum().item())
  }
}
