import MartletCore
import MartletTesting
import Testing

extension SplitMix {
  /// A tensor of numbers drawn uniformly.
  package mutating func doubles(_ shape: Shape, in range: ClosedRange<Double> = 0.5...1.5) -> Tensor<Double> {
    Tensor(shape: shape, scalars: numbers(shape.elementCount, in: range))
  }
}

/// Expects the first and second derivatives of a scalar function to be those of central differences, along directions
/// that depend on nothing but the shape; and the differential in forward mode to be the gradient's.
package func expectDerivatives(
  _ what: String, _ x: Tensor<Double>, step: Double = 1e-5, _ f: @escaping (Tensor<Double>) -> Tensor<Double>,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  var random = SplitMix("directions of \(x.shape)")
  let (u, v) = (random.doubles(x.shape, in: -1...1), random.doubles(x.shape, in: -1...1))
  func slope(_ x: Tensor<Double>) -> Tensor<Double> { (gradient(at: x) { f($0) } * u).sum() }
  func expect(_ name: String, _ got: Double, _ f: (Tensor<Double>) -> Double, _ direction: Tensor<Double>) {
    let wanted = (f(x + direction * step) - f(x - direction * step)) / (2 * step)
    let isClose = abs(got - wanted) <= 1e-6 * max(1, abs(wanted), abs(f(x)))
    #expect(isClose, "\(what): \(name) is \(got), by differences \(wanted)", sourceLocation: sourceLocation)
  }
  expect("the differential", differential(at: x) { f($0) }.differential(u).item(), { f($0).item() }, u)
  expect("the slope", slope(x).item(), { f($0).item() }, u)
  expect("the second derivative", (gradient(at: x) { slope($0) } * v).sum().item(), { slope($0).item() }, v)
}
