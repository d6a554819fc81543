import Testing

@testable import MartletCore

/// The same bits with one thread and with many, on operands large enough to be split: odd lengths, so that the pieces
/// do not end where vectors do. One after the other, because a pool that is taken leaves the work to its caller.
@Suite(.serialized) struct PrimitiveThreadTests {
  /// Applies with 1, 2 and 4 threads and compares the bytes.
  private func expectSameBits(_ label: String, _ body: () -> AnyTensor) {
    let one = withThreads(1) { body().elementBytes }
    for threads in [2, 4] {
      let many = withThreads(threads) { body().elementBytes }
      if one != many {
        let place = zip(one, many).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? -1
        Issue.record("\(label): \(threads) threads give other bits from byte \(place) on")
      }
    }
  }

  private func draw(_ shape: Shape, _ type: ScalarType, in range: ClosedRange<Double> = -2...2) -> AnyTensor {
    // Values of 24 bits that vary from element to element: a walk by an irrational step.
    let count = shape.elementCount
    var tensor = AnyTensor(scalarType: type, shape: shape)
    tensor.withUniqueMutablePointer { pointer in
      var position = 0.1
      for index in 0..<count {
        position += 0.618_033_988_749_894_9
        if position >= 1 { position -= 1 }
        let value = range.lowerBound + position * (range.upperBound - range.lowerBound)
        let whole = type.isDifferentiable ? value : value.rounded()
        type.store(whole, pointer + index * type.size)
      }
    }
    return tensor
  }

  private func transposed(_ tensor: AnyTensor) -> AnyTensor { tensor.transposedMatrix }

  private func everySecond(_ tensor: AnyTensor) -> AnyTensor {
    apply(Slice(axis: 0, start: 1, step: 2, count: tensor.shape[0] / 2), tensor)
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func unary(type: ScalarType) {
    for operation in UnaryOperation.allCases {
      let x = draw([100_003], type, in: operation.facts.domain)
      expectSameBits("\(operation) of \(type)") { apply(Unary(operation), x) }
      let strided = draw([131, 307], type, in: operation.facts.domain)
      expectSameBits("\(operation) of \(type), transposed") { apply(Unary(operation), transposed(strided)) }
    }
    let x = draw([100_003], type)
    expectSameBits("tanh of every second") { apply(Unary(.tanh), everySecond(x)) }
    expectSameBits("square of every second") { apply(Unary(.square), everySecond(x)) }
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func binary(type: ScalarType) {
    for operation in BinaryOperation.allCases {
      let (first, second) = operation.facts.domains
      let type = operation.isLogical ? ScalarType.bool : type
      let a = draw([313, 101], type, in: first)
      for (label, b) in [
        ("equal shapes", draw([313, 101], type, in: second)), ("a row", draw([101], type, in: second)),
        ("a column", draw([313, 1], type, in: second)), ("a scalar", draw([], type, in: second)),
        ("transposed", transposed(draw([101, 313], type, in: second))),
      ] {
        expectSameBits("\(operation) of \(type), \(label)") { apply(Binary(operation), a, b) }
      }
    }
  }

  @Test func `comparisons, tests, choices and conversions`() {
    let a = draw([100_003], .float32)
    let b = draw([100_003], .float32, in: -1...1)
    for comparison in Comparison.allCases { expectSameBits("\(comparison)") { apply(Compare(comparison), a, b) } }
    for test in ElementTest.allCases {
      let operand = test == .not ? draw([100_003], .bool, in: 0...1) : a
      expectSameBits("\(test)") { apply(Test(test), operand) }
    }
    expectSameBits("where") { apply(Select(), apply(Compare(.less), a, b), a, b) }
    for type in ScalarType.allCases {
      expectSameBits("to \(type)") { apply(Convert(to: type), draw([50_003], .float32, in: 0...200)) }
    }
  }

  @Test(arguments: [ScalarType.float32, .float64, .int32])
  func reductions(type: ScalarType) {
    for kind in ReductionKind.allCases where kind != .any && kind != .all && (kind != .sumSquares || type != .int32) {
      let x = draw([300, 1001], type, in: kind == .product && type != .int32 ? 0.99...1.01 : -3...3)
      for axes in [[0], [1], [0, 1]] {
        expectSameBits("\(kind) of \(type) along \(axes)") { apply(Reduction(kind, axes: axes, rank: 2), x) }
        expectSameBits("\(kind) of \(type) transposed along \(axes)") {
          apply(Reduction(kind, axes: axes, rank: 2), transposed(x))
        }
      }
      let cube = apply(Reshape(to: [30, 10, 1001]), x)
      for axes in [[1], [0, 2]] {
        expectSameBits("\(kind) of \(type), rank 3, along \(axes)") {
          apply(Reduction(kind, axes: axes, rank: 3), cube)
        }
      }
    }
    let x = draw([300, 1001], type)
    for axis in [0, 1] {
      expectSameBits("argMax of \(type) along \(axis)") { apply(ArgExtreme(largest: true, axis: axis), x) }
    }
    let truth = draw([300, 1001], .bool, in: 0...1)
    for axis in [0, 1] {
      expectSameBits("any along \(axis)") { apply(Reduction(.any, axes: [axis], rank: 2), truth) }
      expectSameBits("all along \(axis)") { apply(Reduction(.all, axes: [axis], rank: 2), truth) }
    }
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func `softmax and its kin`(type: ScalarType) {
    let x = draw([301, 117], type)
    let labels = draw([301], .int64, in: 0...116)
    let g = draw([301], type)
    for isLogarithmic in [false, true] {
      expectSameBits("softmax") { apply(Softmax(isLogarithmic: isLogarithmic), x) }
      expectSameBits("softmaxBackward") { apply(SoftmaxBackward(isLogarithmic: isLogarithmic), x, x) }
    }
    expectSameBits("logSumExp") { apply(LogSumExp(), x) }
    expectSameBits("crossEntropy") { apply(CrossEntropy(), x, labels) }
    expectSameBits("crossEntropyBackward") { apply(CrossEntropyBackward(), x, labels, g) }
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func `normalisation, running totals and order`(type: ScalarType) {
    let x = draw([301, 117], type, in: 0.9...1.1)
    expectSameBits("normalize") { apply(Normalize(epsilon: 1e-5), x) }
    expectSameBits("normalizeBackward") { apply(NormalizeBackward(epsilon: 1e-5), x, draw([301, 117], type)) }
    let order = draw([301, 117], type)
    expectSameBits("argSort") { apply(ArgSort(descending: false), order) }
    for isProduct in [false, true] {
      for axis in [0, 1] {
        expectSameBits("cumulative along \(axis)") { apply(Cumulative(isProduct: isProduct, axis: axis), x) }
        expectSameBits("cumulative from the back along \(axis)") {
          apply(Cumulative(isProduct: isProduct, axis: axis, fromBack: true), transposed(x))
        }
      }
    }
    let rows = draw([50, 117], type)
    expectSameBits("replaceRows") { apply(ReplaceRows(), x, rows, draw([50], .int64, in: 0...300)) }
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func products(type: ScalarType) {
    let (a, b) = (draw([300, 700], type), draw([700, 500], type))
    expectSameBits("matmul") { apply(MatMul(), a, b) }
    expectSameBits("matmul, transposed operands") { apply(MatMul(), transposed(b), transposed(a)) }
    expectSameBits("matmul, tall") { apply(MatMul(), draw([2001, 37], type), draw([37, 29], type)) }
    expectSameBits("matmul, wide") { apply(MatMul(), draw([29, 37], type), draw([37, 2001], type)) }
    expectSameBits("matmul, deep") { apply(MatMul(), draw([17, 9001], type), draw([9001, 19], type)) }
    expectSameBits("matrix × vector") { apply(MatMul(), b, draw([500], type)) }
    expectSameBits("vector × matrix") { apply(MatMul(), draw([700], type), b) }
    expectSameBits("matmul, a batch") { apply(MatMul(), draw([65, 41, 30], type), draw([65, 30, 23], type)) }
    expectSameBits("matmul, a shared left operand") {
      apply(MatMul(), draw([41, 30], type), draw([65, 30, 23], type))
    }
    let bias = draw([500], type)
    for activation in FusedActivation.allCases {
      expectSameBits("linear, \(activation)") { apply(Linear(activation: activation), a, transposed(b), bias) }
    }
  }

  @Test(arguments: [ScalarType.float32, .int64, .uint8])
  func copies(type: ScalarType) {
    let x = draw([401, 203], type, in: 0...100)
    expectSameBits("contiguous, transposed") { apply(Contiguous(), transposed(x)) }
    expectSameBits("contiguous, every second") { apply(Contiguous(), everySecond(x)) }
    let cube = apply(Reshape(to: [401, 29, 7]), x)
    for order in [[0, 2, 1], [2, 0, 1], [2, 1, 0], [1, 0, 2]] {
      expectSameBits("contiguous, \(order)") { apply(Contiguous(), apply(Permute(AxisList(order)), cube)) }
    }
    expectSameBits("concatenate") { apply(Concatenate([x, x], axis: 1), x, x) }
    expectSameBits("updateSlice") {
      apply(UpdateSlice(Slice(axis: 1, start: 1, step: 2, count: 100)), x, draw([401, 100], type, in: 0...100))
    }
    let indices = draw([2003], .int64, in: 0...400)
    expectSameBits("gather") { apply(GatherRows(), x, indices) }
    expectSameBits("scatterAdd") { apply(ScatterAddRows(rows: 401), draw([2003, 203], type, in: 0...100), indices) }
  }

  @Test func `gradients of a small network`() {
    let x = draw([301, 130], .float32)
    let (w, b) = (draw([170, 130], .float32, in: -0.1...0.1), draw([170], .float32))
    let labels = draw([301], .int64, in: 0...169)
    for index in 0..<3 {
      expectSameBits("gradient \(index)") {
        valueWithGradients(at: [x, w, b]) { at in
          let logits = apply(Linear(activation: .tanh), at[0], at[1], at[2])
          return apply(Reduction(.sum, allOf: 1), apply(CrossEntropy(), logits, labels))
        }.gradients[index]
      }
    }
  }

  @Test func `random draws`() {
    func draw(_ label: String, _ body: (inout RandomGenerator) -> AnyTensor) {
      expectSameBits(label) {
        var generator = RandomGenerator(seed: 7, stream: 3)
        _ = generator.next()
        return body(&generator)
      }
    }
    draw("uniform Float") { Tensor<Float>.randomUniform([50_003], using: &$0).erased }
    draw("uniform Double") { Tensor<Double>.randomUniform([50_003], using: &$0).erased }
    draw("normal Float") { Tensor<Float>.randomNormal([50_003], using: &$0).erased }
    draw("normal Double") { Tensor<Double>.randomNormal([50_003], using: &$0).erased }
    draw("Int32") { Tensor<Int32>.randomInteger([50_003], in: -5..<1000, using: &$0).erased }
    draw("Int64") { Tensor<Int64>.randomInteger([50_003], in: -5..<1000, using: &$0).erased }
    draw("UInt8") { Tensor<UInt8>.randomInteger([50_003], in: 3..<250, using: &$0).erased }
    draw("Bool") { Tensor<Bool>.randomBernoulli([50_003], probability: 0.3, using: &$0).erased }
  }
}
