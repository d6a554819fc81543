import Foundation
import Testing

@testable import MartletCore

/// The free functions of every element beside those of numbers, which Foundation has under the same names: none is ambiguous.
@Suite struct FoundationFunctionTests {
  private let f: Float = 0.25
  private let d = 0.75

  @Test func `numbers and tensors in one scope`() {
    let (x, y) = (Tensor(f), Tensor(d))
    #expect(exp(f) == Float(exp(Double(f))) && abs(exp(x).item() - exp(f)) < 1e-6)
    #expect(abs(sin(y).item() - sin(d)) < 1e-15 && abs(atan2(y, 2 * y).item() - atan2(d, 2 * d)) < 1e-15)
    #expect(pow(d, 2) == pow(y, 2).item() && abs(pow(x, 2.5).item() - pow(f, 2.5)) < 1e-6)
    #expect(abs(-d) == abs(-y).item() && round(2.5) == 3 && round(Tensor<Double>(2.5)).item() == 2)
    #expect(floor(y) == Tensor(floor(d)) && ceil(x) == Tensor(ceil(f)) && trunc(y) == Tensor(trunc(d)))
    #expect([x, x].map(exp) == [exp(x), exp(x)] && [d, d].map(exp) == [exp(d), exp(d)])
    #expect(
      fmod(7.5, 2) == fmod(Tensor(7.5), Tensor(2.0)).item() && abs(cbrt(27.0) - cbrt(Tensor(27.0)).item()) < 1e-15)
    #expect(fmin(d, 2) == fmin(y, Tensor(2)).item() && fmax(f, 2) == fmax(x, Tensor(2)).item())
    #expect(copysign(d, -1) == copysign(y, Tensor(-1)).item() && nextafter(d, 2) == nextafter(y, Tensor(2)).item())
    #expect(erf(y).item() == Tensor(d).erf().item() && sqrt(f) == sqrt(x).item())
  }

  @Test func `expressions of many terms`() {
    let x: Tensor<Double> = [0.25, 1.5]
    let numbers =
      exp(d) * 2 + sin(d) / 3 - cos(d) * sqrt(abs(d)) + log(d + 1) * 0.5 - pow(d, 2) + tanh(d) * floor(d) / 4
    let tensors =
      exp(x) * 2 + sin(x) / 3 - cos(x) * sqrt(abs(x)) + log(x + 1) * 0.5 - pow(x, 2) + tanh(x) * floor(x) / 4
    let mixed = exp(d) * x + sqrt(d) * exp(x) - sin(x) * cos(d) + pow(x, d) * 2 - x / sqrt(2)
    #expect(numbers.isFinite && tensors.isFinite().all().item() && mixed.isFinite().all().item())
    let at = Tensor([d])
    let same = exp(at) * 2 + sin(at) / 3 - cos(at) * sqrt(abs(at)) + log(at + 1) * 0.5 - pow(at, 2) + tanh(at) / 4 * 0
    #expect(abs(same.item() - numbers) < 1e-14)
  }
}
