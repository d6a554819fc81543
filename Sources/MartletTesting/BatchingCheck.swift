import MartletCore

// Vectorized applications against a loop over the examples, in Double.

extension PrimitiveCheck {
  /// How many examples the checks of batching have.
  package static let batchSize = 3

  /// The primitives among some that have no batching rule, so that a vectorized function applies them to one example
  /// after the other.
  public static func withoutBatchingRule(in primitives: [any SampledPrimitive.Type]) -> [String] {
    primitives.filter { primitive in
      let cases = cases(of: [primitive])
      return cases.isEmpty || cases.contains { !$0.hasBatchingRule }
    }.map { "\($0)" }
  }
}

extension PrimitiveCheck.Case {
  /// What is wrong when the primitive is applied to a batch of examples at once: other values, gradients, gradients of
  /// gradients or gradients of each example than by a loop over the examples. With all operands and with each alone
  /// different for each example; in batches of batches; and in a batch without examples.
  public func batchingProblems() -> [String] {
    var random = random("batching")
    let batch = ExampleBatch(self, &random)
    return selections.flatMap { selection in
      batch.problems(over: selection).map { "with operands \(selection) of each example: \($0)" }
    }
  }

  /// All operands, and each alone.
  private var selections: [[Int]] {
    let all = Array(sample.operands.indices)
    return [all] + (all.count > 1 ? all.map { [$0] } : [])
  }

  fileprivate var hasBatchingRule: Bool {
    var random = random("batching rule")
    let operands = draw(.float64, &random).map { tensor in
      AnyTensor(stacking: [AnyTensor(tensor)])
    }
    let batch = BatchedOperands(size: 1, operands, isBatched: operands.map { _ in true })
    return sample.primitive.applyBatched(batch) != nil
  }
}

/// Operands of several examples of a sample, and functions of them, vectorized and in a loop.
private struct ExampleBatch {
  let sample: Sample
  /// The operands of each example, and of each example of other batches.
  let examples: [[AnyTensor]]
  /// The weights of the elements of each result whose derivatives are checked; nil for the others.
  let weights: [AnyTensor?]
  let tolerance: Double

  init(_ example: PrimitiveCheck.Case, _ random: inout SplitMix) {
    let sample = example.sample
    self.sample = sample
    tolerance = 1e-10 * max(1, sample.tolerance / 2e-6)
    examples = (0..<PrimitiveCheck.batchSize * 2).map { _ in example.draw(.float64, &random).map { AnyTensor($0) } }
    var weights: [AnyTensor?] = []
    for result in sample.apply(examples[0]) {
      let isChecked = sample.isDifferentiable && result.scalarType.isDifferentiable
      weights.append(
        isChecked
          ? AnyTensor(PlainTensor(drawing: .init(result.shape, in: 0.5...1.5), floating: .float64, &random)) : nil)
    }
    self.weights = weights
  }

  private static func stack(_ tensors: [AnyTensor]) -> AnyTensor {
    AnyTensor(stacking: tensors)
  }

  private static func example(_ tensor: AnyTensor, _ index: Int) -> AnyTensor {
    tensor.sliced(axis: 0, start: index, count: 1).reshaped(to: tensor.shape.removing(0))
  }

  // MARK: Functions

  /// The sum of the weighted squares of the results that have derivatives.
  private func value(_ operands: [AnyTensor]) -> AnyTensor {
    zip(sample.apply(operands), weights).reduce(AnyTensor(full: [], 0, scalarType: .float64)) { sum, pair in
      pair.1.map { sum + (pair.0 * pair.0 * $0).sum() } ?? sum
    }
  }

  /// The gradients of that value at some operands.
  private func gradients(_ operands: [AnyTensor], at variables: [Int]) -> [AnyTensor] {
    valueWithGradients(at: variables.map { operands[$0] }) {
      value(replacing(variables, in: operands, by: $0))
    }.gradients
  }

  private func replacing(_ positions: [Int], in operands: [AnyTensor], by others: [AnyTensor]) -> [AnyTensor] {
    var all = operands
    for (position, tensor) in zip(positions, others) { all[position] = tensor }
    return all
  }

  private typealias Function = ([AnyTensor]) -> [AnyTensor]

  private func vectorized(_ function: Function, _ operands: [AnyTensor], _ selection: [Int], axis: Int = 0)
    -> [AnyTensor]
  {
    vectorize(operands, over: operands.indices.map { selection.contains($0) ? axis : nil }) { function($0) }
  }

  private func looped(_ function: Function, _ operands: [AnyTensor], _ selection: [Int]) -> [AnyTensor] {
    let rows = (0..<operands[selection[0]].shape[0]).map { index in
      function(
        operands.indices.map {
          selection.contains($0) ? ExampleBatch.example(operands[$0], index) : operands[$0]
        })
    }
    return rows[0].indices.map { result in ExampleBatch.stack(rows.map { $0[result] }) }
  }

  // MARK: Checks

  func problems(over selection: [Int]) -> [String] {
    let count = PrimitiveCheck.batchSize
    func batch(_ range: Range<Int>) -> [AnyTensor] {
      examples[0].indices.map { position in
        selection.contains(position)
          ? ExampleBatch.stack(examples[range].map { $0[position] }) : examples[0][position]
      }
    }
    let operands = batch(0..<count)
    var problems: [String] = []
    func compare(_ what: String, _ got: [AnyTensor], _ wanted: [AnyTensor]) {
      if got.count != wanted.count { problems.append("\(what): \(got.count) instead of \(wanted.count) results") }
      for (index, (got, wanted)) in zip(got, wanted).enumerated() {
        if got.scalarType != wanted.scalarType {
          problems.append("\(what), result \(index): \(got.scalarType) instead of \(wanted.scalarType)")
        } else if let problem = mismatch(got, wanted.plain.reference, relative: tolerance) {
          problems.append("\(what), result \(index): \(problem)")
        }
      }
    }

    compare("values", vectorized(sample.apply, operands, selection), looped(sample.apply, operands, selection))
    let last = operands.indices.map { position -> AnyTensor in
      let operand = operands[position]
      return selection.contains(position) ? operand.movingAxis(0, to: operand.rank - 1) : operand
    }
    compare(
      "values over the last axis", vectorized(sample.apply, last, selection, axis: -1),
      looped(sample.apply, operands, selection))

    if operands.allSatisfy({ $0.rank < 7 }) {
      let twice = operands.indices.map { position in
        selection.contains(position)
          ? ExampleBatch.stack([operands[position], batch(count..<2 * count)[position]]) : operands[position]
      }
      compare(
        "values in batches of batches",
        vectorized({ self.vectorized(sample.apply, $0, selection) }, twice, selection),
        looped({ self.looped(sample.apply, $0, selection) }, twice, selection))
    }

    let none = operands.indices.map { position in
      selection.contains(position) ? operands[position].sliced(axis: 0, start: 0, count: 0) : operands[position]
    }
    let zeros = examples[0].indices.map { position in
      selection.contains(position)
        ? AnyTensor(zeros: examples[0][position].shape, scalarType: examples[0][position].scalarType)
        : examples[0][position]
    }
    if (try? check(sample.primitive, zeros)) != nil {
      let one = sample.apply(zeros)
      let empty = vectorized(sample.apply, none, selection)
      for (got, wanted) in zip(empty, one) where got.shape != wanted.shape.inserting(0, at: 0) {
        problems.append("no examples: shape \(got.shape) instead of \(wanted.shape.inserting(0, at: 0))")
      }
    }

    let variables = operands.indices.filter { operands[$0].scalarType.isDifferentiable }
    if weights.allSatisfy({ $0 == nil }) || variables.isEmpty { return problems }
    func outer(_ apply: (Function, [AnyTensor], [Int]) -> [AnyTensor], _ function: @escaping Function) -> [AnyTensor] {
      valueWithGradients(at: variables.map { operands[$0] }) { at in
        let results = apply(function, replacing(variables, in: operands, by: at), selection)
        return results.reduce(AnyTensor(full: [], 0, scalarType: .float64)) { $0 + ($1 * $1).sum() }
      }.gradients
    }
    let scalar: Function = { [value($0)] }
    let slopes: Function = { gradients($0, at: variables) }
    compare("gradients of each example", vectorized(slopes, operands, selection), looped(slopes, operands, selection))
    compare("gradients", outer({ vectorized($0, $1, $2) }, scalar), outer({ looped($0, $1, $2) }, scalar))
    compare(
      "gradients of each example's gradients", outer({ vectorized($0, $1, $2) }, slopes),
      outer({ looped($0, $1, $2) }, slopes))
    return problems
  }
}
