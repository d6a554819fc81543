// Whether two runs of a function did the same, which is what makes it right to repeat one of them.

extension Program {
  /// The first difference from another run; nil when both did the same with the same constants.
  func difference(from other: Program) -> CompilationError? {
    func fail(_ entry: Entry?, _ message: String) -> CompilationError {
      CompilationError(
        operation: entry?.action.name ?? "compiled", layerPath: entry?.layerPath ?? "",
        message: message + ": a compiled function must do the same at every call")
    }
    for (mine, others) in zip(entries, other.entries) {
      if mine.action.name != others.action.name {
        return fail(others, "it was \(mine.action.name) in the run before")
      }
      if !mine.action.isSame(as: others.action) {
        return fail(others, "its settings were others in the run before, such as a number that the program computes")
      }
      if mine.reads.count != others.reads.count || mine.writes.count != others.writes.count {
        return fail(others, "it had another number of operands in the run before")
      }
      for (value, otherValue) in zip(mine.reads + mine.writes, others.reads + others.writes) {
        if let complaint = valueDifference(value, other, otherValue) { return fail(others, complaint) }
      }
    }
    if entries.count != other.entries.count {
      return fail(nil, "\(other.entries.count) operations, and \(entries.count) in the run before")
    }
    if outputs.count != other.outputs.count { return fail(nil, "another number of results than in the run before") }
    for (value, otherValue) in zip(outputs, other.outputs) {
      if let complaint = valueDifference(value, other, otherValue) { return fail(nil, "a result: \(complaint)") }
    }
    return nil
  }

  private func valueDifference(_ value: Int, _ other: Program, _ otherValue: Int) -> String? {
    let (mine, others) = (values[value], other.values[otherValue])
    if mine.scalarType != others.scalarType || mine.layout != others.layout {
      return "an operand of \(others.spec.scalarType) \(others.spec.shape) was "
        + "\(mine.spec.scalarType) \(mine.spec.shape) in the run before, or lay in memory in another way"
    }
    switch (buffers[mine.buffer], other.buffers[others.buffer]) {
    case (.made, .made): return mine.buffer == others.buffer ? nil : "its operands were other ones in the run before"
    case (.input(let a), .input(let b)): return a == b ? nil : "it had another argument in the run before"
    case (.variable(let a), .variable(let b)):
      return variables[a].variable === other.variables[b].variable ? nil : "it had another parameter in the run before"
    case (.constant(let a), .constant(let b)):
      return a === b || a.hasSameBits(as: b)
        ? nil : "a tensor from outside of the function, or one made from numbers, had other elements in the run before"
    default: return "its operands were other ones in the run before"
    }
  }
}

extension Program.Action {
  /// Whether both do the same to the same operands.
  func isSame(as other: Program.Action) -> Bool {
    switch (self, other) {
    case (.operation(let a), .operation(let b)): return a.isEqual(to: b)
    // An effect is a value that holds its settings.
    case (.effect(let a), .effect(let b)): return String(describing: a) == String(describing: b)
    case (.draw(let a), .draw(let b)):
      let origin = RandomGenerator(seed: 0)
      return (a.offset, a.advance) == (b.offset, b.advance)
        && String(describing: a.effect.redrawn(from: origin)) == String(describing: b.effect.redrawn(from: origin))
    case (.host(let a), .host(let b)): return a.name == b.name && a.changes == b.changes
    case (.store(let a), .store(let b)): return a == b
    default: return false
    }
  }
}

extension Primitive {
  /// Whether another primitive computes the same.
  package func isEqual(to other: any Primitive) -> Bool { (other as? Self) == self }
}

extension TensorBody {
  /// Whether both have the same scalar type, shape and bits.
  package func hasSameBits(as other: TensorBody) -> Bool {
    if spec != other.spec { return false }
    let (a, b) = (inOrder(), other.inOrder())
    return UnsafeRawBufferPointer(start: a.pointer, count: a.count * scalarType.size)
      .elementsEqual(UnsafeRawBufferPointer(start: b.pointer, count: b.count * scalarType.size))
  }
}
