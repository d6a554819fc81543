// The rules that every program keeps, checked after each pass.

extension Program {
  /// What is wrong with the program, nil when nothing is: a value that is read before it is made, or made twice; a result
  /// that nothing makes; an operation whose rule does not give what it writes.
  func fault() -> String? {
    var made = buffers.map { source in if case .made = source { false } else { true } }
    for (index, entry) in entries.enumerated() {
      for value in entry.reads where !made[values[value].buffer] {
        return "entry \(index), \(entry.action.name), reads value \(value) before it is made"
      }
      switch entry.action {
      case .operation(let primitive):
        let specs: TensorSpecs
        do throws(TensorError) {
          specs = try primitive.specs(of: OperandSpecs(entry.reads.map { values[$0].spec }))
        } catch {
          return "entry \(index): \(error)"
        }
        if specs.count != entry.writes.count { return "entry \(index), \(primitive.name), writes \(entry.writes)" }
        for (position, value) in entry.writes.enumerated() {
          if specs[position] != values[value].spec {
            return "entry \(index), \(primitive.name), makes \(specs[position].shape), value \(value) is "
              + "\(values[value].spec.shape)"
          }
        }
      case .effect(let effect):
        for value in entry.writes where !made[values[value].buffer] && !effect.overwritesAll {
          return "entry \(index), \(effect.name), changes value \(value) before it is made"
        }
      case .draw, .host, .store: break
      }
      for value in entry.writes {
        if case .operation = entry.action, made[values[value].buffer], !entry.isView(value, in: self) {
          return "entry \(index), \(entry.action.name), makes value \(value) again"
        }
        made[values[value].buffer] = true
      }
    }
    for value in outputs where !made[values[value].buffer] { return "nothing makes the result \(value)" }
    return nil
  }
}

extension Program.Entry {
  /// Whether a value that the entry writes is a view of its first operand.
  fileprivate func isView(_ value: Int, in program: Program) -> Bool {
    reads.first.map { program.values[$0].buffer == program.values[value].buffer } ?? false
  }
}
