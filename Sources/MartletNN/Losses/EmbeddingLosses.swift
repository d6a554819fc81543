import MartletCore

// Losses of vectors that are compared with each other, as functions: vectors are along the last axis of
// `[rows, …, size]`, and there is one loss for each. `weights` `[rows]` are what the rows count for.

/// One minus the cosine of the angle between predicted and expected vectors, averaged over all vectors by default.
///
/// 1e-12 is added to the squared lengths, so that a vector of zeros has no direction, and a gradient.
public func cosineDistance<S: FloatingScalar>(
  predicted: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil, reduction: LossReduction = .mean
) -> Tensor<S> {
  reduced(1 - cosine("cosineDistance", predicted, expected), weights, reduction)
}

/// One minus the cosine of the angle between vectors that belong together, and `max(0, cosine − margin)` for others,
/// averaged over all pairs by default.
///
/// `targets` `[rows, …]` are 1 for pairs that belong together and −1 for others.
public func cosineEmbeddingLoss<S: FloatingScalar>(
  _ first: Tensor<S>, _ second: Tensor<S>, targets: Tensor<S>, margin: Double = 0, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  let cosine = cosine("cosineEmbeddingLoss", first, second)
  checkSameShape("cosineEmbeddingLoss", cosine, targets, "the pairs'")
  let apart = ActivationFunction.relu(cosine - S(margin))
  return reduced(Tensor.where(targets .> 0, 1 - cosine, apart), weights, reduction)
}

/// How much nearer an anchor is to a vector of its kind than to another, short of a margin, averaged over all triplets by
/// default: `max(0, |anchor − positive| − |anchor − negative| + margin)`.
///
/// 1e-6 is added to each difference, so that equal vectors have a gradient. Source: F. Schroff et al., FaceNet (2015).
public func tripletLoss<S: FloatingScalar>(
  anchor: Tensor<S>, positive: Tensor<S>, negative: Tensor<S>, margin: Double = 1, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  checkVectors("tripletLoss", anchor, positive)
  checkVectors("tripletLoss", anchor, negative)
  func distance(_ other: Tensor<S>) -> Tensor<S> {
    (anchor - other + S(1e-6)).sumOfSquares(axis: -1).sqrt()
  }
  return reduced(
    ActivationFunction.relu(distance(positive) - distance(negative) + S(margin)), weights, reduction)
}

/// How far two scores are from the wanted order, short of a margin, averaged over all pairs by default:
/// `max(0, −target · (first − second) + margin)`.
///
/// `targets` are 1 where the first is to be larger and −1 where the second is. All have the same shape; others trap.
public func marginRankingLoss<S: FloatingScalar>(
  _ first: Tensor<S>, _ second: Tensor<S>, targets: Tensor<S>, margin: Double = 0, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("marginRankingLoss", first, second, "first")
  checkSameShape("marginRankingLoss", first, targets, "first")
  return reduced(ActivationFunction.relu(targets * (second - first) + S(margin)), weights, reduction)
}

/// The squared distance of what belongs together, and that by which others are nearer than a margin, averaged over all
/// pairs by default: `y · d² + (1 − y) · max(0, margin − d)²`.
///
/// `targets` are 1 for pairs that belong together and 0 for others. Source: R. Hadsell et al., Dimensionality reduction
/// by learning an invariant mapping (2006).
public func contrastiveLoss<S: FloatingScalar>(
  distances: Tensor<S>, targets: Tensor<S>, margin: Double = 1, weights: Tensor<S>? = nil,
  reduction: LossReduction = .mean
) -> Tensor<S> {
  checkSameShape("contrastiveLoss", distances, targets, "distances")
  let near = ActivationFunction.relu(S(margin) - distances).squared()
  return reduced(targets * distances.squared() + (1 - targets) * near, weights, reduction)
}

private func cosine<S: FloatingScalar>(_ loss: String, _ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  checkVectors(loss, a, b)
  func length(_ x: Tensor<S>) -> Tensor<S> { x.sumOfSquares(axis: -1) + S(1e-12) }
  return (a * b).sum(axis: -1) / (length(a) * length(b)).sqrt()
}
