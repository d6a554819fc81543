import MartletCore

/// A sample at given operands, as a function from the operands that have derivatives to the results that have them.
package struct Probe {
  package let sample: Sample
  package let operands: [PlainTensor]
  /// The positions of the operands that have derivatives.
  package let variables: [Int]
  /// The positions of the results that have derivatives and are checked.
  let results: [Int]
  /// The weights of the elements of each of these results, whose weighted sum is a scalar.
  private let weights: [AnyTensor]

  /// The step of finite differences.
  static let step = 1e-5
  /// The relative error that finite differences may have.
  static let tolerance = 1e-7

  /// A sample at operands drawn from its ranges.
  package init(_ sample: Sample, _ random: inout SplitMix) {
    self.init(sample, sample.operands.map { PlainTensor(drawing: $0, floating: .float64, &random) }, &random)
  }

  /// A sample at the given operands.
  package init(_ sample: Sample, _ operands: [PlainTensor], _ random: inout SplitMix) {
    self.sample = sample
    self.operands = operands
    variables = operands.indices.filter { operands[$0].type.isDifferentiable }
    let all = sample.apply(operands.map { AnyTensor($0) })
    let results = all.indices.filter { all[$0].scalarType.isDifferentiable }
    self.results = results
    weights = results.map {
      AnyTensor(PlainTensor(drawing: .init(all[$0].shape, in: -1...1), floating: .float64, &random))
    }
  }

  private init(_ probe: Probe, only index: Int) {
    sample = probe.sample
    operands = probe.operands
    variables = probe.variables
    results = [probe.results[index]]
    weights = [probe.weights[index]]
  }

  /// All results together; if there are several, then each alone, so that the others have no gradient.
  var selections: [Probe] {
    [self] + (results.count > 1 ? results.indices.map { Probe(self, only: $0) } : [])
  }

  var tensors: [AnyTensor] { operands.map { AnyTensor($0) } }

  // MARK: The function

  /// The results that are checked.
  func outputs(_ operands: [AnyTensor]) -> [AnyTensor] {
    let all = sample.apply(operands)
    return results.map { all[$0] }
  }

  /// The operands with some of them replaced.
  func replacing(_ variables: [Int], in operands: [AnyTensor], by others: [AnyTensor]) -> [AnyTensor] {
    var all = operands
    for (variable, tensor) in zip(variables, others) { all[variable] = tensor }
    return all
  }

  /// The sum of products of elements.
  static func dot(_ a: AnyTensor, _ b: AnyTensor) -> AnyTensor { (a * b).sum() }

  private static func sum(_ terms: [AnyTensor]) -> AnyTensor { terms.dropFirst().reduce(terms[0]) { $0 + $1 } }

  /// The weighted sum of the results, in plain loops.
  func value(_ operands: [PlainTensor]) -> Double {
    zip(outputs(operands.map { AnyTensor($0) }), weights).reduce(0) { sum, pair in
      zip(pair.0.plainValues, pair.1.plainValues).reduce(sum) { $0 + $1.0 * $1.1 }
    }
  }

  /// The gradients of the weighted sum of the results.
  func gradients(_ operands: [AnyTensor], at variables: [Int]) -> [AnyTensor] {
    valueWithGradients(at: variables.map { operands[$0] }) { inner in
      Probe.sum(zip(outputs(replacing(variables, in: operands, by: inner)), weights).map { Probe.dot($0, $1) })
    }.gradients
  }

  /// The slope of the weighted sum of the results along `v`, by gradients.
  func slope(_ operands: [AnyTensor], along v: [AnyTensor]) -> AnyTensor {
    Probe.sum(zip(gradients(operands, at: variables), v).map { Probe.dot($0, $1) })
  }

  // MARK: Directions

  /// The operands moved along directions, one for each of `variables`.
  func moved(_ variables: [Int], _ directions: [PlainTensor], by step: Double) -> [PlainTensor] {
    var result = operands
    for (variable, direction) in zip(variables, directions) {
      result[variable].reference = Reference.zip(operands[variable].reference, direction.reference) { $0 + step * $1 }
    }
    return result
  }

  func directions(_ variables: [Int], _ random: inout SplitMix) -> [PlainTensor] {
    variables.map {
      PlainTensor(drawing: .init(Shape(operands[$0].reference.shape), in: -1...1), floating: .float64, &random)
    }
  }
}
