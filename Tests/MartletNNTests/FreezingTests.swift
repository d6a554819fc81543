import MartletCore
import TestSupport
import Testing

@testable import MartletNN

@Suite struct FreezingTests {
  private final class Model: Module {
    let encoder = Sequential(inputShape: [3]) {
      Dense(4)
      Dense(4)
    }
    let encoders = Dense(4, 4)
    let head = Dense(4, 1)
    let tied: Dense
    init() { tied = head }
  }

  private static let all = [
    "encoder.0.weight", "encoder.0.bias", "encoder.1.weight", "encoder.1.bias", "encoders.weight", "encoders.bias",
    "head.weight", "head.bias",
  ]

  @Test(arguments: [
    ("encoder.*", ["encoder.0.weight", "encoder.0.bias", "encoder.1.weight", "encoder.1.bias"]),
    ("encoder", ["encoder.0.weight", "encoder.0.bias", "encoder.1.weight", "encoder.1.bias"]),
    ("encoder.1", ["encoder.1.weight", "encoder.1.bias"]), ("*.?.bias", ["encoder.0.bias", "encoder.1.bias"]),
    ("encoder.?.weight", ["encoder.0.weight", "encoder.1.weight"]),
    ("*.bias", ["encoder.0.bias", "encoder.1.bias", "encoders.bias", "head.bias"]),
    ("e*r*.0.*t", ["encoder.0.weight"]), ("head.bias", ["head.bias"]), ("tied.weight", ["head.weight"]),
    ("encoders*", ["encoders.weight", "encoders.bias"]), ("*", all), ("**", all),
  ])
  func `a pattern freezes what it fits, and nothing else`(_ pattern: String, _ paths: [String]) throws {
    let model = Model()
    #expect(try model.freeze(pattern) == paths)
    #expect(model.parameters().filter { !$0.variable.isTrainable }.map(\.path) == paths)
    model.freeze()
    #expect(try model.unfreeze(pattern) == paths)
    #expect(model.parameters().filter(\.variable.isTrainable).map(\.path) == paths)
  }

  @Test(arguments: ["encodr.*", "", "head.bias.", "bias", "ncoder", "?ead.biass"])
  func `a pattern that fits nothing is an error`(_ pattern: String) {
    let error = failure { () throws(ModuleError) in try Model().freeze(pattern) }
    #expect(error?.description.hasPrefix("expected a pattern that fits a parameter's path, got \"\(pattern)\"") == true)
  }

  @Test func `the error has paths that come near`() {
    let error = failure { () throws(ModuleError) in try Model().unfreeze("haed.bias") }
    #expect(
      error?.description
        == "expected a pattern that fits a parameter's path, got \"haed.bias\"; there are head.bias, tied.bias, "
        + "encoders.bias, head.weight, tied.weight and others")
    let none = failure { () throws(ModuleError) in try Sequential { Flatten() }.freeze("*") }
    #expect(none?.description == "expected parameters whose paths fit \"*\", got a Sequential without parameters")
  }

  @Test func `what is frozen keeps its bits under decay and momentum`() throws {
    let model = Sequential(inputShape: [3]) {
      Dense(4)
      BatchNorm()
      Dense(4)
      Dense(1)
    }
    func values(_ prefix: String) throws -> [AnyTensor] {
      try model.namedTensors().filter { $0.name.hasPrefix(prefix) }.map(\.tensor)
    }
    func step(_ optimizer: any Optimizer) {
      let x = Tensor<Float>([[1, 2, 3], [3, 1, 0], [0, 0, 2]])
      optimizer.update(model, along: gradient(at: model) { $0(x).squared().sum() })
    }
    let (sgd, adam) = (SGD(learningRate: 0.1, momentum: 0.9, weightDecay: 0.1), AdamW(weightDecay: 0.1))
    // The moments that the optimisers have of these parameters are there when they are frozen.
    step(sgd)
    step(adam)
    try model.freeze("0")
    try model.freeze("1.*")
    let (frozen, free) = (try values("0.") + values("1."), try values("2."))
    for _ in 0..<3 {
      step(sgd)
      step(adam)
    }
    #expect(zip(try values("0.") + values("1."), frozen).allSatisfy { $0.doubles == $1.doubles })
    #expect(!zip(try values("2."), free).contains { $0.doubles == $1.doubles })

    let x = Tensor<Float>([[1, 2, 3], [3, 1, 0], [0, 0, 2]])
    let gradients = gradient(at: model) { $0(x).squared().sum() }
    #expect(gradients.map(\.path).sorted() == ["2.bias", "2.weight", "3.bias", "3.weight"])
    // What is frozen after its gradient was taken stays as well.
    let kept = try values("3.")
    try model.freeze("3")
    sgd.update(model, along: gradients)
    adam.update(model, along: gradients)
    #expect(zip(try values("3."), kept).allSatisfy { $0.doubles == $1.doubles })
  }
}
