import TestSupport
import Testing

@testable import MartletCore

/// What a vectorized function may not do stops the program, with a message that says so. Each takes a process.
@Suite struct VectorizedMistakeTests {
  enum Mistake: String, CaseIterable, Codable {
    case item, erasedItem, scalars, branch, equality, printing, bytes, mutableScalars, mask, choice, weights
    case assignmentOutside, sumOutside, keptOutside, keptByPullback, itemInNest, itemInGradient
    case noAxis, differentLengths, noMappedInput, wrongAxisCount, noResultAxis, indexOfOne, wrongRule, tooManyAxes

    func make() {
      let x = Tensor<Double>.ones([3, 2])
      var outside = Tensor<Double>.zeros([2])
      var kept: [Tensor<Double>] = []
      func each(_ function: @escaping (Tensor<Double>) -> Tensor<Double>) { _ = vectorized(function)(x) }
      switch self {
      case .item: each { $0 * $0.sum().item() }
      case .erasedItem: each { $0 * $0.sum().erased.item() }
      case .scalars: each { Tensor($0.scalars) }
      case .branch: each { x in if (x .> 0).all().item() { x } else { -x } }
      case .equality: each { x in if x == x + 1 { x } else { -x } }
      case .printing:
        each { x in
          print(x)
          return x
        }
      case .bytes: each { x in Tensor(Double(x.erased.withUnsafeBytes { $0.count })) }
      case .mutableScalars:
        each { x in
          var y = x
          y.withUnsafeMutableScalars { $0[0] = 1 }
          return y
        }
      case .mask: each { x in x[x .> 0] }
      case .choice: each { x in x.take(.randomChoice([2], weights: x, replacing: false)) }
      case .weights:
        let weights = Tensor<Double>([[1, 2], [0, 0]])
        _ = vectorized { (w: Tensor<Double>) in Tensor<Int64>.randomCategorical([3], weights: w) }(weights)
      case .assignmentOutside:
        each { x in
          outside[0] = x[1]
          return x
        }
      case .sumOutside:
        each { x in
          outside += x
          return x
        }
      case .keptOutside:
        each { x in
          kept.append(x.exp())
          return x
        }
      case .keptByPullback:
        _ = gradient(at: x) { x in vectorized { (x: Tensor<Double>) in x.withPullback { $0 * x } }(x).sum() }
      case .itemInNest: each { x in vectorized { (y: Tensor<Double>) in y + y.item() }(x) }
      case .itemInGradient: each { x in gradient(at: x) { x in x.sum() * x[0].item() } }
      case .noAxis: _ = vectorized(over: 2) { (x: Tensor<Double>) in x }(x)
      case .differentLengths: _ = vectorized { (x: Tensor<Double>, y: Tensor<Double>) in x + y }(x, .ones([4, 2]))
      case .noMappedInput: _ = vectorized(over: (nil, nil)) { (x: Tensor<Double>, y: Tensor<Double>) in x + y }(x, x)
      case .wrongAxisCount: _ = vectorized(over: [0]) { (x: [Tensor<Double>]) in x }([x, x])
      case .noResultAxis: _ = vectorized(resultAxis: 1) { (x: Tensor<Double>) in x.sum() }(x)
      case .indexOfOne:
        let pick = vectorized { (x: Tensor<Double>, i: Tensor<Int64>) in
          Tensor<Double>(unchecked: apply(Gather(), x.erased, i.erased))
        }
        _ = pick(x, Tensor<Int64>([0, 2, 1]))
      case .wrongRule: each { Tensor(unchecked: apply(WrongShape(), $0.erased)) }
      case .tooManyAxes:
        each { $0.reshaped(to: [1, 1, 1, 1, 1, 1, 2]).expandedDimension(at: 0).squeezed(axis: 0) }
      }
      print(outside.count, kept.count)
    }

    var message: String {
      let read = "a vectorized function runs once for all examples, and cannot ask for the elements of one, of shape"
      let keptText = "was kept outside of the function; return it instead"
      return switch self {
      case .item, .erasedItem, .branch, .itemInNest, .itemInGradient: "item: \(read) []"
      case .scalars: "scalars: \(read) [2]"
      case .equality: "==: \(read) [2]"
      case .printing: "description: \(read) [2]"
      case .bytes: "withUnsafeBytes: \(read) [2]"
      case .mutableScalars: "withUnsafeMutableScalars: \(read) [2]"
      case .mask: "positions of a mask: \(read) [2]"
      case .choice: "randomChoice without replacement: \(read) [2]"
      case .weights: "randomCategorical: expected weights of at least 0 with a finite sum above 0, got 0.0, 0.0"
      case .assignmentOutside: "vectorized: a value of one example, of shape [2] made by assign, \(keptText)"
      case .sumOutside: "vectorized: a value of one example, of shape [2] made by add, \(keptText)"
      case .keptOutside: "vectorized: a value of one example, of shape [2] made by exp, \(keptText)"
      case .keptByPullback: "vectorized: a value of one example, of shape [2] made by the input, \(keptText)"
      case .noAxis: "vectorized: [3, 2], input 0, has no axis 2 to go over"
      case .differentLengths:
        "vectorized: expected as many examples in every input, got 4 along axis 0 of [4, 2], input 1, and 3 of input 0"
      case .noMappedInput: "vectorized: expected an axis of at least one input, got nil for all"
      case .wrongAxisCount: "vectorized: expected an axis or nil for each of 2 tensors, got 1"
      case .noResultAxis: "vectorized: the results, [3] with the examples first, have no axis 1 to put them along"
      case .indexOfOne: "gather: expected indices within 0 ..< 2, the first axis of [2], got 2"
      case .wrongRule: "of [2, 3], expected \(ScalarType.float64) of [3, 2] as result 0"
      case .tooManyAxes:
        "vectorized: expected at most 7 axes for one example, got [1, 1, 1, 1, 1, 1, 1, 2] from"
      }
    }
  }

  @Test(arguments: Mistake.allCases)
  func `it stops`(mistake: Mistake) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mistake] in
      mistake.make()
    }
    #expect(errorText(result).contains(mistake.message), "\(errorText(result))")
  }
}

/// A copy whose batching rule turns the batch around.
private struct WrongShape: LinearMap {
  var name: String { "wrongShape" }
  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs { TensorSpecs(operands[0]) }
  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    Contiguous.copy(operands.first, to: results[0])
  }
  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { g }
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { [operands[0].transposedMatrix] }
}
