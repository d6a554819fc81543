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
