import MartletTesting
import Testing

@testable import MartletCore

/// The generic checks notice what is wrong, and nothing else: a primitive that has one fault at a time.
@Suite struct PrimitiveCheckTests {
  private func example(_ fault: Faulty.Fault?) -> PrimitiveCheck.Case {
    PrimitiveCheck.Case(Faulty.self, Faulty.sample(fault))
  }

  /// The checks that find something, by name.
  private func complaints(_ example: PrimitiveCheck.Case) -> Set<String> {
    let found = [
      "values": example.valueProblems(floating: .float64), "strided": example.stridedValueProblems(floating: .float64),
      "rule": example.ruleProblems(), "empty": example.emptyProblems(), "threads": example.threadProblems(),
      "gradient": example.gradientProblems(), "second": example.secondDerivativeProblems(),
      "differential": example.differentialProblems(), "transpose": example.transposeProblems(),
      "strided gradient": example.stridedGradientProblems(),
    ]
    return Set(found.filter { !$0.value.isEmpty }.keys)
  }

  @Test func `nothing is found where nothing is wrong`() {
    #expect(example(nil).problems() == [])
    #expect(example(nil).description == "Faulty, no fault")
  }

  @Test(
    arguments: [
      (.value, ["values"]), (.secondResult, ["values"]), (.integerResult, ["values"]), (.strides, ["strided"]),
      (.writesOperand, ["values"]), (.threads, ["threads"]), (.secondAnswer, ["rule"]), (.emptyMessage, ["rule"]),
      (.negativeCost, ["rule"]), (.gradient, ["gradient", "differential"]),
      (.secondGradient, ["gradient", "transpose"]), (.constantFactor, ["second", "differential"]),
      (.tangent, ["differential", "transpose"]),
    ] as [(Faulty.Fault, [String])])
  func `a fault is found`(fault: Faulty.Fault, checks: [String]) {
    let complaints = complaints(example(fault))
    #expect(complaints.isSuperset(of: checks), "\(complaints)")
    #expect(!example(fault).problems().isEmpty)
  }

  @Test func `what is left untried is told`() {
    #expect(PrimitiveCheck.omissions(in: [Faulty.self]) == [])
    #expect(PrimitiveCheck.omissions(in: [WithoutSamples.self]) == ["WithoutSamples has no samples"])
    #expect(
      PrimitiveCheck.omissions(in: [Narrow.self]) == [
        "Narrow has several samples of one name: [\"four\", \"four\"]",
        "Narrow has no sample whose operands can be empty, and none that is",
        "Narrow has no sample that can be enlarged, and none with a large case",
        "Narrow has no sample whose derivatives are checked",
      ])
  }

  @Test func `large and empty operands come from the sample's`() throws {
    let example = example(nil)
    #expect(example.emptyOperands.map { $0.map(\.shape) } == [[[0, 4], [4]], [[3, 0], [0]], [[0, 0], [0]]])
    #expect(example.scalarOperands.isEmpty)
    let large = try #require(example.large)
    #expect(large.operands.map(\.shape) == [[263, 269], [269]])
    #expect(example.moving == [[0, 1], [0], [1]])
    // Indices go as far as their axis, and have no value where it is gone.
    let gather = try #require(PrimitiveCheck.cases(of: [Gather.self]).first)
    #expect(gather.emptyOperands.map { $0.map(\.shape) } == [[[5, 0], [4]], [[5, 3], [0]], [[0, 0], [0]]])
    #expect(gather.large?.operands.map(\.shape) == [[271, 263], [269]])
    #expect(gather.large?.operands[1].range == 0...270)
  }
}

/// x², x y and the index of each element within its row, for x [n, m] and y [m]; with one fault.
struct Faulty: SampledPrimitive {
  enum Fault: String, CaseIterable, Sendable {
    case value, secondResult, integerResult, strides, writesOperand, threads
    case secondAnswer, emptyMessage, negativeCost
    case gradient, secondGradient, constantFactor, tangent
  }

  let fault: Fault?
  /// For a rule that changes its mind.
  private static nonisolated(unsafe) var answers = 0

  var name: String { "faulty" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, y) = (operands[0], operands[1])
    if fault == .emptyMessage && x.shape.rank != 2 { throw mistake("") }
    try requireSameScalarType(x, y)
    try requireFloating(x)
    if x.shape.rank != 2 || y.shape.rank != 1 || x.shape[1] != y.shape[0] {
      throw mistake("\(x.shape) and \(y.shape) do not fit")
    }
    if fault == .secondAnswer && x.shape == [2, 4] {
      Faulty.answers += 1
      return TensorSpecs([TensorSpec(x), TensorSpec(x), TensorSpec(.int64, [Faulty.answers])])
    }
    return TensorSpecs([TensorSpec(x), TensorSpec(x), TensorSpec(.int64, x.shape)])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    if operands[0].scalarType == .float32 {
      fill(Float.self, operands, results)
    } else {
      fill(Double.self, operands, results)
    }
  }

  private func fill<S: FloatingScalar>(_ type: S.Type, _ operands: borrowing Operands, _ results: borrowing Results) {
    let (a, b) = (operands[0].contiguous(), operands[1].contiguous())
    let (x, y) = (a.scalars(as: type), b.scalars(as: type))
    let (squares, products) = (results[0].scalars(as: type), results[1].scalars(as: type))
    let positions = results[2].scalars(as: Int64.self)
    let columns = b.count
    let isStrided = !operands[0].isContiguous
    for index in 0..<a.count {
      squares[index] = x[index] * x[index]
      products[index] = x[index] * y[index % columns]
      positions[index] = Int64(index % columns)
    }
    guard a.count > 0 else { return }
    switch fault {
    case .value: squares[a.count - 1] += 1e-3
    case .secondResult: products[0] += 1e-3
    case .integerResult: positions[0] = 1
    case .strides where isStrided: squares[0] += 1e-3
    case .writesOperand: x[0] += 1e-3
    case .threads where Threads.count == 4: products[a.count / 2] = 0
    default: break
    }
    withExtendedLifetime((a, b)) {}
  }

  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (x, y) = (saved.operand(0), saved.operand(1))
    // The factor of a square's derivative: x itself, or something that has its value alone.
    let factor = fault == .constantFactor ? x.detached() : x
    let square = cotangents[0].map { $0 * factor * (fault == .gradient ? 2.001 : 2) }
    let forY = cotangents[1].map { $0 * x * (fault == .secondGradient ? 1.001 : 1) }
    return Cotangents(Cotangents.sum(square, cotangents[1].map { $0 * y }), forY)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    if fault != .tangent { return transposedPullback(tangents, saved) }
    let moved = transposedPullback(tangents, saved)
    return Tangents(moved[0].map { $0 * 1.001 }, moved[1], nil)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: fault == .negativeCost ? -1 : 2 * results.first.count, bytes: 4 * results.first.byteCount)
  }

  static func sample(_ fault: Fault?) -> Sample {
    Sample(
      fault?.rawValue ?? "no fault", Faulty(fault: fault), [.init([3, 4]), .init([4])],
      references: { o in
        [
          o[0].map { $0 * $0 }, Reference.zip(o[0], o[1], *),
          Reference(o[0].shape) { Double($0[1]) },
        ]
      })
  }

  static var samples: [Sample] { [sample(nil)] }
}

/// Nothing is known of it.
private struct WithoutSamples: SampledPrimitive {
  var name: String { "withoutSamples" }
  var saves: SavePolicy { .nothing }
  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs { TensorSpecs(operands[0]) }
  func compute(_ operands: borrowing Operands, into results: borrowing Results) {}
  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { g }
  static var samples: [Sample] { [] }
}

/// Takes four numbers and nothing else.
private struct Narrow: SampledPrimitive {
  var name: String { "narrow" }
  var saves: SavePolicy { .nothing }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    if operands[0].shape != [4] { throw mistake("four numbers are needed, not \(operands[0].shape)") }
    return TensorSpecs(operands[0])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    results[0].pointer.copyMemory(from: operands[0].contiguous().pointer, byteCount: 4 * operands[0].scalarType.size)
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { g }

  static var samples: [Sample] {
    [1, 2].map { _ in Sample("four", Narrow(), [.init([4])], reference: { $0[0] }, isDifferentiable: false) }
  }
}
