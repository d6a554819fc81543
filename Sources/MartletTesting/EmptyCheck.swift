import MartletCore

// Operands without elements and operands of rank 0, derived from samples.

extension PrimitiveCheck.Case {
  /// What is wrong if operands have no elements, or no axes: results that are not what the rule says, gradients and
  /// tangents of other shapes. A crash ends the program.
  ///
  /// The operands are the sample's with every axis of one length set to 0, for one length after the other and then for
  /// all, as far as the primitive's rule and its check of values allow it; then all with rank 0.
  public func emptyProblems() -> [String] {
    var random = random("empty")
    return (emptyOperands + scalarOperands).flatMap { operands -> [String] in
      [ScalarType.float32, .float64].flatMap { floating -> [String] in
        let drawn = operands.map { AnyTensor(PlainTensor(drawing: $0, floating: floating, &random)) }
        return problems(drawn).map { "operands \(operands.map(\.shape)) of \(floating): \($0)" }
      }
    }
  }

  /// The sample's operands with axes of length 0, and the sample's own if they or the results are empty.
  package var emptyOperands: [[Sample.Operand]] {
    let lengths = Set(sample.operands.flatMap(\.shape)).subtracting([0, 1]).sorted()
    let choices = lengths.map { [$0] } + (lengths.count > 1 ? [lengths] : [])
    let variants = choices.compactMap { gone -> [Sample.Operand]? in
      let operands = sample.operands.map { $0.reshaped(Shape($0.shape.map { gone.contains($0) ? 0 : $0 })) }
      // Indices along an axis of length 0 have no valid value.
      let hasIndices = operands.contains { operand in
        operand.shape.elementCount > 0 && gone.contains { operand.indexes($0) }
      }
      return !hasIndices && accepts(operands) ? operands : nil
    }
    return (isEmpty ? [sample.operands] : []) + variants
  }

  /// All operands with rank 0.
  package var scalarOperands: [[Sample.Operand]] {
    let operands = sample.operands.map { $0.reshaped([]) }
    return accepts(operands) ? [operands] : []
  }

  private var isEmpty: Bool {
    if sample.operands.contains(where: { $0.shape.elementCount == 0 }) { return true }
    guard let specs = try? sample.primitive.specs(of: OperandSpecs(sample.operands.map { $0.spec(.float32) })) else {
      return false
    }
    return (0..<specs.count).contains { specs[$0].count == 0 }
  }

  /// Whether the primitive takes operands of these shapes, with values from their ranges.
  func accepts(_ operands: [Sample.Operand], _ primitive: (any Primitive)? = nil) -> Bool {
    let primitive = primitive ?? sample.primitive
    if (try? primitive.specs(of: OperandSpecs(operands.map { $0.spec(.float32) }))) == nil { return false }
    var random = random("accepted")
    let drawn = operands.map { AnyTensor(PlainTensor(drawing: $0, floating: .float32, &random)) }
    return (try? check(primitive, drawn)) != nil
  }

  private func problems(_ operands: [AnyTensor]) -> [String] {
    let results = sample.apply(operands)
    var problems = differences(results, operands)
    guard sample.isDifferentiable else { return problems }
    let variables = operands.indices.filter { operands[$0].scalarType.isDifferentiable }
    let at = variables.map { operands[$0] }
    func outputs(_ inner: [AnyTensor]) -> [AnyTensor] {
      var all = operands
      for (variable, tensor) in zip(variables, inner) { all[variable] = tensor }
      return sample.apply(all).filter { $0.scalarType.isDifferentiable }
    }
    func compare(_ what: String, _ got: [AnyTensor], _ wanted: [AnyTensor]) {
      for (got, wanted) in zip(got, wanted) where got.shape != wanted.shape || got.scalarType != wanted.scalarType {
        problems.append("\(what) is \(got.scalarType) \(got.shape) instead of \(wanted.scalarType) \(wanted.shape)")
      }
    }
    let recorded = Linearization(at: at, of: outputs)
    let ones = recorded.values.map { AnyTensor(full: $0.shape, 1, scalarType: $0.scalarType) }
    compare("a gradient", recorded.pullback(ones), at)
    compare("a tangent", recorded.differential(at), recorded.values)
    let second = Linearization(at: at) { Linearization(at: $0, of: outputs).pullback(ones) }
    compare("a gradient's gradient", second.pullback(at), at)
    compare("a gradient's tangent", second.differential(at), at)
    return problems
  }
}
