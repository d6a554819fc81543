import MartletCore
import TestSupport
import Testing

@testable import MartletNN

private final class Scale: Layer {
  @Parameter var factor: Tensor<Float>
  @Buffer var calls: Tensor<Int32>
  let plain = Tensor<Float>([1, 2, 3])

  init(_ count: Int) {
    factor = .ones([count])
    calls = .zeros([1])
  }

  func forward(_ x: Tensor<Float>) -> Tensor<Float> { x * factor }
}

private class Base: Module {
  @Parameter var base: Tensor<Float>
  init() { base = [1] }
}

private struct Pair {
  var left: Dense
  var note = "text"
  var right: Dense?
}

private enum Head {
  case none
  case linear(Dense)
}

private final class Everything: Base {
  let encoder = Sequential {
    Dense(2, 3)
    Activation(.relu)
    Dense(3, 4, useBias: false)
  }
  let layers = [Dense(1, 1), Dense(1, 2)]
  let byName = ["b": Dense(1, 1), "a": Dense(1, 1)]
  var optional: Scale? = Scale(2)
  var absent: Scale?
  let tuple = (Scale(1), named: Scale(1))
  let pair = Pair(left: Dense(1, 1), right: nil)
  let head = Head.linear(Dense(1, 1))
  lazy var late = Dense(1, 1)
  let nested = [[Scale(1)], [Scale(1)]]
  let numbers = [1.0, 2.0]
  let name = "name"
  let closure: (Int) -> Int = { $0 }
}

@Suite struct ModuleTests {
  @Test func `paths of everything that can be walked`() {
    let model = Everything()
    _ = model.late
    #expect(
      model.parameters().map(\.path) == [
        "base",
        "encoder.0.weight", "encoder.0.bias", "encoder.2.weight",
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
        "byName.a.weight", "byName.a.bias", "byName.b.weight", "byName.b.bias",
        "optional.factor", "tuple.0.factor", "tuple.named.factor",
        "pair.left.weight", "pair.left.bias", "head.linear.weight", "head.linear.bias",
        "late.weight", "late.bias", "nested.0.0.factor", "nested.1.0.factor",
      ])
    #expect(
      model.buffers().map(\.path) == [
        "optional.calls", "tuple.0.calls", "tuple.named.calls", "nested.0.0.calls", "nested.1.0.calls",
      ])
    #expect(model.modules().map(\.path).prefix(4) == ["", "encoder", "encoder.0", "encoder.1"])
    #expect(model.parameterCount == 1 + 9 + 12 + 2 + 4 + 4 + 2 + 2 + 2 + 2 + 2 + 2)
  }

  @Test func `Sequential is named as in PyTorch`() {
    let model = Sequential(inputShape: [3]) {
      Dense(4, activation: .tanh)
      Dropout(0.5)
      Sequential { Dense(2) }
    }
    #expect(model.parameters().map(\.path) == ["0.weight", "0.bias", "2.0.weight", "2.0.bias"])
    #expect(model.parameters().map { $0.variable.value.shape } == [[4, 3], [4], [2, 4], [2]])
  }

  @Test func `a back reference is not followed`() {
    final class Child: Module {
      weak var parent: Parent?
      @Parameter var weight: Tensor<Float> = [1]
    }
    final class Parent: Module {
      let child = Child()
      @Parameter var weight: Tensor<Float> = [1]
    }
    let parent = Parent()
    parent.child.parent = parent
    #expect(parent.parameters().map(\.path) == ["child.weight", "weight"])
    #expect(parent.child.parameters().map(\.path) == ["parent.weight", "weight"])
  }

  @Test func `shared parameters are trained once and have every path`() throws {
    final class Tied: Module {
      let first = Dense(2, 2, useBias: false)
      let second: Dense
      @Parameter var weight: Tensor<Float>
      init() {
        second = first
        _weight = first._sharedWeight
      }
    }
    let model = Tied()
    #expect(model.parameters().map(\.path) == ["first.weight"])
    #expect(try model.namedTensors().map(\.name) == ["first.weight", "second.weight", "weight"])
    let gradients = gradient(at: model) { model in
      model.first.weight.sum() + model.second.weight.sum() + model.weight.sum()
    }
    #expect(gradients.count == 1)
    #expect(gradients["first.weight"]?.doubles == [3, 3, 3, 3])
  }

  @Test func `what cannot be walked is an error`() {
    final class Box { let layer = Dense(1, 1) }
    final class InObject: Module { let box = [Box()] }
    final class Layerish: Module, Hashable {
      @Parameter var weight: Tensor<Float> = [1]
      static func == (a: Layerish, b: Layerish) -> Bool { a === b }
      func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
    }
    final class InSet: Module { let parts: Set<Layerish> = [Layerish()] }
    final class InKeys: Module { let parts = [1: Dense(1, 1)] }
    final class Dotted: Module { let parts = ["a.b": Dense(1, 1)] }
    final class Same: Base {
      let inner = ["x": Dense(1, 1, useBias: false)]
      let other = Other()
      struct Other { let base = Dense(1, 1) }
    }
    func text(_ module: some Module) -> String {
      failure { () throws(ModuleError) in _ = try module.namedTensors() }?.description ?? ""
    }
    #expect(
      text(InObject()) == "box.0: there are parameters in it that cannot be reached: Box is a class but not a Module: "
        + "make it conform to Module")
    #expect(text(InSet()).hasPrefix("parts: there are parameters in it that cannot be reached: a Set has no order"))
    #expect(text(InKeys()).hasSuffix("the keys of a Dictionary<Int, Dense> make no paths: use String keys"))
    #expect(text(Dotted()) == "parts: the key \"a.b\" makes no path: a key is not empty and has no dots")
    #expect(text(Same()) == "")
    final class Raw: Module { let variable = Variable(Tensor<Float>([1]).erased) }
    #expect(text(Raw()).hasSuffix("a Variable is not trained by itself: declare it as @Parameter"))
  }

  @Test func `an object that refers to the model is no error`() {
    final class Owner { var model: Owned? }
    final class Owned: Module {
      @Parameter var weight: Tensor<Float> = [1]
      var owner: Owner?
    }
    let owner = Owner()
    let model = Owned()
    owner.model = model
    model.owner = owner
    #expect(model.parameters().count == 1)
    owner.model = nil
  }

  @Test func `two parameters under one path are an error`() {
    class First: Module { @Parameter private var weight: Tensor<Float> = [1] }
    final class Second: First { @Parameter private var weight: Tensor<Float> = [1] }
    #expect(
      throws: ModuleError.structure(
        path: "weight", reason: "two parameters or buffers have this path: rename a property")
    ) { try Second().namedTensors() }
  }

  @Test func `what cannot be walked stops training`() async {
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      final class Box { let layer = Dense(1, 1) }
      final class InObject: Module { let box = Box() }
      _ = gradient(at: InObject()) { _ in Tensor<Float>(1) }
    }
  }

  @Test func freezing() {
    let model = Sequential {
      Dense(2, 2)
      Dense(2, 1)
    }
    let first = model[0] as! Dense
    first.$weight.isTrainable = false
    #expect(model.trainableParameterCount == 5)
    let x: Tensor<Float> = [[1, 2]]
    #expect(gradient(at: model) { $0(x).sum() }.paths == ["0.bias", "1.weight", "1.bias"])
    model.freeze()
    #expect(model.trainableParameterCount == 0)
    #expect(gradient(at: model) { $0(x).sum() }.count == 0)
    model.unfreeze()
    #expect(gradient(at: model) { $0(x).sum() }.count == 4)
  }

  @Test func `layers that come and go are noticed`() {
    final class Growing: Layer {
      var layers = [Dense(1, 1)]
      func forward(_ x: Tensor<Float>) -> Tensor<Float> { layers.reduce(x) { $1($0) } }
    }
    let model = Growing()
    let x: Tensor<Float> = [[1]]
    #expect(gradient(at: model) { $0(x).sum() }.count == 2)
    model.layers.append(Dense(1, 1))
    #expect(gradient(at: model) { $0(x).sum() }.count == 4)
    model.layers[0] = Dense(1, 1, useBias: false)
    #expect(gradient(at: model) { $0(x).sum() }.paths == ["layers.0.weight", "layers.1.weight", "layers.1.bias"])
    model.layers.removeFirst()
    #expect(gradient(at: model) { $0(x).sum() }.paths == ["layers.0.weight", "layers.0.bias"])
  }

  @Test func `an existing module moved in unnoticed stops the program`() async {
    await #expect(processExitsWith: .success) {
      final class Pair: Module {
        var first = Dense(1, 1)
        var second: Dense?
      }
      let spare = Dense(1, 1)
      let model = Pair()
      let x: Tensor<Float> = [[1]]
      // Foreign parameters are allowed, and remembered as such only while they are foreign.
      let teacher = Dense(1, 1)
      for _ in 0..<2 { _ = gradient(at: model) { $0.first(teacher(x)).sum() } }
      model.second = spare
      model.refreshStructure()
      if gradient(at: model, of: { $0.second!($0.first(x)).sum() }).count != 4 { fatalError("not refreshed") }
    }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      final class Pair: Module {
        var first = Dense(1, 1)
        var second: Dense?
      }
      let spare = Dense(1, 1)
      let model = Pair()
      let x: Tensor<Float> = [[1]]
      _ = gradient(at: model) { $0.first(x).sum() }
      model.second = spare
      _ = gradient(at: model) { $0.second!($0.first(x)).sum() }
    }
    #expect(
      errorText(result).contains("come to hold \"second.weight\" unnoticed"))
  }

  @Test func `reading a parameter before it is built says what to do`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Sequential { Dense(64) }
      _ = model(Tensor<Float>.ones([1, 2]))
    }
    let text = errorText(result)
    #expect(text.contains("Dense(64) has no parameters yet"))
    #expect(text.contains("Sequential(inputShape:)"))
  }

  @Test func `nothing keeps a model alive`() {
    weak var kept: Dense?
    weak var variable: Variable?
    do {
      let model = Dense(2, 2)
      let x: Tensor<Float> = [[1, 2]]
      _ = gradient(at: model) { $0(x).sum() }
      kept = model
      variable = model.$weight
    }
    #expect(kept == nil)
    #expect(variable == nil)
  }
}

extension Dense {
  /// The storage of the weight, for tying.
  fileprivate var _sharedWeight: Parameter<Float> {
    Mirror(reflecting: self).descendant("_weight") as! Parameter<Float>
  }
}
