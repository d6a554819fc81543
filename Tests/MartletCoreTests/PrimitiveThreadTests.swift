import MartletTesting
import Testing

@testable import MartletCore

/// The same bits with one thread and with many, on operands large enough to be split: odd lengths, so that the pieces
/// do not end where vectors do. One after the other, because a pool that is taken leaves the work to its caller.
@Suite(.serialized) struct PrimitiveThreadTests {
  @Test(arguments: Cases.chosen)
  func `a sample has the same bits on many threads`(of example: PrimitiveCheck.Case) {
    #expect(example.threadProblems() == [])
  }

  // MARK: Sizes and types that no sample is turned into

  /// Computes with 1, 2 and 4 threads and compares the bytes.
  private func expectSameBits(
    _ label: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () -> AnyTensor
  ) {
    let one = withThreads(1, body)
    for threads in [2, 4] {
      let place = PrimitiveCheck.firstDifference(one, withThreads(threads, body))
      #expect(place == nil, "\(label), \(threads) threads", sourceLocation: sourceLocation)
    }
  }

  private func draw(
    _ shape: Shape, _ type: ScalarType, in range: ClosedRange<Double> = -2...2, isTransposed: Bool = false
  ) -> AnyTensor {
    LargeData.tensor(.init(shape, in: range, type: type), type, isTransposed: isTransposed)
  }

  @Test(arguments: [ScalarType.float32, .int64, .uint8])
  func `comparisons and copies of every size of element`(type: ScalarType) {
    let (a, b) = (draw([401, 203], type, in: 0...100), draw([203], type, in: 0...100))
    for comparison in Comparison.allCases { expectSameBits("\(comparison)") { apply(Compare(comparison), a, b) } }
    expectSameBits("every second") { apply(Contiguous(), draw([100_003], type, in: 0...100, isTransposed: true)) }
    let cube = apply(ReshapeView(to: [401, 29, 7]), a)
    for order in [[0, 2, 1], [2, 0, 1], [2, 1, 0], [1, 0, 2]] {
      expectSameBits("\(order)") { apply(Contiguous(), apply(Permute(AxisList(order)), cube)) }
    }
    let indices = draw([803], .int64, in: 0...400)
    expectSameBits("gather") { apply(Gather(), a, indices) }
    expectSameBits("scatterAdd") {
      apply(ScatterAdd(lengths: AxisList([401])), draw([803, 203], type, in: 0...100), indices)
    }
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func `batches of products, given to threads whole or split`(of type: ScalarType) {
    // As many and as few products as decide between the two on 1, 2 and 4 threads, and sizes around those that do.
    for (count, size) in [(7, 65), (16, 65), (33, 65), (33, 17), (3, 130), (40, 3)] {
      let (a, b) = (draw([count, size, size + 2], type), draw([count, size + 2, size], type))
      expectSameBits("\(count) of \(size)") { apply(MatMul(), a, b) }
      expectSameBits("\(count) of \(size), one matrix for all") {
        apply(MatMul(), a, draw([size + 2, size], type, isTransposed: true))
      }
    }
  }

  @Test(arguments: ScalarType.allCases)
  func `conversions`(to type: ScalarType) {
    expectSameBits("to \(type)") { apply(Convert(to: type), draw([50_003], .float32, in: 0...200)) }
  }

  @Test(arguments: [ScalarType.float32, .float64, .int32], ReductionKind.allCases)
  func `reductions that are cut into parts`(of type: ScalarType, kind: ReductionKind) {
    let isLogical = kind == .any || kind == .all
    if kind == .sumOfSquares && type == .int32 || isLogical && type != .int32 { return }
    let range = isLogical ? 0...1 : kind == .product && type != .int32 ? 0.99...1.01 : -3...3
    for isTransposed in [false, true] {
      let x = draw([251, 1001], isLogical ? .bool : type, in: range, isTransposed: isTransposed)
      for axes in [[0], [1], [0, 1]] { expectSameBits("along \(axes)") { apply(Reduction(kind, axes: axes), x) } }
      if isTransposed { continue }
      let cube = apply(ReshapeView(to: [251, 13, 77]), x)
      for axes in [[1], [0, 2]] { expectSameBits("rank 3 along \(axes)") { apply(Reduction(kind, axes: axes), cube) } }
    }
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func `matrix products of every proportion`(of type: ScalarType) {
    for (a, b) in [
      ([300, 700], [700, 300]), ([2001, 37], [37, 29]), ([29, 37], [37, 2001]), ([17, 9001], [9001, 19]),
      ([300, 500], [500]), ([500], [500, 300]), ([65, 41, 30], [65, 30, 23]), ([41, 30], [65, 30, 23]),
    ] as [(Shape, Shape)] {
      let (x, y) = (draw(a, type), draw(b, type, in: -1...1))
      expectSameBits("\(a) × \(b)") { apply(MatMul(), x, y) }
    }
    let (x, w) = (draw([300, 700], type), draw([300, 700], type, in: -1...1))
    for activation in FusedActivation.allCases {
      expectSameBits("\(activation)") { apply(Linear(activation: activation), x, w, draw([300], type)) }
    }
  }

  @Test func `gradients of a small network`() {
    let x = draw([301, 130], .float32)
    let (w, b) = (draw([170, 130], .float32, in: -0.1...0.1), draw([170], .float32))
    let labels = draw([301], .int64, in: 0...169)
    for index in 0..<3 {
      expectSameBits("gradient \(index)") {
        valueWithGradients(at: [x, w, b]) { at in
          let logits = apply(Linear(activation: .tanh), at[0], at[1], at[2])
          return apply(CrossEntropy(), logits, labels).sum()
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
