import MartletCore

// Losses as functions: from a prediction and its target to a tensor of one number.

/// How the losses of single elements are combined.
public enum LossReduction: Sendable {
  /// Their mean over all elements, or over all labels where there is one loss for each.
  case mean
  /// Their sum.
  case sum
  /// Not at all: the result has the shape of the losses.
  case none

  func callAsFunction<S: FloatingScalar>(_ losses: Tensor<S>) -> Tensor<S> {
    switch self {
    case .mean: losses.mean()
    case .sum: losses.sum()
    case .none: losses
    }
  }
}

/// The squared difference, `(predicted − expected)²`, averaged over all elements by default.
///
/// Both tensors must have the same shape; others trap, even if they could be broadcast.
///
/// Both tensors have the same shape; others trap, even when they would broadcast.
public func meanSquaredError<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("meanSquaredError", predicted, expected)
  if reduction == .none { return (predicted - expected).squared() }
  return squaredError(predicted, expected, isMean: reduction == .mean)
}

/// The absolute difference, `|predicted − expected|`, averaged over all elements by default. Its derivative at 0 is
/// taken as 0.
///
/// Both tensors must have the same shape; others trap, even if they could be broadcast.
///
/// Both tensors have the same shape; others trap, even when they would broadcast.
public func meanAbsoluteError<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("meanAbsoluteError", predicted, expected)
  return reduction((predicted - expected).abs())
}

/// The binary cross-entropy of logits, averaged over all elements by default: `−y · log p − (1 − y) · log(1 − p)` with
/// `p = sigmoid(logit)`.
///
/// It is computed as `log(1 + eˣ) − x·y`, which neither overflows nor loses digits for any logit `x`. `expected` is 0,
/// 1, or a probability between. Both tensors must have the same shape; others trap.
public func binaryCrossEntropy<S: FloatingScalar>(
  logits: Tensor<S>, expected: Tensor<S>, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("binaryCrossEntropy", logits, expected, "logits")
  return reduction(ActivationFunction.softplus(logits) - logits * expected)
}

/// The binary cross-entropy of probabilities, averaged over all elements by default:
/// `−y · log p − (1 − y) · log(1 − p)`.
///
/// Prefer logits where possible: a probability near 0 or 1 has lost digits. A probability below the least normal number
/// counts as that number, with derivative 0, so that the loss is finite. Both tensors must have the same shape; others
/// trap.
public func binaryCrossEntropy<S: FloatingScalar>(
  probabilities: Tensor<S>, expected: Tensor<S>, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("binaryCrossEntropy", probabilities, expected, "probabilities")
  return reduction(-(expected * logProbability(probabilities) + (1 - expected) * logProbability(1 - probabilities)))
}

/// The cross-entropy of logits for several classes, averaged over all labels by default: `logSumExp(x) − x[label]`.
///
/// `logits` is `[batch, classes]`, before any softmax; `labels` is `[batch]`, each within `0 ..< classes`. Both may
/// have further axes in between, as `[batch, length, classes]` and `[batch, length]` for each word of a text. Anything
/// else traps.
public func crossEntropy<S: FloatingScalar, Label: IntegerScalar>(
  logits: Tensor<S>, labels: Tensor<Label>, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkClasses(logits, labels, "logits")
  if logits.rank == 2 { return reduction(softmaxCrossEntropy(logits: logits, labels: labels)) }
  let rows = logits.reshaped(to: [labels.count, logits.shape.last!])
  return reduction(softmaxCrossEntropy(logits: rows, labels: labels.flattened()).reshaped(to: labels.shape))
}

/// The cross-entropy of probabilities for several classes, averaged over all labels by default: `−log p[label]`.
///
/// Prefer logits where possible: see `binaryCrossEntropy(probabilities:expected:reduction:)`. `probabilities` is
/// `[batch, …, classes]`, after a softmax; `labels` is `[batch, …]`, each within `0 ..< classes`. Anything else traps.
public func crossEntropy<S: FloatingScalar, Label: IntegerScalar>(
  probabilities: Tensor<S>, labels: Tensor<Label>, reduction: LossReduction = .mean
) -> Tensor<S> {
  checkClasses(probabilities, labels, "probabilities")
  let own = probabilities.takeAlong(labels.expandedDimension(at: -1), axis: -1).squeezed(axis: -1)
  return reduction(-logProbability(own))
}

private func logProbability<S: FloatingScalar>(_ probability: Tensor<S>) -> Tensor<S> {
  maximum(probability, Tensor(S.leastNormalMagnitude)).log()
}

/// Keras's name for `crossEntropy(logits:labels:reduction:)`.
@available(*, unavailable, renamed: "crossEntropy(logits:labels:reduction:)")
public func categoricalCrossEntropy<S: FloatingScalar, Label: IntegerScalar>(
  logits: Tensor<S>, labels: Tensor<Label>, reduction: LossReduction = .mean
) -> Tensor<S> { fatalError() }

private func checkSameShape<S>(
  _ loss: String, _ predicted: Tensor<S>, _ expected: Tensor<S>, _ name: String = "predicted"
) {
  if predicted.shape == expected.shape { return }
  var message = "\(name) \(predicted.shape) and expected \(expected.shape) differ in shape"
  if predicted.count == expected.count {
    message += "; bring one to the other's with reshaped(to:), since broadcasting would compare every element with all"
  }
  trap(TensorError(loss, message))
}

private func checkClasses<S, Label>(_ outputs: Tensor<S>, _ labels: Tensor<Label>, _ name: String) {
  if outputs.rank >= 2 && labels.shape == Shape(outputs.shape.dropLast()) { return }
  trap(
    TensorError(
      "crossEntropy",
      "\(name) of shape [batch, …, classes] go with labels of shape [batch, …], not \(outputs.shape) with "
        + "\(labels.shape)"))
}
