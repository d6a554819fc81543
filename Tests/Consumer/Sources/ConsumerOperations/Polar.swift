import Foundation
import Martlet

/// Points (x, y) in polar coordinates: two results, the radius √(x² + y²) and the angle of (x, y) in radians.
public struct Polar: Primitive {
  public var name: String { "polar" }
  public var saves: SavePolicy { .operandsAndResults }

  public init() {}

  public func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, y) = (operands[0], operands[1])
    try requireSameScalarType(x, y)
    try requireFloating(x)
    if x.shape != y.shape { throw mistake("shapes differ: \(x.shape) and \(y.shape)") }
    return TensorSpecs(TensorSpec(x), TensorSpec(x))
  }

  public func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (x, y) = (operands[0].contiguous(), operands[1].contiguous())
    x.scalarType.floating(
      fill(Float.self, x, y, results[0], results[1]), fill(Double.self, x, y, results[0], results[1]))
  }

  private func fill<S: FloatingScalar>(
    _ type: S.Type, _ x: TensorBody, _ y: TensorBody, _ radius: TensorBody, _ angle: TensorBody
  ) {
    let (xs, ys) = (x.scalars(as: type), y.scalars(as: type))
    let (radii, angles) = (radius.scalars(as: type), angle.scalars(as: type))
    parallelFor(x.count, grain: 4_096) { range in
      for i in range {
        radii[i] = (xs[i] * xs[i] + ys[i] * ys[i]).squareRoot()
        angles[i] = S(atan2(Double(ys[i]), Double(xs[i])))
      }
    }
  }

  public func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (x, y, radius) = (saved.operand(0), saved.operand(1), saved.result(0))
    let (toRadius, toAngle) = (cotangents[0].map { $0 / radius }, cotangents[1].map { $0 / (radius * radius) })
    return Cotangents(
      Cotangents.sum(toRadius.map { $0 * x }, toAngle.map { -($0 * y) }),
      Cotangents.sum(toRadius.map { $0 * y }, toAngle.map { $0 * x }))
  }

  public func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 20 * results.first.count, bytes: 4 * results.first.byteCount)
  }

  public func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}
