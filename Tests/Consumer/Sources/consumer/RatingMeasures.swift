import Martlet

extension Loss where Output == Tensor<Float>, Target == Tensor<Float> {
  /// Huber's loss: squared up to a difference of `delta`, linear beyond.
  static func ratingHuber(delta: Float = 1) -> Loss {
    Loss("ratingHuber", targets: .sameShape) { predicted, expected in
      let difference = (predicted - expected).abs()
      let near = difference.squared() / 2
      let far = delta * (difference - delta / 2)
      return Tensor.where(difference .<= delta, near, far).mean()
    }
  }
}

extension Metric where Output == Tensor<Float>, Target == Tensor<Float> {
  /// The share of ratings that differ from their targets by at most `distance`.
  static func within(_ distance: Float) -> Metric {
    Metric("within", targets: .sameShape, goal: .maximum) { outputs, targets in
      Double(((outputs - targets).abs() .<= distance).cast(to: Float.self).mean().item())
    }
  }
}
