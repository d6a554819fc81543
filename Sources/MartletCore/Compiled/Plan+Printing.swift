extension Program.Value: CustomStringConvertible {
  var description: String { "\(scalarType)\(layout.shape)" }
}

extension Program: CustomStringConvertible {
  /// A line for each entry: what it writes, what it does, what it reads.
  var description: String {
    entries.enumerated().map { index, entry in "\(index): \(line(entry))" }.joined(separator: "\n")
  }

  fileprivate func line(_ entry: Entry) -> String {
    var line = "\(named(entry.writes)) <- \(entry.action.name)(\(named(entry.reads)))"
    if !entry.layerPath.isEmpty { line += "  in \(entry.layerPath)" }
    if let derivativeOf = entry.derivativeOf { line += "  derivative of \(derivativeOf)" }
    return line
  }

  fileprivate func named(_ numbers: [Int]) -> String {
    numbers.map { number in
      let kind =
        switch source(of: number) {
        case .input(let index): "argument \(index) "
        case .variable(let index): "parameter \(index) "
        case .constant: "constant "
        case .made: ""
        }
      return "\(kind)v\(number) \(values[number])"
    }.joined(separator: ", ")
  }
}

extension Plan: CustomStringConvertible {
  var description: String {
    let facts = facts
    var lines = steps.enumerated().map { index, step in
      switch step {
      case .entry(let entry): "\(index): \(program.line(entry))"
      case .chain(let chain):
        "\(index): \(program.named(chain.writes)) <- \(facts[index].name) together"
          + "(\(program.named(chain.reads)))"
      }
    }
    let results = program.named(program.outputs)
    lines.append("\(steps.count) steps, \(facts.flops) FLOPs, \(peakBytes) bytes; results: \(results)")
    return lines.joined(separator: "\n")
  }
}
