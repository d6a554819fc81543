import MartletCore
import MartletNN

/// The steps of an attack on the rows of one batch.
struct AttackSearch {
  let attack: AdversarialAttack
  let form: OutputForm
  let isTargeted: Bool

  struct Found {
    let inputs: Tensor<Float>
    let before: [Int32]
    let after: [Int32]
  }

  /// The best attempt for each row. `goals` are the classes whose loss is made large, or small for targets.
  func run(
    _ x: Tensor<Float>, labels: Tensor<Int32>, goals: Tensor<Int32>, starts: [Tensor<Float>],
    _ outputs: (Tensor<Float>) -> Tensor<Float>
  ) throws(RobustnessError) -> Found {
    let rows = x.shape[0]
    let clean = withoutGradient { outputs(x) }
    try check(clean, rows: rows, labels, "label")
    try check(clean, rows: rows, goals, "target")
    let (size, wanted) = (x.count / rows, goals.scalars)
    let before = classes(clean)
    var (best, after) = (x.scalars, before)
    var losses = [Float](repeating: -.infinity, count: rows)
    for start in starts {
      var current = projected(x + start, around: x)
      for _ in 0..<attack.steps {
        let slope = gradient(at: current) { rowLosses(outputs($0), goals).sum() }
        if let bad = slope.scalars.first(where: { !$0.isFinite }) {
          throw .invalid("expected finite gradients of the loss by the inputs, got \(bad)")
        }
        let direction = attack.norm == .maximum ? slope.sign() : unit(slope)
        let step = Float(isTargeted ? -attack.stepSize : attack.stepSize)
        current = projected(current + direction * step, around: x)
      }
      let ends = withoutGradient { outputs(current) }
      let (found, values, elements) = (classes(ends), rowLosses(ends, goals).scalars, current.scalars)
      for row in 0..<rows {
        let isBetter = (isTargeted ? -values[row] : values[row]) > losses[row]
        let (had, has) = (succeeded(after[row], wanted[row]), succeeded(found[row], wanted[row]))
        // The first attempt replaces the input itself, whatever it has done.
        guard losses[row] == -.infinity || (has && !had) || (has == had && isBetter) else { continue }
        losses[row] = isTargeted ? -values[row] : values[row]
        after[row] = found[row]
        for place in row * size..<(row + 1) * size { best[place] = elements[place] }
      }
    }
    return Found(inputs: Tensor(best).reshaped(to: x.shape), before: before, after: after)
  }

  private func succeeded(_ prediction: Int32, _ goal: Int32) -> Bool {
    isTargeted ? prediction == goal : prediction != goal
  }

  /// The input nearest to these that is within the attack's strength of `x`, and within its range.
  private func projected(_ inputs: Tensor<Float>, around x: Tensor<Float>) -> Tensor<Float> {
    let strength = Float(attack.strength)
    var result: Tensor<Float>
    switch attack.norm {
    case .maximum: result = inputs.clamped(min: x - strength, max: x + strength)
    case .euclidean:
      let change = inputs - x
      let sizes = rowNorms(change)
      // A size of 0 is divided by as 1, as nothing is to be shortened then.
      let factors = sizes.scalars.map { $0 > strength ? strength / $0 : 1 }
      result = x + change * Tensor(factors).reshaped(to: sizes.shape)
    }
    // x is in the range, so that moving into it brings no element further from x.
    if let range = attack.range { result = result.clamped(to: Float(range.lowerBound)...Float(range.upperBound)) }
    return result
  }

  // MARK: Outputs

  private func isBinary(_ outputs: Tensor<Float>) -> Bool { outputs.rank == 1 || outputs.shape.last == 1 }

  private func check(
    _ outputs: Tensor<Float>, rows: Int, _ labels: Tensor<Int32>, _ name: String
  ) throws(RobustnessError) {
    let hasShape = outputs.shape == [rows] || (outputs.rank == 2 && outputs.shape[0] == rows && outputs.shape[1] > 0)
    if !hasShape {
      throw .shapes("expected outputs of shape [\(rows)], [\(rows), 1] or [\(rows), classes], got \(outputs.shape)")
    }
    let count = isBinary(outputs) ? 2 : outputs.shape[1]
    if let bad = labels.scalars.first(where: { !(0..<count).contains(Int($0)) }) {
      throw .invalid("expected a \(name) within 0..<\(count), got \(bad)")
    }
  }

  private func classes(_ outputs: Tensor<Float>) -> [Int32] {
    if !isBinary(outputs) { return outputs.argMax(axis: -1).cast(to: Int32.self).scalars }
    let middle: Float = form == .logits ? 0 : 0.5
    return outputs.scalars.map { $0 > middle ? 1 : 0 }
  }

  /// The cross-entropy of each row, `[rows]`.
  private func rowLosses(_ outputs: Tensor<Float>, _ labels: Tensor<Int32>) -> Tensor<Float> {
    if isBinary(outputs) {
      let (flat, expected) = (outputs.reshaped(to: labels.shape), labels.cast(to: Float.self))
      return form == .logits
        ? binaryCrossEntropy(logits: flat, expected: expected, reduction: .none)
        : binaryCrossEntropy(probabilities: flat, expected: expected, reduction: .none)
    }
    return form == .logits
      ? crossEntropy(logits: outputs, labels: labels, reduction: .none)
      : crossEntropy(probabilities: outputs, labels: labels, reduction: .none)
  }
}

/// The shape of one number for each row of `[rows, …]`, to broadcast.
func rowShape(_ shape: Shape) -> Shape { Shape([shape[0]] + [Int](repeating: 1, count: shape.count - 1)) }

/// The Euclidean norm of each row of `[rows, …]`, of the shape that broadcasts with them.
func rowNorms(_ x: Tensor<Float>) -> Tensor<Float> {
  let rows = x.shape[0]
  let flat = x.reshaped(to: [rows, x.count / rows])
  return (flat * flat).sum(axis: 1).sqrt().reshaped(to: rowShape(x.shape))
}

/// Each row of `[rows, …]` with length 1; rows of zeros stay what they are.
func unit(_ x: Tensor<Float>) -> Tensor<Float> {
  let sizes = rowNorms(x)
  let factors = sizes.scalars.map { $0 > 0 ? 1 / $0 : 0 }
  return x * Tensor(factors).reshaped(to: sizes.shape)
}
