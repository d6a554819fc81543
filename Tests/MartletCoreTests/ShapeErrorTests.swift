import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// Mistakes in the operands stop the program, and the message names the operation and the shapes.
///
/// What a rule finds is looked at here in this process, by `check`; that an application stops with the same text, and what is
/// found outside rules, takes a process each.
@Suite struct ShapeErrorTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let primitive: any Primitive
    let operands: [AnyTensor]
    let message: String

    init(_ primitive: any Primitive, _ operands: [AnyTensor], _ message: String) {
      self.primitive = primitive
      self.operands = operands
      self.message = message
    }

    var testDescription: String { message }
  }

  private static func zeros(_ shape: Shape, _ type: ScalarType = .float32) -> AnyTensor {
    AnyTensor(zeros: shape, scalarType: type)
  }

  private static let mistakes: [Mistake] = [
    Mistake(
      MatMul(), [zeros([2, 3]), zeros([4, 5])], "matmul: inner dimensions differ: [2, 3] × [4, 5] (3 ≠ 4)"),
    Mistake(
      MatMul(), [zeros([2, 3, 4]), zeros([5, 4, 6])],
      "matmul: batch dimensions do not broadcast: [2, 3, 4] × [5, 4, 6] (axis -1: 2 ≠ 5)"),
    Mistake(
      MatMul(), [zeros([]), zeros([4])],
      "matmul: operands need at least one axis: [] × [4]; multiply scalars with *"),
    Mistake(
      Binary(.add), [zeros([2, 3]), zeros([2, 4])],
      "add: shapes do not broadcast: [2, 3] and [2, 4] (axis -1: 3 ≠ 4)"),
    Mistake(
      Binary(.add), [zeros([3]), zeros([3], .float64)],
      "add: scalar types differ: Float and Double; convert one with cast(to:)"),
    Mistake(Unary(.exp), [zeros([3], .int32)], "exp: Int32 is not supported; convert with cast(to:)"),
    Mistake(
      Linear(activation: .identity), [zeros([2, 3]), zeros([5, 4])],
      "linear: x has another number of features than weight [out, in]: [2, 3] and [5, 4] (3 ≠ 4)"),
    Mistake(
      Linear(activation: .identity), [zeros([2, 4]), zeros([5, 4]), zeros([4])],
      "linear: expected a bias of [5] of Float, got [4] of Float"),
    Mistake(ReshapeView(to: [4, 2]), [zeros([2, 3])], "reshape: [2, 3] has 6 elements, [4, 2] has 8"),
    Mistake(
      Concatenate(axis: 0, lengths: [2, 2]), [zeros([2, 3]), zeros([2, 4])],
      "concatenate: shapes differ beyond axis 0: [2, 3] and [2, 4]"),
    Mistake(
      Split(axis: 1, lengths: [1, 1]), [zeros([2, 3])], "split: parts of [1, 1] do not make up axis 1 of [2, 3]"),
    Mistake(
      Permute(AxisList([0, 0])), [zeros([2, 3])], "permute: [0, 0] is not an order of the axes of [2, 3]"),
    Mistake(BroadcastTo([2, 2, 4]), [zeros([2, 3])], "broadcast: [2, 3] does not broadcast to [2, 2, 4]"),
    Mistake(
      Reduction(.max, axes: [1]), [zeros([2, 0])], "max: axis 1 of [2, 0] is empty: there is no extreme"),
    Mistake(
      TopK(count: 4, largest: true), [zeros([2, 3])],
      "topK: expected a count within 0 ... 3, the last axis of [2, 3], got 4"),
    Mistake(
      CrossEntropy(), [zeros([2, 3]), Tensor<Int64>([2, 3]).erased],
      "softmaxCrossEntropy: label 3 at row 1 is not one of the 3 classes 0 ..< 3"),
    Mistake(
      Gather(), [zeros([2, 3]), Tensor<Int64>([0, -1]).erased],
      "gather: expected indices within 0 ..< 2, the first axis of [2, 3], got -1"),
    Mistake(
      Replace(), [zeros([2, 3]), zeros([1, 3]), Tensor<Int64>([2]).erased],
      "replace: expected indices within 0 ..< 2, the first axis of [2, 3], got 2"),
  ]

  @Test(arguments: mistakes)
  func `a rule throws`(_ mistake: Mistake) {
    let error = #expect(throws: TensorError.self) { try check(mistake.primitive, mistake.operands) }
    #expect(error?.description == mistake.message)
  }

  @Test func `an error tells its parts`() throws {
    let (x, weight, bias) = (Self.zeros([2, 4]), Self.zeros([5, 4]), Self.zeros([4]))
    let error = #expect(throws: TensorError.self) { try check(Linear(activation: .identity), [x, weight, bias]) }
    #expect(error?.operation == "linear" && error?.expected == "a bias of [5] of Float")
    #expect(error?.got == "[4] of Float" && error?.shapes == [[2, 4], [5, 4], [4]])
    #expect(error?.message == "expected a bias of [5] of Float, got [4] of Float")
    let other = #expect(throws: TensorError.self) { try check(MatMul(), [Self.zeros([2, 3]), Self.zeros([4, 5])]) }
    #expect(other?.expected == nil && other?.got == nil && other?.shapes == [[2, 3], [4, 5]])
  }

  @Test func `what fits is not refused`() {
    let (a, b) = (ShapeErrorTests.zeros([2, 3]), ShapeErrorTests.zeros([3, 5]))
    #expect(throws: Never.self) { try check(MatMul(), [a, b]) }
  }

  // MARK: What stops the program

  @Test func `an application stops with what its rule throws`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]) + Tensor<Float>.zeros([2, 4])
    }
    #expect(errorText(result).contains("add: shapes do not broadcast: [2, 3] and [2, 4] (axis -1: 3 ≠ 4)"))
  }

  @Test func `an application stops with what its check of values throws`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmaxCrossEntropy(logits: Tensor<Float>.zeros([2, 3]), labels: Tensor<Int32>([2, 3]))
    }
    #expect(errorText(result).contains("softmaxCrossEntropy: label 3 at row 1 is not one of the 3 classes 0 ..< 3"))
  }

  @Test func `several results stop the program as well`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = applyAll(Split(axis: 1, lengths: [1, 1]), [AnyTensor(zeros: [2, 3], scalarType: .float32)])
    }
    #expect(errorText(result).contains("split: parts of [1, 1] do not make up axis 1 of [2, 3]"))
  }

  @Test func `the layer's path is named`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      withinLayer("encoder") {
        withinLayer("layers.3") { _ = Tensor<Float>.zeros([2, 3]) + Tensor<Float>.zeros([2, 4]) }
      }
    }
    #expect(errorText(result).contains("(axis -1: 3 ≠ 4) (in layer encoder.layers.3)"))
  }

  @Test func `reshape with an unknown axis`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).reshaped(to: [4, -1])
    }
    #expect(errorText(result).contains("reshape: [2, 3] with 6 elements does not fit [4, -1]"))
  }

  @Test func `subscript, an element out of range`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3])[0, 3]
    }
    #expect(errorText(result).contains("subscript: index 3 is out of range for axis 1 of [2, 3]"))
  }

  @Test func `subscript, a range beyond the end`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3])[0..<3]
    }
    #expect(errorText(result).contains("subscript: position 3 is out of range for axis 0 of [2, 3]"))
  }

  @Test func `subscript, too many indices`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3])[0, 0, 0]
    }
    #expect(errorText(result).contains("subscript: 3 indices for [2, 3], which has 2 axes"))
  }

  @Test func `subscript, an assignment that does not fit`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var x = Tensor<Float>.zeros([2, 3])
      x[0] = Tensor<Float>.zeros([2])
    }
    #expect(
      errorText(result).contains("subscript: [2] does not broadcast to [3], the elements that [2, 3] is assigned at"))
  }

  @Test func `reduction along an axis that is not there`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).sum(axis: 2)
    }
    #expect(errorText(result).contains("sum: [2, 3] has no axis 2"))
  }

  @Test func `reduction along an axis twice`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).mean(axes: [1, -1])
    }
    #expect(errorText(result).contains("axis -1 of [2, 3] is named twice"))
  }

  @Test func `item of many`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).item()
    }
    #expect(errorText(result).contains("item: expected a tensor with one element, got 6 elements, of shape [2, 3]"))
  }

  @Test func `integers divided by zero`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Int32>([4, 5, 6]) / Tensor<Int32>([2, 0, 3])
    }
    #expect(errorText(result).contains("divide: division of integers by zero"))
  }

  @Test func `integers' remainder by zero`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<UInt8>([4, 5, 6]).remainder(0)
    }
    #expect(errorText(result).contains("remainder: division of integers by zero"))
  }

  @Test func `scalars that do not fill a shape`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>(shape: [2, 3], scalars: [1, 2])
    }
    #expect(errorText(result).contains("tensor: expected 6 scalars for shape [2, 3], got 2"))
  }

  @Test func `literals with rows of different lengths`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let rows: Tensor<Float> = [[1, 2], [3]]
      _ = rows
    }
    #expect(errorText(result).contains("tensor literal: expected elements of [2], as element 0, got [1] as element 1"))
  }

  @Test func `too many axes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([1, 1, 1, 1, 1, 1, 1, 1, 1])
    }
    #expect(errorText(result).contains("Shape: expected at most 8 axes, got 9: [1, 1, 1, 1, 1, 1, 1, 1, 1]"))
  }

  @Test func `squeezing an axis that is not 1`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).squeezed(axis: 1)
    }
    #expect(errorText(result).contains("squeeze: expected an axis of length 1, got 3, axis 1 of [2, 3]"))
  }
}
