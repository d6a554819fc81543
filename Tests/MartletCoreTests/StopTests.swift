import TestSupport
import Testing

@testable import MartletCore

/// What a program stops with when it is asked for what cannot be: a message that begins with the operation that was called. Each
/// takes a process.
@Suite struct StopTests {
  private static let tooLarge = "has more elements than memory can hold"

  enum Creation: String, CaseIterable, Codable {
    case zeros, zerosOfBytes, ones, full, emptyButTooLarge, identity, negativeIdentity
    case endlessArange, arangeByNaN, longArange, longIntegers, linspace, permutation, negativePermutation
    case broadcast, refusedMemory
    case negativeDeviation, deviationOfNaN, emptyUniform, endlessUniform, emptyIntegers, probability, randomTooLarge

    func make() {
      let long = 1 << 40
      switch self {
      case .zeros: _ = Tensor<Float>.zeros([long, long])
      case .zerosOfBytes: _ = Tensor<Double>.zeros([1 << 61])
      case .ones: _ = Tensor<Int32>.ones([long, long])
      case .full: _ = Tensor<Bool>.full([long, long], true)
      case .emptyButTooLarge: _ = Tensor<Float>.zeros([0, long, long])
      case .identity: _ = Tensor<Float>.identity(1 << 33)
      case .negativeIdentity: _ = Tensor<Float>.identity(-1)
      case .endlessArange: _ = Tensor<Double>.arange(0, .infinity)
      case .arangeByNaN: _ = Tensor<Float>.arange(0, 1, step: .nan)
      case .longArange: _ = Tensor<Double>.arange(0, 1e300)
      case .longIntegers: _ = Tensor<Int64>.arange(.min, .max)
      case .linspace: _ = Tensor<Double>.linspace(0, 1, count: .max)
      case .permutation: _ = Tensor<Int64>.randomPermutation(1 << 61)
      case .negativePermutation: _ = Tensor<Int64>.randomPermutation(-1)
      case .broadcast: _ = Tensor<Float>(1).broadcast(to: [long, long])
      case .refusedMemory: _ = Tensor<Double>.zeros([1 << 50, 3])
      case .negativeDeviation: _ = Tensor<Float>.randomNormal([3], standardDeviation: -1)
      case .deviationOfNaN: _ = Tensor<Float>.randomNormal([3], standardDeviation: .nan)
      case .emptyUniform: _ = Tensor<Double>.randomUniform([3], in: 2..<2)
      case .endlessUniform: _ = Tensor<Double>.randomUniform([3], in: 0 ..< .infinity)
      case .emptyIntegers: _ = Tensor<Int32>.randomInteger([3], in: 5..<5)
      case .probability: _ = Tensor<Bool>.randomBernoulli([3], probability: 1.5)
      case .randomTooLarge: _ = Tensor<Float>.randomNormal([long, long])
      }
    }

    var message: String {
      let square = "shape [1099511627776, 1099511627776]"
      return switch self {
      case .zeros: "zeros: \(square) \(tooLarge)"
      case .zerosOfBytes: "zeros: shape [2305843009213693952] \(tooLarge)"
      case .ones: "ones: \(square) \(tooLarge)"
      case .full: "full: \(square) \(tooLarge)"
      case .emptyButTooLarge: "zeros: shape [0, 1099511627776, 1099511627776] \(tooLarge)"
      case .identity: "identity: shape [8589934592, 8589934592] \(tooLarge)"
      case .negativeIdentity: "identity: expected a size of at least 0, got -1"
      case .endlessArange: "arange: expected finite numbers, got 0.0 to inf by 1.0"
      case .arangeByNaN: "arange: expected finite numbers, got 0.0 to 1.0 by nan"
      case .longArange: "arange: 0.0 to 1e+300 by 1.0 are more elements than memory can hold"
      case .longIntegers:
        "arange: -9223372036854775808 to 9223372036854775807 by 1 are more elements than memory can hold"
      case .linspace: "linspace: shape [9223372036854775807] \(tooLarge)"
      case .permutation: "randomPermutation: shape [2305843009213693952] \(tooLarge)"
      case .negativePermutation: "randomPermutation: expected a count of at least 0, got -1"
      case .broadcast: "tensor: \(square) \(tooLarge)"
      case .refusedMemory:
        "out of memory: 27021597764222976 bytes were refused for a tensor of Double of shape [1125899906842624, 3]"
      case .negativeDeviation: "randomNormal: expected a standard deviation of at least 0, got -1.0"
      case .deviationOfNaN: "randomNormal: expected a standard deviation of at least 0, got nan"
      case .emptyUniform: "randomUniform: expected a range that is not empty, of finite length, got 2.0..<2.0"
      case .endlessUniform: "randomUniform: expected a range that is not empty, of finite length, got 0.0..<inf"
      case .emptyIntegers: "randomInteger: expected a range that is not empty, got 5..<5"
      case .probability: "randomBernoulli: expected a probability within 0 ... 1, got 1.5"
      case .randomTooLarge: "randomNormal: \(square) \(tooLarge)"
      }
    }
  }

  @Test(arguments: Creation.allCases)
  func `a tensor that cannot be made`(creation: Creation) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [creation] in
      creation.make()
    }
    #expect(errorText(result).contains(": \(creation.message)"))
  }

  enum Call: String, CaseIterable, Codable {
    case mean, variance, standardDeviation, standardDeviationOfTwo, sumOfSquares
    case stackOfTwoShapes, stackAtNoPlace, stackToNine, expandedToNine, subscriptToNine, reshapeToNine, shapeOfNine
    case jacobianOfNine, gatherToNine
    case takeAlong, takeAlongOtherShape, nilAssigned, integersThatDoNotFit
    case gather, gatherAlongAxis, gatherOfScalar, rows, rowsOfScalar, rowsReplaced, rowsReplacedAtNoPlace
    case rowsReplacedOfScalar, rowsAdded, rowsAddedAtNoPlace, rowsAddedToScalar
    case normalOfScalar, scaleOfRows, wideScale, shift, epsilon
    case negativeReshape, negativeShape
    case numberAdded, numberSubtracted, numberMultiplied, numberDividedBy, truthThatIsTwo
    case severalResults

    func make() {
      let x = Tensor<Double>.ones([2, 3])
      let long = Tensor<Double>.ones([1, 1, 1, 1, 1, 1, 1, 2])
      let (scalar, five): (Tensor<Double>, Tensor<Int64>) = (Tensor(1), [5])
      switch self {
      case .mean: _ = x.mean(axis: 9)
      case .variance: _ = x.variance(axes: [1, -1])
      case .standardDeviation: _ = x.standardDeviation(axis: 2)
      case .standardDeviationOfTwo: _ = x.standardDeviation(axis: -3)
      case .sumOfSquares: _ = scalar.sumOfSquares(axis: 0)
      case .stackOfTwoShapes: _ = Tensor.stack([x, Tensor.ones([2, 4])], axis: 1)
      case .stackAtNoPlace: _ = Tensor.stack([x, x], axis: 3)
      case .stackToNine: _ = Tensor.stack([long, long])
      case .expandedToNine: _ = long.expandedDimension(at: 0)
      case .subscriptToNine: _ = long[.newAxis]
      case .reshapeToNine: _ = x.reshaped(to: [1, 1, 1, 1, 1, 1, 1, 2, -1])
      case .shapeOfNine: _ = Tensor<Float>.zeros([1, 1, 1, 1, 1, 1, 1, 1, 2])
      case .jacobianOfNine: _ = jacobian(at: long) { $0[0] }
      case .gatherToNine: _ = long.take([[0]], axis: 1)
      case .gather: _ = x.take(five)
      case .gatherAlongAxis: _ = x.take(five, axis: 1)
      case .gatherOfScalar: _ = scalar.take(five)
      case .takeAlong: _ = x.takeAlong([[0], [5]], axis: 1)
      case .takeAlongOtherShape: _ = x.takeAlong([[0], [1], [0]], axis: 1)
      case .nilAssigned: Self.change(x) { $0[0] = nil }
      case .integersThatDoNotFit: _ = Tensor<UInt8>([1, 300] as [Int])
      case .rows: _ = x[rows: five]
      case .rowsOfScalar: _ = scalar[rows: five]
      case .rowsReplaced: Self.change(x) { $0[rows: [0]] = Tensor.ones([1, 4]) }
      case .rowsReplacedAtNoPlace: Self.change(x) { $0[rows: five] = Tensor.ones([1, 3]) }
      case .rowsReplacedOfScalar: Self.change(scalar) { $0[rows: five] = scalar }
      case .rowsAdded: _ = x.adding(rows: Tensor.ones([2, 3]), at: [0])
      case .rowsAddedAtNoPlace: _ = x.adding(rows: Tensor.ones([1, 3]), at: five)
      case .rowsAddedToScalar: _ = scalar.adding(rows: scalar, at: five)
      case .normalOfScalar: _ = scalar.layerNormalized()
      case .scaleOfRows: _ = Tensor<Double>.ones([3, 1]).layerNormalized(scale: Tensor.ones([4]))
      case .wideScale: _ = x.layerNormalized(scale: Tensor.ones([2, 2, 3]), shift: Tensor.ones([3]))
      case .shift: _ = x.layerNormalized(shift: Tensor.ones([2, 3]))
      case .epsilon: _ = x.layerNormalized(epsilon: -1)
      case .negativeReshape: _ = x.reshaped(to: [-2, 3])
      case .negativeShape: _ = Tensor<Float>.zeros([-1, 2])
      case .numberAdded: _ = AnyTensor(zeros: [2], scalarType: .uint8) + 300
      case .numberSubtracted: _ = AnyTensor(zeros: [2], scalarType: .int32) - .nan
      case .numberMultiplied: _ = AnyTensor(zeros: [2], scalarType: .int64) * 1e300
      case .numberDividedBy: _ = AnyTensor(zeros: [2], scalarType: .uint8) / -1
      case .truthThatIsTwo: _ = AnyTensor(full: [2], 2, scalarType: .bool)
      case .severalResults: _ = apply(TopK(count: 1, largest: true), [x.erased])
      }
    }

    private static func change(_ tensor: Tensor<Double>, _ body: (inout Tensor<Double>) -> Void) {
      var tensor = tensor
      body(&tensor)
    }

    var message: String {
      let (scalar, nine) = ("expected at least one axis, got a scalar, of shape []", "expected at most 8 axes, got 9")
      let (long, index) = ("from [1, 1, 1, 1, 1, 1, 1, 2]", "expected indices within 0 ..<")
      return switch self {
      case .mean: "mean: [2, 3] has no axis 9"
      case .variance: "variance: axis -1 of [2, 3] is named twice"
      case .standardDeviation: "standardDeviation: [2, 3] has no axis 2"
      case .standardDeviationOfTwo: "standardDeviation: [2, 3] has no axis -3"
      case .sumOfSquares: "sumOfSquares: [] has no axis 0"
      case .stackOfTwoShapes: "stack: expected tensors of one shape, got [2, 3] and [2, 4]"
      case .stackAtNoPlace: "stack: there is no place 3 for a new axis in [2, 3]"
      case .stackToNine: "stack: \(nine), \(long)"
      case .expandedToNine: "expandedDimension: \(nine), \(long)"
      case .subscriptToNine: "subscript: \(nine), \(long)"
      case .reshapeToNine: "reshape: \(nine), from [2, 3]"
      case .shapeOfNine: "Shape: \(nine): [1, 1, 1, 1, 1, 1, 1, 1, 2]"
      case .jacobianOfNine: "jacobian: expected at most 8 axes, got 15, from [1, 1, 1, 1, 1, 1, 2]"
      case .gatherToNine: "take: \(nine), \(long)"
      case .gather: "take: \(index) 2, the first axis of [2, 3], got 5"
      case .gatherAlongAxis: "take: \(index) 3, axis 1 of [2, 3], got 5"
      case .gatherOfScalar: "take: [] has no axis 0"
      case .takeAlong: "takeAlong: \(index) 3, axis 1 of [2, 3], got 5"
      case .takeAlongOtherShape: "takeAlong: indices [3, 1] and [2, 3] differ beyond axis 1"
      case .nilAssigned: "subscript: expected a Double, got nil"
      case .integersThatDoNotFit: "tensor: expected integers that fit UInt8, got 300 at index 1"
      case .rows: "subscript(rows:): \(index) 2, the first axis of [2, 3], got 5"
      case .rowsOfScalar: "subscript(rows:): \(scalar)"
      case .rowsReplaced: "subscript(rows:): [1, 4] does not broadcast to [1, 3], the rows of [2, 3] at [1]"
      case .rowsReplacedAtNoPlace: "subscript(rows:): \(index) 2, the first axis of [2, 3], got 5"
      case .rowsReplacedOfScalar: "subscript(rows:): \(scalar)"
      case .rowsAdded: "adding(rows:at:): expected rows of [1, 3] for indices [1] of [2, 3], got [2, 3]"
      case .rowsAddedAtNoPlace: "adding(rows:at:): \(index) 2, the first axis of [2, 3], got 5"
      case .rowsAddedToScalar: "adding(rows:at:): \(scalar)"
      case .normalOfScalar: "layerNormalized: \(scalar)"
      case .scaleOfRows: "layerNormalized: expected a scale of [1] for [3, 1], got [4]"
      case .wideScale: "layerNormalized: expected a scale of [3] for [2, 3], got [2, 2, 3]"
      case .shift: "layerNormalized: expected a shift of [3] for [2, 3], got [2, 3]"
      case .epsilon: "layerNormalized: expected an epsilon of at least 0, got -1.0"
      case .negativeReshape: "reshape: [2, 3] does not fit [-2, 3]"
      case .negativeShape: "Shape: expected no negative dimension, got [-1, 2]"
      case .numberAdded: "add: expected a number that fits UInt8, got 300.0"
      case .numberSubtracted: "subtract: expected a number that fits Int32, got nan"
      case .numberMultiplied: "multiply: expected a number that fits Int64, got 1e+300"
      case .numberDividedBy: "divide: expected a number that fits UInt8, got -1.0"
      case .truthThatIsTwo: "full: expected a number that fits Bool, got 2.0"
      case .severalResults: "topK: expected an operation with one result, got 2 results: call applyAll"
      }
    }
  }

  @Test(arguments: Call.allCases)
  func `a mistake is that of the operation that was called`(call: Call) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [call] in
      call.make()
    }
    #expect(errorText(result).contains(": \(call.message)"))
  }

  enum Range: String, CaseIterable, Codable {
    case throughTheGreatest, upToTheGreatest

    func take() {
      let x = Tensor<Float>.zeros([2, 3])
      switch self {
      case .throughTheGreatest: _ = x[...Int.max]
      case .upToTheGreatest: _ = x[0, 0...Int.max]
      }
    }

    var message: String {
      "subscript: position 9223372036854775807 is out of range for axis \(self == .throughTheGreatest ? 0 : 1) of [2, 3]"
    }
  }

  @Test(arguments: Range.allCases)
  func `a range that no axis has`(range: Range) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [range] in
      range.take()
    }
    #expect(errorText(result).contains(range.message))
  }
}
