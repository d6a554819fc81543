import MartletCore
import MartletNumerics
import MartletTesting
import TestSupport
import Testing

@Suite struct LinearAlgebraFixtureTests {
  private static let fixture = Result { try Fixture("linear-algebra") }

  private func tensors(_ operation: LinearAlgebraOperation, _ kind: String) throws -> [Tensor<Double>] {
    let entries = try LinearAlgebraFixtureTests.fixture.get().entries(under: "\(operation.rawValue).\(kind)")
    return try entries.map { try Tensor<Double>($0.tensor) }
  }

  private func problems(_ got: [AnyTensor], _ expected: [Tensor<Double>], _ tolerance: Double) -> [String] {
    if got.count != expected.count { return ["\(got.count) tensors instead of \(expected.count)"] }
    return zip(got, expected).compactMap { mismatch($0, $1.erased.plain.reference, relative: tolerance) }
  }

  @Test func `the fixture has every operation, and no other`() throws {
    let names = Set(try LinearAlgebraFixtureTests.fixture.get().tensors.keys.map { $0.prefix { $0 != "." } })
    #expect(names == Set(LinearAlgebraOperation.allCases.map { Substring($0.rawValue) }))
  }

  @Test(arguments: LinearAlgebraOperation.allCases)
  func `the values are NumPy's and SciPy's, in Double and in Float`(_ operation: LinearAlgebraOperation) throws {
    let (inputs, outputs) = (try tensors(operation, "input"), try tensors(operation, "output"))
    let doubles = try operation(inputs)
    #expect(problems(doubles.map(\.erased), outputs, 1e-11) == [])
    let floats = try operation(inputs.map { $0.cast(to: Float.self) })
    // What rounding the inputs alone does to the worst of them.
    #expect(problems(floats.map(\.erased), outputs, 2e-4) == [])
  }

  @Test(arguments: LinearAlgebraOperation.allCases)
  func `the gradients are PyTorch's`(_ operation: LinearAlgebraOperation) throws {
    let inputs = try tensors(operation, "input")
    let pulled = try pullback(at: inputs) { try operation($0) }
    let gradients = pulled.pullback(try tensors(operation, "cotangent"))
    let expected = try tensors(operation, "gradient")
    #expect(problems(gradients.map(\.erased), expected, 1e-9) == [])
  }

  @Test(arguments: LinearAlgebraOperation.allCases)
  func `gradients, their gradients and differentials are those of finite differences`(
    _ operation: LinearAlgebraOperation
  ) throws {
    let inputs = try tensors(operation, "input")
    var random = SplitMix("finite differences of \(operation)")
    let problems = try DifferenceCheck(at: inputs, &random) { try operation($0) }.problems(&random)
    #expect(problems == [])
  }
}

/// A function of tensors against central differences of it of the fourth order, in Double.
struct DifferenceCheck {
  typealias Function = ([Tensor<Double>]) throws -> [Tensor<Double>]

  private let inputs: [Tensor<Double>]
  private let weights: [Tensor<Double>]
  private let function: Function
  private let step = 2e-5
  private let tolerance = 1e-7

  init(at inputs: [Tensor<Double>], _ random: inout SplitMix, of function: @escaping Function) throws {
    self.inputs = inputs
    self.function = function
    weights = try function(inputs).map { DifferenceCheck.draw($0.shape, &random) }
  }

  private static func draw(_ shape: Shape, _ random: inout SplitMix) -> Tensor<Double> {
    Tensor(shape: shape, scalars: random.numbers(shape.elementCount, in: -1...1))
  }

  /// The sum of all outputs, weighted.
  private func value(_ x: [Tensor<Double>]) throws -> Tensor<Double> {
    try zip(function(x), weights).reduce(Tensor<Double>(0)) { $0 + ($1.0 * $1.1).sum() }
  }

  private func moved(_ directions: [Tensor<Double>], by step: Double) -> [Tensor<Double>] {
    zip(inputs, directions).map { $0 + $1 * step }
  }

  private func gradients(_ x: [Tensor<Double>]) throws -> [Tensor<Double>] {
    try gradient(at: x) { try value($0) }
  }

  private func product(_ a: [Tensor<Double>], _ b: [Tensor<Double>]) -> Tensor<Double> {
    zip(a, b).reduce(Tensor<Double>(0)) { $0 + ($1.0 * $1.1).sum() }
  }

  func problems(_ random: inout SplitMix) throws -> [String] {
    let directions = inputs.map { DifferenceCheck.draw($0.shape, &random) }
    let others = inputs.map { DifferenceCheck.draw($0.shape, &random) }
    var problems: [String] = []
    func compare(_ what: String, _ slope: Double, _ value: ([Tensor<Double>]) throws -> Tensor<Double>) throws {
      func secant(_ step: Double) throws -> Double {
        let (above, below) = (moved(directions, by: step), moved(directions, by: -step))
        return try (value(above).item() - value(below).item()) / (2 * step)
      }
      let difference = try (4 * secant(step) - secant(2 * step)) / 3
      if !(abs(slope - difference) <= tolerance * max(1, abs(difference))) {
        problems.append("\(what): \(slope), by finite differences \(difference)")
      }
    }
    let slope = product(try gradients(inputs), directions).item()
    try compare("the gradient", slope, value)
    let forward = try differential(at: inputs) { [try value($0)] }.differential(directions)[0].item()
    if !(abs(forward - slope) <= 1e-10 * max(1, abs(slope))) {
      problems.append("forward mode gives \(forward), reverse mode \(slope)")
    }
    func bent(_ x: [Tensor<Double>]) throws -> Tensor<Double> { product(try gradients(x), others) }
    let second = product(try gradient(at: inputs) { try bent($0) }, directions).item()
    try compare("the gradient's gradient", second, bent)
    let tangent = try differential(at: inputs) { [try bent($0)] }.differential(directions)[0].item()
    if !(abs(tangent - second) <= 1e-8 * max(1, abs(second))) {
      problems.append("the gradient's differential gives \(tangent), its gradient \(second)")
    }
    return problems
  }
}
