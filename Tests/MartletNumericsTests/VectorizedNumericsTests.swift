import MartletCore
import MartletTesting
import Testing

@testable import MartletNumerics

/// Functions of this module in vectorized functions, against loops.
@Suite struct VectorizedNumericsTests {
  private let matrices: Tensor<Double> = {
    var generator = RandomGenerator(seed: 4)
    let x = Tensor<Double>.randomNormal([4, 3, 3], using: &generator)
    return matmul(x, x.permuted([0, 2, 1])) + .identity(3)
  }()

  private func expect(
    _ got: Tensor<Double>, _ wanted: [Tensor<Double>], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let problem = mismatch(got.erased, Tensor.stack(wanted).erased.plain.reference, relative: 1e-9)
    #expect(problem == nil, sourceLocation: sourceLocation)
  }

  private static let functions: [(String, @Sendable (Tensor<Double>) throws -> Tensor<Double>)] = [
    ("inverse", { try inverse($0) }), ("determinant", { try determinant($0) }), ("cholesky", { try cholesky($0) }),
    ("solve", { try solve($0, $0[0] + 1) }), ("solve one matrix", { try solve(.identity(3) * 2, $0) }),
    ("qr", { try qr($0).r }), ("symmetricEigen", { try symmetricEigenvalues($0) }),
    ("singularValues", { try singularValues($0) }), ("pseudoInverse", { try pseudoInverse($0) }),
    ("matrixExponential", { try matrixExponential($0) }), ("diagonal", { $0.diagonal() }),
    ("logCumulativeSumExp", { $0.logCumulativeSumExp(axis: 0) }),
    ("cumulativeMax", { $0.cumulativeMax(axis: 1).values }),
  ]

  @Test(arguments: functions.indices)
  func `values and gradients are those of a loop`(index: Int) throws {
    let function = VectorizedNumericsTests.functions[index].1
    let rows = matrices.unstacked()
    expect(try vectorized(function)(matrices), try rows.map(function))
    let slope: (Tensor<Double>) throws -> Tensor<Double> = { try gradient(at: $0) { try function($0).squared().sum() } }
    expect(try vectorized(slope)(matrices), try rows.map(slope))
    let outer = try gradient(at: matrices) { try vectorized(function)($0).squared().sum() }
    expect(outer, try rows.map(slope))
  }

  @Test func `a matrix without an inverse gives NaN for its example alone`() throws {
    var some = matrices
    some[2] = .zeros([3, 3])
    let got = try vectorized { (m: Tensor<Double>) in try inverse(m) }(some)
    #expect(got[2].isNaN().all().item())
    expect(got[[0, 1, 3]], try [0, 1, 3].map { try inverse(some[$0]) })
  }

  @Test func `classes, averages and places`() {
    let labels = Tensor<Int64>([2, 0, 1])
    let hot = vectorized { (label: Tensor<Int64>) in label.oneHot(classes: 3, as: Double.self) }(labels)
    #expect(hot == labels.oneHot(classes: 3, as: Double.self))
    let x = matrices[.all, 0]
    let mean = vectorized { (x: Tensor<Double>) in x.average(weights: x.exp()) }(x)
    expect(mean, x.unstacked().map { $0.average(weights: $0.exp()) })
    let sorted = x.sorted()
    let places = vectorized { (edges: Tensor<Double>, x: Tensor<Double>) in edges.searchSorted(x) }(sorted, x)
    #expect(places == Tensor.stack((0..<4).map { sorted[$0].searchSorted(x[$0]) }))
    let same = vectorized(over: (nil, 0)) { (edges: Tensor<Double>, x: Tensor<Double>) in edges.searchSorted(x) }(
      sorted[0], x)
    #expect(same == sorted[0].searchSorted(x))
  }
}
