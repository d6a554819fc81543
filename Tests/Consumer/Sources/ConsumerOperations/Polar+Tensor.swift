import Martlet

/// Points (x, y) in polar coordinates; both tensors have one shape.
public func polar<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, _ y: Tensor<Scalar>
) -> (radius: Tensor<Scalar>, angle: Tensor<Scalar>) {
  let results = applyAll(Polar(), [x.erased, y.erased])
  return (Tensor(results[0], as: Scalar.self), Tensor(results[1], as: Scalar.self))
}
