import Foundation
import Testing

@testable import MartletCore

/// What derivatives are where there are none: at kinks, at ties and at NaN. One test for each row of the table in the article
/// "How the graph works".
@Suite struct ConventionTests {
  private typealias T = Tensor<Double>
  private typealias Check = @Sendable () -> Void

  private static let rows: [String: Check] = [
    "`relu`, `abs`, `sign` | 0": {
      expect([0, 0, 0], of: { $0.relu() }, at: 0)
      expect([0, 0, 0], of: { $0.abs() }, at: 0)
      expect([0, 0, 0], of: { $0.sign() }, at: 0)
    },
    "`relu` | NaN": {
      expect([1, 0], of: { $0.relu() }, at: .nan)
      expect([1, 0], of: { linear($0.reshaped(to: [1, 1]), weight: [[1]], activation: .relu).sum() }, at: .nan)
    },
    "`abs`, `clamped(to:)` | NaN": {
      expect([0, 0], of: { $0.abs() }, at: .nan)
      expect([0, 0], of: { $0.clamped(to: -1...1) }, at: .nan)
    },
    "`leakyRelu`, `prelu`, `elu`, `celu`, `selu` | 0": {
      expect([0.25, 0, 0], of: { $0.leakyRelu(slope: 0.25) }, at: 0)
      expect([0.25, 0, 0], of: { $0.prelu(weight: [0.25]) }, at: 0)
      expect([1, 0.5, 0.25], of: { $0.celu(alpha: 2) }, at: 0)
      for zero in [0, -0.0] {
        expect([1.25, 1.25, 1.25, 1.25], of: { $0.elu(alpha: 1.25) }, at: zero)
        expect(Array(repeating: 1.7580993408473766, count: 4), of: { $0.selu() }, at: zero)
      }
      // The slope of the slope, by alpha.
      let mixed = gradient(at: T(1.25)) { alpha in
        gradient(at: T(0)) { apply($0, .elu, alpha) }
      }
      #expect(mixed.item() == 1)
    },
    "`leakyRelu`, `prelu` | NaN": {
      expect([0.25, 0], of: { $0.leakyRelu(slope: 0.25) }, at: .nan)
      expect([0.25, 0], of: { $0.prelu(weight: [0.25]) }, at: .nan)
    },
    "`elu`, `celu`, `selu` | NaN": {
      expect([1], of: { $0.elu() }, at: .nan)
      expect([1], of: { $0.celu() }, at: .nan)
      expect([1.0507009873554805], of: { $0.selu() }, at: .nan)
    },
    "`floor`, `ceil`, `round`, `trunc`, `sign`, `floorDivide` | everywhere": {
      let functions: [(T) -> T] = [
        { $0.floor() }, { $0.ceil() }, { $0.round() }, { $0.trunc() }, { $0.sign() }, { $0.floorDivide(2) },
        { T(7).floorDivide($0) },
      ]
      for function in functions {
        for point in [-1.5, -1, 0, 0.3, 2, .nan, .infinity] { expect([0, 0], of: function, at: point) }
      }
    },
    "`frac`, and `fmod`, `remainder` by the dividend | everywhere": {
      for point in [-1.5, -1, 0, 0.3, 2, Double.nan, .infinity] {
        expect([1, 0], of: { $0.frac() }, at: point)
        expect([1, 0], of: { $0.fmod(2) }, at: point)
        expect([1, 0], of: { $0.remainder(2) }, at: point)
      }
    },
    "`relu6`, `hardTanh`, `hardSigmoid` | at both bounds, and NaN": {
      for point in [0, 6, Double.nan] {
        expect([0, 0], of: { $0.relu6() }, at: point)
        expect([0, 0], of: { $0.hardTanh(min: 0, max: 6) }, at: point)
        expect([0, 0], of: { ($0 - 3).hardSigmoid() }, at: point)
      }
      expect([1, 0], of: { $0.relu6() }, at: 3)
      expect([1, 0], of: { $0.hardTanh() }, at: 0.5)
      expect([1 / 6.0, 0], of: { $0.hardSigmoid() }, at: 2)
    },
    "`hardSwish` | −3 and 3": {
      expect([0, 0], of: { $0.hardSwish() }, at: -3)
      expect([1, 0], of: { $0.hardSwish() }, at: 3)
      expect([0.5, 1 / 3.0, 0], of: { $0.hardSwish() }, at: 0)
    },
    "`softshrink`, `hardshrink` | up to `lambda`, and NaN": {
      for point in [0, 0.5, -0.5, Double.nan] {
        expect([0, 0], of: { $0.softshrink() }, at: point)
        expect([0, 0], of: { $0.hardshrink() }, at: point)
      }
      expect([1, 0], of: { $0.softshrink() }, at: -0.75)
      expect([1, 0], of: { $0.hardshrink() }, at: 0.75)
      expect((1, 1), of: { apply($0, .softshrink, $1) }, at: -2, 0.5)
    },
    "`threshold` | at the threshold": { expect([0, 0], of: { $0.threshold(1, value: 5) }, at: 1) },
    "`threshold` | NaN": { expect([1, 0], of: { $0.threshold(1, value: 5) }, at: .nan) },
    "`nanToNum` | NaN and infinities": {
      for point in [Double.nan, .infinity, -.infinity] { expect([0, 0], of: { $0.nanToNum() }, at: point) }
      expect([1, 0], of: { $0.nanToNum() }, at: 2)
    },
    "`clamped(to:)` | inside, and at the bounds": {
      for point in [-1, 0.5, 1] { expect([1, 0], of: { $0.clamped(to: -1...1) }, at: point) }
      for point in [-1.5, 2, .infinity] { expect([0, 0], of: { $0.clamped(to: -1...1) }, at: point) }
    },
    "`maximum`, `minimum` of two tensors | equal elements": {
      for function in [maximum, minimum] as [(T, T) -> T] {
        expect((0.5, 0.5), of: function, at: 2, 2)
        expect((0.5, 0.5), of: function, at: 0, -0.0)
        expect((0.5, 0.5), of: function, at: .infinity, .infinity)
      }
      expect((1, 0), of: maximum, at: 3, 2)
      expect((0, 1), of: minimum, at: 3, 2)
    },
    "`maximum`, `minimum` of two tensors | one or both NaN": {
      for function in [maximum, minimum] as [(T, T) -> T] {
        for (a, b) in [(Double.nan, 1), (1, .nan), (.nan, .nan)] { expect((1, 1), of: function, at: a, b) }
      }
    },
    "`clamped(min:max:)` | equal to a bound": {
      expect((1, 0), of: { $0.clamped(min: $1, max: T(5)) }, at: 2, 2)
      expect((1, 0), of: { $0.clamped(min: T(-5), max: $1) }, at: 2, 2)
      expect((0, 1), of: { $0.clamped(min: $1, max: T(5)) }, at: 1, 2)
      expect((0, 1), of: { $0.clamped(min: T(5), max: $1) }, at: 1, 2)
      expect((0.5, 0.5), of: { $0.clamped(min: $1) }, at: 2, 2)
      expect((0.5, 0.5), of: { $0.clamped(max: $1) }, at: 2, 2)
    },
    "`fmin`, `fmax` | equal elements": {
      for function in [fmin, fmax] as [(T, T) -> T] {
        for (a, b) in [(2.0, 2.0), (0.0, -0.0), (.infinity, .infinity)] as [(Double, Double)] {
          expect((0.5, 0.5), of: function, at: a, b)
        }
      }
      expect((1, 0), of: fmax, at: 3, 2)
      expect((0, 1), of: fmin, at: 3, 2)
    },
    "`fmin`, `fmax` | one or both NaN": {
      for function in [fmin, fmax] as [(T, T) -> T] {
        expect((1, 0), of: function, at: 1, .nan)
        expect((0, 1), of: function, at: .nan, 1)
        expect((1, 0), of: function, at: .nan, .nan)
      }
    },
    "`copySign` | 0": {
      for sign in [1.0, -1.0, 0.0, -0.0] { expect((0, 0), of: { $0.copySign($1) }, at: 0, sign) }
      expect((-1, 0), of: { $0.copySign($1) }, at: 2, -0.0)
      expect((1, 0), of: { $0.copySign($1) }, at: -2, -3)
    },
    "`nextAfter` | equal elements": {
      expect((0, 0), of: { $0.nextAfter($1) }, at: 1, 1)
      expect((1, 0), of: { $0.nextAfter($1) }, at: 1, 2)
    },
    "`heaviside` | 0": {
      expect((0, 1), of: { $0.heaviside($1) }, at: 0, 0.5)
      expect((0, 0), of: { $0.heaviside($1) }, at: 1, 0.5)
      expect((0, 0), of: { $0.heaviside($1) }, at: .nan, 0.5)
    },
    "`xlogy` | x 0, y at most 0": {
      for y in [0, -1, -Double.infinity] {
        #expect(gradient(at: T(0)) { $0.xlogy(T(y)) }.item() == 0)
      }
      expect((log(2), 0), of: { $0.xlogy($1) }, at: 0, 2)
      #expect(gradient(at: T(0)) { T(0).xlogy($0) }.item().isNaN)
    },
    "`logit` | outside 0 ... 1": {
      for point in [-0.5, 1.5, Double.infinity] { #expect(gradient(at: T(point)) { $0.logit() }.item().isNaN) }
      for point in [0.05, 0.95, Double.infinity] { expect([0, 0], of: { $0.logit(epsilon: 0.1) }, at: point) }
    },
    "`max`, `min` along axes | several extremes": {
      #expect(gradient(at: T([3, 1, 3])) { $0.max() }.scalars == [0.5, 0, 0.5])
      #expect(gradient(at: T([3, 1, 1, 3])) { $0.min(axis: 0) }.scalars == [0, 0.5, 0.5, 0])
    },
    "`max`, `min` along axes | NaN among them": {
      #expect(gradient(at: T([3, .nan, 1])) { $0.max() }.isNaN().all().item())
      #expect(gradient(at: T([3, .nan, 1])) { $0.min(axis: 0) }.isNaN().all().item())
    },
    "`sorted`, `topK` | equal elements": {
      let (x, weights): (T, T) = ([2, 1, 2, 1], [1, 10, 100, 1000])
      #expect(gradient(at: x) { ($0.sorted() * weights).sum() }.scalars == [100, 1, 1000, 10])
      #expect(gradient(at: x) { ($0.topK(3).values * weights[0..<3]).sum() }.scalars == [1, 100, 10, 0])
    },
    "`product`, `cumulativeProduct` | zeros": {
      #expect(gradient(at: T([2, 0, 3])) { $0.product() }.scalars == [0, 6, 0])
      #expect(gradient(at: T([2, 0, 0])) { $0.product() }.scalars == [0, 0, 0])
      #expect(gradient(at: T([2, 0, 3])) { $0.cumulativeProduct(axis: 0).sum() }.scalars == [1, 8, 0])
    },
    "`power` | base 0, exponent 0": {
      expect((0, 0), of: { $0.power($1) }, at: 0, 0)
      expect([0, 0, 0], of: { $0.power(0) }, at: 0)
      expect([0, 2, 0, 0], of: { $0.power(2) }, at: 0)
    },
    "`power` | base 0, exponent at least 0": {
      for exponent in [0, 0.5, 1, 2, .infinity] {
        #expect(gradient(at: T(exponent)) { T(0).power($0) }.item() == 0)
        #expect(gradient(at: T(exponent)) { gradient(at: $0) { T(0).power($0) } }.item() == 0)
      }
      #expect(gradient(at: T(.nan)) { T(0).power($0) }.item().isNaN)
    },
    "`power` | base 0, exponent below 0": {
      for exponent in [-0.5, -1, -2] { expect((-.infinity, -.infinity), of: { $0.power($1) }, at: 0, exponent) }
      #expect(gradient(at: T(-.infinity)) { T(0).power($0) }.item() == -.infinity)
    },
    "`atan2` | (0, 0)": {
      for (y, x) in [(0.0, 0.0), (-0.0, 0), (0, -0.0)] {
        expect((0, 0), of: { $0.atan2($1) }, at: y, x)
        // Every second and third derivative, one of the two kept at 0.
        expect([0, 0, 0], of: { $0.atan2(T(x)) }, at: y)
        expect([0, 0, 0], of: { T(y).atan2($0) }, at: x)
        #expect(hessian(at: [T(y), T(x)]) { $0[0].atan2($0[1]) }.flatMap { $0.map { $0.item() } } == [0, 0, 0, 0])
      }
      expect((0.5, 0), of: { $0.atan2($1) }, at: 0, 2)
    },
    "`[rows: indices] =` | an index twice": {
      let gradients = gradient(at: [[1, 1], [1, 1]] as T) { rows in
        var x = T.zeros([3, 2])
        x[rows: [2, 2]] = rows
        return x.sum()
      }
      #expect(gradients == [[0, 0], [1, 1]])
    },
  ]

  @Test func `the article has these rows and no others`() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Martlet/Martlet.docc/HowTheGraphWorks.md")
    let article = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "### ")
    let section = try #require(article.first { $0.hasPrefix("Kinks, ties and NaN") })
    let documented = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
      $0.split(separator: "|").prefix(2).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " | ")
    }
    #expect(Set(documented) == Set(ConventionTests.rows.keys) && documented.count == ConventionTests.rows.count)
  }

  @Test(arguments: rows.keys.sorted())
  func `a row of the table holds`(row: String) { ConventionTests.rows[row]!() }

  @Test func `sinc has all its derivatives at 0`() {
    let square = Double.pi * Double.pi
    Self.expect([0, -square / 3, 0, square * square / 5], of: { $0.sinc() }, at: 0)
    // At 1 those of sin(pi x) / (pi x), by the rule of products.
    Self.expect([-1, 2, square - 6], of: { $0.sinc() }, at: 1)
  }

  @Test(arguments: [1, 5, 64, 333])
  func `kernels pass a gradient at NaN in every place`(count: Int) {
    func check<S: FloatingScalar>(_ type: S.Type) {
      for place in Set([0, count / 2, count - 1]) {
        var scalars = (0..<count).map { S($0 % 3 - 1) }
        scalars[place] = .nan
        let x = Tensor<S>(scalars)
        var slope = scalars.map { $0 > 0 ? S(1) : 0 }
        slope[place] = 1
        #expect(gradient(at: x) { $0.relu().sum() }.scalars == slope)
        slope = scalars.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
        slope[place] = 0
        #expect(gradient(at: x) { $0.abs().sum() }.scalars == slope)
        let squared = gradient(at: x) { $0.relu().squared().sum() }.scalars
        #expect(squared.indices.allSatisfy { squared[$0].isNaN == ($0 == place) })
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test func `an infinite derivative stays in its own block`() {
    func root(_ t: [T]) -> T { (t[0].squared() + t[1].sqrt()).sum() }
    let blocks = hessian(at: [T([3]), T([0])], of: root).map { $0.map { $0.item() } }
    #expect(blocks == [[2, 0], [0, -.infinity]])
    let other = hessian(at: [T([0]), T([3])]) { root([$0[1], $0[0]]) }.map { $0.map { $0.item() } }
    #expect(other == [[-.infinity, 0], [0, 2]])
  }

  // MARK: Helpers

  /// The derivatives of the first, second … order at a point, through backward passes and through a forward pass at the end.
  private static func expect(_ expected: [Double], of function: @escaping (T) -> T, at point: Double) {
    var derivative = { (x: T) in function(x).sum() }
    for (order, value) in expected.enumerated() {
      let forward = differential(at: T(point), of: derivative).differential(T(1)).item()
      let before = derivative
      derivative = { x in gradient(at: x, of: before) }
      let backward = derivative(T(point)).item()
      #expect(close(backward, value), "order \(order + 1) at \(point): \(backward), not \(value)")
      #expect(close(forward, value), "order \(order + 1) at \(point), forward: \(forward), not \(value)")
    }
  }

  private static func expect(
    _ expected: (Double, Double), of function: @escaping (T, T) -> T, at a: Double, _ b: Double
  ) {
    let got = gradient(at: T(a), T(b), of: function)
    #expect(got.0.item() == expected.0 && got.1.item() == expected.1, "at \(a), \(b): \(got)")
  }

  private static func close(_ a: Double, _ b: Double) -> Bool { a == b || abs(a - b) < 1e-14 * abs(b) }

  private static func apply(_ x: T, _ operation: BinaryOperation, _ y: T) -> T {
    T(unchecked: MartletCore.apply(Binary(operation), x.erased, y.erased))
  }
}
