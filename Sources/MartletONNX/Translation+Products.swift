import MartletCore

// Products, reductions, norms and order.

extension Linear: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    var value: String
    if step.dims.count == 2 {
      value = write.node("Gemm", step.operands.map(\.name), with: [.init("transB", .integer(1))])[0]
    } else {
      value = write("MatMul", step[0], write("Transpose", step[1], with: [.init("perm", .integers([1, 0]))]))
      if step.operands.count == 3 { value = write("Add", value, step[2]) }
    }
    if let unary = activation.unary {
      let product = TracedValue(name: value, type: step.type, dims: step.results[0].dims)
      return try Unary(unary).translate(TracedStep(operands: [product], results: step.results), write)
    }
    return [value]
  }
}

extension MatMul: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [write("MatMul", step[0], step[1])]
  }
}

extension Reduction: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    let axes = (0..<step.dims.count).filter(reduces)
    if axes.isEmpty { return [kind == .sumOfSquares ? write("Mul", step[0], step[0]) : step[0]] }
    func reduced(_ operation: String, _ x: String) -> String {
      write(operation, x, with: [.init("axes", .integers(axes)), .init("keepdims", .integer(0))])
    }
    let x = step[0]
    switch kind {
    // Since operator set 13 a sum takes its axes as an operand.
    case .sum: return [write("ReduceSum", x, write.integers(axes), with: [.init("keepdims", .integer(0))])]
    case .product: return [reduced("ReduceProd", x)]
    case .min: return [reduced("ReduceMin", x)]
    case .max: return [reduced("ReduceMax", x)]
    case .sumOfSquares: return [reduced("ReduceSumSquare", x)]
    case .any, .all:
      let numbers = write.cast(x, to: .int32)
      return [write.cast(reduced(kind == .any ? "ReduceMax" : "ReduceMin", numbers), to: .bool)]
    }
  }
}

extension LogSumExp: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [write("ReduceLogSumExp", step[0], with: [.init("axes", .integers([-1])), .init("keepdims", .integer(0))])]
  }
}

extension SoftmaxRows: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [write(isLogarithmic ? "LogSoftmax" : "Softmax", step[0], with: [.init("axis", .integer(-1))])]
  }
}

extension LayerNormRows: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [
      write(
        "LayerNormalization", step[0], step[1], step[2],
        with: [.init("axis", .integer(-1)), .init("epsilon", .float(Float(epsilon)))])
    ]
  }
}

extension Normalize: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    guard let width = step.dims.last?.fixed else { throw Untranslatable("rows cannot be normalised over the batch") }
    let ones = write.constant(Tensor<Float>.ones([width]).erased.converted(to: step.type))
    return [
      write(
        "LayerNormalization", step[0], ones,
        with: [.init("axis", .integer(-1)), .init("epsilon", .float(Float(epsilon)))])
    ]
  }
}

extension ArgExtreme: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [
      write(
        largest ? "ArgMax" : "ArgMin", step[0], with: [.init("axis", .integer(axis)), .init("keepdims", .integer(0))])
    ]
  }
}

extension GraphWriter {
  /// The first elements of rows in order, and their indices.
  fileprivate func top(_ value: String, _ count: Int, largest: Bool) -> [String] {
    node("TopK", [value, integers([count])], with: [.init("largest", .integer(largest ? 1 : 0))], results: 2)
  }
}

extension TopK: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    write.top(step[0], count, largest: largest)
  }
}

extension Sort: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    guard let length = step.dims.last?.fixed else { throw Untranslatable("the rows of a batch cannot be sorted") }
    return [write.top(step[0], length, largest: descending)[0]]
  }
}

extension ArgSort: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    guard let length = step.dims.last?.fixed else { throw Untranslatable("the rows of a batch cannot be sorted") }
    return [write.top(step[0], length, largest: descending)[1]]
  }
}

extension Cumulative: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    if isProduct { throw Untranslatable() }
    return [
      write("CumSum", step[0], write.number(Double(axis), .int64), with: [.init("reverse", .integer(fromBack ? 1 : 0))])
    ]
  }
}
