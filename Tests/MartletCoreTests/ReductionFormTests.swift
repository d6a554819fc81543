import MartletSamples
import MartletTesting
import Testing

@testable import MartletCore

/// Reductions exist over all elements, one axis and several, with and without the reduced axes: against plain loops.
@Suite struct ReductionFormTests {
  private let x = (Tensor<Double>.arange(24) * 5).remainder(24).reshaped(to: [2, 3, 4]) - 11.5
  private let mask = (Tensor<Int64>.arange(24) * 5).remainder(3).reshaped(to: [2, 3, 4]) .== 0

  private typealias Forms<T: TensorScalar, R: TensorScalar> = (
    all: (Tensor<T>, Bool) -> Tensor<R>, axis: (Tensor<T>, Int, Bool) -> Tensor<R>,
    axes: (Tensor<T>, [Int], Bool) -> Tensor<R>
  )

  private func check<T: TensorScalar, R: TensorScalar>(
    _ name: String, _ x: Tensor<T>, _ forms: Forms<T, R>, _ value: (R) -> Double, _ plain: ([Double]) -> Double
  ) {
    let reference = Reference(x.shape.dimensions, Tensor<Double>(unchecked: x.erased.converted(to: .float64)).scalars)
    func expect(_ result: Tensor<R>, _ axes: [Int], _ keepDims: Bool) {
      let expected = reference.reduced(axes, keepDims: keepDims, plain)
      #expect(result.shape == Shape(expected.shape), "\(name) along \(axes)")
      for (a, b) in zip(result.scalars, expected.values) {
        #expect(abs(value(a) - b) <= 1e-6 * max(1, abs(b)), "\(name) along \(axes)")
      }
    }
    for keepDims in [false, true] {
      expect(forms.all(x, keepDims), [0, 1, 2], keepDims)
      for axis in 0..<3 {
        expect(forms.axis(x, axis, keepDims), [axis], keepDims)
        expect(forms.axis(x, axis - 3, keepDims), [axis], keepDims)
      }
      for axes in [[0, 1], [0, 2], [1, 2]] { expect(forms.axes(x, axes, keepDims), axes, keepDims) }
    }
  }

  @Test func `numbers`() {
    func squares(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    typealias F = Forms<Double, Double>
    let same: (Double) -> Double = { $0 }
    check(
      "sum", x, F({ $0.sum(keepDims: $1) }, { $0.sum(axis: $1, keepDims: $2) }, { $0.sum(axes: $1, keepDims: $2) }),
      same, { $0.reduce(0, +) })
    check(
      "product", x,
      F(
        { $0.product(keepDims: $1) }, { $0.product(axis: $1, keepDims: $2) }, { $0.product(axes: $1, keepDims: $2) }),
      same, { $0.reduce(1, *) })
    check(
      "max", x, F({ $0.max(keepDims: $1) }, { $0.max(axis: $1, keepDims: $2) }, { $0.max(axes: $1, keepDims: $2) }),
      same, { $0.max()! })
    check(
      "min", x, F({ $0.min(keepDims: $1) }, { $0.min(axis: $1, keepDims: $2) }, { $0.min(axes: $1, keepDims: $2) }),
      same, { $0.min()! })
    check(
      "mean", x, F({ $0.mean(keepDims: $1) }, { $0.mean(axis: $1, keepDims: $2) }, { $0.mean(axes: $1, keepDims: $2) }),
      same, { $0.reduce(0, +) / Double($0.count) })
    check(
      "variance", x,
      F(
        { $0.variance(keepDims: $1, correction: 1) }, { $0.variance(axis: $1, keepDims: $2, correction: 1) },
        { $0.variance(axes: $1, keepDims: $2, correction: 1) }), same, { squares($0) / Double($0.count - 1) })
    check(
      "standardDeviation", x,
      F(
        { $0.standardDeviation(keepDims: $1) }, { $0.standardDeviation(axis: $1, keepDims: $2) },
        { $0.standardDeviation(axes: $1, keepDims: $2) }), same,
      { (squares($0) / Double($0.count)).squareRoot() })
    check(
      "sumOfSquares", x,
      F(
        { $0.sumOfSquares(keepDims: $1) }, { $0.sumOfSquares(axis: $1, keepDims: $2) },
        { $0.sumOfSquares(axes: $1, keepDims: $2) }), same, { $0.reduce(0) { $0 + $1 * $1 } })
    check(
      "logSumExp", x,
      F(
        { $0.logSumExp(keepDims: $1) }, { $0.logSumExp(axis: $1, keepDims: $2) },
        { $0.logSumExp(axes: $1, keepDims: $2) }), same, { CMath.log($0.reduce(0) { $0 + CMath.exp($1) }) })
  }

  @Test func `truth values`() {
    let truth: (Bool) -> Double = { $0 ? 1 : 0 }
    check(
      "any", mask, ({ $0.any(keepDims: $1) }, { $0.any(axis: $1, keepDims: $2) }, { $0.any(axes: $1, keepDims: $2) }),
      truth, { $0.max()! })
    check(
      "all", mask, ({ $0.all(keepDims: $1) }, { $0.all(axis: $1, keepDims: $2) }, { $0.all(axes: $1, keepDims: $2) }),
      truth, { $0.min()! })
    check(
      "sum", mask, ({ $0.sum(keepDims: $1) }, { $0.sum(axis: $1, keepDims: $2) }, { $0.sum(axes: $1, keepDims: $2) }),
      { (count: Int64) in Double(count) }, { $0.reduce(0, +) })
    check(
      "mean", mask,
      ({ $0.mean(keepDims: $1) }, { $0.mean(axis: $1, keepDims: $2) }, { $0.mean(axes: $1, keepDims: $2) }),
      { (share: Float) in Double(share) }, { $0.reduce(0, +) / Double($0.count) })
    let nothing = Tensor<Bool>([])
    #expect(nothing.sum().item() == 0 && nothing.mean().item().isNaN)
  }

  @Test func `the place of the extreme among all elements`() {
    let flat = x.scalars
    let (largest, smallest) = (Int64(flat.firstIndex(of: flat.max()!)!), Int64(flat.firstIndex(of: flat.min()!)!))
    #expect(x.argMax().item() == largest && x.argMin().item() == smallest)
    #expect(x.argMax().shape == [] && x.argMin(keepDims: true).shape == [1, 1, 1])
    #expect(x.argMax(axis: -1).shape == [2, 3] && x.argMax(axis: 1, keepDims: true).shape == [2, 1, 4])
    // In row-major order, whatever the strides.
    let turned = x.permuted(2, 0, 1)
    #expect(turned.argMax().item() == turned.contiguous().argMax().item())
    #expect(turned.flattened()[Int(turned.argMax().item())] == x.max())
    #expect(Tensor<Float>(3).argMax().item() == 0 && Tensor<Float>([1, .nan, 5]).argMax().item() == 1)
  }

  @Test func `derivatives of logSumExp over several axes are softmax`() {
    let slopes = gradient(at: x) { $0.logSumExp() }
    #expect((slopes - x.flattened().softmax().reshaped(to: [2, 3, 4])).abs().max().item() < 1e-14)
    let some = gradient(at: x) { $0.logSumExp(axes: [0, 2]).sum() }
    #expect((some.sum(axes: [0, 2]) - 1).abs().max().item() < 1e-14)
  }
}
