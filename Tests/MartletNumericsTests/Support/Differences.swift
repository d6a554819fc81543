import MartletCore
import MartletTesting

/// A function of tensors of Double whose derivatives are tried, and where.
struct Differentiable: Sendable, CustomStringConvertible {
  let description: String
  let shapes: [Shape]
  /// The range that the elements are drawn from.
  let range: ClosedRange<Double>
  /// Elements that are replaced by NaN.
  let nanAt: [Int]
  /// Whether the second derivative is not 0 everywhere, so that it has something to show.
  let function: @Sendable ([Tensor<Double>]) -> Tensor<Double>

  init(
    _ description: String, _ shapes: [Shape], in range: ClosedRange<Double> = -2...2, nanAt: [Int] = [],
    _ function: @escaping @Sendable ([Tensor<Double>]) -> Tensor<Double>
  ) {
    self.description = description
    self.shapes = shapes
    self.range = range
    self.nanAt = nanAt
    self.function = function
  }

  /// What is wrong with the gradient, and with the gradient of a weighted sum of it, against finite differences.
  func problems() -> [String] {
    var random = SplitMix("derivatives of \(description)")
    func draw(_ shape: Shape, _ range: ClosedRange<Double>) -> Tensor<Double> {
      Tensor(shape: shape, scalars: (0..<shape.elementCount).map { _ in .random(in: range, using: &random) })
    }
    var operands = shapes.map { draw($0, range) }
    operands[0].withUnsafeMutableScalars { scalars in for index in nanAt { scalars[index] = .nan } }
    let directions = shapes.map { draw($0, -1...1) }
    let weights = draw(function(operands).shape, 0.5...1.5)
    func value(_ at: [Tensor<Double>]) -> Tensor<Double> { (function(at).squared() * weights).sum() }
    func slope(_ at: [Tensor<Double>]) -> Tensor<Double> {
      let gradients = gradient(at: at, of: value)
      return zip(gradients, directions).map { ($0 * $1).sum() }.reduce(Tensor(0)) { $0 + $1 }
    }
    func moved(_ step: Double) -> [Tensor<Double>] { zip(operands, directions).map { $0 + $1 * step } }
    func compare(_ what: String, _ function: ([Tensor<Double>]) -> Tensor<Double>) -> String? {
      let gradients = gradient(at: operands, of: function)
      let got = zip(gradients, directions).map { ($0 * $1).sum().item() }.reduce(0, +)
      let wanted = (function(moved(1e-5)).item() - function(moved(-1e-5)).item()) / 2e-5
      let size = max(1, abs(wanted), gradients.map { $0.abs().sum().item() }.reduce(0, +))
      return abs(got - wanted) <= 2e-7 * size ? nil : "\(what) is \(got) instead of \(wanted)"
    }
    return [compare("the gradient", value), compare("the gradient's gradient", slope)].compactMap { $0 }
  }
}
