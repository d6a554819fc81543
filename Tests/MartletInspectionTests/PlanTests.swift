import MartletCore
import MartletInspection
import MartletNN
import Testing

/// Plans of compiled functions as graphs and in profiles.
@Suite struct PlanTests {
  private let x = Tensor<Float>.ones([40, 30])
  private let weight = Tensor<Float>.ones([20, 30])

  private func compiledFunction() -> CompiledFunction<Tensor<Float>, Tensor<Float>> {
    let function = compiled { [weight] (x: Tensor<Float>) in
      let y = ((x * 2 + 1) * x).tanh()
      return (linear(y, weight: weight) * 0.5 - 1).exp().sum(axis: 1)
    }
    for _ in 0..<2 { _ = function(x) }
    return function
  }

  @Test func `a plan is a graph with a box for each step`() throws {
    let plan = compiledFunction().plans[0]
    let graph = plan.graph
    #expect(graph.operations.map(\.name) == ["2 multiply, add, tanh", "linear", "multiply, subtract, exp, sum"])
    #expect(graph.flops == plan.flops)
    let (first, product, last) = (graph.operations[0], graph.operations[1], graph.operations[2])
    #expect(product.inputs.contains(first.outputs[0]))
    #expect(last.inputs.contains(product.outputs[0]))
    #expect(graph.values[first.outputs[0]].shape == [40, 30])
    #expect(graph.values[last.outputs[0]].shape == [40])
    // What lies between the operations of a step is not in memory.
    #expect(last.bytes == 4 * (40 * 20 + 40 + 1 + 1))
    #expect(graph.dot.contains("label=\"multiply, subtract, exp, sum\\n[40]\""))
    #expect(graph.dot.contains("o1 -> o2 [label=\"[40, 20]\"]"))
  }

  @Test func `a profile takes plans where it is told to`() throws {
    let function = compiledFunction()
    let wanted = function(x)
    let (plain, operations) = profile { function(x) }
    #expect(plain == wanted)
    #expect(operations.events.map(\.operation.name).contains("tanh"))
    let (planned, steps) = profile(takesPlans: true) { function(x) }
    #expect(planned == wanted)
    #expect(steps.events.map(\.operation.name) == function.plans[0].graph.operations.map(\.name))
    #expect(steps.events[1].operation.operandShapes.first == [40, 30])
    #expect(
      steps.events[1].operation.flops == operations.events.first { $0.operation.name == "linear" }!.operation.flops)
    #expect(steps.rows.reduce(0) { $0 + $1.flops } == function.plans[0].flops)
    // An observer that wants every operation has them within and around.
    let (_, both) = profile { profile(takesPlans: true) { function(x) } }
    #expect(both.events.map(\.operation.name).contains("tanh"))
  }

  @Test func `a compiled training step is seen step by step, with the optimiser's work`() {
    let model = Sequential(inputShape: [30]) {
      Dense(20, activation: .relu)
      Dense(1)
    }
    let optimizer = SGD(learningRate: 0.1)
    let step = compiled { (x: Tensor<Float>) in
      let (loss, gradients) = valueWithGradient(at: model) { model in model(x).squared().mean() }
      optimizer.update(model, along: gradients)
      return loss
    }
    for _ in 0..<2 { _ = step(x) }
    let (_, seen) = profile(takesPlans: true) { step(x) }
    let names = seen.events.map(\.operation.name)
    #expect(names.contains("linear") && names.contains("SGD"), "\(names)")
    #expect(seen.events.contains { $0.operation.derivativeOf == "linear" })
    #expect(seen.events.count < 25)
  }
}
