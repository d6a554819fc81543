import Foundation
import MartletCore
import MartletFormats
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// What an operation throws.
private func failure(of operation: () throws(ModuleError) -> Void) -> ModuleError? {
  do throws(ModuleError) {
    try operation()
    return nil
  } catch {
    return error
  }
}

/// A file name of its own, removed afterwards.
private func withTemporaryPath<R>(_ body: (String) throws -> R) rethrows -> R {
  let directory = TemporaryDirectory()
  defer { withExtendedLifetime(directory) {} }
  return try body(directory.file("model.safetensors"))
}

private final class Model: Module {
  let net = Sequential(inputShape: [3]) {
    Dense(2, activation: .relu)
    Dense(1)
  }
  @Buffer var steps: Tensor<Int64> = [7]
}

private final class Tied: Module {
  let first = Dense(2, 2, useBias: false)
  let second: Dense
  init() { second = first }
}

private final class Named: Module {
  let parts: [String: Dense]
  init(_ name: String) { parts = [name: Dense(2, 2, useBias: false)] }
}

private final class Masked: Module {
  @Buffer var mask: Tensor<Float> = [0, 0]
}

@Suite struct ModelFileTests {
  private func values(_ model: some Module) throws -> [[Double]] { try model.namedTensors().map(\.tensor.doubles) }

  /// The problems that loading finds, after checking that the model is as it was.
  private func problems(_ change: (inout [(name: String, tensor: AnyTensor)]) -> Void) throws -> [ModuleError.Problem] {
    let model = Model()
    var tensors = try Model().namedTensors()
    change(&tensors)
    let before = try values(model)
    guard let error = failure(of: { () throws(ModuleError) in try model.load(tensors, source: "a file") }) else {
      return []
    }
    #expect(try values(model) == before)
    guard case .mismatch("a file", let problems) = error else {
      Issue.record("\(error)")
      return []
    }
    return problems
  }

  @Test func `round trip`() throws {
    try withTemporaryPath { path in
      let (model, copy) = (Model(), Model())
      model.steps = [9]
      try model.save(to: path)
      #expect(try values(model) != values(copy))
      try copy.load(from: path)
      #expect(try values(model) == values(copy))
      #expect(copy.steps.scalars == [9])
      let (tensors, metadata) = try Safetensors.read(from: path)
      #expect(
        Set(tensors.map(\.name)) == ["net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias", "steps"])
      #expect(metadata["format"] == "pt" && metadata.allSatisfy { $0.key == "format" || $0.key.hasPrefix("martlet.") })
    }
  }

  @Test func `a loaded model goes on training`() throws {
    try withTemporaryPath { path in
      let model = Model()
      try model.save(to: path)
      let x: Tensor<Float> = [[1, 2, 3]]
      let before = model.net(x)
      try model.load(from: path)
      #expect(model.net(x) == before)
      let gradients = gradient(at: model) { $0.net(x).sum() }
      #expect(gradients.count == 4)
      SGD(learningRate: 1).update(model, along: gradients)
      #expect(!(model.net(x) == before))
    }
  }

  @Test func `a model that is saved and loaded goes on to the same bits`() throws {
    func network(seed: UInt64) -> Sequential {
      withRandomSeed(seed) {
        Sequential(inputShape: [2]) {
          Dense(8, activation: .tanh)
          BatchNorm()
          Dense(3)
        }
      }
    }
    let data = blobs()
    func fit(_ model: Sequential, _ optimizer: Adam) throws {
      try Trainer(model, optimizer: optimizer, loss: .crossEntropy).fit(
        data.x, data.y, epochs: 2, shuffle: false, progress: .none)
    }
    let (whole, first, second) = (network(seed: 3), network(seed: 3), network(seed: 4))
    let optimizers = (whole: Adam(), first: Adam(), second: Adam())
    try fit(whole, optimizers.whole)
    try fit(whole, optimizers.whole)
    try fit(first, optimizers.first)
    try withTemporaryPath { path in
      try first.save(to: path)
      try second.load(from: path)
      try optimizers.second.restoreState(optimizers.first.state(for: first), for: second)
    }
    try fit(second, optimizers.second)
    func bits(_ model: Sequential) -> [[UInt8]] { state(of: model).map { $0.withUnsafeBytes { Array($0) } } }
    #expect(bits(second) == bits(whole) && bits(second) != bits(first))
  }

  @Test func `whatever does not fit is named`() throws {
    #expect(try problems { _ in } == [])
    #expect(try problems { $0.remove(at: 1) } == [.missing(name: "net.0.bias", shape: [2])])
    #expect(
      try problems { $0.append(("other", Tensor<Float>.zeros([2, 2]).erased)) }
        == [.unexpected(name: "other", shape: [2, 2])])
    #expect(
      try problems { $0[0].tensor = Tensor<Float>.zeros([3, 2]).erased }
        == [.shape(name: "net.0.weight", expected: [2, 3], found: [3, 2])])
    #expect(
      try problems { $0[1].tensor = Tensor<Int32>.zeros([2]).erased }
        == [.scalarType(name: "net.0.bias", expected: .float32, found: .int32)])
    #expect(
      try problems {
        $0[0].name = "renamed"
        $0[2].tensor = Tensor<Float>.zeros([5]).erased
      } == [
        .missing(name: "net.0.weight", shape: [2, 3]), .shape(name: "net.1.weight", expected: [1, 2], found: [5]),
        .unexpected(name: "renamed", shape: [2, 3]),
      ])
  }

  @Test func `names are matched as they are written`() throws {
    let (one, two) = ("\u{E9}", "e\u{301}")
    let values: Tensor<Float> = [[1, 2], [3, 4]]
    let model = Named(one)
    try model.load([("parts.\(one).weight", values.erased)])
    #expect(model.parts[one]!.weight == values)
    let error = failure { () throws(ModuleError) in try model.load([("parts.\(two).weight", values.erased)]) }
    guard case .mismatch(_, let problems) = error, case .spelling(let name, let found) = problems.first else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(problems.count == 1)
    #expect(name.utf8.elementsEqual("parts.\(one).weight".utf8) && found.utf8.elementsEqual("parts.\(two).weight".utf8))
    #expect(
      error?.description.contains(
        #""parts.\u{00E9}.weight" was asked for, and "parts.e\u{0301}.weight" differs only in Unicode normalisation"#)
        == true)
    let both = failure { () throws(ModuleError) in
      try model.load([("parts.\(one).weight", values.erased), ("parts.\(two).weight", values.erased)])
    }
    #expect(
      both == .mismatch(source: "the tensors", problems: [.unexpected(name: "parts.\(two).weight", shape: [2, 2])]))
  }

  @Test(arguments: [ScalarType.float16, .bfloat16, .float32, .float64], [Float.nan, -.infinity])
  func `weights that are not finite are loaded on request only`(type: ScalarType, bad: Float) throws {
    let change = { (tensors: inout [(name: String, tensor: AnyTensor)]) in
      tensors[1].tensor = Tensor<Float>([bad, 1]).erased.converted(to: type)
    }
    #expect(try problems(change) == [.notFinite(name: "net.0.bias", count: 1)])
    let model = Model()
    var tensors = try model.namedTensors()
    change(&tensors)
    try model.load(tensors, allowsNonFinite: true)
    let loaded = (model.net[0] as! Dense).bias!.scalars
    #expect(loaded[0].isNaN == bad.isNaN && (bad.isNaN || loaded[0] == bad) && loaded[1] == 1)
    try withTemporaryPath { path in
      try model.save(to: path)
      let error = failure { () throws(ModuleError) in try Model().load(from: path) }
      #expect(error == .mismatch(source: path, problems: [.notFinite(name: "net.0.bias", count: 1)]))
      #expect(error?.description.contains("load with allowsNonFinite: true") == true)
      try Model().load(from: path, allowsNonFinite: true)
    }
  }

  @Test func `weights that the model's type cannot hold are not finite`() throws {
    #expect(
      try problems { $0[1].tensor = Tensor<Double>([1e39, -1e300]).erased }
        == [.notFinite(name: "net.0.bias", count: 2)])
  }

  @Test func `buffers may be infinite`() throws {
    let model = Masked()
    try model.load([("mask", Tensor<Float>([0, -.infinity]).erased)])
    #expect(model.mask.scalars == [0, -.infinity])
    #expect(
      failure { () throws(ModuleError) in try model.load([("mask", Tensor<Float>([0, .nan]).erased)]) }
        == .mismatch(source: "the tensors", problems: [.notFinite(name: "mask", count: 1)]))
  }

  @Test func `the text names everything`() throws {
    let error = ModuleError.mismatch(
      source: "m.safetensors",
      problems: [
        .missing(name: "a", shape: [1]), .unexpected(name: "b", shape: [2, 3]),
        .shape(name: "c", expected: [1], found: [4]), .scalarType(name: "d", expected: .float32, found: .bool),
        .conflict(name: "e", other: "f"),
      ])
    #expect(
      error.description == """
        m.safetensors does not fit the model, which was left as it was:
          missing: a [1]
          not in the model: b [2, 3]
          shape of c: [4], the model has [1]
          type of d: Bool is not converted to the model's Float
          e and f are one tensor in the model, but differ
        """)
  }

  @Test func `floating-point types are converted`() throws {
    let model = Model()
    let weight = model.net[0] as! Dense
    for type in [ScalarType.float16, .bfloat16, .float64] {
      var tensors = try model.namedTensors()
      let half: Tensor<Float> = [[0.5, -2, 1], [0, 3, 4]]
      tensors[0].tensor = half.erased.converted(to: type)
      try model.load(tensors)
      #expect(weight.weight == half)
    }
  }

  @Test func `shared parameters are saved under every name`() throws {
    try withTemporaryPath { path in
      let model = Tied()
      try model.save(to: path)
      let tensors = try Safetensors.read(from: path).tensors
      #expect(tensors.map(\.name) == ["first.weight", "second.weight"])
      let copy = Tied()
      try copy.load(from: path)
      #expect(copy.first.weight == model.first.weight)
      // One name suffices; two that differ do not do.
      let values: Tensor<Float> = [[1, 2], [3, 4]]
      try copy.load([("second.weight", values.erased)])
      #expect(copy.first.weight == values)
      #expect(
        throws: ModuleError.mismatch(
          source: "the tensors", problems: [.conflict(name: "first.weight", other: "second.weight")])
      ) {
        try copy.load([("first.weight", Tensor<Float>.zeros([2, 2]).erased), ("second.weight", values.erased)])
      }
      #expect(copy.first.weight == values)
    }
  }

  @Test func `files that cannot be read or written`() throws {
    let model = Model()
    #expect(throws: ModuleError.self) { try model.save(to: "/nonexistent/directory/model.safetensors") }
    #expect(throws: ModuleError.self) { try model.load(from: "/nonexistent/model.safetensors") }
    try withTemporaryPath { path in
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
      let before = try values(model)
      let error = failure { () throws(ModuleError) in try model.load(from: path) }
      guard case .file(let inner) = error else {
        Issue.record("a file of three bytes was loaded")
        return
      }
      #expect(inner.source == path)
      #expect(try values(model) == before)
    }
  }

  @Test func `a model that is not built is neither saved nor loaded`() {
    withTemporaryPath { path in
      let model = Sequential { Dense(4) }
      let error = failure { () throws(ModuleError) in try model.save(to: path) }
      guard let error, case .notBuilt(let problems) = error else {
        Issue.record("it was saved")
        return
      }
      #expect(problems.count == 2)
      #expect(problems[0].description.hasPrefix("not built: 0.weight: Dense(4) has no parameters yet"))
      #expect(error.description.contains("nothing was saved:\n  not built: 0.weight"))
      #expect(!FileManager.default.fileExists(atPath: path))
      #expect(throws: ModuleError.self) { try model.load([]) }
    }
  }
}
