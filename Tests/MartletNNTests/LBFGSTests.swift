import MartletCore
import MartletNN
import MartletTesting
import TestSupport
import Testing

private final class Small<Scalar: FloatingScalar>: Module {
  @Parameter var first: Tensor<Scalar>
  @Parameter var bias: Tensor<Scalar>
  @Parameter var second: Tensor<Scalar>

  init(_ first: Tensor<Scalar>, _ bias: Tensor<Scalar>, _ second: Tensor<Scalar>) {
    self.first = first
    self.bias = bias
    self.second = second
  }

  func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { (x.matmul(first) + bias).tanh().matmul(second) }
}

/// Rosenbrock's valley, whose minimum, 0, is at (1, 1).
private final class Valley: Module {
  @Parameter var point: Tensor<Double>
  init(_ point: [Double]) { self.point = Tensor(point) }

  var value: Tensor<Double> {
    let (a, b) = (point[0..<point.count - 1], point[1..<point.count])
    let (fall, rest) = (b - a.squared(), a - 1)
    return (fall.squared() * 100 + rest.squared()).sum()
  }
}

@Suite struct LBFGSTests {
  @Test func `iterations are those of PyTorch's LBFGS`() throws {
    let fixture = try Fixture("optimizers")
    func tensor(_ name: String) throws -> Tensor<Double> { try fixture.tensor("lbfgs.\(name)") }
    let (x, y) = (try tensor("x"), try tensor("y"))
    var cases = [
      "one": LBFGS(maximumIterations: 1), "two": LBFGS(maximumIterations: 2, maximumEvaluations: 9),
      "five": LBFGS(maximumIterations: 5),
      "twelve": LBFGS(maximumIterations: 12, historySize: 3),
      "far": LBFGS(learningRate: 30, maximumIterations: 6, maximumEvaluations: 30),
    ]
    cases["end"] = LBFGS(maximumIterations: 100, gradientTolerance: 0.03)
    for (name, method) in cases {
      let model = Small(try tensor("first"), try tensor("bias"), try tensor("second"))
      let minimum = method.minimize(model) { meanSquaredError(predicted: $0(x), expected: y) }
      let counts: Tensor<Int64> = try fixture.tensor("lbfgs.\(name).counts")
      #expect([minimum.iterations, minimum.evaluations].map(Int64.init) == counts.scalars, "\(name)")
      #expect(minimum.reason == (name == "end" ? .gradient : .limit), "\(name)")
      #expect(isClose([minimum.loss], try tensor("\(name).loss").scalars, 1e-8), "\(name)")
      for (path, variable) in model.parameters() {
        #expect(isClose(variable.value.doubles, try tensor("\(name).\(path)").scalars, 1e-8), "\(name), \(path)")
      }
    }
  }

  @Test func `a curved valley is followed to its end`() {
    let model = Valley([-1.2, 1])
    let minimum = LBFGS().minimize(model) { $0.value }
    #expect(minimum.loss < 1e-11 && minimum.reason != .limit && minimum.evaluations < 120)
    #expect(isClose(model.point.scalars, [1, 1], 1e-5))
  }

  @Test func `floats, frozen parameters and those without a part are taken as they are`() {
    let x: Tensor<Float> = [[0, 0], [0, 1], [1, 0], [1, 1]]
    let y: Tensor<Float> = [[1], [3], [-1], [1]]
    let model = withRandomSeed(3) { Dense(2, 1) }
    let minimum = LBFGS(gradientTolerance: 1e-5).minimize(model) { meanSquaredError(predicted: $0(x), expected: y) }
    #expect(minimum.loss < 1e-7 && abs(model.bias!.scalars[0] - 1) < 1e-3)
    model.$weight.isTrainable = false
    let held = model.weight
    model.bias = [5]
    LBFGS().minimize(model) { meanSquaredError(predicted: $0(x), expected: y) }
    #expect(model.weight == held && abs(model.bias!.scalars[0] - 1) < 1e-3)
    let without = LBFGS().minimize(model) { _ in Tensor<Float>(3) }
    #expect(without.reason == .gradient && without.iterations == 0 && without.loss == 3)
  }

  @Test func `numbers that are not finite end it, or are stepped around`() {
    final class Number: Module { @Parameter var x: Tensor<Double> = [4] }
    let model = Number()
    #expect(LBFGS().minimize(model) { ($0.x - 5).log().sum() }.reason == .notFinite && model.x == [4])
    // The first steps from here go beyond where the logarithm is defined.
    let minimum = LBFGS(learningRate: 50).minimize(model) { ($0.x - $0.x.log()).sum() }
    #expect(abs(model.x.scalars[0] - 1) < 1e-5 && abs(minimum.loss - 1) < 1e-9)
  }

  @Test func `limits that leave nothing to do trap`() async {
    await #expect(processExitsWith: .failure) { _ = LBFGS(maximumIterations: 0) }
  }
}
