import MartletCore
import MartletPlatform

// Losses of predicted numbers as functions: from predictions and their targets of the same shape, others trap, to a
// tensor of one number. `weights` `[rows]` are what the rows count for.

/// The squared difference, `(predicted − expected)²`, averaged over all elements by default.
///
/// Both tensors have the same shape `[rows, …]`; others trap, even when they would broadcast.
public func meanSquaredError<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("meanSquaredError", predicted, expected)
  if weights != nil || reduction == .none {
    return reduced((predicted - expected).squared(), weights, reduction)
  }
  return squaredError(predicted, expected, isMean: reduction == .mean)
}

/// The absolute difference, `|predicted − expected|`, averaged over all elements by default. Its derivative at 0 is
/// taken as 0.
///
/// Both tensors have the same shape `[rows, …]`; others trap, even when they would broadcast.
public func meanAbsoluteError<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  ofErrors("meanAbsoluteError", predicted, expected, weights, reduction) { $0.abs() }
}

/// Half the squared difference e²/2 where |e| is at most `delta`, and `delta · (|e| − delta/2)` beyond, averaged over all
/// elements by default.
///
/// Source: P. J. Huber, Robust estimation of a location parameter (1964). Traps unless `delta` is above 0.
public func huberLoss<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, delta: Double = 1, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  check("huberLoss", delta > 0, "a delta above 0", delta)
  return ofErrors("huberLoss", predicted, expected, weights, reduction) { huber($0, S(delta)) }
}

/// Huber's loss divided by its threshold: `e²/(2·beta)` where |e| is at most `beta`, and `|e| − beta/2` beyond, averaged
/// over all elements by default.
///
/// With a `beta` of 0 it is the absolute difference. Source: R. Girshick, Fast R-CNN (2015). Traps when `beta` is
/// negative.
public func smoothL1Loss<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, beta: Double = 1, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  check("smoothL1Loss", beta >= 0, "a beta of at least 0", beta)
  return ofErrors("smoothL1Loss", predicted, expected, weights, reduction) {
    beta == 0 ? $0.abs() : huber($0, S(beta)) / S(beta)
  }
}

/// The logarithm of the hyperbolic cosine of the difference, averaged over all elements by default: about e²/2 near 0 and
/// |e| − log 2 far from it.
///
/// Finite and exact for every finite difference, near 0 as well.
public func logCosh<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  ofErrors("logCosh", predicted, expected, weights, reduction) { error in
    // Near 0, log cosh e = −log(1 − tanh² e) / 2 keeps the digits that the difference of |e| and log 2 would lose.
    let near = (-error.clamped(to: -1...1).tanh().squared()).log1p() * S(-0.5)
    let size = error.abs()
    let far = size + ActivationFunction.softplus(size * -2) - S(log(2.0))
    return Tensor.where(size .<= 1, near, far)
  }
}

/// The quantile or pinball loss, averaged over all elements by default: `q · e` where the target is e above the
/// prediction, and `(1 − q) · e` where it is e below. It is least where a share q of the targets is below.
///
/// Source: R. Koenker and G. Bassett, Regression quantiles (1978). Traps unless `quantile` is between 0 and 1.
public func quantileLoss<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, quantile: Double, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  check("quantileLoss", quantile > 0 && quantile < 1, "a quantile between 0 and 1", quantile)
  return ofErrors("quantileLoss", predicted, expected, weights, reduction) { pinball($0, Tensor(S(quantile))) }
}

/// The quantile loss of several quantiles at once: `predicted` is `[rows, …, quantiles]` and `expected` `[rows, …]`.
///
/// Traps when the shapes do not fit, and unless the quantiles are between 0 and 1.
public func quantileLoss<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, quantiles: [Double], weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  for quantile in quantiles {
    check("quantileLoss", quantile > 0 && quantile < 1, "quantiles between 0 and 1", quantile)
  }
  let shape = Shape(expected.shape + [quantiles.count])
  if predicted.shape != shape {
    trap(
      TensorError(
        "quantileLoss", expected: "predictions of shape \(shape) for \(quantiles.count) quantiles of \(expected.shape)",
        got: "\(predicted.shape)"))
  }
  let errors = predicted - expected.expandedDimension(at: -1)
  return reduced(pinball(errors, Tensor(quantiles.map { S($0) })), weights, reduction)
}

/// The negative logarithm of Poisson's probability of a count, without the term of the count alone, averaged over all
/// elements by default: `exp(x) − expected · x` for the logarithm x of the rate.
public func poissonLoss<S: FloatingScalar>(
  logRates: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("poissonLoss", logRates, expected, "logRates")
  return reduced(logRates.exp() - expected * logRates, weights, reduction)
}

/// The negative logarithm of Poisson's probability of a count for rates, averaged over all elements by default:
/// `rate − expected · log(rate + 1e-8)`.
public func poissonLoss<S: FloatingScalar>(
  rates: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("poissonLoss", rates, expected, "rates")
  return reduced(rates - expected * (rates + S(1e-8)).log(), weights, reduction)
}

/// The negative logarithm of a normal distribution's density, without its constant, averaged over all elements by
/// default: `(log v + (mean − expected)² / v) / 2` for the variance v.
///
/// A variance below `epsilon` counts as that. All three have the same shape; others trap.
public func gaussianLoss<S: FloatingScalar>(
  means: Tensor<S>, variances: Tensor<S>, expected: Tensor<S>, epsilon: Double = 1e-6, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("gaussianLoss", means, expected, "means")
  checkSameShape("gaussianLoss", variances, expected, "variances")
  let variance = variances.clamped(min: S(epsilon))
  return reduced((variance.log() + (means - expected).squared() / variance) * S(0.5), weights, reduction)
}

/// The loss of `gaussianLoss(means:variances:…)` for the logarithms of the variances, which may be any numbers.
public func gaussianLoss<S: FloatingScalar>(
  means: Tensor<S>, logVariances: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("gaussianLoss", means, expected, "means")
  checkSameShape("gaussianLoss", logVariances, expected, "logVariances")
  let squares = (means - expected).squared()
  return reduced((logVariances + squares * (-logVariances).exp()) * S(0.5), weights, reduction)
}

// MARK: The skeleton

/// A loss that is a function of the difference alone.
private func ofErrors<S: FloatingScalar>(
  _ name: String, _ predicted: Tensor<S>, _ expected: Tensor<S>, _ weights: Tensor<S>?, _ reduction: LossReduction,
  _ loss: (_ error: Tensor<S>) -> Tensor<S>
) -> Tensor<S> {
  checkSameShape(name, predicted, expected)
  return reduced(loss(predicted - expected), weights, reduction)
}

private func huber<S: FloatingScalar>(_ error: Tensor<S>, _ delta: S) -> Tensor<S> {
  // With c = min(|e|, delta), both parts are c · (|e| − c/2), in value and in derivative.
  let size = error.abs()
  let near = size.clamped(max: delta)
  return near * (size - near * S(0.5))
}

private func pinball<S: FloatingScalar>(_ error: Tensor<S>, _ quantile: Tensor<S>) -> Tensor<S> {
  maximum(error * (1 - quantile), error * -quantile)
}

func check(_ loss: String, _ holds: Bool, _ expectation: String, _ got: Double) {
  if !holds { trap(TensorError(loss, expected: expectation, got: "\(got)")) }
}
