import CKernels
import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// Running sums and products of long axes, which threads share.
@Suite struct ScanTests {
  private func numbers<S: NumericScalar>(_ shape: Shape, _: S.Type) -> Tensor<S> {
    var noise = SplitMix("\(shape)")
    return Tensor(
      shape: shape,
      scalars: (0..<shape.elementCount).map { _ in
        let bits = noise.next()
        let fraction = S.scalarType.isFloatingPoint ? Double(bits & 0xffff) / 0x10000 : 0
        return S(tensorScalar: Double(bits >> 60) + fraction)
      })
  }

  private func scanned<S: NumericScalar>(_ x: Tensor<S>, axis: Int = 0, product: Bool = false, fromBack: Bool) -> [S] {
    let cumulative = Cumulative(isProduct: product, axis: axis, fromBack: fromBack)
    return Tensor<S>(unchecked: apply(cumulative, x.erased)).scalars
  }

  @Test(arguments: [1, 2, 511, 512, 513, 1000, 8191, 8192, 8193, 8703, 20_000, 70_001])
  func `rows of any length are summed, by any number of threads`(count: Int) {
    for fromBack in [false, true] {
      let x = numbers([count], Float.self)
      let (plain, wide) = (x.scalars, numbers([count], Double.self))
      var (sum, expected, integers) = (0.0, [Float](repeating: 0, count: count), [Int32](repeating: 0, count: count))
      let whole = numbers([count], Int32.self)
      var wrapped: Int32 = 0
      for step in 0..<count {
        let index = fromBack ? count - 1 - step : step
        sum += Double(plain[index])
        wrapped &+= whole.scalars[index]
        (expected[index], integers[index]) = (Float(sum), wrapped)
      }
      let one = withThreads(1) { scanned(x, fromBack: fromBack) }
      // In another order, and in Double, a sum may be rounded to the other of two neighbours.
      #expect(zip(one, expected).allSatisfy { abs($0 - $1) <= $1.ulp })
      let wideOne = withThreads(1) { scanned(wide, fromBack: fromBack) }
      let ascends = fromBack ? Array(wideOne.reversed()) : wideOne
      #expect(zip(ascends, ascends.dropFirst()).allSatisfy { $0 <= $1 }, "sums of what is not negative ascend")
      for threads in [1, 2, 3, 5] {
        withThreads(threads) {
          #expect(scanned(x, fromBack: fromBack) == one)
          #expect(scanned(wide, fromBack: fromBack) == wideOne)
          #expect(scanned(whole, fromBack: fromBack) == integers)
        }
      }
    }
  }

  @Test func `a sum of negative zeros is one`() {
    for count in [3, 9000] {
      let sums = Tensor<Float>.full([count], -0.0).cumulativeSum(axis: 0).scalars
      #expect(sums.allSatisfy { $0 == 0 && $0.sign == .minus })
    }
  }

  @Test(arguments: [[1, 300, 200], [3, 40, 130], [2, 9000, 1], [7, 5, 1], [1, 70, 1000]])
  func `columns are scanned in strips`(lengths: [Int]) {
    func check<S: NumericScalar>(_ type: S.Type, _ combine: (S, S) -> S, product: Bool) {
      let x = numbers(Shape(lengths), type)
      for fromBack in [false, true] {
        var expected = x.scalars
        let (length, inner) = (lengths[1], lengths[2])
        for block in 0..<lengths[0] {
          for step in 1..<length {
            let row = block * length + (fromBack ? length - 1 - step : step)
            for column in 0..<inner {
              let (place, before) = (row * inner + column, (fromBack ? row + 1 : row - 1) * inner + column)
              expected[place] = combine(expected[before], expected[place])
            }
          }
        }
        for threads in 1...3 {
          withThreads(threads) { #expect(scanned(x, axis: 1, product: product, fromBack: fromBack) == expected) }
        }
      }
    }
    check(Int32.self, &+, product: false)
    check(Int64.self, &*, product: true)
    check(UInt8.self, &+, product: false)
  }
}
