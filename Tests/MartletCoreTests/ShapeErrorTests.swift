import Testing

@testable import MartletCore

/// Mistakes in shapes stop the program, and the message names the operation and the shapes.
@Suite struct ShapeErrorTests {
  @Test func matmul() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MartletCore.matmul(Tensor<Float>.zeros([2, 3]), Tensor<Float>.zeros([4, 5]))
    }
    #expect(errorText(result).contains("matmul: inner dimensions differ: [2, 3] × [4, 5] (3 ≠ 4)"))
  }

  @Test func `matmul of batches`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MartletCore.matmul(Tensor<Float>.zeros([2, 3, 4]), Tensor<Float>.zeros([5, 4, 6]))
    }
    #expect(
      errorText(result).contains("matmul: batch dimensions do not broadcast: [2, 3, 4] × [5, 4, 6] (axis -1: 2 ≠ 5)"))
  }

  @Test func `matmul of a scalar`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MartletCore.matmul(Tensor<Float>(2), Tensor<Float>.zeros([4]))
    }
    #expect(errorText(result).contains("matmul: operands need at least one axis: [] × [4]; multiply scalars with *"))
  }

  @Test func addition() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]) + Tensor<Float>.zeros([2, 4])
    }
    #expect(errorText(result).contains("add: shapes do not broadcast: [2, 3] and [2, 4] (axis -1: 3 ≠ 4)"))
  }

  @Test func `the layer's path is named`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      LayerPath.within("encoder") {
        LayerPath.within("layers.3") { _ = Tensor<Float>.zeros([2, 3]) + Tensor<Float>.zeros([2, 4]) }
      }
    }
    #expect(errorText(result).contains("(axis -1: 3 ≠ 4) (in layer encoder.layers.3)"))
  }

  @Test func `linear, features`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = linear(Tensor<Float>.zeros([2, 3]), weight: Tensor<Float>.zeros([5, 4]))
    }
    #expect(
      errorText(result).contains(
        "linear: x has another number of features than weight [out, in]: [2, 3] and [5, 4] (3 ≠ 4)"))
  }

  @Test func `linear, bias`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = linear(Tensor<Float>.zeros([2, 4]), weight: Tensor<Float>.zeros([5, 4]), bias: Tensor<Float>.zeros([4]))
    }
    #expect(errorText(result).contains("linear: bias must be [5] of Float, not [4] of Float"))
  }

  @Test func reshape() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).reshaped(to: [4, 2] as Shape)
    }
    #expect(errorText(result).contains("reshape: [2, 3] has 6 elements, [4, 2] has 8"))
  }

  @Test func `reshape with an unknown axis`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).reshaped(to: [4, -1] as [Int])
    }
    #expect(errorText(result).contains("reshape: [2, 3] with 6 elements does not fit [4, -1]"))
  }

  @Test func concatenate() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.concatenate([Tensor<Float>.zeros([2, 3]), Tensor<Float>.zeros([2, 4])], axis: 0)
    }
    #expect(errorText(result).contains("concatenate: shapes differ beyond axis 0: [2, 3] and [2, 4]"))
  }

  @Test func permute() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).permuted(0, 0)
    }
    #expect(errorText(result).contains("permute: [0, 0] is not an order of the axes of [2, 3]"))
  }

  @Test func broadcast() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).broadcast(to: [2, 2, 4])
    }
    #expect(errorText(result).contains("broadcast: [2, 3] does not broadcast to [2, 2, 4]"))
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

  @Test func `the largest of nothing`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 0]).max(axis: 1)
    }
    #expect(errorText(result).contains("max: axis 1 of [2, 0] is empty: there is no extreme"))
  }

  @Test func `a label out of range`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmaxCrossEntropy(logits: Tensor<Float>.zeros([2, 3]), labels: Tensor<Int32>([2, 3]))
    }
    #expect(errorText(result).contains("softmaxCrossEntropy: label 3 at row 1 is not one of the 3 classes 0 ..< 3"))
  }

  @Test func `an index out of range`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).gathered(Tensor<Int64>([0, -1]))
    }
    #expect(errorText(result).contains("gather: index -1 is not within 0 ..< 2, the first axis of [2, 3]"))
  }

  @Test func `item of many`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).item()
    }
    #expect(errorText(result).contains("item: the tensor has 6 elements, shape [2, 3]; item() is for exactly one"))
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
    #expect(errorText(result).contains("tensor: shape [2, 3] takes 6 scalars, not 2"))
  }

  @Test func `literals with rows of different lengths`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let rows: Tensor<Float> = [[1, 2], [3]]
      _ = rows
    }
    #expect(errorText(result).contains("tensor literal: element 1 has shape [1], element 0 has [2]"))
  }

  @Test func `too many axes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([1, 1, 1, 1, 1, 1, 1, 1, 1])
    }
    #expect(errorText(result).contains("a tensor has at most 8 axes, not 9"))
  }

  @Test func `squeezing an axis that is not 1`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3]).squeezed(axis: 1)
    }
    #expect(errorText(result).contains("squeeze: axis 1 of [2, 3] has length 3, not 1"))
  }

  @Test func `rules throw what applications trap with`() {
    // The same text without stopping: for what meets the outside world.
    let (a, b) = (AnyTensor(zeros: [2, 3], scalarType: .float32), AnyTensor(zeros: [4, 5], scalarType: .float32))
    let error = #expect(throws: TensorError.self) { try check(MatMul(), Operands(a, b)) }
    #expect(error?.description == "matmul: inner dimensions differ: [2, 3] × [4, 5] (3 ≠ 4)")
    #expect(throws: TensorError.self) {
      try check(Binary(.add), Operands(a, AnyTensor(zeros: [3], scalarType: .float64)))
    }
    #expect(throws: TensorError.self) { try check(Unary(.exp), Operands(AnyTensor(zeros: [3], scalarType: .int32))) }
    #expect(throws: Never.self) { try check(MatMul(), Operands(a, AnyTensor(zeros: [3, 5], scalarType: .float32))) }
  }
}
