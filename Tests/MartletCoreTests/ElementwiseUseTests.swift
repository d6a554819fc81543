import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// Elementwise operations that are made of others, their derivatives over every region, and what they stop with.
@Suite struct ElementwiseUseTests {
  private typealias T = Tensor<Double>

  @Test func `closeness follows NumPy's formula, whose second operand sets the scale`() {
    let (a, b) = (T([1, 1, 1e10, 1e-9, 2]), T([1 + 1e-5, 1.1, 1.00001e10, 0, .nan]))
    #expect(a.isClose(to: b).scalars == [true, false, true, true, false])
    #expect(
      T(1e-9).allClose(to: T(0)) && !T(1e-7).allClose(to: T(0)) && T(1e-7).allClose(to: T(0), absoluteTolerance: 1e-6))
    #expect(
      T(100).allClose(to: T(110), relativeTolerance: 0.095) && !T(110).allClose(to: T(100), relativeTolerance: 0.095))
    let odd = Tensor<Float>([.nan, .infinity, -.infinity])
    #expect(!odd.allClose(to: odd) && odd.allClose(to: odd, equalNaN: true))
    #expect(!T(1e308).isClose(to: T(.infinity)).item() && !T(.infinity).isClose(to: T(1e308)).item())
    #expect(T.zeros([2, 3]).isClose(to: [0, 1, 0]).shape == [2, 3] && T.zeros([0]).allClose(to: T.ones([0])))
  }

  @Test func `numbers replace NaN and infinities`() {
    let x = Tensor<Float>([.nan, .infinity, -.infinity, -0.0, 3])
    let most = Float.greatestFiniteMagnitude
    #expect(x.nanToNum().scalars == [0, most, -most, 0, 3] && x.nanToNum().signBit().scalars[3])
    #expect(x.nanToNum(nan: 1, positiveInfinity: 2, negativeInfinity: 4).scalars == [1, 2, 4, 0, 3])
    // What replaces NaN is not replaced again.
    #expect(x.nanToNum(nan: .infinity, positiveInfinity: 7).scalars[0] == .infinity)
  }

  @Test func `bounds may be tensors`() {
    let x = T([[-2, 0.5, 9], [3, 4, .nan]])
    let (low, high) = (T([[0], [1]]), T([1, 2, 3]))
    let bounded = x.clamped(min: low, max: high)
    #expect(bounded.scalars.prefix(5) == [0, 0.5, 3, 1, 2] && bounded.scalars[5].isNaN)
    #expect(T([1, 2]).clamped(min: T(5), max: T(3)).scalars == [3, 3])
    #expect(x[0].clamped(min: 0).scalars == [0, 0.5, 9] && x[0].clamped(max: 1).scalars == [-2, 0.5, 1])
    #expect(x[0].clamped(min: high).scalars == [1, 2, 9] && x[0].clamped(max: high).scalars == [-2, 0.5, 3])
    #expect(Tensor<Int32>([1, 5, 9]).clamped(min: [2, 2, 2], max: [8, 8, 8]).scalars == [2, 5, 8])
  }

  @Test func `interpolation is exact at both ends`() {
    let (a, b): (T, T) = ([0.1, 1e16, -3], [0.7, 1, 5])
    #expect(a.lerp(to: b, weight: 0) == a && a.lerp(to: b, weight: 1) == b)
    #expect(
      a.lerp(to: b, weight: T([0, 1, 0.25])).scalars == [0.1, 1, -1] && a.lerp(to: b, weight: 0.75)[2].item() == 3)
    let slopes = gradient(at: [a, b, T([0.25, 0.5, 0.75])]) { $0[0].lerp(to: $0[1], weight: $0[2]).sum() }
    #expect(slopes[0].scalars == [0.75, 0.5, 0.25] && slopes[1].scalars == [0.25, 0.5, 0.75] && slopes[2] == b - a)
  }

  @Test func `angles and decimals`() {
    #expect(abs(T(180).radians().item() - .pi) < 1e-15 && T(.pi).degrees().item() == 180)
    #expect(T([1.25, -1.35, 2.675]).round(decimals: 1).scalars == [1.2, -1.4, 2.7])
    #expect(T([1250, -1351]).round(decimals: -2).scalars == [1200, -1400])
    #expect(T([2.5, -0.5]).round(decimals: 0).scalars == [2, 0])
    #expect(T([0.25]).logit(epsilon: 0.3).item() == T(0.3).logit().item())
  }

  @Test func `the quotient rounded down and the remainder make the dividend`() {
    withRandomSeed(5) {
      let (a, b) = (
        Tensor<Int32>.randomInteger([1000], in: -100..<100), Tensor<Int32>.randomInteger([1000], in: 1..<20)
      )
      for b in [b, -b] {
        #expect(a.floorDivide(b) * b + a.remainder(b) == a && (a / b) * b + a.fmod(b) == a)
      }
      let (x, y) = (a.cast(to: Double.self), b.cast(to: Double.self))
      #expect(x.floorDivide(y) == a.floorDivide(b).cast(to: Double.self))
      #expect(a.gcd(b) * a.lcm(b) == a.abs() * b)
    }
  }

  @Test func `inverses undo one another`() {
    let x = T.linspace(-3, 3, count: 101)
    #expect(
      x.erf().erfinv().allClose(to: x, relativeTolerance: 1e-9)
        && x.sigmoid().logit().allClose(to: x, relativeTolerance: 1e-12))
    #expect((x * x * x).cbrt().allClose(to: x, relativeTolerance: 1e-15, absoluteTolerance: 0))
    // The recurrences of the gamma function.
    let y = T.linspace(-4.7, 6.05, count: 87)
    #expect(
      (y + 1).lgamma().allClose(to: y.lgamma() + y.abs().log(), relativeTolerance: 1e-12, absoluteTolerance: 1e-12))
    #expect((y + 1).digamma().allClose(to: y.digamma() + 1 / y, relativeTolerance: 1e-12, absoluteTolerance: 1e-12))
    #expect(
      (y + 1).polygamma(3).allClose(
        to: y.polygamma(3) - 6 / y.power(4), relativeTolerance: 1e-9, absoluteTolerance: 1e-9))
  }

  /// Each function at points of all its regions, against finite differences, to the second order.
  @Test func `derivatives in every region`() {
    let functions: [(String, [Double], (T) -> T)] = [
      ("lgamma", [-3.4, -0.7, 0.2, 1.5, 7], { $0.lgamma() }), ("digamma", [-3.4, -0.7, 0.2, 1.5, 7], { $0.digamma() }),
      ("polygamma", [-2.3, -0.4, 0.6, 3, 20], { $0.polygamma(2) }),
      ("sinc", [-4.3, -0.2, 0.01, 0.7, 2.6], { $0.sinc() }),
      ("cbrt", [-8, -0.3, 0.2, 5], { $0.cbrt() }), ("erfinv", [-0.95, -0.2, 0.1, 0.6], { $0.erfinv() }),
      ("hardTanh", [-2, -0.5, 0.5, 2], { $0.hardTanh().squared() }), ("relu6", [-1, 2, 7], { $0.relu6().squared() }),
      ("hardSwish", [-4, -2, 1, 4], { $0.hardSwish() }),
      ("threshold", [0, 2], { $0.threshold(1, value: 3).squared() }),
      ("tanhshrink", [-3, -0.1, 0.5, 2], { $0.tanhshrink() }), ("softsign", [-2, 0.5], { $0.softsign() }),
      ("glu", [-1, 0.5, 2, -2], { $0.glu() }), ("prelu", [-1, 2], { $0.prelu(weight: T([0.2])).squared() }),
      ("softshrink", [-2, 0.1, 2], { $0.softshrink().squared() }), ("logit", [0.01, 0.4, 0.9], { $0.logit() }),
    ]
    for (name, points, function) in functions {
      func value(_ x: T) -> T { function(x).sum() }
      func slope(_ x: T) -> T { gradient(at: x, of: value) }
      let (x, step) = (T(points), 1e-5)
      for index in points.indices {
        var moved = (x, x)
        moved.0[index] = T(points[index] + step)
        moved.1[index] = T(points[index] - step)
        let first = (value(moved.0).item() - value(moved.1).item()) / (2 * step)
        let second = ((slope(moved.0) - slope(moved.1)) / (2 * step))
        let got = slope(x)[index].item()
        #expect(abs(got - first) <= 1e-6 * max(1, abs(first)), "\(name) at \(points[index]): \(got), not \(first)")
        let seconds = gradient(at: x) { slope($0)[index] }
        #expect(seconds.allClose(to: second, relativeTolerance: 1e-5, absoluteTolerance: 1e-5), "\(name) at \(points)")
      }
    }
  }

  @Test func `logAddExp and xlogy stay finite where their parts do not`() {
    let big: Tensor<Float> = [1000, -1000, 500]
    #expect(big.logAddExp(big).allClose(to: big + 0.6931472) && big.logAddExp(Tensor(-.infinity)) == big)
    #expect(Tensor<Float>(0).xlogy(Tensor([0, 1, -1, .infinity])).scalars == [0, 0, 0, 0])
  }

  // MARK: Stops

  enum Mistake: String, CaseIterable, Codable {
    case polygamma, celu, softshrink, hardTanh, preluChannels, preluRank, glu, logit
    case power, powerOfNumber, floorDivide, fmod, shiftShapes, closeShapes, clampShapes, lerpShapes

    func make() {
      let x = Tensor<Float>.ones([2, 3])
      let n: Tensor<Int32> = [1, 2]
      switch self {
      case .polygamma: _ = x.polygamma(-1)
      case .celu: _ = x.celu(alpha: 0)
      case .softshrink: _ = x.softshrink(lambda: -1)
      case .hardTanh: _ = x.hardTanh(min: 1, max: 0)
      case .preluChannels: _ = x.prelu(weight: [1, 2])
      case .preluRank: _ = x[0].prelu(weight: [1, 2, 3])
      case .glu: _ = x.glu()
      case .logit: _ = x.logit(epsilon: 0.75)
      case .power: _ = n.power([1, -1])
      case .powerOfNumber: _ = n.power(-2)
      case .floorDivide: _ = n.floorDivide(0)
      case .fmod: _ = n.fmod([0, 1])
      case .shiftShapes: _ = n << [1, 2, 3]
      case .clampShapes: _ = x.clamped(min: [1, 2], max: [3])
      case .lerpShapes: _ = x.lerp(to: [1, 2], weight: 0.5)
      case .closeShapes: _ = x.isClose(to: [1, 2])
      }
    }

    var message: String {
      switch self {
      case .polygamma: "polygamma: expected an order of at least 0, got -1"
      case .celu: "celu: expected an alpha other than 0, got 0"
      case .softshrink: "softshrink: expected a lambda of at least 0, got -1.0"
      case .hardTanh: "hardTanh: expected min at most max, got 1.0 and 0.0"
      case .preluChannels: "prelu: expected a weight of [1] or [3] for [2, 3], got [2]"
      case .preluRank: "prelu: expected a weight of [1] for [3], got [3]"
      case .glu: "glu: expected an even length along axis 1, got [2, 3]"
      case .logit: "logit: expected an epsilon within 0 ... 0.5, got 0.75"
      case .power, .powerOfNumber: "power: expected exponents of integers of at least 0, got a negative one"
      case .floorDivide: "floorDivide: division of integers by zero"
      case .fmod: "fmod: division of integers by zero"
      case .shiftShapes: "shiftLeft: shapes do not broadcast: [2] and [3]"
      case .clampShapes: "clamped: shapes do not broadcast: [2, 3] and [2]"
      case .lerpShapes: "lerp: shapes do not broadcast: [2] and [2, 3]"
      case .closeShapes: "isClose: shapes do not broadcast: [2, 3] and [2]"
      }
    }
  }

  @Test(arguments: Mistake.allCases)
  func `a mistake stops in the name of what was called`(mistake: Mistake) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mistake] in
      mistake.make()
    }
    #expect(errorText(result).contains(mistake.message), "\(errorText(result))")
  }
}
