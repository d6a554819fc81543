import MartletCore
import MartletNN
import MartletTraining
import TestSupport
import Testing

@testable import MartletAccountability

/// A model of doubles, and the losses of some of its rows.
private protocol RowModel: Module {
  func losses(_ rows: Range<Int>) -> Tensor<Double>
  var rows: Int { get }
}

private func normal(_ seed: UInt64, _ shape: Shape) -> Tensor<Double> { withRandomSeed(seed) { .randomNormal(shape) } }

/// Dense layers with activations, and layer normalisation.
private final class Perceptron: RowModel {
  @Parameter var first = normal(1, [6, 5])
  @Parameter var bias = normal(2, [6])
  @Parameter var scale = normal(3, [6])
  @Parameter var shift = normal(4, [6])
  @Parameter var last = normal(5, [2, 6])
  let (x, rows) = (normal(6, [7, 5]), 7)

  func losses(_ rows: Range<Int>) -> Tensor<Double> {
    let hidden = linear(x[rows], weight: first, bias: bias, activation: .tanh)
      .layerNormalized(scale: scale, shift: shift, epsilon: 1e-5)
    return linear(hidden, weight: last).squared().sum(axis: 1)
  }
}

/// Layers over the places of sequences of a length.
private final class Recogniser: RowModel {
  @Parameter var first: Tensor<Double>
  @Parameter var bias = normal(2, [16])
  @Parameter var scale = normal(3, [16])
  @Parameter var last = normal(5, [3, 16])
  let (x, rows): (Tensor<Double>, Int)

  init(length: Int, features: Int) {
    first = normal(1, [16, features])
    (x, rows) = (normal(6, [5, length, features]), 5)
  }

  func losses(_ rows: Range<Int>) -> Tensor<Double> {
    let hidden = linear(x[rows], weight: first, bias: bias, activation: .relu)
    let scaled = hidden * scale + 0.1
    return linear(scaled, weight: last).squared().sum(axes: [1, 2])
  }
}

/// Vectors of a table, some of them several times in a row, and a matrix that is used twice.
private final class Words: RowModel {
  @Parameter var table = normal(1, [9, 4])
  @Parameter var tied = normal(2, [4, 4])
  @Parameter var gains = normal(3, [4])
  let (words, rows): (Tensor<Int64>, Int)

  init(length: Int) {
    words = withRandomSeed(7) { Tensor<Int64>.randomInteger([6, length], in: 0..<9) }
    rows = 6
  }

  func losses(_ rows: Range<Int>) -> Tensor<Double> {
    let vectors = table.take(words[rows])
    let once = linear(vectors, weight: tied)
    let twice = linear(once.tanh(), weight: tied)
    let gained = twice * gains.reshaped(to: [1, 4])
    return gained.sum(axis: 1).squared().sum(axis: 1)
  }
}

/// Products with a matrix as it is and transposed, and a bias of two axes.
private final class Products: RowModel {
  @Parameter var matrix = normal(1, [5, 3])
  @Parameter var turned = normal(2, [4, 3])
  @Parameter var offset = normal(3, [1, 4])
  let (x, rows) = (normal(6, [6, 5]), 6)

  func losses(_ rows: Range<Int>) -> Tensor<Double> {
    let hidden = matmul(x[rows], matrix).tanh()
    return (matmul(hidden, turned.transposed()) + offset).squared().sum(axis: 1)
  }
}

@Suite struct RowGradientTests {
  /// The gradients of each row by itself, by path.
  private func explicit(_ model: some RowModel) -> [[String: Tensor<Double>]] {
    (0..<model.rows).map { row in
      let gradients = gradient(at: model) { $0.losses(row..<(row + 1)).sum() }
      return Dictionary(uniqueKeysWithValues: gradients.map { ($0.path, Tensor<Double>($0.gradient, as: Double.self)) })
    }
  }

  private func check(_ model: some RowModel) throws {
    let rows = try RowGradients(at: model, rows: model.rows) { $0.losses(0..<$0.rows).erased }
    let expected = explicit(model)
    let paths = model.parameters().map(\.path)
    #expect(rows.squaredNorms.map(\.path) == paths)
    for (path, squares) in rows.squaredNorms {
      let found = Tensor<Double>(squares, as: Double.self).scalars
      for row in 0..<model.rows {
        let square = expected[row][path]!.squared().sum().item()
        #expect(abs(found[row] - square) <= 1e-9 * max(1, square), "\(path), row \(row)")
      }
    }
    for limit in [RowLimit.flat(2), .flat(1e6), .perModule(3)] {
      let clipped = rows.clipped(limit, scale: 0.5)
      for path in paths {
        var sum = Tensor<Double>.zeros(expected[0][path]!.shape)
        for row in expected {
          let norm = row.values.reduce(0) { $0 + $1.squared().sum().item() }.squareRoot()
          // These models are one module.
          let bound = if case .flat(let bound) = limit { bound } else { 3.0 }
          let rounded = norm * (1 + RowGradients.rounding)
          sum = sum + row[path]! * (0.5 * (rounded > bound ? bound / rounded : 1))
        }
        let found = Tensor<Double>(clipped.sum[path]!, as: Double.self)
        #expect((found - sum).abs().max().item() <= 1e-9 * max(1, sum.abs().max().item()), "\(path), \(limit)")
      }
    }
  }

  @Test func `dense layers and layer normalisation`() throws { try check(Perceptron()) }

  // 2 · (16 + 16) ≤ 16 · 16: by products of places. 9 · (16 + 3) > 16 · 3: by the rows' own gradients.
  @Test(arguments: [(2, 16), (9, 3)]) func `sequences, both ways`(length: Int, features: Int) throws {
    try check(Recogniser(length: length, features: features))
  }

  @Test(arguments: [1, 8]) func `tables with repeated indices, and a matrix that is used twice`(length: Int) throws {
    try check(Words(length: length))
  }

  @Test func `products with a matrix as it is and transposed`() throws { try check(Products()) }

  @Test func `layers limited each by itself`() throws {
    let model = Sequential(inputShape: [4]) {
      Dense(5, activation: .tanh)
      Dense(3)
    }
    let x = withRandomSeed(1) { Tensor<Float>.randomNormal([6, 4], standardDeviation: 3) }
    func losses(_ model: Sequential, _ rows: Range<Int>) -> Tensor<Float> { model(x[rows]).squared().sum(axis: 1) }
    let rows = try RowGradients(at: model, rows: 6) { losses($0, 0..<6).erased }
    let clipped = rows.clipped(.perModule(1))
    var sums: [String: Tensor<Float>] = [:]
    for row in 0..<6 {
      let own = gradient(at: model) { losses($0, row..<(row + 1)).sum() }
      for layer in ["0", "1"] {
        let parts = own.filter { $0.path.hasPrefix("\(layer).") }
        let norm = parts.reduce(0) { $0 + $1.gradient.sumOfSquares().item() }.squareRoot()
        for (path, gradient) in parts {
          let scaled = Tensor<Float>(gradient, as: Float.self) * Float(min(1, 0.5.squareRoot() / norm))
          sums[path] = sums[path].map { $0 + scaled } ?? scaled
        }
      }
    }
    for (path, sum) in sums {
      let found = Tensor<Float>(clipped.sum[path]!, as: Float.self)
      #expect((found - sum).abs().max().item() < 1e-4, "\(path)")
    }
  }

  @Test func `one row more moves the sum by no more than the limit`() throws {
    let model = withRandomSeed(1) {
      Sequential(inputShape: [6]) {
        Dense(16, activation: .relu)
        LayerNorm()
        Dense(4)
      }
    }
    let x = withRandomSeed(2) { Tensor<Float>.randomNormal([9, 6], standardDeviation: 10) }
    func sum(_ count: Int, _ limit: RowLimit) throws -> Gradients {
      try RowGradients(at: model, rows: count) { $0(x[0..<count]).squared().sum(axis: 1).erased }.clipped(limit).sum
    }
    for limit in [RowLimit.flat(0.25), .perModule(0.25)] {
      let difference = try sum(9, limit).adding(sum(8, limit).scaled(by: -1))
      #expect(difference.norm <= 0.25 && difference.norm > 0.2)
    }
  }

  @Test func `a row whose gradient is not finite counts for nothing`() throws {
    let model = withRandomSeed(1) { Sequential(inputShape: [3]) { Dense(2) } }
    var x = withRandomSeed(2) { Tensor<Float>.randomNormal([4, 3]) }
    func clipped(_ rows: [Int]) throws -> ClippedGradients {
      let part = x.take(Tensor<Int64>(rows.map(Int64.init)))
      return try RowGradients(at: model, rows: rows.count) { $0(part).squared().sum(axis: 1).erased }.clipped(.flat(1))
    }
    let without = try clipped([0, 1, 3])
    x[2] = .full([3], .greatestFiniteMagnitude)
    let with = try clipped([0, 1, 2, 3])
    #expect(with.sum.isFinite && with.clippedCount >= 1)
    #expect(with.sum.adding(without.sum.scaled(by: -1)).norm < 1e-5)
  }

  @Test func `what sums over the batch is refused with its parameter`() {
    final class Mean: Module {
      @Parameter var weight = normal(1, [3, 3])
    }
    #expect {
      _ = try RowGradients(at: Mean(), rows: 4) { model in
        (matmul(model.weight, normal(2, [3, 4])).sum(axis: 0)).erased
      }
    } throws: {
      "\($0)".contains("parameter \"weight\"") && "\($0)".contains("matmul sums its gradient over the batch")
    }
  }
}
