import CKernels
import MartletCore
import Testing

/// The derivatives of gelu and silu, which are kernels of their own.
struct FusedBackwardTests {
  private static let places: [Double] = (-1600...1600).map { Double($0) / 100 }

  /// Central differences in `Double` are good to 1e-8.
  private static func slope(_ x: Double, _ f: (Tensor<Double>) -> Tensor<Double>) -> Double {
    let h = 1e-4
    let y = f(Tensor([x + h, x - h])).scalars
    return (y[0] - y[1]) / (2 * h)
  }

  private func check<S: FloatingScalar>(_ type: S.Type, within tolerance: Double) {
    let x = Tensor<S>(shape: [FusedBackwardTests.places.count], scalars: FusedBackwardTests.places.map { S($0) })
    let gelu = gradient(at: x) { ($0.gelu() * 2).sum() }.scalars
    let silu = gradient(at: x) { ($0.silu() * 2).sum() }.scalars
    for (i, place) in x.scalars.enumerated() {
      let place = place.doubleValue
      #expect(
        abs(gelu[i].doubleValue - 2 * FusedBackwardTests.slope(place) { $0.gelu() }) < tolerance, "gelu at \(place)")
      #expect(
        abs(silu[i].doubleValue - 2 * FusedBackwardTests.slope(place) { $0.silu() }) < tolerance, "silu at \(place)")
    }
  }

  @Test func `of Float`() { check(Float.self, within: 1e-6) }

  @Test func `of Double`() { check(Double.self, within: 1e-7) }

  @Test(arguments: [MK_FLOAT32, MK_FLOAT64])
  func `the ends and undefined values`(type: mk_type) {
    func slopes<S: FloatingScalar>(_ kernel: mk_binary_op, _ x: [S]) -> [S] {
      let ones = [S](repeating: 1, count: x.count)
      var out = ones
      ones.withUnsafeBytes { g in
        x.withUnsafeBytes { x in
          out.withUnsafeMutableBytes {
            _ = mk_binary(kernel, type, g.baseAddress!, 1, x.baseAddress!, 1, $0.baseAddress!, ones.count)
          }
        }
      }
      return out
    }
    func check<S: FloatingScalar>(_ type: S.Type) {
      for kernel in [MK_GELU_BACKWARD, MK_SILU_BACKWARD] {
        let y = slopes(kernel, [-S.infinity, -1000, -0.0, 0, 1000, S.infinity, S.nan])
        #expect(y[0...5].elementsEqual([0, 0, 0.5, 0.5, 1, 1]), "\(kernel) \(y)")
        #expect(y[6].isNaN)
      }
    }
    if type == MK_FLOAT32 { check(Float.self) } else { check(Double.self) }
  }
}
