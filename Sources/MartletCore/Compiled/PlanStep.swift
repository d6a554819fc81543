/// What a step of a plan is, for those who look at plans.
package struct PlanStep: Sendable {
  /// The operation's name; for operations that are done together, the name of each with the number of its uses.
  package let name: String
  /// The path of the layer that it belongs to; empty outside layers, and where the operations belong to several.
  package let layerPath: String
  /// The name of the operation whose derivative it belongs to, if all of it does.
  package let derivativeOf: String?
  /// The buffers that are read and written in memory, by number: views of a value are in its buffer.
  package let reads: [Int]
  package let writes: [Int]
  package let operandShapes: [Shape]
  package let resultShape: Shape?
  /// Whether it writes into values that exist.
  package let isInPlace: Bool
  /// The floating-point operations, and the bytes read and written in memory; nothing for work of the host, whose own
  /// operations are counted.
  package let cost: Cost

  init(_ step: Plan.Step, of program: Program) {
    let entries =
      switch step {
      case .entry(let entry): [entry]
      case .chain(let chain): chain.entries.map { program.entries[$0] }
      }
    name = PlanStep.name(entries.map(\.action.name))
    layerPath = PlanStep.common(entries.map(\.layerPath)) ?? ""
    derivativeOf = PlanStep.common(entries.map(\.derivativeOf)) ?? nil
    reads = step.reads.map { program.values[$0].buffer }
    writes = step.writes.map { program.values[$0].buffer }
    operandShapes = step.reads.map { program.values[$0].layout.shape }
    resultShape = step.writes.first.map { program.values[$0].layout.shape }
    if case .effect = entries[0].action { isInPlace = true } else { isInPlace = false }
    let costs = entries.map { program.cost(of: $0) }
    let bytes = (step.reads + step.writes).reduce(0) { $0 + program.values[$1].spec.byteCount }
    cost = entries.count == 1 ? costs[0] : Cost(flops: costs.reduce(0) { $0 + $1.flops }, bytes: bytes)
  }

  private static func common<T: Equatable>(_ all: [T]) -> T? { all.allSatisfy { $0 == all[0] } ? all[0] : nil }

  /// Names in the order of their first use, each with the number of uses where there are several.
  private static func name(_ names: [String]) -> String {
    var order: [String] = []
    var counts: [String: Int] = [:]
    for name in names {
      if counts[name] == nil { order.append(name) }
      counts[name, default: 0] += 1
    }
    return order.map { counts[$0]! == 1 ? $0 : "\(counts[$0]!) \($0)" }.joined(separator: ", ")
  }
}

extension [PlanStep] {
  var flops: Int { reduce(0) { $0 + $1.cost.flops } }
}

extension Program {
  /// What an entry costs at each call.
  fileprivate func cost(of entry: Entry) -> Cost {
    switch entry.action {
    case .operation(let primitive):
      return primitive.cost(
        OperandSpecs(entry.reads.map { values[$0].spec }), TensorSpecs(entry.writes.map { values[$0].spec }))
    case .effect(let effect): return cost(of: effect, entry)
    case .draw(let draw): return cost(of: draw.effect, entry)
    case .host, .store: return .nothing
    }
  }

  private func cost(of effect: any Effect, _ entry: Entry) -> Cost {
    func bodies(_ numbers: [Int]) -> [TensorBody] {
      numbers.map { TensorBody(windowOf: values[$0].scalarType, values[$0].layout) }
    }
    return effect.cost(reading: bodies(entry.reads), writing: bodies(entry.writes))
  }
}
