import MartletCore

// Losses of answers yes and no as functions: from outputs and targets of the same shape, others trap, to a tensor of one
// number. `weights` `[rows]` are what the rows count for.

/// The binary cross-entropy of logits, averaged over all elements by default: `−y · log p − (1 − y) · log(1 − p)` with
/// `p = sigmoid(logit)`.
///
/// It is computed as `log(1 + eˣ) − x·y`, which neither overflows nor loses digits for any logit `x`.
///
/// - Parameters:
///   - logits: The outputs before any sigmoid.
///   - expected: 0, 1, or a probability between, in the same shape; others trap.
///   - positiveWeight: What the part of the targets of 1 is multiplied by: one number, or one for each column.
///   - labelSmoothing: The share by which targets are moved towards 1/2.
///   - weights: What each row counts for, `[rows]`.
///   - reduction: How the losses are combined.
public func binaryCrossEntropy<S: FloatingScalar>(
  logits: Tensor<S>, expected: Tensor<S>, positiveWeight: Tensor<S>? = nil, labelSmoothing: Double = 0,
  weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("binaryCrossEntropy", logits, expected, "logits")
  let expected = smoothed(expected, labelSmoothing, classes: 2, "binaryCrossEntropy")
  guard let positiveWeight else {
    return reduced(ActivationFunction.softplus(logits) - logits * expected, weights, reduction)
  }
  let factor = expected * (positiveWeight - 1) + 1
  return reduced(logits - logits * expected + factor * ActivationFunction.softplus(-logits), weights, reduction)
}

/// The binary cross-entropy of probabilities, averaged over all elements by default:
/// `−y · log p − (1 − y) · log(1 − p)`.
///
/// Prefer logits where possible: a probability near 0 or 1 has lost digits. A probability below the least normal number
/// counts as that number, with derivative 0, so that the loss is finite. The parameters are those of
/// `binaryCrossEntropy(logits:…)`.
public func binaryCrossEntropy<S: FloatingScalar>(
  probabilities: Tensor<S>, expected: Tensor<S>, positiveWeight: Tensor<S>? = nil, labelSmoothing: Double = 0,
  weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("binaryCrossEntropy", probabilities, expected, "probabilities")
  let expected = smoothed(expected, labelSmoothing, classes: 2, "binaryCrossEntropy")
  let positive = expected * logProbability(probabilities)
  let negative = (1 - expected) * logProbability(1 - probabilities)
  return reduced(-((positiveWeight.map { positive * $0 } ?? positive) + negative), weights, reduction)
}

/// The binary cross-entropy of logits times `(1 − p)^gamma`, with the probability p of the expected answer, so that what
/// is predicted well counts less; averaged over all elements by default.
///
/// `alpha` is what targets of 1 count for, and 1 − alpha what those of 0 do; nil leaves them alike. Source: T.-Y. Lin et
/// al., Focal loss for dense object detection (2017). Traps when `gamma` is negative.
public func binaryFocalLoss<S: FloatingScalar>(
  logits: Tensor<S>, expected: Tensor<S>, alpha: Double? = 0.25, gamma: Double = 2, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  check("binaryFocalLoss", gamma >= 0, "a gamma of at least 0", gamma)
  var losses = binaryCrossEntropy(logits: logits, expected: expected, reduction: .none)
  if gamma > 0 {
    let probability = ActivationFunction.sigmoid(logits)
    let missed = probability * (1 - expected) + ActivationFunction.sigmoid(-logits) * expected
    losses = losses * missed.power(S(gamma))
  }
  if let alpha { losses = losses * (expected * S(2 * alpha - 1) + S(1 - alpha)) }
  return reduced(losses, weights, reduction)
}

/// The hinge loss, `max(0, 1 − expected · predicted)`, averaged over all elements by default. Targets are 1 and −1.
public func hingeLoss<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("hingeLoss", predicted, expected)
  return reduced(ActivationFunction.relu(1 - expected * predicted), weights, reduction)
}

/// The square of the hinge loss, `max(0, 1 − expected · predicted)²`, averaged over all elements by default.
public func squaredHingeLoss<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("squaredHingeLoss", predicted, expected)
  return reduced(ActivationFunction.relu(1 - expected * predicted).squared(), weights, reduction)
}

/// The logarithm of a probability, of which those below the least normal number count as that number.
func logProbability<S: FloatingScalar>(_ probability: Tensor<S>) -> Tensor<S> {
  maximum(probability, Tensor(S.leastNormalMagnitude)).log()
}

/// Probabilities moved towards those of equal classes.
func smoothed<S: FloatingScalar>(
  _ expected: Tensor<S>, _ share: Double, classes: Int, _ loss: String
) -> Tensor<S> {
  check(loss, share >= 0 && share < 1, "a labelSmoothing of at least 0 and below 1", share)
  return share == 0 ? expected : expected * S(1 - share) + S(share / Double(classes))
}
