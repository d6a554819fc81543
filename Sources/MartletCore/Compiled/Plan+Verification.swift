// The rule that every layout of memory keeps, checked when a plan is made.

extension Plan {
  /// What is wrong with where buffers are in the memory that steps share, nil when nothing is: a step that reads what
  /// another buffer has been written over, or nothing has written; or that writes over what it reads, where it cannot.
  static func memoryFault(_ program: Program, _ steps: [Step], _ homes: [Home]) -> String? {
    /// The buffers whose elements are there, with their bytes.
    var present: [Int: Range<Int>] = [:]
    func bytes(of value: Int) -> Range<Int>? {
      guard case .arena(let offset) = homes[program.values[value].buffer] else { return nil }
      return offset..<offset + max(1, program.values[value].spec.byteCount)
    }
    for (index, step) in steps.enumerated() {
      let reads = Set(step.reads.map { program.values[$0].buffer })
      for value in step.reads where bytes(of: value) != nil && present[program.values[value].buffer] == nil {
        return "step \(index) reads buffer \(program.values[value].buffer), which is not there"
      }
      for value in step.writes {
        let buffer = program.values[value].buffer
        guard let bytes = bytes(of: value) else { continue }
        for (other, taken) in present where other != buffer && taken.overlaps(bytes) {
          if reads.contains(other) && !step.canWrite(over: other, in: program) {
            return "step \(index) writes buffer \(buffer) over buffer \(other), which it reads"
          }
          present[other] = nil
        }
        if present[buffer] == nil { present[buffer] = bytes }
      }
    }
    return nil
  }
}

extension Plan.Step {
  /// Whether the step's result can take the place of a buffer that it reads.
  fileprivate func canWrite(over buffer: Int, in program: Program) -> Bool {
    guard case .entry(let entry) = self else { return false }
    return program.operandToOverwrite(entry) { $0 == buffer } != nil
  }
}
