import MartletCore

/// The multipliers of an operation's operands, given those of its results: DeepLift's rescale rule for each primitive.
///
/// A multiplier is what a difference from the baseline is multiplied by to have its part of the result's difference, so
/// that Σ mᵢ Δxᵢ = m Δy. Every rule here keeps that sum; linear operations have their derivatives.
struct RescaleRule {
  let step: PairedRecording.Step

  static func multipliers(_ step: PairedRecording.Step) throws -> Tangents { try RescaleRule(step: step).multipliers }

  private var multipliers: Tangents {
    get throws {
      switch step.primitive {
      case is Unary: return Tangents(unary)
      case let binary as Binary: return self.binary(binary)
      case is Select: return select
      case let linear as Linear: return self.linear(linear)
      case let softmax as SoftmaxRows: return Tangents(self.softmax(isLogarithmic: softmax.isLogarithmic))
      case is LogSumExp: return Tangents(logSumExp)
      case let reduction as Reduction: return try self.reduction(reduction)
      case let norm as Normalize: return Tangents(try normalized(norm.epsilon))
      case let map as any BilinearMap: return bilinear(map)
      case let custom as CustomDerivative where !custom.hasValue:
        // The value itself: only its gradient is another one.
        return step.multipliers
      case is CustomDerivative: return PathRule(step: step).multipliers
      case let sum as Cumulative where !sum.isProduct: return step.derivatives()
      case is any LinearMap: return step.derivatives()
      case is Gather, is GatherAlong, is ScatterAdd, is ScatterAddAlong, is ScatterAlong, is Replace, is Sort, is TopK:
        return ordered
      default: return PathRule(step: step).multipliers
      }
    }
  }

  private var m: AnyTensor { step.multipliers.first }

  // MARK: Elementwise operations

  /// The slope of the secant, and the derivative where both ends are too near for it.
  private var unary: AnyTensor? {
    let ((a, b), (y, z)) = (step.operands(0), step.results)
    return secant(m * (y - z), a, b, else: step.derivatives()[0])
  }

  /// Each operand's share of the difference is the mean of what its change does before and after that of the other one,
  /// which is its Shapley value: (f(a, b) - f(a', b) + f(a, b') - f(a', b')) / 2.
  private func binary(_ binary: Binary) -> Tangents {
    switch binary.operation {
    case .add, .subtract: return step.derivatives()
    case .multiply:
      let (a, b) = (mean(step.operands(0)), mean(step.operands(1)))
      return Tangents(step.needs(0) ? m * b : nil, step.needs(1) ? m * a : nil)
    default: break
    }
    let ((a, c), (b, d), (y, z)) = (step.operands(0), step.operands(1), step.results)
    let (mixed, other) = (apply(binary, a, d), apply(binary, c, b))
    let slopes = step.derivatives()
    let first = step.needs(0) ? secant(m * ((y - other) + (mixed - z)) * 0.5, a, c, else: slopes[0]) : nil
    let second = step.needs(1) ? secant(m * ((y - mixed) + (other - z)) * 0.5, b, d, else: slopes[1]) : nil
    return Tangents(first, second)
  }

  /// A choice: where the mask is the same in both runs, what is chosen passes; where it differs, each operand passes half,
  /// and what is left of the difference, a jump, is shared out by how much each of them has changed.
  private var select: Tangents {
    let ((mask, other), (a, c), (b, d)) = (step.operands(0), step.operands(1), step.operands(2))
    let (here, there) = (mask.converted(to: a.scalarType), other.converted(to: a.scalarType))
    let (share, change) = ((here + there) * 0.5, here - there)
    let (da, db) = (step.needs(1) ? a - c : (a - c) * 0, step.needs(2) ? b - d : (b - d) * 0)
    let rest = (step.results.0 - step.results.1) - share * da - (share * -1 + 1) * db
    let jump = apply(Select(), change.compared(.equal, change.scalar(0)), rest.scalar(0), rest)
    let total = da.applying(.abs) + db.applying(.abs)
    let isStill = total.compared(.equal, total.scalar(0))
    let part = jump / apply(Select(), isStill, total.scalar(1), total)
    return Tangents(
      nil, step.needs(1) ? m * (share + part * da.applying(.sign)) : nil,
      step.needs(2) ? m * ((share * -1 + 1) + part * db.applying(.sign)) : nil)
  }

  /// `change` divided by a - b, and `slope` where these differ by no more than rounding.
  private func secant(_ change: AnyTensor, _ a: AnyTensor, _ b: AnyTensor, else slope: AnyTensor?) -> AnyTensor {
    let difference = a - b
    let size = apply(Binary(.maximum), a.applying(.abs), b.applying(.abs))
    let least = size * (64 * (a.scalarType == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne)))
    let isNear = difference.applying(.abs).compared(.lessEqual, least)
    let ratio = change / apply(Select(), isNear, difference.scalar(1), difference)
    return apply(Select(), isNear, slope ?? change.scalar(0), ratio)
  }

  private func mean(_ pair: (AnyTensor, AnyTensor)) -> AnyTensor { (pair.0 + pair.1) * 0.5 }

  // MARK: Products

  /// A product of two operands that both change is (a - a') (b + b') / 2 + (b - b') (a + a') / 2.
  private func bilinear(_ map: some BilinearMap) -> Tangents {
    Tangents(
      step.needs(0)
        ? map.gradientOfFirst(m, second: mean(step.operands(1)), shape: step.first.shape(0)) : nil,
      step.needs(1)
        ? map.gradientOfSecond(m, first: mean(step.operands(0)), shape: step.first.shape(1)) : nil)
  }

  /// A fused layer is its product, and then its activation.
  private func linear(_ linear: Linear) -> Tangents {
    let ((x, other), (weight, otherWeight)) = (step.operands(0), step.operands(1))
    var m = m
    if let activation = linear.activation.unary {
      let plain = Linear(activation: .identity)
      let bias = step.first.count == 3 ? step.operands(2) : nil
      let a = apply(plain, [x, weight] + (bias.map { [$0.0] } ?? []))
      let b = apply(plain, [other, otherWeight] + (bias.map { [$0.1] } ?? []))
      let (y, z) = step.results
      let slope = Linearization(at: [a]) { [$0[0].applying(activation)] }.pullback([m])[0]
      m = secant(m * (y - z), a, b, else: slope)
    }
    let rows = m.foldedRows
    return Tangents(
      step.needs(0) ? apply(MatMul(), m, mean((weight, otherWeight))) : nil,
      step.needs(1) ? apply(MatMul(), rows.transposedMatrix, mean((x, other)).foldedRows) : nil,
      step.needs(2) ? apply(Reduction(.sum, axes: [0]), rows) : nil)
  }

  // MARK: Rows

  /// The logarithmic mean of the probabilities of both runs, (p - p') / (log p - log p'): with it the rescale rule, taken
  /// through the logarithm, is exact for softmax, and does not change when a number is added to all logits.
  private func logarithmicMeans(_ a: AnyTensor, _ b: AnyTensor) -> AnyTensor {
    let (p, q) = (apply(SoftmaxRows(isLogarithmic: true), a), apply(SoftmaxRows(isLogarithmic: true), b))
    let distance = (p - q).applying(.abs)
    let isSame = distance.compared(.equal, distance.scalar(0))
    let safe = apply(Select(), isSame, distance.scalar(1), distance)
    let ratio = apply(Select(), isSame, distance.scalar(1), (-safe).applying(.expm1) * -1 / safe)
    return apply(Binary(.maximum), p, q).applying(.exp) * ratio
  }

  private func softmax(isLogarithmic: Bool) -> AnyTensor {
    let (a, b) = step.operands(0)
    let means = logarithmicMeans(a, b)
    let shares = means / means.rowSums
    return isLogarithmic ? m - shares * m.rowSums : means * (m - (shares * m).rowSums)
  }

  private var logSumExp: AnyTensor {
    let (a, b) = step.operands(0)
    let means = logarithmicMeans(a, b)
    return means / means.rowSums * apply(ReshapeView(to: m.shape.inserting(1, at: m.rank)), m)
  }

  private func normalized(_ epsilon: Double) throws -> AnyTensor {
    let (a, b) = step.operands(0)
    let share = 1 / Double(max(1, a.shape[a.rank - 1]))
    let recording = try PairedRecording(at: a, b) { x in
      let centred = x - x.rowSums * share
      return centred * (centred.applying(.square).rowSums * share + epsilon).applying(.rsqrt)
    }
    return try recording.multipliers(m, Self.multipliers)
  }

  // MARK: Reductions

  private func reduction(_ reduction: Reduction) throws -> Tangents {
    switch reduction.kind {
    case .sum: return step.derivatives()
    case .sumOfSquares:
      let (a, b) = step.operands(0)
      return Tangents(spread(m, reduction, a.shape) * (a + b))
    case .max, .min: return Tangents(extreme(reduction))
    case .product, .any, .all: return PathRule(step: step).multipliers
    }
  }

  private func spread(_ tensor: AnyTensor, _ reduction: Reduction, _ shape: Shape) -> AnyTensor {
    let kept = Shape((0..<shape.rank).map { reduction.reduces($0) ? 1 : shape[$0] })
    return apply(BroadcastTo(shape), apply(ReshapeView(to: kept), tensor))
  }

  /// The whole difference goes to the element that is the extreme in the run with the more extreme result: that element
  /// has changed at least as much. Equal elements share it.
  private func extreme(_ reduction: Reduction) -> AnyTensor {
    let ((a, b), (y, z)) = (step.operands(0), step.results)
    func all(_ tensor: AnyTensor) -> AnyTensor { spread(tensor, reduction, a.shape) }
    func number(_ mask: AnyTensor) -> AnyTensor { mask.converted(to: a.scalarType) }
    let (isHere, isThere) = (a.compared(.equal, all(y)), b.compared(.equal, all(z)))
    let winning: Comparison = reduction.kind == .max ? .greater : .less
    let isStill = all(y).compared(.equal, all(z))
    // What stays the extreme passes the multiplier on where the result has not changed.
    let both = apply(Binary(.and), isHere, isThere)
    let chosen = apply(Select(), isStill, both, apply(Select(), all(y).compared(winning, all(z)), isHere, isThere))
    let counts = apply(Binary(.maximum), number(chosen).sums(like: reduction, a.shape), a.scalar(1))
    let change = all(m) * number(chosen) / counts
    let (difference, results) = (a - b, all(y) - all(z))
    let isZero = difference.compared(.equal, difference.scalar(0))
    let ratio = results / apply(Select(), isZero, difference.scalar(1), difference)
    return change * apply(Select(), isStill, ratio.scalar(1), ratio)
  }

  /// Operations that choose elements: exact where they choose the same in both runs; else the mean of both derivatives.
  private var ordered: Tangents {
    let (here, there) = (step.derivatives(), step.derivatives(atSecond: true))
    return Tangents(
      (0..<here.count).map { index in
        guard let a = here[index], let b = there[index] else { return here[index] ?? there[index] }
        return a.body.hasSameBits(as: b.body) ? a : (a + b) * 0.5
      })
  }
}

extension AnyTensor {
  /// The sums over the axes of a reduction, spread over them again.
  fileprivate func sums(like reduction: Reduction, _ shape: Shape) -> AnyTensor {
    let axes = (0..<shape.rank).filter { reduction.reduces($0) }
    let sums = apply(Reduction(.sum, axes: axes), self)
    let kept = Shape((0..<shape.rank).map { reduction.reduces($0) ? 1 : shape[$0] })
    return apply(BroadcastTo(shape), apply(ReshapeView(to: kept), sums))
  }
}

/// The multipliers of an operation without a rule of its own: its integrated gradients along the straight line between the
/// operands of both runs, with twice as many nodes until they add up to the difference of the results.
struct PathRule {
  let step: PairedRecording.Step

  var multipliers: Tangents {
    let count = step.first.count
    let pairs = (0..<count).map { step.operands($0) }
    let moving = (0..<count).filter { step.needs($0) && pairs[$0].0.scalarType.isFloatingPoint }
    if moving.isEmpty { return Tangents([AnyTensor?](repeating: nil, count: count)) }
    let expected = resultDifference
    let tolerance =
      (pairs[moving[0]].0.scalarType == .float64 ? 1e-12 : 1e-6) * max(expected.size, .leastNormalMagnitude)
    var found = Tangents()
    for nodes in [4, 8, 16, 32, 64] {
      found = integrated(pairs, moving, GaussLegendre(nodes))
      let sum = moving.reduce(0) { sum, index in
        sum + (found[index].map { (($0 * (pairs[index].0 - pairs[index].1)).sum()).item() } ?? 0)
      }
      if !(abs(sum - expected.sum) > tolerance) { break }
    }
    return found
  }

  /// Σ m Δy, and the sum of the absolute values.
  private var resultDifference: (sum: Double, size: Double) {
    var (sum, size) = (0.0, 0.0)
    for index in 0..<step.first.resultCount {
      guard let m = step.multipliers[index] else { continue }
      let part = m * (step.first.result(index).detached() - step.second.result(index).detached())
      sum += part.sum().item()
      size += part.applying(.abs).sum().item()
    }
    return (sum, size)
  }

  private func integrated(_ pairs: [(AnyTensor, AnyTensor)], _ moving: [Int], _ rule: GaussLegendre) -> Tangents {
    var sums = [AnyTensor?](repeating: nil, count: pairs.count)
    for (node, weight) in zip(rule.nodes, rule.weights) {
      let points = pairs.enumerated().map { index, pair in
        moving.contains(index) ? pair.1 + (pair.0 - pair.1) * node : pair.0
      }
      let recorded = Linearization(at: moving.map { points[$0] }) { operands in
        var all = points
        for (place, index) in moving.enumerated() { all[index] = operands[place] }
        return applyAll(step.primitive, all)
      }
      let seeds = recorded.values.enumerated().map { index, value in
        step.multipliers[index] ?? AnyTensor(zeros: value.shape, scalarType: value.scalarType)
      }
      for (gradient, index) in zip(recorded.pullback(seeds), moving) {
        let part = gradient * weight
        sums[index] = sums[index].map { $0 + part } ?? part
      }
    }
    return Tangents(sums)
  }
}
