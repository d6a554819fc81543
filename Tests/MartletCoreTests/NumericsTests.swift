import Testing

@testable import MartletCore

/// What is not a number, infinities, overflow, and exactness of sums.
@Suite struct NumericsTests {
  @Test(arguments: [1, 3, 8, 17, 100, 1000])
  func `NaN propagates through minima and maxima`(count: Int) {
    for place in Set([0, count / 2, count - 1]) {
      var scalars = (0..<count).map { Float($0) }
      scalars[place] = .nan
      let x = Tensor(scalars)
      #expect(x.max().item().isNaN && x.min().item().isNaN, "\(count) \(place)")
      #expect(x.argMax(axis: 0).item() == Int64(place) && x.argMin(axis: 0).item() == Int64(place))
      let column = x.reshaped(to: [count, 1]).broadcast(to: [count, 20])
      #expect(column.max(axis: 0).scalars.allSatisfy { $0.isNaN }, "\(count) \(place)")
      #expect(column.contiguous().min(axis: 0).scalars.allSatisfy { $0.isNaN }, "\(count) \(place)")
      #expect(x.sum().item().isNaN && x.product().item().isNaN && x.mean().item().isNaN)
      let ones = Tensor<Float>.ones([count])
      for result in [maximum(x, ones), maximum(ones, x), minimum(x, ones), minimum(ones, x), x.clamped(to: 0...1)] {
        #expect(
          result.scalars.enumerated().allSatisfy { $0.element.isNaN == ($0.offset == place) }, "\(count) \(place)")
      }
      let doubles = x.cast(to: Double.self)
      #expect(doubles.max().item().isNaN && doubles.min().item().isNaN)
    }
  }

  @Test func `infinities`() {
    let x: Tensor<Float> = Tensor([1, .infinity, -.infinity, 0])
    #expect(x.max().item() == .infinity && x.min().item() == -.infinity)
    #expect(x.sum().item().isNaN)
    #expect(x.isInfinite().scalars == [false, true, true, false])
    #expect(x.isFinite().scalars == [true, false, false, true])
    #expect((x / 0).isNaN().scalars == [false, false, false, true])
    #expect(x.exp().scalars[1...2] == [.infinity, 0])
    #expect(x.tanh().scalars[1...2] == [1, -1])
    #expect(x.sigmoid().scalars[1...2] == [1, 0])
    #expect(x.relu().scalars == [1, .infinity, 0, 0])
    #expect(Tensor<Float>([.nan]).relu().item().isNaN)
    #expect(Tensor<Float>([0, -1]).log().scalars[0] == -.infinity)
    #expect(Tensor<Float>([0, -1]).log().scalars[1].isNaN)
    #expect(Tensor<Float>([-1]).sqrt().item().isNaN)
  }

  @Test func `large arguments do not overflow where the result does not`() {
    let x: Tensor<Float> = [-1000, -100, 100, 1000]
    #expect(x.sigmoid().scalars == [0, x.sigmoid().scalars[1], 1, 1])
    #expect(x.softplus().scalars == [0, x.softplus().scalars[1], 100, 1000])
    #expect(x.logSigmoid().scalars.prefix(2) == [-1000, -100])
    #expect(x.tanh().scalars == [-1, -1, 1, 1])
    #expect(x.silu().scalars.suffix(2) == [100, 1000])
    #expect(x.gelu().scalars.suffix(2) == [100, 1000])
    #expect(x.gelu(approximate: true).scalars == [0, 0, 100, 1000])
    #expect(x.mish().scalars.suffix(2) == [100, 1000])
    #expect(x.softmax().scalars == [0, 0, 0, 1])
    #expect(x.logSoftmax().scalars == [-2000, -1100, -900, 0])
    #expect(x.logSumExp().item() == 1000)
    #expect(
      Tensor<Float>([3e30, 4e30]).hypot(Tensor<Float>([4e30, 3e30])).scalars.allSatisfy { abs($0 / 5e30 - 1) < 1e-6 })
    // Gradients as well.
    for slope in [
      gradient(at: x) { $0.softplus().sum() }, gradient(at: x) { $0.sigmoid().sum() },
      gradient(at: x) { $0.silu().sum() },
      gradient(at: x) { $0.gelu().sum() }, gradient(at: x) { $0.logSumExp() }, gradient(at: x) { $0.elu().sum() },
      gradient(at: x) { $0.selu().sum() }, gradient(at: x) { $0.mish().sum() }, gradient(at: x) { $0.tanh().sum() },
    ] {
      #expect(slope.scalars.allSatisfy { $0.isFinite }, "\(slope)")
    }
  }

  @Test func `softmax of rows with infinities`() {
    let x = Tensor<Float>([[0, -.infinity, 0], [-.infinity, -.infinity, -.infinity]])
    #expect(x.softmax()[0].scalars == [0.5, 0, 0.5])
    #expect(x.softmax()[1].scalars.allSatisfy { $0.isNaN })
    #expect(x.logSumExp(axis: 1).scalars[1] == -.infinity)
    let loss = softmaxCrossEntropy(logits: Tensor<Float>([[1000, 0], [0, 1000]]), labels: Tensor<Int64>([0, 0]))
    #expect(loss.scalars == [0, 1000])
  }

  @Test func `products ignore what was in the result's memory`() {
    // The pool hands out the block of a tensor of NaN.
    for (m, n, k) in [(3, 4, 5), (64, 64, 64), (100, 120, 130), (1, 50, 20), (50, 1, 20)] {
      for _ in 0..<3 { _ = Tensor<Float>.full([m, n], .nan) }
      let c = matmul(Tensor<Float>.ones([m, k]), Tensor<Float>.ones([k, n]))
      #expect(c.scalars.allSatisfy { $0 == Float(k) }, "\(m) \(n) \(k)")
      for _ in 0..<3 { _ = Tensor<Float>.full([m, n], .nan) }
      #expect(matmul(Tensor<Float>.zeros([m, 0]), Tensor<Float>.zeros([0, n])).scalars.allSatisfy { $0 == 0 })
      for _ in 0..<3 { _ = Tensor<Float>.full([m, n], .nan) }
      let y = linear(Tensor<Float>.ones([m, k]), weight: Tensor<Float>.ones([n, k]), bias: Tensor<Float>.ones([n]))
      #expect(y.scalars.allSatisfy { $0 == Float(k) + 1 }, "\(m) \(n) \(k)")
    }
    // NaN in an operand reaches its rows only, and is not masked by zeros.
    var a = Tensor<Float>.ones([4, 5])
    a[1, 2] = Tensor(.nan)
    let c = matmul(a, Tensor<Float>.zeros([5, 3]))
    #expect(c[1].scalars.allSatisfy { $0.isNaN })
    #expect(c[0].scalars == [0, 0, 0])
  }

  @Test func `a diagonal does not see what lies beside it`() {
    let x = Tensor<Double>([[1, .nan], [.infinity, 4]])
    #expect(einsum("ii->i", x).scalars == [1, 4] && einsum("ii->", x).item() == 5)
    #expect(gradient(at: x) { einsum("ii->", $0) }.scalars == [1, 0, 0, 1])
  }

  @Test func `sums of a million are pairwise`() {
    // Adding one by one is wrong by 1e-2. Kernels that are not optimised have no lanes within their blocks of 1,024.
    #if DEBUG
      let tolerance: Float = 2e-5
    #else
      let tolerance: Float = 1e-6
    #endif
    let tenths = Tensor<Float>.full([1_000_000], 0.1)
    #expect(abs(tenths.sum().item() / 100_000 - 1) < tolerance)
    #expect(abs(tenths.mean().item() / 0.1 - 1) < tolerance)
    #expect(abs(tenths.sumOfSquares().item() / 10_000 - 1) < tolerance)
    let matrix = tenths.reshaped(to: [1000, 1000])
    #expect(matrix.sum(axis: 0).scalars.allSatisfy { abs($0 / 100 - 1) < tolerance })
    #expect(matrix.sum(axis: 1).scalars.allSatisfy { abs($0 / 100 - 1) < tolerance })
    let column = tenths.reshaped(to: [500_000, 2])
    #expect(column.sum(axis: 0).scalars.allSatisfy { abs($0 / 50_000 - 1) < tolerance })
    // Ones are counted exactly, beyond what adding one by one could.
    #expect(Tensor<Float>.ones([20_000_000 / 16]).sum().item() == 1_250_000)
  }

  @Test func `sums of ten million are right to a rounding`() {
    let count = 10_000_007
    let tenths = Tensor<Float>.full([count], 0.1)
    let (sum, squares) = (
      Double(0.1 as Float) * Double(count), Double(0.1 as Float) * Double(0.1 as Float) * Double(count)
    )
    for threads in [1, 3] {
      withThreads(threads) {
        #expect(abs(Double(tenths.sum().item()) / sum - 1) < 1e-7)
        #expect(abs(Double(tenths.mean().item()) / 0.1 - 1) < 1e-7)
        #expect(abs(Double(tenths.sumOfSquares().item()) / squares - 1) < 2e-7, "squares are rounded themselves")
      }
    }
    let random = withRandomSeed(5) { Tensor<Float>.randomUniform([count]) }
    let exact = random.withUnsafeScalars { $0.reduce(0.0) { $0 + Double($1) } }
    let sums = [1, 2, 3, 4].map { withThreads($0) { random.sum().item() } }
    #expect(abs(Double(sums[0]) / exact - 1) < 1e-7)
    #expect(sums.allSatisfy { $0 == sums[0] }, "the same bits whatever the threads")
  }

  @Test func `running sums do not stop growing`() {
    let x = Tensor<Float>([0x1p24, 1, 1, 1, 1, 1, 1])
    // What a Float can say of 2^24 + i.
    let expected: [Float] = [0, 0, 2, 4, 4, 4, 6].map { 0x1p24 + $0 }
    #expect(x.cumulativeSum(axis: 0).scalars == expected)
    for width in [2, 300] {
      let columns = x.reshaped(to: [7, 1]).broadcast(to: [7, width])
      #expect(columns.cumulativeSum(axis: 0) == Tensor(expected).reshaped(to: [7, 1]).broadcast(to: [7, width]))
    }
    // From the back: the gradient.
    let weights = x.reversed(axis: 0)
    let slope = gradient(at: Tensor<Float>.zeros([7])) { ($0.cumulativeSum(axis: 0) * weights).sum() }
    #expect(slope.scalars == expected.reversed())
  }

  @Test func `running sums of every length and width`() {
    for (length, width) in [(1, 1), (2, 1), (9, 1), (1, 3), (8, 5), (9, 5), (17, 257), (26, 600)] {
      let x = withRandomSeed(UInt64(length)) { Tensor<Float>.randomNormal([2, length, width]) }
      let expected = x.cast(to: Double.self).cumulativeSum(axis: 1)
      let (sums, strided) = (x.cumulativeSum(axis: 1), x.reversed(axis: 0).cumulativeSum(axis: 1).reversed(axis: 0))
      #expect((sums.cast(to: Double.self) - expected).abs().max().item() < 1e-6, "\(length) \(width)")
      #expect(sums == strided)
    }
  }

  // MARK: Reductions of views in which elements repeat

  @Test func `what repeats is read once`() {
    // 64 GB, if it were copied.
    let (ones, count) = (Tensor<Int64>(1).broadcast(to: [1 << 33]), 1 << 33)
    #expect(ones.sum().item() == Int64(count) && ones.product().item() == 1 && ones.max().item() == 1)
    #expect(ones.argMax().item() == 0)
    let halves = Tensor<Float>(0.5).broadcast(to: [1 << 20, 1 << 14])
    #expect(halves.sum().item() == 0x1p33 && halves.mean().item() == 0.5 && halves.sumOfSquares().item() == 0x1p32)
    #expect(halves.product().item() == 0)
    let truths = Tensor<Bool>([true, false]).reshaped(to: [2, 1]).broadcast(to: [2, 1 << 36])
    #expect(truths.any(axis: 1).scalars == [true, false] && !truths.all().item())
    // Kept axes may repeat as well.
    let rows = Tensor<Float>([1, 2, 4]).broadcast(to: [1 << 20, 3])
    #expect(rows.sum(axis: 1) == Tensor<Float>(7).broadcast(to: [1 << 20]))
  }

  @Test func `reductions of repeated elements are those of their copies`() {
    func check<S: NumericScalar>(_ type: S.Type, _ kinds: [ReductionKind]) {
      let values = Tensor<Int64>.arange(6).cast(to: S.self).reshaped(to: [1, 2, 1, 3]) + Tensor<S>(1)
      let wide = values.broadcast(to: [4, 2, 5, 3])
      for view in [wide, wide.transposed(), wide.reversed(axis: 1), wide[0..., 1], wide[0..., 0..., 0..., 1]] {
        for mask in 0..<(1 << view.rank) {
          let axes = (0..<view.rank).filter { mask & 1 << $0 != 0 }
          for kind in kinds {
            let reduction = Reduction(kind, axes: axes)
            let (got, expected) = (apply(reduction, view.erased), apply(reduction, view.contiguous().erased))
            let isClose = zip(got.plainValues, expected.plainValues).allSatisfy {
              $0 == $1 || abs($0 - $1) <= 1e-5 * abs($1)
            }
            #expect(got.shape == expected.shape && isClose, "\(kind) of \(S.self) \(view.shape) along \(axes)")
          }
        }
        for axis in 0..<view.rank {
          #expect(view.argMax(axis: axis) == view.contiguous().argMax(axis: axis))
          #expect(view.argMin(axis: axis) == view.contiguous().argMin(axis: axis))
        }
      }
    }
    let kinds: [ReductionKind] = [.sum, .product, .min, .max]
    check(Float.self, kinds + [.sumOfSquares])
    check(Double.self, kinds + [.sumOfSquares])
    check(Int32.self, kinds)
    check(Int64.self, kinds)
    check(UInt8.self, kinds)
  }

  @Test func `variance does not cancel`() {
    let x = Tensor<Float>([10_000, 10_001, 10_002])
    #expect(abs(x.variance().item() - 2.0 / 3) < 1e-6)
    #expect(abs(x.variance(correction: 1).item() - 1) < 1e-6)
    #expect(abs(x.standardDeviation(correction: 1).item() - 1) < 1e-6)
    let matrix = Tensor<Double>.arange(6).reshaped(to: [2, 3])
    #expect(matrix.variance(axis: 0).scalars == [2.25, 2.25, 2.25])
    #expect(matrix.variance(axis: 1, keepDims: true).shape == [2, 1])
    #expect(Tensor<Float>([1]).variance(correction: 1).item().isNaN)
  }

  @Test func `integers wrap`() {
    #expect((Tensor<Int32>([.max, .min]) + 1).scalars == [.min, .min + 1])
    #expect((Tensor<Int32>([.min]) - 1).item() == .max)
    #expect((Tensor<UInt8>([200]) + 100).item() == 44)
    #expect((-Tensor<UInt8>([1])).item() == 255)
    #expect((-Tensor<Int32>([.min])).item() == .min)
    #expect(Tensor<Int32>([.min]).abs().item() == .min)
    #expect((Tensor<Int64>([.max]) * 2).item() == -2)
    #expect(Tensor<Int32>([.max, 1]).sum().item() == .min)
    #expect(Tensor<UInt8>.full([10], 100).sum().item() == UInt8(truncatingIfNeeded: 1000))
    #expect(Tensor<Int32>([1 << 20, 1 << 20]).product().item() == 0)
    #expect(Tensor<Int32>([100_000]).squared().item() == Int32(truncatingIfNeeded: 10_000_000_000))
    // The quotient that does not fit wraps as well and does not stop the program.
    #expect((Tensor<Int32>([.min]) / -1).item() == .min)
    #expect(Tensor<Int32>([.min]).remainder(-1).item() == 0)
    #expect((Tensor<Int64>([.min]) / -1).item() == .min)
  }

  @Test func `division and remainder of integers and numbers`() {
    #expect((Tensor<Int32>([7, -7, 7, -7]) / Tensor<Int32>([2, 2, -2, -2])).scalars == [3, -3, -3, 3])
    #expect(Tensor<Int32>([7, -7, 7, -7]).remainder(Tensor<Int32>([3, 3, -3, -3])).scalars == [1, 2, -2, -1])
    #expect(Tensor<Double>([7, -7, 7, -7]).remainder(Tensor<Double>([3, 3, -3, -3])).scalars == [1, 2, -2, -1])
    #expect(Tensor<Float>([5.5, -5.5]).remainder(2).scalars == [1.5, 0.5])
    #expect(Tensor<UInt8>([7, 250]).remainder(16).scalars == [7, 10])
  }

  @Test func `conversions to integers saturate`() {
    let x = Tensor<Float>([1.9, -1.9, 3e9, -3e9, 300, -1, .nan, .infinity])
    #expect(x.cast(to: Int32.self).scalars == [1, -1, .max, .min, 300, -1, 0, .max])
    #expect(x.cast(to: UInt8.self).scalars == [1, 0, 255, 0, 255, 0, 0, 255])
    let y = Tensor<Double>([1e19, -1e19, .nan, -.infinity, 9e15])
    #expect(y.cast(to: Int64.self).scalars == [.max, .min, 0, .min, 9_000_000_000_000_000])
    #expect(y.cast(to: Int32.self).scalars == [.max, .min, 0, .min, .max])
    // In vectors as in tails.
    let many = Tensor<Float>.full([100], 1e20)
    #expect(many.cast(to: Int32.self).scalars.allSatisfy { $0 == .max })
    #expect(many.cast(to: Int64.self).scalars.allSatisfy { $0 == .max })
    // Integers wrap to narrower ones.
    #expect(Tensor<Int64>([1 << 32 + 5, -1]).cast(to: Int32.self).scalars == [5, -1])
    #expect(Tensor<Int32>([256 + 7, -1]).cast(to: UInt8.self).scalars == [7, 255])
  }

  @Test func `rounding`() {
    let x = Tensor<Float>([0.5, 1.5, 2.5, -0.5, -1.5, 1.2, -1.7])
    #expect(x.round().scalars == [0, 2, 2, 0, -2, 1, -2])
    #expect(x.floor().scalars == [0, 1, 2, -1, -2, 1, -2])
    #expect(x.ceil().scalars == [1, 2, 3, 0, -1, 2, -1])
    #expect(x.trunc().scalars == [0, 1, 2, 0, -1, 1, -1])
    #expect(Tensor<Float>([-0.0, 0, 3, -2]).sign().scalars == [0, 0, 1, -1])
  }

  @Test func `rank 0 through the families`() {
    let x = Tensor<Double>(4)
    #expect((x + x).shape == [] && x.sqrt().item() == 2 && x.sum().item() == 4 && x.max().item() == 4)
    #expect(x.mean().item() == 4 && x.variance().item() == 0 && x.product().item() == 4)
    #expect(
      x.transposed().item() == 4 && x.flattened().shape == [1] && x.reshaped(to: [1, 1]).shape == [1, 1])
    #expect(x.broadcast(to: [2]).scalars == [4, 4] && (x .> 3).item() && x.cast(to: Int32.self).item() == 4)
    #expect(x.contiguous().item() == 4 && x.squeezed().shape == [] && x.expandedDimension(at: 0).shape == [1])
    #expect(gradient(at: x) { $0 * $0 }.item() == 8)
    #expect(Tensor.where(Tensor<Bool>(true), x, -x).item() == 4)
  }

  @Test func `reductions of nothing`() {
    let empty = Tensor<Float>.zeros([0])
    #expect(empty.sum().item() == 0 && empty.product().item() == 1 && empty.mean().item().isNaN)
    let nothing: Tensor<Bool> = []
    #expect(nothing.any().item() == false && nothing.all().item() == true)
    #expect(empty.logSumExp().item() == -.infinity)
    #expect(Tensor<Float>.zeros([2, 0]).mean(axis: 1).scalars.allSatisfy { $0.isNaN })
    #expect(Tensor<Float>.zeros([2, 0]).sum(axis: 0).shape == [0])
  }
}
