import MartletCore

/// A loss as its terms: one for each row of a batch, or for each element of a row.
///
/// The loss of a batch is a ratio of sums, Σ w·n / Σ w·d, over the numerators n and the denominators d of the terms, and
/// the weights w of their rows. So a row of weight k counts like k rows, a term that is ignored has n = d = 0, and the
/// loss over several batches is the sum of their numerators over the sum of their denominators.
public struct LossTerms<Scalar: FloatingScalar>: Sendable {
  /// The losses, `[rows, …]`.
  public let numerators: Tensor<Scalar>
  /// What each loss counts for, of the same shape; nil where each counts for one.
  public let denominators: Tensor<Scalar>?

  /// Terms with what each of them counts for; traps when the shapes differ, and when there is no axis of rows.
  ///
  /// A loss that counts for d is multiplied by d already: the mean is the sum of the numerators over that of the
  /// denominators.
  public init(_ numerators: Tensor<Scalar>, denominators: Tensor<Scalar>? = nil) {
    if numerators.rank == 0 {
      trap(TensorError("LossTerms", expected: "a loss for each row, shape [rows, …]", got: "a single number"))
    }
    if let denominators, denominators.shape != numerators.shape {
      trap(
        TensorError(
          "LossTerms", expected: "denominators of the losses' shape \(numerators.shape)",
          got: "\(denominators.shape)"))
    }
    self.numerators = numerators
    self.denominators = denominators?.detached()
  }

  /// The losses combined; `weights` `[rows]` are what the rows count for.
  public func reduced(_ reduction: LossReduction = .mean, weights: Tensor<Scalar>? = nil) -> Tensor<Scalar> {
    let weighted = weighted(by: weights)
    switch reduction {
    case .none: return weighted
    case .sum: return weighted.sum()
    case .mean: return denominator(weights: weights).map { weighted.sum() / $0 } ?? weighted.mean()
    }
  }

  /// The mean of the losses with the sum of what they count for, by which means of several batches are averaged. Where
  /// that sum is 0, as when all labels are ignored, the loss is 0.
  package func ratio(weights: Tensor<Scalar>?) -> (loss: Tensor<Scalar>, denominator: Double) {
    guard let denominator = denominator(weights: weights)?.item() else {
      return (numerators.mean(), Double(numerators.count))
    }
    return (weighted(by: weights).sum() / (denominator == 0 ? 1 : denominator), Double(denominator))
  }

  /// The loss of each row by itself, `[rows]`: the mean of its own terms, times its weight. One without a term that counts
  /// is 0.
  package func perRow(weights: Tensor<Scalar>?) -> Tensor<Scalar> {
    let rows = numerators.shape[0]
    var losses = numerators
    if let denominators {
      let counts = denominators.reshaped(to: [rows, denominators.count / max(1, rows)]).sum(axis: 1)
      let sums = numerators.reshaped(to: [rows, numerators.count / max(1, rows)]).sum(axis: 1)
      losses = sums / Tensor.where(counts .== 0, Tensor(1), counts)
    } else if numerators.rank > 1 {
      losses = numerators.reshaped(to: [rows, numerators.count / max(1, rows)]).mean(axis: 1)
    }
    return weights.map { losses * $0 } ?? losses
  }

  private func weighted(by weights: Tensor<Scalar>?) -> Tensor<Scalar> {
    weights.map { numerators * spread($0) } ?? numerators
  }

  /// The sum of what the losses count for; nil where it is their number.
  private func denominator(weights: Tensor<Scalar>?) -> Tensor<Scalar>? {
    guard let weights else { return denominators?.sum() }
    if let denominators { return (denominators * spread(weights)).sum() }
    return weights.sum() * Scalar(numerators.count / max(1, weights.count))
  }

  /// The rows' weights with axes that broadcast along each row.
  private func spread(_ weights: Tensor<Scalar>) -> Tensor<Scalar> {
    let rows = numerators.shape[0]
    if weights.shape != [rows] {
      trap(TensorError("loss", expected: "a weight for each row, shape [\(rows)]", got: "\(weights.shape)"))
    }
    return weights.reshaped(to: Shape([rows] + [Int](repeating: 1, count: numerators.rank - 1)))
  }
}

/// How the losses of single elements are combined.
public enum LossReduction: Sendable {
  /// Their mean: the sum of the losses over the sum of what they count for, which is their number where nothing else is
  /// said.
  case mean
  /// Their sum.
  case sum
  /// Not at all: the result has the shape of the losses.
  case none
}

/// The losses combined, where each of them counts for one in its row.
func reduced<S: FloatingScalar>(_ losses: Tensor<S>, _ weights: Tensor<S>?, _ reduction: LossReduction) -> Tensor<S> {
  if weights == nil {
    switch reduction {
    case .mean: return losses.mean()
    case .sum: return losses.sum()
    case .none: return losses
    }
  }
  return LossTerms(losses).reduced(reduction, weights: weights)
}

// MARK: Shapes

func checkSameShape<S>(_ loss: String, _ predicted: Tensor<S>, _ expected: Tensor<S>, _ name: String = "predicted") {
  if predicted.shape == expected.shape { return }
  var message = "\(name) \(predicted.shape) and expected \(expected.shape) differ in shape"
  if predicted.count == expected.count {
    message += "; bring one to the other's with reshaped(to:), since broadcasting would compare every element with all"
  }
  trap(TensorError(loss, message))
}

func checkClasses<S, Label>(
  _ loss: String, _ outputs: Tensor<S>, _ labels: Tensor<Label>, _ name: @autoclosure () -> String
) {
  if outputs.rank >= 2 && labels.shape == Shape(outputs.shape.dropLast()) { return }
  trap(
    TensorError(
      loss,
      "\(name()) of shape [batch, …, classes] go with labels of shape [batch, …], not \(outputs.shape) with "
        + "\(labels.shape)"))
}

/// Traps unless two tensors have the same shape with at least two axes, the last of which holds vectors.
func checkVectors<S>(_ loss: String, _ a: Tensor<S>, _ b: Tensor<S>) {
  if a.rank >= 2 && a.shape == b.shape { return }
  trap(
    TensorError(
      loss, expected: "vectors of shape [batch, …, size] on both sides", got: "\(a.shape) and \(b.shape)"))
}
