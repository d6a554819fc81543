import MartletCore

/// What is wrong with a result; nil if it is as expected.
///
/// The shape must be the expected one, and each element within `relative` times the largest magnitude of the expected
/// elements, which counts as at least `floor`. Integers and booleans must be equal.
package func mismatch(
  _ result: AnyTensor, _ expected: Reference, relative: Double, floor: Double = 1e-3
) -> String? {
  if result.shape.dimensions != expected.shape { return "shape \(result.shape) instead of \(expected.shape)" }
  if result.count != expected.values.count {
    return "\(result.count) elements, while the reference has \(expected.values.count)"
  }
  let magnitude = expected.values.reduce(floor) { $1.isFinite ? max($0, abs($1)) : $0 }
  let allowed = result.scalarType.isDifferentiable ? relative * magnitude : 0
  for (position, (got, want)) in zip(result.plainValues, expected.values).enumerated() {
    if got == want || (got.isNaN && want.isNaN) || abs(got - want) <= allowed { continue }
    return "element \(position) of \(result.shape) is \(got) instead of \(want) (\(allowed) allowed)"
  }
  return nil
}
