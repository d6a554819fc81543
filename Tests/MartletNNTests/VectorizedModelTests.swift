import MartletCore
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

/// Gradients of a model for each example, and several models at once, against loops.
@Suite struct VectorizedModelTests {
  private static func network(_ seed: UInt64, _ sizes: [Int] = [4, 6, 3]) -> Sequential {
    withRandomSeed(seed) {
      Sequential(inputShape: [sizes[0]]) {
        Dense(sizes[1], activation: .tanh)
        Dense(sizes[2])
      }
    }
  }

  private static func random(_ shape: Shape, _ seed: UInt64 = 1) -> Tensor<Float> {
    var generator = RandomGenerator(seed: seed)
    return .randomNormal(shape, using: &generator)
  }

  private func expect(_ got: AnyTensor, _ wanted: AnyTensor, sourceLocation: SourceLocation = #_sourceLocation) {
    let problem = mismatch(got, wanted.plain.reference, relative: 1e-5)
    #expect(problem == nil, sourceLocation: sourceLocation)
  }

  @Test func `gradients of each example are those of a loop`() {
    let model = VectorizedModelTests.network(3)
    let (x, y) = (VectorizedModelTests.random([5, 4]), VectorizedModelTests.random([5, 3], 2))
    func gradients(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Gradients {
      gradient(at: model) { meanSquaredError(predicted: $0(x), expected: y) }
    }
    let each = vectorized(gradients)(x, y)
    let loop = (0..<5).map { gradients(x[$0], y[$0]) }
    #expect(each.paths == loop[0].paths && each.count == 4)
    for path in each.paths { expect(each[path]!, AnyTensor(stacking: loop.map { $0[path]! })) }
    let summed = gradient(at: model) { meanSquaredError(predicted: $0(x), expected: y) * 5 }
    for path in each.paths { expect(apply(Reduction(.sum, axes: [0]), [each[path]!]), summed[path]!) }
  }

  @Test func `a frozen parameter has no gradient of any example`() {
    let model = VectorizedModelTests.network(3)
    model.parameters()[0].variable.isTrainable = false
    let x = VectorizedModelTests.random([5, 4])
    let each = vectorized { (x: Tensor<Float>) in gradient(at: model) { $0(x).sum() } }(x)
    #expect(each.count == 3 && each[model.parameters()[0].path] == nil)
  }

  @Test(arguments: [nil, 0, 1] as [Int?]) func `several models are run as one after the other`(axis: Int?) {
    let models = (0..<3).map { VectorizedModelTests.network(UInt64($0)) }
    let shape: Shape = axis == nil ? [5, 4] : axis == 0 ? [3, 5, 4] : [5, 3, 4]
    let x = VectorizedModelTests.random(shape)
    let got = vectorized(models: models, over: axis) { $0($1) }(x)
    let own = axis.map { x.unstacked(axis: $0) } ?? [x, x, x]
    expect(got.erased, AnyTensor(stacking: zip(models, own).map { $0($1).erased }))
  }

  private static func normalizing(_ seed: UInt64) -> Sequential {
    let model = withRandomSeed(seed) {
      Sequential(inputShape: [4]) {
        BatchNorm()
        Dense(3)
      }
    }
    _ = withMode(.training) { model(random([6, 4], seed)) }
    return model
  }

  @Test func `several models with running statistics are run each by its own`() {
    let models = (1...3).map { VectorizedModelTests.normalizing($0) }
    let x = VectorizedModelTests.random([5, 4])
    let got = vectorized(models: models) { $0($1) }(x)
    expect(got.erased, AnyTensor(stacking: models.map { $0(x).erased }))
    #expect(got[0] != got[1])
  }

  @Test func `running statistics of several models are not kept, with a message`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let models = (1...3).map { VectorizedModelTests.normalizing($0) }
      _ = vectorized(models: models) { model, x in withMode(.training) { model(x) } }(.ones([5, 4]))
    }
    #expect(errorText(result).contains("use withMode(.inference), freeze the layer"))
    #expect(errorText(result).contains("in layer 0"))
  }

  @Test func `gradients flow to all models, and can be taken of each inside`() {
    final class Ensemble: Module {
      let models: [Sequential]
      init(_ models: [Sequential]) { self.models = models }
    }
    let ensemble = Ensemble((0..<3).map { VectorizedModelTests.network(UInt64($0)) })
    let x = VectorizedModelTests.random([5, 4])
    let together = gradient(at: ensemble) { vectorized(models: $0.models) { $0($1) }(x).squared().sum() }
    let apart = gradient(at: ensemble) { ensemble in
      ensemble.models.map { $0(x).squared().sum() }.reduce(Tensor(0)) { $0 + $1 }
    }
    #expect(together.count == 12 && together.paths == apart.paths)
    for path in together.paths { expect(together[path]!, apart[path]!) }
    let norms = vectorized(models: ensemble.models) { model, x in
      gradient(at: model) { $0(x).squared().sum() }.reduce(Tensor<Float>(0)) { sum, entry in
        sum + Tensor(entry.gradient.sumOfSquares(), as: Float.self)
      }
    }(x)
    let wanted = ensemble.models.map { model in gradient(at: model) { $0(x).squared().sum() }.norm }
    expect(norms.erased, Tensor(wanted.map { Float($0 * $0) }).erased)
  }

  @Test func `models whose parameters share memory are told apart`() {
    let models = (0..<2).map { VectorizedModelTests.network(UInt64($0), [4, 4, 4]) }
    let parameters = models[0].parameters()
    parameters[2].variable.value = parameters[0].variable.value
    let x = VectorizedModelTests.random([5, 4])
    let got = vectorized(models: models) { $0($1) }(x)
    expect(got.erased, AnyTensor(stacking: models.map { $0(x).erased }))
  }

  enum Mistake: String, CaseIterable, Codable {
    case none, otherStructure, otherShape, gradientAtOne, changedBuffer

    func make() {
      let models = (0..<2).map { VectorizedModelTests.network(UInt64($0)) }
      let x = VectorizedModelTests.random([5, 4])
      switch self {
      case .none: _ = vectorized(models: [Sequential]()) { $0($1) }(x)
      case .otherStructure:
        let other = Sequential(inputShape: [4]) { Dense(3) }
        _ = vectorized(models: [models[0], other]) { $0($1) }(x)
      case .otherShape:
        _ = vectorized(models: [models[0], VectorizedModelTests.network(0, [4, 5, 3])]) { $0($1) }(x)
      case .gradientAtOne:
        _ = gradient(at: models[0]) { _ in vectorized(models: models) { $0($1) }(x).sum() }
      case .changedBuffer:
        _ = vectorized { (x: Tensor<Float>) in
          models[0].parameters()[1].variable.value = x.exp().erased
          return x
        }(x)
      }
    }

    var message: String {
      switch self {
      case .none: "vectorized: expected at least one model, got none"
      case .otherStructure: "vectorized: expected models of one structure, got parameters"
      case .otherShape: "vectorized: expected one shape and scalar type of"
      case .gradientAtOne: "vectorized: expected a gradient at all models or at none, got one at some"
      case .changedBuffer: "vectorized: a value of one example, of shape [4] made by exp, was kept outside"
      }
    }
  }

  @Test(arguments: Mistake.allCases)
  func `what does not fit stops`(mistake: Mistake) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mistake] in
      mistake.make()
    }
    #expect(errorText(result).contains(mistake.message), "\(errorText(result))")
  }
}
