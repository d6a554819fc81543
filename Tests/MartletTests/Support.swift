import Martlet
import TestSupport
import Testing

/// What differs between two tensors, in words; nil when they agree.
///
/// Elements agree when they are equal, both NaN, or differ by at most `tolerance` times the expected magnitude, or
/// times `floor` where that is larger (a gradient that is a difference of larger numbers keeps their rounding).
func difference<Scalar: FloatingScalar>(
  _ actual: Tensor<Scalar>, _ expected: Tensor<Scalar>, tolerance: Scalar, floor: Scalar = 0
) -> String? {
  if actual.shape != expected.shape { return "the shape is \(actual.shape), not \(expected.shape)" }
  for (index, (a, e)) in zip(actual.scalars, expected.scalars).enumerated() {
    if a == e || (a.isNaN && e.isNaN) { continue }
    if !(abs(a - e) <= tolerance * max(abs(e), floor)) { return "element \(index) is \(a), not \(e)" }
  }
  return nil
}

/// Whether two tensors agree to a tolerance relative to the larger of 1 and the magnitude of each element.
func near<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ tolerance: Scalar = 1e-12) -> Bool {
  difference(a, b, tolerance: tolerance, floor: 1) == nil
}

/// Expects that what a child process wrote to its standard error contains texts.
func expect(
  _ result: ExitTest.Result?, contains texts: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  let written = errorText(result)
  for text in texts {
    #expect(written.contains(text), "wrote \(written)", sourceLocation: sourceLocation)
  }
}
