import Martlet
import Testing

/// Whether two tensors agree to a tolerance relative to the larger of 1 and the magnitude of each element.
func near<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ tolerance: Scalar = 1e-12) -> Bool {
  difference(a, b, tolerance: tolerance, floor: 1) == nil
}

/// Expects that what a child process wrote to its standard error contains texts.
func expect(
  _ result: ExitTest.Result?, contains texts: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  let written = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
  for text in texts {
    #expect(written.contains(text), "wrote \(written)", sourceLocation: sourceLocation)
  }
}
