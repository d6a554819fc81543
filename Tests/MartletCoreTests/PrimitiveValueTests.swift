import MartletSamples
import MartletTesting
import Testing

@testable import MartletCore

/// Values of all primitives, over all of their samples, against the samples' plain loops.
@Suite struct PrimitiveValueTests {
  @Test(arguments: Cases.chosen, [ScalarType.float32, .float64])
  func `a sample has the value of its reference`(of example: PrimitiveCheck.Case, floating: ScalarType) {
    #expect(example.valueProblems(floating: floating) == [])
  }

  @Test(arguments: Cases.chosen, [ScalarType.float32, .float64])
  func `a sample has the same value over strided operands`(of example: PrimitiveCheck.Case, floating: ScalarType) {
    #expect(example.stridedValueProblems(floating: floating) == [])
  }

  @Test(arguments: Cases.chosen)
  func `a rule answers whatever it is asked`(of example: PrimitiveCheck.Case) {
    #expect(example.ruleProblems() == [])
  }

  /// Samples are too small to reach the kernels' vector loops; these have 1,003 elements, so that tails are met too.
  @Test(arguments: UnaryOperation.allCases, [ScalarType.float32, .float64])
  func `long rows of unary operations`(operation: UnaryOperation, floating: ScalarType) {
    let sample = operation.sample
    var random = SplitMix("long \(operation)")
    let x = PlainTensor(drawing: .init([1003], in: sample.range), floating: floating, &random)
    let expected = x.reference.map(sample.reference)
    for placement in [Placement.rowMajor, .everySecond, .reversed, .shifted] {
      let result = apply(Unary(operation), AnyTensor(x, placement))
      let relative = floating == .float32 ? UnaryOperation.tolerance : UnaryOperation.tolerance * 5e-7
      #expect(mismatch(result, expected, relative: relative) == nil, "\(placement)")
    }
  }

  @Test(arguments: BinaryOperation.allCases, [ScalarType.float32, .float64])
  func `long rows of binary operations`(operation: BinaryOperation, floating: ScalarType) {
    let (ranges, type) = (operation.sample.ranges, operation.sample.type)
    for (a, b) in [
      ([1003], [1003]), ([1003], []), ([], [1003]), ([4, 257], [257]), ([4, 257], [4, 1]), ([257, 1], [257, 5]),
    ] {
      var random = SplitMix("long \(operation) \(a) \(b)")
      let x = PlainTensor(drawing: .init(Shape(a), in: ranges.0, type: type), floating: floating, &random)
      let y = PlainTensor(drawing: .init(Shape(b), in: ranges.1, type: type), floating: floating, &random)
      let expected = Reference.zip(x.reference, y.reference, operation.sample.reference)
      for (first, second) in [
        (Placement.rowMajor, Placement.rowMajor), (.everySecond, .shifted), (.reversed, .everySecond),
      ] {
        let result = apply(Binary(operation), AnyTensor(x, first), AnyTensor(y, second))
        let relative = floating == .float32 ? BinaryOperation.tolerance : BinaryOperation.tolerance * 5e-7
        #expect(mismatch(result, expected, relative: relative) == nil, "\(a) and \(b), \(first) and \(second)")
      }
    }
  }

  /// Lengths around every vector width and block size.
  @Test(arguments: ReductionKind.allCases)
  func `reductions of every length`(kind: ReductionKind) {
    let isLogical = kind == .any || kind == .all
    let lengths = Array(1...40) + [63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1000]
    for floating in isLogical ? [ScalarType.bool] : [.float32, .float64] {
      for length in lengths {
        // Products of many factors stay near 1.
        let range = kind == .product ? 0.97...1.03 : isLogical ? 0...1 : -1.5...1.5
        for (shape, axis) in [([3, length], 1), ([length, 3], 0), ([length, 37], 0)] {
          var random = SplitMix("\(kind) \(length) \(axis)")
          var x = PlainTensor(
            drawing: .init(Shape(shape), in: range, type: isLogical ? .bool : nil), floating: floating, &random)
          // Any and all: mostly one answer, decided by a single element.
          if isLogical { x.reference = Reference(shape) { $0[axis] == length / 2 && $0[1 - axis] == 1 ? 1 : 0 } }
          if kind == .all { x.reference = x.reference.map { 1 - $0 } }
          let result = apply(Reduction(kind, axes: [axis]), AnyTensor(x))
          let expected = x.reference.reduced([axis], keepDims: false, kind.combine)
          let relative = (floating == .float32 ? 2e-6 : 1e-14) * Double(length).squareRoot()
          #expect(mismatch(result, expected, relative: relative) == nil, "\(floating) \(shape) along \(axis)")
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 17, 40], [1, 2, 3, 17, 40])
  func `matrix products of many sizes and layouts`(m: Int, n: Int) {
    let placements: [Placement] = [
      .rowMajor, .columnMajor, .paddedRows, .everySecond, .reversed, .repeatedFirst, .repeatedLast,
    ]
    for k in [1, 2, 19, 33] {
      var random = SplitMix("\(m) \(n) \(k)")
      let first = placements.randomElement(using: &random)!
      let second = placements.randomElement(using: &random)!
      let a = PlainTensor(drawing: .init([m, k]), floating: .float64, &random)
        .repeated(along: first.repeatedAxes([m, k]))
      let b = PlainTensor(drawing: .init([k, n]), floating: .float64, &random)
        .repeated(along: second.repeatedAxes([k, n]))
      let expected = Reference([m, n]) { index in
        (0..<k).reduce(0) { $0 + a.reference.values[index[0] * k + $1] * b.reference.values[$1 * n + index[1]] }
      }
      for type in [ScalarType.float32, .float64] {
        let operands = [(a, first), (b, second)].map { AnyTensor(PlainTensor(type, $0.reference), $1) }
        let result = apply(MatMul(), operands[0], operands[1])
        #expect(
          mismatch(result, expected, relative: type == .float32 ? 1e-5 : 1e-13) == nil,
          "[\(m), \(k)] \(first) × [\(k), \(n)] \(second) of \(type)")
      }
    }
  }
}
