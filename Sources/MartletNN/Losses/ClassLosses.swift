import MartletCore

// Losses of several classes as functions: from outputs `[batch, …, classes]` and labels `[batch, …]`, or probabilities of
// the outputs' shape, to a tensor of one number. `weights` `[batch]` are what the rows count for.

/// The cross-entropy of logits for several classes, averaged over all labels by default: `logSumExp(x) − x[label]`.
///
/// The mean is the sum of the losses over that of the labels' class weights, where the ignored ones have 0: over their
/// number without class weights.
///
/// - Parameters:
///   - logits: The outputs before any softmax, `[batch, classes]`, or with further axes in between, as
///     `[batch, length, classes]` for each word of a text.
///   - labels: `[batch]`, or `[batch, length]`, each within `0 ..< classes`. Anything else traps.
///   - classWeights: What the labels of each class count for, `[classes]`.
///   - ignoredLabel: A label that counts for nothing, such as -100.
///   - labelSmoothing: The share of the expected probability that is spread over all classes.
///   - weights: What each row counts for, `[batch]`.
///   - reduction: How the losses are combined.
public func crossEntropy<S: FloatingScalar, Label: IntegerScalar>(
  logits: Tensor<S>, labels: Tensor<Label>, classWeights: Tensor<S>? = nil, ignoredLabel: Int? = nil,
  labelSmoothing: Double = 0, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  let count = LabelCount(classWeights: classWeights, ignoredLabel: ignoredLabel, labelSmoothing: labelSmoothing)
  return count.terms("crossEntropy", .logits, logits, labels).reduced(reduction, weights: weights)
}

/// The cross-entropy of probabilities for several classes, averaged over all labels by default: `−log p[label]`.
///
/// Prefer logits where possible: see `binaryCrossEntropy(probabilities:…)`. `probabilities` is `[batch, …, classes]`,
/// after a softmax; all else is as for `crossEntropy(logits:labels:…)`.
public func crossEntropy<S: FloatingScalar, Label: IntegerScalar>(
  probabilities: Tensor<S>, labels: Tensor<Label>, classWeights: Tensor<S>? = nil, ignoredLabel: Int? = nil,
  labelSmoothing: Double = 0, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  let count = LabelCount(classWeights: classWeights, ignoredLabel: ignoredLabel, labelSmoothing: labelSmoothing)
  return count.terms("crossEntropy", .probabilities, probabilities, labels).reduced(reduction, weights: weights)
}

/// The cross-entropy of logits with expected probabilities, `[batch, …, classes]` both, averaged over all rows by
/// default: `−Σ expected · log softmax(x)`, each class times its weight.
public func crossEntropy<S: FloatingScalar>(
  logits: Tensor<S>, expected: Tensor<S>, classWeights: Tensor<S>? = nil, labelSmoothing: Double = 0,
  weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  ofProbabilities("crossEntropy", logits, expected, "logits", weights, reduction) { logits in
    let expected = smoothed(expected, labelSmoothing, classes: logits.shape.last!, "crossEntropy")
    return -(expected * weightedClasses(logits.logSoftmax(), classWeights, "crossEntropy"))
  }
}

/// The negative logarithms of the labels' probabilities, from the logarithms of all, averaged over all labels by default.
///
/// `logProbabilities` is `[batch, …, classes]`, as `logSoftmax()` gives it; all else is as for
/// `crossEntropy(logits:labels:…)`.
public func negativeLogLikelihood<S: FloatingScalar, Label: IntegerScalar>(
  logProbabilities: Tensor<S>, labels: Tensor<Label>, classWeights: Tensor<S>? = nil, ignoredLabel: Int? = nil,
  weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  let count = LabelCount(classWeights: classWeights, ignoredLabel: ignoredLabel)
  return count.terms("negativeLogLikelihood", .logProbabilities, logProbabilities, labels)
    .reduced(reduction, weights: weights)
}

/// The Kullback–Leibler divergence of the expected probabilities from the predicted ones, summed over the last axis and
/// averaged over all else by default: `Σ expected · (log expected − log predicted)`.
///
/// `logProbabilities` and `expected` are `[batch, …, classes]`; where an expected probability is 0, the term is 0.
public func klDivergence<S: FloatingScalar>(
  logProbabilities: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  ofProbabilities("klDivergence", logProbabilities, expected, "logProbabilities", weights, reduction) {
    expected.xlogy(expected) - expected * $0
  }
}

/// The Kullback–Leibler divergence of the expected probabilities from the predicted ones: see
/// `klDivergence(logProbabilities:expected:weights:reduction:)`. A probability below the least normal number counts as
/// that.
public func klDivergence<S: FloatingScalar>(
  probabilities: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  ofProbabilities("klDivergence", probabilities, expected, "probabilities", weights, reduction) {
    expected.xlogy(expected) - expected * logProbability($0)
  }
}

/// The cross-entropy of logits times `(1 − p)^gamma`, with the probability p of the label, so that what is predicted well
/// counts less; averaged over all labels by default.
///
/// `alpha` `[classes]` is what each class's losses are multiplied by. Source: T.-Y. Lin et al., Focal loss for dense
/// object detection (2017). Traps when `gamma` is negative.
public func focalLoss<S: FloatingScalar, Label: IntegerScalar>(
  logits: Tensor<S>, labels: Tensor<Label>, alpha: Tensor<S>? = nil, gamma: Double = 2, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  check("focalLoss", gamma >= 0, "a gamma of at least 0", gamma)
  var losses = LabelCount<S>().terms("focalLoss", .logits, logits, labels).numerators
  // 1 − p without the digits that a p near 1 would lose.
  if gamma > 0 { losses = losses * (-(-losses).expm1()).power(S(gamma)) }
  if let alpha {
    losses = losses * LabelCount(classWeights: alpha).of(labels, classes: logits.shape.last!, "focalLoss")!
  }
  return reduced(losses, weights, reduction)
}

// MARK: The skeletons

/// What labels count for: their classes' weights, and nothing where they are ignored.
struct LabelCount<S: FloatingScalar>: Sendable {
  /// What the outputs are.
  enum Form {
    case logits, probabilities, logProbabilities
  }

  var classWeights: Tensor<S>?
  var ignoredLabel: Int?
  var labelSmoothing = 0.0

  /// The loss of each label with what it counts for.
  func terms<Label: IntegerScalar>(
    _ name: String, _ form: Form, _ outputs: Tensor<S>, _ labels: Tensor<Label>
  ) -> LossTerms<S> {
    checkClasses(name, outputs, labels, "\(form)")
    check(
      name, labelSmoothing >= 0 && labelSmoothing < 1, "a labelSmoothing of at least 0 and below 1", labelSmoothing)
    let classes = outputs.shape.last!
    let counts = of(labels, classes: classes, name)
    let isKnown = isKnown(labels: labels)
    let labels = known(labels)
    if labelSmoothing == 0 {
      let losses = losses(form, outputs, labels, nil)
      return LossTerms(counts.map { losses * $0 } ?? losses, denominators: counts)
    }
    let logs = logProbabilities(form, outputs)
    let own = losses(form, outputs, labels, logs)
    var all = -weightedClasses(logs, classWeights, name).sum(axis: -1)
    if let isKnown { all = all * isKnown }
    let share = S(labelSmoothing)
    let spread = all * (share / S(classes))
    return LossTerms((counts.map { own * $0 } ?? own) * (1 - share) + spread, denominators: counts)
  }

  /// What each label counts for; nil where all count for one.
  func of<Label: IntegerScalar>(_ labels: Tensor<Label>, classes: Int, _ name: String) -> Tensor<S>? {
    let isKnown = isKnown(labels: labels)
    guard let classWeights else { return isKnown }
    checkClassWeights(classWeights, classes, name)
    let weights = classWeights.take(known(labels).flattened()).reshaped(to: labels.shape)
    return isKnown.map { $0 * weights } ?? weights
  }

  /// 1 for each label that is not ignored, else 0; nil where none can be.
  private func isKnown<Label: IntegerScalar>(labels: Tensor<Label>) -> Tensor<S>? {
    ignoredLabel.flatMap { Label(exactly: $0) }.map { (labels .!= $0).cast(to: S.self) }
  }

  /// The labels, with class 0 in place of those that are ignored.
  private func known<Label: IntegerScalar>(_ labels: Tensor<Label>) -> Tensor<Label> {
    guard let ignored = ignoredLabel.flatMap({ Label(exactly: $0) }) else { return labels }
    return Tensor.where(labels .!= ignored, labels, Tensor(0))
  }

  /// The negative logarithm of each label's probability; `logs` are all logarithms, where they are known already.
  private func losses<Label: IntegerScalar>(
    _ form: Form, _ outputs: Tensor<S>, _ labels: Tensor<Label>, _ logs: Tensor<S>?
  ) -> Tensor<S> {
    if form == .logits && logs == nil {
      if outputs.rank == 2 { return softmaxCrossEntropy(logits: outputs, labels: labels) }
      let rows = outputs.reshaped(to: [labels.count, outputs.shape.last!])
      return softmaxCrossEntropy(logits: rows, labels: labels.flattened()).reshaped(to: labels.shape)
    }
    let own = (logs ?? outputs).takeAlong(labels.expandedDimension(at: -1), axis: -1).squeezed(axis: -1)
    return -(logs == nil && form == .probabilities ? logProbability(own) : own)
  }

  private func logProbabilities(_ form: Form, _ outputs: Tensor<S>) -> Tensor<S> {
    switch form {
    case .logits: outputs.logSoftmax()
    case .probabilities: logProbability(outputs)
    case .logProbabilities: outputs
    }
  }
}

/// A loss that is a sum over the classes of the last axis.
private func ofProbabilities<S: FloatingScalar>(
  _ loss: String, _ outputs: Tensor<S>, _ expected: Tensor<S>, _ name: String, _ weights: Tensor<S>?,
  _ reduction: LossReduction, _ terms: (Tensor<S>) -> Tensor<S>
) -> Tensor<S> {
  checkSameShape(loss, outputs, expected, name)
  checkVectors(loss, outputs, expected)
  return reduced(terms(outputs).sum(axis: -1), weights, reduction)
}

private func weightedClasses<S: FloatingScalar>(
  _ terms: Tensor<S>, _ classWeights: Tensor<S>?, _ loss: String
) -> Tensor<S> {
  guard let classWeights else { return terms }
  checkClassWeights(classWeights, terms.shape.last!, loss)
  return terms * classWeights
}

private func checkClassWeights<S>(_ weights: Tensor<S>, _ classes: Int, _ loss: String) {
  if weights.shape == [classes] { return }
  trap(TensorError(loss, expected: "a weight for each class, shape [\(classes)]", got: "\(weights.shape)"))
}
