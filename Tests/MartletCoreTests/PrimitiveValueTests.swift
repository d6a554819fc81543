import CKernels
import Testing

@testable import MartletCore

/// Values of all primitives, over all of their samples, against the samples' plain loops.
@Suite struct PrimitiveValueTests {
  @Test(arguments: [ScalarType.float32, .float64])
  func `every sample has the value of its reference`(floating: ScalarType) {
    var problems: [String] = []
    var (samples, checks) = (0, 0)
    for primitive in PrimitiveCatalogue.all {
      for sample in primitive.samples {
        samples += 1
        var random = SplitMix("\(primitive) \(sample.label) \(floating)")
        for _ in 0..<3 {
          let operands = sample.operands.map { PlainTensor(drawing: $0, floating: floating, &random) }
          checks += 1
          if let problem = ValueCheck(sample, floating).problem(operands, operands.map { AnyTensor($0) }) {
            problems.append("\(primitive) \(sample.label) of \(floating): \(problem)")
          }
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
    print("values of \(floating): \(PrimitiveCatalogue.all.count) primitives, \(samples) samples, \(checks) checks")
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func `every sample has the same value over strided operands`(floating: ScalarType) {
    var problems: [String] = []
    var checks = 0
    for primitive in PrimitiveCatalogue.all {
      for sample in primitive.samples {
        var random = SplitMix("strided \(primitive) \(sample.label) \(floating)")
        let drawn = sample.operands.map { PlainTensor(drawing: $0, floating: floating, &random) }
        // All operands in one way, then each in another.
        let all = Placement.allCases
        var placements = all.map { placement in drawn.map { _ in placement } }
        for shift in 0..<all.count where drawn.count > 1 {
          placements.append(drawn.indices.map { all[(shift + $0 * (1 + shift % 3)) % all.count] })
        }
        for chosen in placements {
          let operands = zip(drawn, chosen).map { $0.repeated(along: $1.repeatedAxes($0.reference.shape)) }
          checks += 1
          if let problem = ValueCheck(sample, floating).problem(
            operands, zip(operands, chosen).map { AnyTensor($0, $1) })
          {
            problems.append("\(primitive) \(sample.label) of \(floating), \(chosen): \(problem)")
          }
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
    print("strided values of \(floating): \(checks) checks, \(Placement.allCases.count) placements")
  }

  /// Samples are too small to reach the kernels' vector loops; these have 1,003 elements, so that tails are met too.
  @Test(arguments: [ScalarType.float32, .float64])
  func `long rows of every unary operation`(floating: ScalarType) {
    var problems: [String] = []
    for operation in UnaryOperation.allCases {
      let facts = operation.facts
      var random = SplitMix("long \(operation)")
      let x = PlainTensor(drawing: .init([1003], in: facts.domain), floating: floating, &random)
      let expected = x.reference.map(facts.reference)
      for placement in [Placement.rowMajor, .everySecond, .reversed, .shifted] {
        let result = apply(Unary(operation), AnyTensor(x, placement))
        let relative = floating == .float32 ? facts.tolerance : facts.tolerance * 5e-7
        if let problem = mismatch(result, expected, relative: relative) {
          problems.append("\(operation) of \(floating), \(placement): \(problem)")
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func `long rows of every binary operation`(floating: ScalarType) {
    var problems: [String] = []
    for operation in BinaryOperation.allCases {
      let facts = operation.facts
      let type: ScalarType? = operation.isLogical ? .bool : nil
      for (a, b) in [
        ([1003], [1003]), ([1003], []), ([], [1003]), ([4, 257], [257]), ([4, 257], [4, 1]), ([257, 1], [257, 5]),
      ] {
        var random = SplitMix("long \(operation) \(a) \(b)")
        let x = PlainTensor(drawing: .init(Shape(a), in: facts.domains.0, type: type), floating: floating, &random)
        let y = PlainTensor(drawing: .init(Shape(b), in: facts.domains.1, type: type), floating: floating, &random)
        let expected = Reference.zip(x.reference, y.reference, facts.reference)
        for (first, second) in [
          (Placement.rowMajor, Placement.rowMajor), (.everySecond, .shifted), (.reversed, .everySecond),
        ] {
          let result = apply(Binary(operation), AnyTensor(x, first), AnyTensor(y, second))
          let relative = floating == .float32 ? facts.tolerance : facts.tolerance * 5e-7
          if let problem = mismatch(result, expected, relative: relative) {
            problems.append("\(operation) of \(floating), \(a) and \(b), \(first) and \(second): \(problem)")
          }
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
  }

  /// Lengths around every vector width and block size.
  @Test(arguments: ReductionKind.allCases)
  func `reductions of every length`(kind: ReductionKind) {
    var problems: [String] = []
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
          let result = apply(Reduction(kind, axes: [axis], rank: 2), AnyTensor(x))
          let expected = x.reference.reduced([axis], keepDims: false, kind.combine)
          let relative = (floating == .float32 ? 2e-6 : 1e-14) * Double(length).squareRoot()
          if let problem = mismatch(result, expected, relative: relative) {
            problems.append("\(kind) of \(floating) \(shape) along \(axis): \(problem)")
          }
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
  }

  @Test func `matrix products of many sizes and layouts`() {
    var problems: [String] = []
    let placements: [Placement] = [
      .rowMajor, .columnMajor, .paddedRows, .everySecond, .reversed, .repeatedFirst, .repeatedLast,
    ]
    let sizes = [1, 2, 3, 17, 40]
    for m in sizes {
      for n in sizes {
        for k in [1, 2, 19, 33] {
          var random = SplitMix("\(m) \(n) \(k)")
          let first = placements[Int.random(in: 0..<placements.count, using: &random)]
          let second = placements[Int.random(in: 0..<placements.count, using: &random)]
          let a = PlainTensor(drawing: .init([m, k]), floating: .float64, &random).repeated(
            along: first.repeatedAxes([m, k]))
          let b = PlainTensor(drawing: .init([k, n]), floating: .float64, &random).repeated(
            along: second.repeatedAxes([k, n]))
          let expected = Reference([m, n]) { index in
            (0..<k).reduce(0) { $0 + a.reference.values[index[0] * k + $1] * b.reference.values[$1 * n + index[1]] }
          }
          for type in [ScalarType.float32, .float64] {
            let operands = [(a, first), (b, second)].map { AnyTensor(PlainTensor(type, $0.reference), $1) }
            let result = apply(MatMul(), operands[0], operands[1])
            if let problem = mismatch(result, expected, relative: type == .float32 ? 1e-5 : 1e-13) {
              problems.append("[\(m), \(k)] \(first) × [\(k), \(n)] \(second) of \(type): \(problem)")
            }
          }
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
  }
}

/// Holds an application to its sample's reference.
private struct ValueCheck {
  let sample: Sample
  let relative: Double

  init(_ sample: Sample, _ floating: ScalarType) {
    self.sample = sample
    relative = floating == .float32 ? sample.tolerance : sample.tolerance * 5e-7
  }

  func problem(_ plain: [PlainTensor], _ operands: [AnyTensor]) -> String? {
    let before = operands.map(\.plainValues)
    let result = sample.apply(operands)
    // Repeated elements may cancel altogether: then what counts is the operands' magnitude.
    let isRepeated = operands.contains { operand in
      (0..<operand.rank).contains { operand.body.layout.strides[$0] == 0 }
    }
    let floor = isRepeated ? before.joined().reduce(1e-3) { max($0, abs($1)) } : 1e-3
    if let problem = mismatch(result, sample.reference(plain.map(\.reference)), relative: relative, floor: floor) {
      return problem
    }
    for (index, operand) in operands.enumerated() where operand.plainValues != before[index] {
      return "operand \(index) was changed"
    }
    return nil
  }
}
