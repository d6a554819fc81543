import Testing

@testable import MartletCore

/// The free functions of every element, where no other library has functions of the same names in scope.
@Suite struct ElementwiseFunctionTests {
  private let x: Tensor<Float> = [0.25, 0.5, 1, 2.5]
  private let y: Tensor<Double> = [-0.75, -0.5, 0.25, 0.875]

  /// What `function` gives is, bit for bit, what `method` gives.
  private func same<S: FloatingScalar>(
    _ x: Tensor<S>, _ pairs: [(function: (Tensor<S>) -> Tensor<S>, method: (Tensor<S>) -> Tensor<S>)]
  ) {
    for (index, pair) in pairs.enumerated() {
      let (a, b) = (pair.function(x), pair.method(x))
      #expect(a.scalars.map(\.isNaN) == b.scalars.map(\.isNaN), "pair \(index) of \(S.self)")
      for (p, q) in zip(a.scalars, b.scalars) where !p.isNaN { #expect(p == q, "pair \(index) of \(S.self)") }
    }
  }

  @Test func `functions are the methods`() {
    same(
      x,
      [
        ({ exp($0) }, { $0.exp() }),
        ({ expm1($0) }, { $0.expm1() }),
        ({ exp2($0) }, { $0.exp2() }),
        ({ log($0) }, { $0.log() }),
        ({ log1p($0) }, { $0.log1p() }),
        ({ log2($0) }, { $0.log2() }),
        ({ log10($0) }, { $0.log10() }),
        ({ sin($0) }, { $0.sin() }),
        ({ cos($0) }, { $0.cos() }),
        ({ tan($0) }, { $0.tan() }),
        ({ asin($0) }, { $0.asin() }),
        ({ acos($0) }, { $0.acos() }),
        ({ atan($0) }, { $0.atan() }),
        ({ sinh($0) }, { $0.sinh() }),
        ({ cosh($0) }, { $0.cosh() }),
        ({ tanh($0) }, { $0.tanh() }),
        ({ asinh($0) }, { $0.asinh() }),
        ({ acosh($0) }, { $0.acosh() }),
        ({ atanh($0) }, { $0.atanh() }),
        ({ sqrt($0) }, { $0.sqrt() }),
        ({ abs($0) }, { $0.abs() }),
        ({ floor($0) }, { $0.floor() }),
        ({ ceil($0) }, { $0.ceil() }),
        ({ round($0) }, { $0.round() }),
        ({ trunc($0) }, { $0.trunc() }),
        ({ erf($0) }, { $0.erf() }),
        ({ erfc($0) }, { $0.erfc() }),
        ({ erfinv($0) }, { $0.erfinv() }),
        ({ lgamma($0) }, { $0.lgamma() }),
        ({ digamma($0) }, { $0.digamma() }),
        ({ sinc($0) }, { $0.sinc() }),
        ({ logit($0) }, { $0.logit() }),
        ({ cbrt($0) }, { $0.cbrt() }),
        ({ fmod($0, $0 + 1) }, { $0.fmod($0 + 1) }),
        ({ fmin($0, 0 * $0) }, { $0.fmin(0 * $0) }),
        ({ fmax($0, 0 * $0) }, { $0.fmax(0 * $0) }),
        ({ copysign($0, -$0) }, { $0.copySign(-$0) }),
        ({ nextafter($0, -$0) }, { $0.nextAfter(-$0) }),
        ({ xlogy($0, $0 + 1) }, { $0.xlogy($0 + 1) }),
        ({ logAddExp($0, $0 + 1) }, { $0.logAddExp($0 + 1) }),
        ({ relu($0) }, { $0.relu() }),
        ({ sigmoid($0) }, { $0.sigmoid() }),
        ({ softplus($0) }, { $0.softplus() }),
      ])
    same(
      y,
      [
        ({ exp($0) }, { $0.exp() }),
        ({ expm1($0) }, { $0.expm1() }),
        ({ exp2($0) }, { $0.exp2() }),
        ({ log($0) }, { $0.log() }),
        ({ log1p($0) }, { $0.log1p() }),
        ({ log2($0) }, { $0.log2() }),
        ({ log10($0) }, { $0.log10() }),
        ({ sin($0) }, { $0.sin() }),
        ({ cos($0) }, { $0.cos() }),
        ({ tan($0) }, { $0.tan() }),
        ({ asin($0) }, { $0.asin() }),
        ({ acos($0) }, { $0.acos() }),
        ({ atan($0) }, { $0.atan() }),
        ({ sinh($0) }, { $0.sinh() }),
        ({ cosh($0) }, { $0.cosh() }),
        ({ tanh($0) }, { $0.tanh() }),
        ({ asinh($0) }, { $0.asinh() }),
        ({ acosh($0) }, { $0.acosh() }),
        ({ atanh($0) }, { $0.atanh() }),
        ({ sqrt($0) }, { $0.sqrt() }),
        ({ abs($0) }, { $0.abs() }),
        ({ floor($0) }, { $0.floor() }),
        ({ ceil($0) }, { $0.ceil() }),
        ({ round($0) }, { $0.round() }),
        ({ trunc($0) }, { $0.trunc() }),
        ({ erf($0) }, { $0.erf() }),
        ({ erfc($0) }, { $0.erfc() }),
        ({ erfinv($0) }, { $0.erfinv() }),
        ({ lgamma($0) }, { $0.lgamma() }),
        ({ digamma($0) }, { $0.digamma() }),
        ({ sinc($0) }, { $0.sinc() }),
        ({ logit($0) }, { $0.logit() }),
        ({ cbrt($0) }, { $0.cbrt() }),
        ({ fmod($0, $0 + 1) }, { $0.fmod($0 + 1) }),
        ({ fmin($0, 0 * $0) }, { $0.fmin(0 * $0) }),
        ({ fmax($0, 0 * $0) }, { $0.fmax(0 * $0) }),
        ({ copysign($0, -$0) }, { $0.copySign(-$0) }),
        ({ nextafter($0, -$0) }, { $0.nextAfter(-$0) }),
        ({ xlogy($0, $0 + 1) }, { $0.xlogy($0 + 1) }),
        ({ logAddExp($0, $0 + 1) }, { $0.logAddExp($0 + 1) }),
        ({ relu($0) }, { $0.relu() }),
        ({ sigmoid($0) }, { $0.sigmoid() }),
        ({ softplus($0) }, { $0.softplus() }),
      ])
    #expect(pow(x, x) == x.power(x) && pow(x, 3) == x.power(3) && pow(2, x) == Tensor(2).power(x))
    #expect(pow(y.abs(), y) == y.abs().power(y) && pow(y, 2) == y.squared() && pow(2, y) == Tensor(2).power(y))
    #expect(atan2(x, x + 1) == x.atan2(x + 1) && hypot(y, 2 * y) == y.hypot(2 * y) && atan2(y, y) == y.atan2(y))
    #expect(hypot(x, x) == x.hypot(x))
    #expect(maximum(x, 0.5).scalars == [0.5, 0.5, 1, 2.5] && minimum(y, 0).scalars == [-0.75, -0.5, 0, 0])
    #expect(abs(Tensor<Int32>([-3, 2])).scalars == [3, 2] && abs(Tensor<Int64>([-3, 2])).scalars == [3, 2])
    #expect(abs(Tensor<UInt8>([3, 2])).scalars == [3, 2] && maximum(Tensor<Int32>([1, 5]), 3).scalars == [3, 5])
  }

  @Test func `they have derivatives`() {
    let slopes = gradient(at: y) { y in (exp(y) * sin(y) + pow(y, 3)).sum() }
    let expected = y.exp() * (y.sin() + y.cos()) + 3 * y.squared()
    #expect((slopes - expected).abs().max().item() < 1e-14)
  }

  @Test func `an expression of many terms`() {
    // Also that the compiler does it at all: ten calls and ten operators.
    let value = exp(x) * 2 + sin(x) / 3 - cos(x) * sqrt(abs(x)) + log(x + 1) * 0.5 - pow(x, 2) + tanh(x) * relu(x) / 4
    let first = x.exp() * 2 + x.sin() / 3 - x.cos() * x.abs().sqrt()
    #expect(value == first + (x + 1).log() * 0.5 - x.power(2) + x.tanh() * x.relu() / 4)
  }
}
