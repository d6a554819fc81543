import MartletTesting
import Testing

@testable import MartletCore

/// The squared Euclidean distances between all rows of `a` [n, d] and all rows of `b` [m, d]: a matrix [n, m].
///
/// An operation outside the library, for the tests; the article "Adding an operation" shows another one.
struct SquaredDistances: SampledPrimitive {
  var name: String { "squaredDistances" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (a, b) = (operands[0], operands[1])
    try requireSameScalarType(a, b)
    try requireFloating(a)
    if a.shape.rank != 2 || b.shape.rank != 2 {
      throw mistake("matrices are needed, not \(a.shape) and \(b.shape)")
    }
    if a.shape[1] != b.shape[1] {
      throw mistake("rows differ in length: \(a.shape) and \(b.shape) (\(a.shape[1]) ≠ \(b.shape[1]))")
    }
    return TensorSpecs(a.scalarType, [a.shape[0], b.shape[0]])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (a, b) = (operands[0].contiguous(), operands[1].contiguous())
    if a.scalarType == .float32 {
      fill(results[0], Float.self, a, b)
    } else {
      fill(results[0], Double.self, a, b)
    }
  }

  private func fill<S: FloatingScalar>(_ result: TensorBody, _ type: S.Type, _ a: TensorBody, _ b: TensorBody) {
    let (columns, length) = (result.shape[1], a.shape[1])
    let (x, y, out) = (a.scalars(as: type), b.scalars(as: type), result.scalars(as: type))
    let grain = max(1, 16_384 / max(1, columns * length))
    WorkerPool.parallelFor(result.shape[0], grain: grain) { rows in
      for row in rows {
        for column in 0..<columns {
          var sum: S = 0
          for index in 0..<length {
            let distance = x[row * length + index] - y[column * length + index]
            sum += distance * distance
          }
          out[row * columns + column] = sum
        }
      }
    }
    withExtendedLifetime((a, b)) {}
  }

  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (a, b, g) = (saved.operand(0), saved.operand(1), cotangents.first)
    var forA: AnyTensor?
    var forB: AnyTensor?
    if saved.needs(0) { forA = (a * g.rowSums - apply(MatMul(), g, b)) * 2 }
    if saved.needs(1) {
      let columns = g.transposedMatrix
      forB = (b * columns.rowSums - apply(MatMul(), columns, a)) * 2
    }
    return Cotangents(forA, forB)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    let (a, b) = (saved.operand(0), saved.operand(1))
    let alongA = tangents[0].map { t in ((a * t).rowSums - apply(MatMul(), t, b.transposedMatrix)) * 2 }
    let alongB = tangents[1].map { t in
      ((b * t).rowSums.transposedMatrix - apply(MatMul(), a, t.transposedMatrix)) * 2
    }
    return Tangents(Tangents.sum(alongA, alongB))
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: 3 * results.first.count * operands[0].shape.dimensions.last!,
      bytes: operands[0].byteCount + operands[1].byteCount + results.first.byteCount)
  }

  static var samples: [Sample] {
    [("several rows", 3, 4), ("one row", 1, 4), ("no rows", 0, 4)].map { label, rows, others in
      Sample(
        label, SquaredDistances(), [.init([rows, 2]), .init([others, 2])],
        reference: { operands in
          Reference([rows, others]) { index in
            (0..<2).reduce(0) { sum, column in
              let distance = operands[0][[index[0], column]] - operands[1][[index[1], column]]
              return sum + distance * distance
            }
          }
        }, tolerance: 1e-5)
    }
  }
}

/// The squared distances between all rows of `a` [n, d] and all rows of `b` [m, d], as a matrix [n, m].
func squaredDistances<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(unchecked: apply(SquaredDistances(), a.erased, b.erased))
}

/// The operation holds what the article promises. The generic suites go through its samples besides.
@Suite struct AddingAnOperationTests {
  private let a: Tensor<Double> = [[0.3, -1.2], [0.7, 0.4], [1.5, -0.5]]
  private let b: Tensor<Double> = [[1, 0], [-0.4, 0.9]]

  private func composed(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Tensor<Double> {
    (a.expandedDimension(at: 1) - b.expandedDimension(at: 0)).squared().sum(axis: -1)
  }

  private func isNear(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Bool {
    a.shape == b.shape && zip(a.scalars, b.scalars).allSatisfy { abs($0 - $1) <= 1e-12 }
  }

  @Test func `derivatives are those of a composition, to the third order`() {
    func third(_ function: @escaping (Tensor<Double>, Tensor<Double>) -> Tensor<Double>) -> [Tensor<Double>] {
      let first = gradient(at: a, b) { function($0, $1).sin().sum() }
      let second = hessian(at: a) { function($0, b).exp().sum() }
      let last = gradient(at: b) { b in hessian(at: a) { function($0, b).sqrt().sum() }.squared().sum() }
      return [first.0, first.1, second, last]
    }
    for (own, expected) in zip(third(squaredDistances), third(composed)) {
      let scale = max(1, expected.abs().max().item())
      #expect(isNear(own / scale, expected / scale))
    }
  }

  @Test func `mistakes are told with both shapes`() {
    func error(_ a: Shape, _ b: Shape) -> String? {
      let operands = [AnyTensor(zeros: a, scalarType: .float32), AnyTensor(zeros: b, scalarType: .float32)]
      do {
        try check(SquaredDistances(), operands)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(error([2, 3], [4, 3]) == nil)
    #expect(error([2, 3], [4, 5]) == "squaredDistances: rows differ in length: [2, 3] and [4, 5] (3 ≠ 5)")
    #expect(error([3], [4, 3]) == "squaredDistances: matrices are needed, not [3] and [4, 3]")
  }
}
