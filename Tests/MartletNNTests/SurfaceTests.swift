import MartletCore
import MartletNN
import Testing

@Suite struct LambdaTests {
  private static let x = Tensor<Float>([[1, -2, 3, -4]])

  @Test func `a function is a layer, and those behind it learn its output's shape`() throws {
    let model = Sequential(inputShape: [4]) {
      Lambda { x in x.reshaped(to: [-1, 2, 2]).sum(axis: 2) }
      Dense(3)
    }
    #expect(model.outputShape(of: Self.x) == [1, 3])
    #expect(try model.outputShape(for: [4]) == [3])
    // Another input is refused, and not tried out.
    let error = #expect(throws: ModuleError.self) { try model.outputShape(for: [6]) }
    #expect(error?.description.contains("expected an input of shape [4], got [6]") == true)
  }

  @Test func `a function on a line of its own`() {
    let model = Sequential { relu }
    #expect(model(Self.x) == Tensor([[1, 0, 3, 0]]))
    #expect(model[0] is Lambda)
  }

  @Test func `an output that is no batch is refused`() {
    let error = #expect(throws: ModuleError.self) { try Sequential { Lambda { $0.sum() } }.build(for: [4]) }
    #expect(error?.description.contains("expected an output of shape [1, …] for an input of [1, 4], got []") == true)
  }

  @Test func `a layer that was not built tells no shape`() throws {
    #expect(try Lambda { $0 }.outputShape(for: [4]) == nil)
  }
}

extension Sequential {
  fileprivate func outputShape(of x: Tensor<Float>) -> Shape { self(x).shape }
}

@Suite struct DescriptionTests {
  @Test func `layers and optimisers are printed as they are written`() {
    #expect("\(Dense(2, 3, activation: .relu))" == "Dense(2, 3, activation: relu)")
    #expect("\(Dense(3, useBias: false))" == "Dense(?, 3, useBias: false)")
    #expect("\(Dropout(0.2)) \(Flatten()) \(Activation(.tanh))" == "Dropout(0.2) Flatten() Activation(tanh)")
    #expect("\(SGD(learningRate: 0.1, momentum: 0.9))" == "SGD(learningRate: 0.1, momentum: 0.9)")
    #expect("\(Adam())" == "Adam(learningRate: 0.001)")
    #expect("\(AdamW(beta2: 0.99, weightDecay: 0.1))" == "AdamW(learningRate: 0.001, beta2: 0.99, weightDecay: 0.1)")
  }

  @Test func `a model is printed as its structure, gradients as a table`() {
    let model = Sequential(inputShape: [2]) { Dense(1, useBias: false) }
    #expect("\(model)".hasPrefix("Sequential\n") && "\(model)".contains("0 (Dense)  [?, 1]           2    8 B\n"))
    let gradients = gradient(at: model) { $0([[3, 4]]).sum() }
    #expect("\(gradients)" == "parameter  shape     norm\n0.weight   [1, 2]  5.0000")
    model.freeze()
    #expect("\(gradient(at: model) { _ in Tensor<Float>(0) })".contains("none"))
  }
}
