import MartletCore
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

@Suite struct GradientsTests {
  private let gradients = Gradients([
    ("a", Tensor<Float>([3, 0]).erased), ("b", Tensor<Double>(shape: [1, 1], scalars: [-4]).erased),
  ])

  @Test func contents() {
    #expect(gradients.count == 2)
    #expect(gradients.scalarCount == 3)
    #expect(gradients.paths == ["a", "b"])
    #expect(gradients["b"]?.doubles == [-4])
    #expect(gradients["c"] == nil)
    let alike = Gradients([("\u{E9}", Tensor<Float>(1).erased), ("e\u{301}", Tensor<Float>(2).erased)])
    #expect(alike["\u{E9}"]?.doubles == [1] && alike["e\u{301}"]?.doubles == [2])
    #expect(gradients.map(\.gradient.shape) == [[2], [1, 1]])
  }

  @Test func norms() {
    #expect(gradients.norm == 5)
    #expect(gradients.isFinite)
    #expect(Gradients([("a", Tensor<Float>([1, .nan]).erased)]).isFinite == false)
    // Squares beyond Float's range.
    #expect(isClose([Gradients([("a", Tensor<Float>([3e30, 4e30]).erased)]).norm], [5e30], 1e-6))
  }

  @Test func clipping() {
    #expect(gradients.clipped(norm: 5.1)["a"]?.doubles == [3, 0])
    let clipped = gradients.clipped(norm: 1)
    #expect(isClose([clipped.norm], [1], 1e-6))
    #expect(isClose(clipped["a"]!.doubles + clipped["b"]!.doubles, [0.6, 0, -0.8], 1e-6))
    let clamped = gradients.clipped(value: 3.5)
    #expect(clamped["a"]?.doubles == [3, 0])
    #expect(clamped["b"]?.doubles == [-3.5])
    #expect(clamped["b"]?.scalarType == .float64)
  }

  @Test func accumulation() {
    var other = gradients.scaled(by: 2)
    #expect(other["a"]?.doubles == [6, 0])
    other["b"] = nil
    let sum = gradients.adding(other)
    #expect(sum["a"]?.doubles == [9, 0])
    #expect(sum["b"]?.doubles == [-4])
    #expect(other.adding(gradients)["b"]?.doubles == [-4])
  }

  @Test func `of a model that is not fully used`() {
    let model = Sequential(inputShape: [2]) {
      Dense(2)
      Dense(1)
    }
    let first = model[0] as! Dense
    let (value, gradients) = valueWithGradient(at: model) { _ in first.weight.squared().sum() }
    #expect(gradients.paths == ["0.weight"])
    #expect(isClose(gradients["0.weight"]!.doubles, first.weight.erased.doubles.map { 2 * $0 }, 1e-6))
    #expect(isClose([Double(value.item())], [first.weight.erased.doubles.reduce(0) { $0 + $1 * $1 }], 1e-6))
  }

  @Test func `agrees with finite differences`() {
    let model = withRandomSeed(2) {
      Sequential(inputShape: [3]) {
        Dense(5, activation: .gelu)
        Dense(4, activation: .tanh)
        Dense(2)
      }
    }
    var random = SplitMix("finite differences")
    let x = random.tensor([6, 3])
    let labels: Tensor<Int32> = [0, 1, 1, 0, 1, 0]
    func loss() -> Double { Double(crossEntropy(logits: model(x), labels: labels).item()) }
    let gradients = gradient(at: model) { crossEntropy(logits: $0(x), labels: labels) }
    for (path, variable) in model.parameters() {
      let value = try! Tensor<Float>(variable.value)
      let direction = random.tensor(value.shape)
      variable.value = (value + direction * 4e-3).erased
      let high = loss()
      variable.value = (value - direction * 4e-3).erased
      let low = loss()
      variable.value = value.erased
      let slope = zip(gradients[path]!.doubles, direction.erased.doubles).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs((high - low) / 8e-3 - slope) < 1e-3 * max(1, abs(slope)), "\(path)")
    }
  }

  @Test func `foreign gradients are not added`() async {
    await #expect(processExitsWith: .failure) {
      _ = Gradients([("a", Tensor<Float>(1).erased)]).adding(Gradients([("b", Tensor<Float>(1).erased)]))
    }
    await #expect(processExitsWith: .failure) {
      _ = Gradients([("a", Tensor<Float>(1).erased)]).adding(Gradients([("a", Tensor<Float>([1, 2]).erased)]))
    }
  }
}
