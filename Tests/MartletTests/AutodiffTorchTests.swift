import Martlet
import TestSupport
import Testing

/// Gradients and Hessians of composite functions against PyTorch's, in double precision: every function of the fixtures
/// by name, every name of `AutodiffFunctions` in the fixtures.
@Suite struct AutodiffTorchTests {
  private static let gradients = Result { try Fixture("autodiff-gradients") }
  private static let hessians = Result { try Fixture("autodiff-hessians") }

  private static func names(_ fixture: Result<Fixture, any Error>, _ ending: String) -> Set<String> {
    let entries = (try? fixture.get())?.tensors.keys.filter { $0.hasSuffix(ending) } ?? []
    return Set(entries.map { String($0.dropLast(ending.count)) })
  }

  @Test func `fixtures and functions have the same names`() {
    let recorded = AutodiffTorchTests.names(AutodiffTorchTests.gradients, ".output")
    #expect(recorded.subtracting(AutodiffFunctions.all.keys).isEmpty, "in the fixture alone")
    #expect(Set(AutodiffFunctions.all.keys).subtracting(recorded).isEmpty, "in Swift alone")
    #expect(recorded.count >= 120)
    let second = AutodiffTorchTests.names(AutodiffTorchTests.hessians, ".hessian")
    #expect(second.subtracting(AutodiffFunctions.scalars.keys).isEmpty, "in the fixture alone")
    #expect(Set(AutodiffFunctions.scalars.keys).subtracting(second).isEmpty, "in Swift alone")
    #expect(second.count >= 15)
  }

  @Test(arguments: names(gradients, ".output").sorted())
  func `gradients are PyTorch's to 1e-10`(name: String) throws {
    let fixture = try AutodiffTorchTests.gradients.get()
    let function = try #require(AutodiffFunctions.all[name])
    var inputs: [Tensor<Double>] = []
    while fixture.tensors["\(name).input\(inputs.count)"] != nil {
      inputs.append(try fixture.tensor("\(name).input\(inputs.count)"))
    }
    let output: Tensor<Double> = try fixture.tensor("\(name).output")
    let wrong = AutodiffTorchTests.excess(function(inputs), output, 1e-12)
    #expect(wrong == nil, "the value: \(wrong ?? "")")

    let cotangent: Tensor<Double> = try fixture.tensor("\(name).cotangent")
    let gradients = gradient(at: inputs) { (function($0) * cotangent).sum() }
    for (index, gradient) in gradients.enumerated() {
      let expected: Tensor<Double> = try fixture.tensor("\(name).gradient\(index)")
      let wrong = AutodiffTorchTests.excess(gradient, expected, 1e-10)
      #expect(wrong == nil, "gradient \(index): \(wrong ?? "")")
    }
    // The same through the functions for any number of results.
    let (_, back) = pullback(at: inputs) { [function($0)] }
    for (index, (gradient, again)) in zip(gradients, back([cotangent])).enumerated() {
      #expect(difference(again, gradient, tolerance: 1e-14, floor: 1) == nil, "pullback, gradient \(index)")
    }
  }

  /// Forward mode against the same fixtures: ⟨J v, w⟩ = ⟨v, Jᵀ w⟩ with PyTorch's Jᵀ w.
  @Test(arguments: names(gradients, ".output").sorted())
  func `differentials agree with PyTorch's gradients`(name: String) throws {
    let fixture = try AutodiffTorchTests.gradients.get()
    let function = try #require(AutodiffFunctions.all[name])
    var (inputs, gradients): ([Tensor<Double>], [Tensor<Double>]) = ([], [])
    while fixture.tensors["\(name).input\(inputs.count)"] != nil {
      gradients.append(try fixture.tensor("\(name).gradient\(inputs.count)"))
      inputs.append(try fixture.tensor("\(name).input\(inputs.count)"))
    }
    let cotangent: Tensor<Double> = try fixture.tensor("\(name).cotangent")
    var generator = RandomGenerator(seed: 5)
    let directions = inputs.map { Tensor<Double>.randomNormal($0.shape, using: &generator) }
    let (_, differential) = differential(at: inputs) { [function($0)] }
    let forward = (differential(directions)[0] * cotangent).sum().item()
    let terms = zip(directions, gradients).flatMap { ($0 * $1).scalars }
    let magnitude = terms.reduce(0) { $0 + abs($1) }
    #expect(abs(forward - terms.reduce(0, +)) <= 1e-10 * max(magnitude, 1e-3))
  }

  @Test(arguments: names(hessians, ".hessian").sorted())
  func `Hessians are PyTorch's to 1e-8`(name: String) throws {
    let fixture = try AutodiffTorchTests.hessians.get()
    let function = try #require(AutodiffFunctions.scalars[name])
    let x: Tensor<Double> = try fixture.tensor("\(name).input")
    let expected: Tensor<Double> = try fixture.tensor("\(name).hessian")
    // Forward over reverse; reverse over reverse, row by row; and forward over forward along a direction.
    let wrong = AutodiffTorchTests.excess(hessian(at: x, of: function), expected, 1e-8)
    #expect(wrong == nil, "forward over reverse: \(wrong ?? "")")

    let (slope, rows) = pullback(at: x) { gradient(at: $0, of: function) }
    var generator = RandomGenerator(seed: 11)
    let vector = Tensor<Double>.randomNormal(x.shape, using: &generator)
    let letters = (expected.reshaped(to: [x.count, x.count]), vector.flattened())
    let product = matmul(letters.0, letters.1).reshaped(to: x.shape)
    #expect(AutodiffTorchTests.excess(rows(vector), product, 1e-8) == nil, "reverse over reverse")
    let along = hessianVectorProduct(at: x, along: vector, of: function)
    #expect(AutodiffTorchTests.excess(along, product, 1e-8) == nil, "Hessian times vector")
    let (first, second) = differential(at: x) { inner in
      differential(at: inner, of: function).differential(vector)
    }
    let expectedFirst = (slope * vector).sum()
    #expect(abs(first.item() - expectedFirst.item()) <= 1e-8 * max(1, (slope * vector).abs().sum().item()))
    let curvature = (product * vector).sum().item()
    let scale = (product * vector).abs().sum().item()
    #expect(abs(second(vector).item() - curvature) <= 1e-8 * max(1, scale), "forward over forward")
  }

  /// What differs by more than `tolerance`, relative to each element or to a thousandth of the tensor's largest.
  private static func excess(_ actual: Tensor<Double>, _ expected: Tensor<Double>, _ tolerance: Double) -> String? {
    let largest = expected.scalars.reduce(0) { max($0, abs($1)) }
    return difference(actual, expected, tolerance: tolerance, floor: max(largest * 1e-3, 1e-6))
  }
}
